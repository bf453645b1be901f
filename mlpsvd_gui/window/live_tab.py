"""The live tab: listen, record, and classify files."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Tabs
from mlpsvd_gui.widgets.scrolling import scrolling

__all__ = ["LiveTab"]


class LiveTab(QWidget):
    """Three pages over the same microphone and the same networks.

    Parameters
    ----------
    listen, record, files
        The pages: a ``ListenPanel``, a ``RecordPanel``, a ``FilesPanel``.
    """

    def __init__(self, listen: QWidget, record: QWidget, files: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pages = Tabs(self)
        self.pages.setDocumentMode(True)
        self._areas: dict[QWidget, QWidget] = {}
        for page, title, tip in (
            (listen, "Listen", "A network classifies what the microphone, a recording or the bank plays"),
            (record, "Record", "Labelled clips straight into a data set, and training on them"),
            (files, "Files", "Many recordings classified in one go"),
        ):
            area = scrolling(page)
            self._areas[page] = area
            self.pages.setTabToolTip(self.pages.addTab(area, title), plain_tip(tip))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)

    def show_page(self, page: QWidget) -> None:
        """Bring one of the pages to the front."""
        self.pages.setCurrentWidget(self._areas[page])

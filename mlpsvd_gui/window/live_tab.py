"""Live audio: the pages Listen, Record and Files."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Tabs
from mlpsvd_gui.widgets.scrolling import scrolling

__all__ = ["LiveTab"]


class LiveTab(QWidget):
    """Tabs of the three pages, which share the microphone and the models.

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
            (listen, "Listen", "Classify a microphone, a recording or the synthetic bank live"),
            (record, "Record", "Record labelled clips and train on them"),
            (files, "Files", "Classify many recordings at once"),
        ):
            area = scrolling(page)
            self._areas[page] = area
            self.pages.setTabToolTip(self.pages.addTab(area, title), plain_tip(tip))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)

    def show_page(self, page: QWidget) -> None:
        """Show one of the pages."""
        self.pages.setCurrentWidget(self._areas[page])

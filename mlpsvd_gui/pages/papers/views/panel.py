"""Panel of the Papers page."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QSplitter, QVBoxLayout, QWidget

from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.pages.papers.views.content import ShownTable
from mlpsvd_gui.pages.papers.views.result_list import ResultList
from mlpsvd_gui.pages.papers.views.result_view import ResultView
from mlpsvd_gui.pages.papers.views.run_form import PapersRunForm
from mlpsvd_gui.plots.theme import Theme, theme_for
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.icons import icon
from mlpsvd_gui.widgets.messages import MessageBar, ShowsMessages

__all__ = ["PapersPanel"]

_ICON_PX = 18
_LEAST_LEFT_PX = 300


class PapersPanel(ShowsMessages, QWidget):
    """List and run form on the left, the selected result on the right, messages at the top.

    Requests come from the signals of :attr:`list`, :attr:`form`, :attr:`result`, and from these.

    Parameters
    ----------
    n_cores
        Maximum number of processes.
    """

    opened = Signal()
    """Emitted when the page becomes visible."""
    folder_chosen = Signal(str)
    export_requested = Signal(object, str)
    """Emits the table to write, and the path."""

    def __init__(self, n_cores: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "papers")
        self.messages = MessageBar(self)
        self.list = ResultList(self)
        self.form = PapersRunForm(n_cores, self)
        self.result = ResultView(self)
        self._build()
        self.form.folder_wanted.connect(self._ask_for_folder)
        self.result.csv_requested.connect(self._ask_for_csv)
        self.set_theme(theme_for(self.palette()))

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        for view in (self.list, self.form, self.result):
            view.set_theme(theme)
        for button, name in ((self.form.run_button, "train"), (self.form.stop_button, "stop")):
            button.setIcon(icon(name, theme.foreground))
            button.setIconSize(QSize(_ICON_PX, _ICON_PX))

    def show_running(self, is_running: bool) -> None:
        """Disable editing while a run is active; results can still be viewed."""
        self.form.show_running(is_running)
        self.list.set_ticks_enabled(not is_running)
        self.result.set_run_enabled(not is_running)

    def showEvent(self, event: QShowEvent) -> None:
        """Emit :attr:`shown`."""
        super().showEvent(event)
        self.opened.emit()

    def _build(self) -> None:
        left = QWidget(self)
        left.setMinimumWidth(_LEAST_LEFT_PX)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.list, 1)
        column.addWidget(self.form)
        body = QSplitter(Qt.Orientation.Horizontal, self)
        body.addWidget(left)
        body.addWidget(self.result)
        body.setChildrenCollapsible(False)
        body.setStretchFactor(0, 0)
        body.setStretchFactor(1, 1)
        body.setSizes([390, 900])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(10)
        layout.addWidget(self.messages)
        layout.addWidget(body, 1)

    def _ask_for_folder(self) -> None:
        ask_for_path(
            self,
            "reproduction",
            "Folder for results",
            self.folder_chosen.emit,
            mode=QFileDialog.FileMode.Directory,
            start=self.form.folder.text(),
        )

    def _ask_for_csv(self, table: ShownTable) -> None:
        ask_for_path(
            self,
            "results",
            "Export table",
            lambda path: self.export_requested.emit(table, path),
            mode=QFileDialog.FileMode.AnyFile,
            name_filter="CSV (*.csv)",
            suggested=f"{table.stem}.csv",
        )

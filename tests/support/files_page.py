"""The Files page with its controller, and the actions of a user."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dialogs import choose_path
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from trained import Trained

from mlpsvd.classification.batch.results import FileResult
from mlpsvd_gui.pages.files.controllers.files import FilesController
from mlpsvd_gui.pages.files.views.panel import FilesPanel
from mlpsvd_gui.state.model_library import ModelLibrary
from mlpsvd_gui.state.run_state import RunState

WAIT_MS = 30_000


@dataclass(frozen=True)
class Page:
    """The page, its controller, and the run whose networks it offers."""

    panel: FilesPanel
    controller: FilesController
    run_model: RunState
    models: ModelLibrary
    qtbot: QtBot

    def drop(self, *paths: Path, on: QWidget | None = None) -> None:
        """Drop files on the page or a widget in it, as the desktop does."""
        target = on or self.panel
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
        action, button, no_keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(QPoint(5, 5), action, data, button, no_keys)
        QApplication.sendEvent(target, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(target, QDropEvent(QPointF(5, 5), action, data, button, no_keys))

    def press_start(self) -> None:
        """Click Start, or Stop."""
        self.qtbot.mouseClick(self.panel.controls.start_button, Qt.MouseButton.LeftButton)

    def wait_for_files(self, n_files: int) -> None:
        """Wait until so many files are on the page."""
        self.qtbot.waitUntil(lambda: len(self.panel.table.rows.entries) == n_files, timeout=WAIT_MS)

    def wait_for_end(self) -> None:
        """Wait until nothing runs."""
        self.qtbot.waitUntil(lambda: self.panel.controls.start_button.text() == "Start", timeout=WAIT_MS)

    def classify(self, *paths: Path, n_files: int = 13) -> None:
        """Drop files, click Start, and wait for the end."""
        self.drop(*paths)
        self.wait_for_files(n_files)
        self.press_start()
        assert self.panel.controls.start_button.text() == "Stop"
        self.wait_for_end()

    def cells(self) -> list[list[str]]:
        """The visible cells of the table, row by row."""
        table, model = self.panel.table, self.panel.table.model()
        columns = [one for one in range(model.columnCount()) if not table.isColumnHidden(one)]
        return [[model.index(row, one).data() for one in columns] for row in range(model.rowCount())]

    def results(self) -> list[FileResult]:
        """The results there are, in the order of the files."""
        return [entry.result for entry in self.panel.table.rows.entries if entry.result is not None]

    def save_in_dialog(self, path: Path) -> None:
        """Type a name into the dialog that is open, and accept it."""
        choose_path(self.qtbot, self.panel, path)
        self.qtbot.waitUntil(lambda: str(path) in self.panel.messages.text, timeout=WAIT_MS)

    def finish(self, trained: Trained) -> None:
        """Let the window believe that a run has just finished in it."""
        trained.finish_in(self.run_model)

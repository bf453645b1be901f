"""What a person does on the Runs page."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QItemSelectionModel, QPoint, Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.runs.kept_run import KeptRun
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd_gui.pages.runs.controllers.runs import RunsController
from mlpsvd_gui.pages.runs.views.panel import RunsPanel
from mlpsvd_gui.state.run_state import RunState


@dataclass
class Page:
    """The page, its controller and its library."""

    panel: RunsPanel
    controller: RunsController
    library: RunLibrary
    run: RunState
    qtbot: QtBot

    def wait(self) -> None:
        """Wait until everything is read and written."""
        QApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # dialogs that were answered
        self.qtbot.waitUntil(lambda: not self.controller.is_busy, timeout=10_000)

    @property
    def shown(self) -> list[KeptRun]:
        """The listed runs."""
        return self.panel.table.rows.shown

    @property
    def names(self) -> list[str]:
        """Names of the listed folders."""
        return [run.folder.name[:10] for run in self.shown]

    def point(self, row: int, column: int) -> QPoint:
        """Return the centre of a cell."""
        table = self.panel.table
        return table.visualRect(table.rows.index(row, column)).center()

    def click(self, row: int, column: int = 1, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Click a cell."""
        viewport = self.panel.table.viewport()
        self.qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, modifier, self.point(row, column))

    def select(self, *rows: int) -> None:
        """Select rows with the mouse."""
        for number, row in enumerate(rows):
            control = Qt.KeyboardModifier.ControlModifier if number else Qt.KeyboardModifier.NoModifier
            self.click(row, modifier=control)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key in the table."""
        self.panel.activateWindow()
        self.panel.table.setFocus()
        self.qtbot.waitUntil(self.panel.table.hasFocus)
        self.qtbot.keyClick(self.panel.table, key, modifier)
        self.wait()

    def undo(self) -> None:
        """Undo as the window does; its keys are tested with the window."""
        self.controller.commit()
        self.controller.history.undo()
        self.wait()

    def redo(self) -> None:
        """Redo as the window does."""
        self.controller.history.redo()
        self.wait()

    def press(self, text: str) -> None:
        """Click a button of the page."""
        (button,) = [one for one in self.panel.findChildren(QToolButton) if one.isVisible() and one.text() == text]
        assert button.isEnabled(), button.toolTip()
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        self.wait()

    def answer(self, text: str) -> None:
        """Answer the question that is shown."""
        (box,) = self.panel.findChildren(QMessageBox)
        (button,) = [one for one in box.findChildren(QPushButton) if one.text().replace("&", "") == text]
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        self.wait()

    def choose(self, kind: str) -> None:
        """Choose which runs are listed."""
        self.panel.kind_box.setCurrentIndex(self.panel.kind_box.findData(kind))
        self.wait()

    def search(self, text: str) -> None:
        """Type a search."""
        self.panel.find_edit.setFocus()
        self.panel.find_edit.clear()
        self.qtbot.keyClicks(self.panel.find_edit, text)
        self.qtbot.waitUntil(lambda: not self.panel._timer.isActive())
        self.wait()

    def settings(self) -> dict[str, str]:
        """Return the listed settings."""
        table = self.panel.details.settings
        cells = [[table.item(row, column) for column in (0, 1)] for row in range(table.rowCount())]
        return {name.text(): value.text() for name, value in cells if name is not None and value is not None}

    @property
    def selected(self) -> list[int]:
        """The selected rows."""
        model: QItemSelectionModel = self.panel.table.selectionModel()
        return sorted(index.row() for index in model.selectedRows())

"""The Listen page with its controller and the run that it observes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from mlpsvd_gui.pages.listen.controllers.listen import ListenController
from mlpsvd_gui.pages.listen.views.panel import ListenPanel
from mlpsvd_gui.state.model_library import ModelLibrary
from mlpsvd_gui.state.run_state import RunState


@dataclass(frozen=True)
class Tab:
    """The tab, its controller and the run that it looks at."""

    panel: ListenPanel
    controller: ListenController
    run_model: RunState
    models: ModelLibrary


def click_entry(qtbot: QtBot, box: QComboBox, row: int) -> None:
    """Open a combo box with the mouse and take one of its lines (Qt takes a second click that soon for the first)."""
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton)
    view = box.view()
    qtbot.waitUntil(view.isVisible)
    view.setCurrentIndex(box.model().index(row, 0))
    qtbot.keyClick(view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not view.isVisible())

"""The Analysis page with its controller, for tests."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd_gui.pages.analysis.controllers.analysis import AnalysisController
from mlpsvd_gui.pages.analysis.controllers.registry_runs import offered
from mlpsvd_gui.pages.analysis.views.panel import AnalysisPanel
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.state.selection_state import SelectionState

__all__ = ["WAIT_MS", "Page"]

WAIT_MS = 20_000


class Page:
    """Panel and controller with a run in the window."""

    def __init__(self, qtbot: QtBot, runs: Path) -> None:
        self.qtbot, self.run, self.selection = qtbot, RunState(), SelectionState()
        self.panel = AnalysisPanel(offered())
        self.library = RunLibrary(runs)
        self.controller = AnalysisController(self.panel, self.run, self.selection, library=self.library)
        qtbot.addWidget(self.panel)
        self.panel.resize(1280, 620)
        self.panel.show()

    def wait(self) -> None:
        """Wait until the visible section is computed."""
        self.qtbot.waitUntil(self.panel.section.bar.isHidden, timeout=WAIT_MS)

    def show(self, key: str) -> None:
        """Choose a section by a click in the list, and wait."""
        row = list(self.panel.sections).index(key)
        item = self.panel.list.item(row)
        place = self.panel.list.visualItemRect(item).center()
        QTest.mouseClick(self.panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
        assert self.panel.section.key == key
        self.wait()

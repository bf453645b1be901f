"""The tutorial, followed to the letter in the real window: each step of docs/tutorial.md is done by a function here."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from dialogs import choose_path
from listen_tab import click_entry
from main_window import open_main_window
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton
from pytestqt.qtbot import QtBot
from sound_server import SoundServer

from mlpsvd_gui.app import open_at_start
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.pages.listen.views.source_chooser import MICROPHONE_SOURCE
from mlpsvd_gui.state.run_state import RunPhase

LEFT = Qt.MouseButton.LeftButton
RATE_HZ = 48000
_WAIT_MS = 120_000

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the private sound server is Linux's")


def steps_of(text: str) -> list[str]:
    """Return the first sentence of each numbered step, which says what to do."""
    steps = re.findall(r"^\d+\. +(.*(?:\n {3,}.*)*)", text, re.MULTILINE)
    joined = [re.sub(r"\s+", " ", step) for step in steps]
    return [re.split(r"(?<=[a-zZ*])\. (?=[A-Z])", step)[0].rstrip(".") for step in joined]


class Student:
    """Does the steps with mouse and keyboard."""

    def __init__(self, qtbot: QtBot, window: MainWindow, server: SoundServer, folder: Path) -> None:
        self.qtbot, self.window, self.server, self.folder = qtbot, window, server, folder
        self.steps: dict[str, Callable[[], None]] = {
            "Start the program and press *The paper's task*": self.start,
            "Select *650 Hz* in the list of filters, click its curve beside the list, and press the right arrow key "
            "ten times": self.move_a_filter,
            "Press Ctrl+Z": self.undo,
            "Press *Train*": self.train_noise,
            "Read the table *Comparison*": self.read_the_table,
            "Point at the heat map *Singular values*": self.point_at_the_heat_map,
            "Open the page *Analysis* and choose *MLP-SVD* as the network": self.analyse,
            "Choose *Help > Welcome* and press *Example recordings*": self.take_examples,
            "Press *Train* again": self.train_recordings,
            "Open the tab *Confusion matrix*": self.open_confusion_matrix,
            "Open *Live audio > Files*, press *Add folder…* and choose the folder *Everyday sounds*, whose path "
            "*Explore* shows": self.add_folder,
            "Press *Start*": self.classify,
            "Open *Live audio > Listen*, choose your microphone, and press *Start*": self.listen,
            "Whistle": self.whistle,
            "Press *Stop*, then choose *File > Save run to folder…* and name a folder": self.save,
        }

    def press(self, button: QPushButton) -> None:
        """Click a button that can be pressed."""
        assert button.isVisible() and button.isEnabled(), button.text()
        self.qtbot.mouseClick(button, LEFT)

    def choose(self, menu: str, entry: str) -> None:
        """Choose an entry of a menu by its words."""
        actions = [one for one in self.window.menuBar().actions() if one.text().replace("&", "") == menu]
        (found,) = (one for one in _entries(actions[0]) if one.text().replace("&", "") == entry)
        found.trigger()

    def open_page(self, name: str) -> None:
        """Click a tab at the top, or one of Live audio."""
        for tabs in (self.window.tabs, self.window.live_tab.pages, self.window.explore.results):
            for index in range(tabs.count()):
                if tabs.tabText(index) == name and tabs.isVisible():
                    bar = tabs.tabBar()
                    self.qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(index).center())
                    return
        raise AssertionError(f"there is no page {name}")

    # -- noise

    def start(self) -> None:
        self.press(self.window.explore.welcome.task_button)
        assert self.window.race_panel.isVisible()

    def move_a_filter(self) -> None:
        table, plot = self.window.filters_panel.table, self.window.filters_panel.view.response_plot
        (row,) = (row for row, one in enumerate(table.rows) if one.label == "650 Hz")
        self.qtbot.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.model().index(row, 1)).center())
        plot.setFocus()
        for _ in range(10):
            self.qtbot.keyClick(plot, Qt.Key.Key_Right)
        assert self.window.experiments.experiment.data.synthetic.filters[row].centre_hz == pytest.approx(660.0)

    def undo(self) -> None:
        self.qtbot.keyClick(self.window.filters_panel.view.response_plot, "z", Qt.KeyboardModifier.ControlModifier)
        centres = [one.centre_hz for one in self.window.experiments.experiment.data.synthetic.filters]
        assert sorted(centres) == pytest.approx([590.0, 620.0, 650.0, 680.0, 710.0])

    def train(self) -> None:
        button = self.window.toolbar.widgetForAction(self.window.actions_.train)
        self.qtbot.mouseClick(button, LEFT)
        self.qtbot.waitUntil(lambda: self.window.run.state is RunPhase.FINISHED, timeout=_WAIT_MS)
        assert self.window.toolbar.left_text == "finished"

    def train_noise(self) -> None:
        self.train()
        assert len(self.window.run.outcomes) == 5

    def read_the_table(self) -> None:
        cell = self.window.race_panel.cell
        for contender in ("mlp", "mlp-svd"):
            assert 70.0 <= float(cell(contender, "Test accuracy").partition(" %")[0]) <= 78.0
        assert cell("mlp", "Rank").startswith("20")
        assert int(cell("mlp-svd", "Rank").partition(",")[0]) in (2, 3)
        weights = [int(cell(contender, "Trained weights").replace(",", "")) for contender in ("mlp", "mlp-svd")]
        assert weights[1] < weights[0] / 4

    def point_at_the_heat_map(self) -> None:
        panel = self.window.singular_values_panel
        plot = panel.heatmap
        view, at = plot.canvas.getPlotItem().vb, QPointF(20.0, 1.0)

        def shows_epoch_20() -> bool:
            """Move there once more: the plot may still have changed its size after the training."""
            self.qtbot.mouseMove(plot.canvas.viewport(), QPoint(0, 0))
            self.qtbot.mouseMove(plot.canvas.viewport(), plot.canvas.mapFromScene(view.mapViewToScene(at)))
            epoch = self.window.selection.epoch
            return epoch is not None and abs(epoch - 20) <= 1

        self.qtbot.waitUntil(shows_epoch_20)

    def analyse(self) -> None:
        self.open_page("Analysis")
        box = self.window.analysis_panel.contender_box
        self.qtbot.waitUntil(lambda: box.findText("MLP-SVD") >= 0, timeout=_WAIT_MS)
        click_entry(self.qtbot, box, box.findText("MLP-SVD"))
        rows = self.window.analysis_panel.directions.rows.list
        self.qtbot.waitUntil(lambda: rows.count() in (2, 3), timeout=_WAIT_MS)

    # -- recordings

    def take_examples(self) -> None:
        self.choose("Help", "Welcome")
        self.press(self.window.explore.welcome.examples_button)
        self.qtbot.waitUntil(lambda: self.window.experiments.experiment.data.source == "recordings", timeout=_WAIT_MS)
        self.qtbot.waitUntil(lambda: "300 files" in self.window.data_panel.form.status.text(), timeout=_WAIT_MS)

    def train_recordings(self) -> None:
        self.train()
        assert set(self.window.run.outcomes) == {"mlp", "mlp-svd"}

    def open_confusion_matrix(self) -> None:
        self.open_page("Confusion matrix")
        assert self.window.confusion_panel.isVisible() and self.window.confusion_panel.table.rowCount() == 5

    def add_folder(self) -> None:
        self.open_page("Live audio")
        self.open_page("Files")
        self.press(self.window.files_panel.controls.folder_button)
        folder = Path(self.window.experiments.experiment.data.recordings.path)
        assert folder.name == "Everyday sounds"
        choose_path(self.qtbot, self.window.files_panel, folder)
        entries = self.window.files_panel.table.rows
        self.qtbot.waitUntil(lambda: len(entries.entries) == 300, timeout=_WAIT_MS)

    def classify(self) -> None:
        controls = self.window.files_panel.controls
        self.press(controls.start_button)
        entries = self.window.files_panel.table.rows
        self.qtbot.waitUntil(lambda: all(one.result is not None for one in entries.entries), timeout=_WAIT_MS)
        self.qtbot.waitUntil(lambda: controls.start_button.text() == "Start", timeout=_WAIT_MS)
        n_right = sum(one.result is not None and one.result.label == one.result.truth for one in entries.entries)
        assert n_right > 270

    # -- the microphone

    def listen(self) -> None:
        self.open_page("Listen")
        source = self.window.listen_panel.controls.source
        if source.kind != MICROPHONE_SOURCE:
            click_entry(self.qtbot, source.kind_box, source.kind_box.findData(MICROPHONE_SOURCE))
        name = "Monitor of Speaker"
        self.qtbot.waitUntil(lambda: any(name in text for text in source.devices.texts), timeout=_WAIT_MS)
        row = next(row for row, text in enumerate(source.devices.texts) if name in text)
        click_entry(self.qtbot, source.devices.box, row)
        self.press(self.window.listen_panel.controls.start_button)
        self.qtbot.waitUntil(lambda: self.window.listen_panel.meter.rms_dbfs is not None, timeout=_WAIT_MS)

    def whistle(self) -> None:
        time_s = np.arange(20 * RATE_HZ) / RATE_HZ
        vibrato = 1600.0 * 2.0 ** (0.02 * np.sin(2 * np.pi * 5.0 * time_s))
        noise = 0.0005 * np.random.default_rng(1).standard_normal(len(time_s))
        self.server.play(0.1 * np.sin(2 * np.pi * np.cumsum(vibrato) / RATE_HZ) + noise, RATE_HZ)
        self.qtbot.waitUntil(lambda: self.window.listen_panel.decision.label == "whistle", timeout=15_000)
        self.qtbot.wait(1500)  # windows with the beginning of the sound are over
        labels = [self.window.listen_panel.decision.label]
        for _ in range(4):
            self.qtbot.wait(250)  # a window every quarter of a second
            labels.append(self.window.listen_panel.decision.label)
        assert labels == ["whistle"] * 5

    def save(self) -> None:
        self.press(self.window.listen_panel.controls.start_button)
        self.qtbot.waitUntil(lambda: not self.window.listen.is_running, timeout=_WAIT_MS)
        self.choose("File", "Save run to folder…")
        choose_path(self.qtbot, self.window, self.folder / "sounds")
        model = self.folder / "sounds" / "model-mlp-svd.safetensors"
        self.qtbot.waitUntil(model.is_file, timeout=_WAIT_MS)
        self.qtbot.waitUntil(lambda: not self.window.documents.is_busy, timeout=_WAIT_MS)


def _entries(action: QAction) -> Iterator[QAction]:
    menu = action.menu()
    assert isinstance(menu, QMenu)
    yield from menu.actions()


@pytest.mark.slow
def test_the_tutorial_can_be_followed_step_by_step(
    qtbot: QtBot, sound_server: SoundServer, project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    window = open_main_window(qtbot, tmp_path / "window", size=(1280, 800))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    open_at_start(window, None)
    student = Student(qtbot, window, sound_server, tmp_path)
    steps = steps_of((project_root / "docs" / "tutorial.md").read_text("utf-8"))
    assert steps == list(student.steps), "the tutorial and the functions that follow it differ"
    for step in steps:
        print(step)
        student.steps[step]()
    window.close()

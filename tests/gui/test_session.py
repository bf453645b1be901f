"""Quit and come back: runs are kept by themselves, the last one is shown again, and quitting asks while one runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from mlpsvd.contenders import FAIR_CONTENDERS
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.run_folder import RunFolder
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunPhase
from mlpsvd_gui.widgets.messages import MessageKind


def open_window(qtbot: QtBot, folder: Path) -> MainWindow:
    store = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(Preferences(store))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    return window


def train(qtbot: QtBot, window: MainWindow, epochs: int) -> None:
    for key, value in {"train_per_class": 40, "test_per_class": 40}.items():
        window.experiments.set_value(f"data.synthetic.{key}", value)
    window.experiments.set_value("training.epochs", epochs)
    window.actions_.train.trigger()


def wait_for(qtbot: QtBot, window: MainWindow, *states: RunPhase) -> None:
    qtbot.waitUntil(lambda: window.run.state in states, timeout=60_000)


def question(window: MainWindow) -> QMessageBox:
    (box,) = window.findChildren(QMessageBox, "quit question")
    assert box.isVisible()
    return box


def press(qtbot: QtBot, box: QMessageBox, text: str) -> None:
    (button,) = [one for one in box.findChildren(QPushButton) if one.text().replace("&", "") == text]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_last_run_comes_back_with_curves_models_and_matrix(qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window(qtbot, tmp_path)
    train(qtbot, window, 6)
    wait_for(qtbot, window, RunPhase.FINISHED)
    confusion = window.run.outcomes["mlp-svd"].confusion.copy()
    cells = [window.race_panel.cell(name, "Test accuracy") for name in ("mlp", "mlp-svd")]
    run_id, experiment = window.run.run_id, window.experiments.experiment
    models = [model.key for model in window.models.entries()]
    assert window.close(), "nothing is asked when nothing runs"

    again = open_window(qtbot, tmp_path)
    wait_for(qtbot, again, RunPhase.FINISHED)
    assert (again.run.run_id, again.experiments.experiment) == (run_id, experiment)
    assert [again.race_panel.cell(name, "Test accuracy") for name in ("mlp", "mlp-svd")] == cells
    np.testing.assert_array_equal(again.run.outcomes["mlp-svd"].confusion, confusion)
    assert len(again.training_panel.accuracy.curve_data("mlp/test")[0]) == 7
    assert [model.key for model in again.models.entries()] == models and set(models) == set(FAIR_CONTENDERS)
    assert again.actions_.save_run.isEnabled() and again.race_panel.stale_text == ""
    again.close()


def test_a_new_run_keeps_the_one_before_and_the_menu_opens_it(qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window(qtbot, tmp_path)
    for epochs in (3, 5):
        train(qtbot, window, epochs)
        wait_for(qtbot, window, RunPhase.FINISHED)
    window.actions_.recent_runs.aboutToShow.emit()
    newest, older = window.actions_.recent_runs.actions()
    assert "MLP-SVD" in newest.text() and "%" in newest.text()
    older.trigger()
    qtbot.waitUntil(
        lambda: window.run.experiment is not None and window.run.experiment.training.epochs == 3, timeout=20_000
    )
    wait_for(qtbot, window, RunPhase.FINISHED)
    assert len(window.run.histories["mlp"]) == 4
    assert window.experiments.experiment.training.epochs == 3
    assert window.preferences.recent_files() == []
    window.close()


@pytest.mark.alone
def test_quitting_during_a_run_asks_and_cancelling_goes_on(qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window(qtbot, tmp_path)
    train(qtbot, window, 1_000_000)
    wait_for(qtbot, window, RunPhase.TRAINING)
    assert not window.close() and window.isVisible()
    press(qtbot, question(window), "Continue training")
    n_events = len(window.run.histories["mlp"])
    qtbot.waitUntil(lambda: len(window.run.histories["mlp"]) > n_events, timeout=10_000)
    assert window.isVisible()

    window.actions_.quit.trigger()
    started = time.monotonic()
    press(qtbot, question(window), "Stop, save and quit")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=20_000)
    assert time.monotonic() - started < 10.0

    again = open_window(qtbot, tmp_path)
    wait_for(qtbot, again, RunPhase.STOPPED)
    assert len(again.run.histories["mlp"]) > n_events
    assert re.fullmatch(r"Restored the last run \(\d+ of 1000000 epochs\)\.", again.messages.text)
    again.close()


def test_a_run_that_is_stopped_before_its_first_epoch_leaves_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    window = open_window(qtbot, tmp_path)
    window.experiments.set_value("data.synthetic.train_per_class", 5000)
    window.actions_.train.trigger()
    window.actions_.stop.trigger()
    wait_for(qtbot, window, RunPhase.EMPTY)
    window.close()
    assert RunLibrary(tmp_path / "runs").latest() is None


def test_a_damaged_last_run_does_not_keep_the_window_from_opening(qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "2026-01-01_000000_x"
    folder.mkdir(parents=True)
    (folder / "checkpoint.safetensors").write_bytes(b"\xff" * 100)
    window = open_window(qtbot, tmp_path)
    qtbot.waitUntil(lambda: not window.session.is_restoring, timeout=10_000)
    assert window.run.state is RunPhase.EMPTY
    window.close()


def test_a_read_only_folder_is_reported_and_training_continues(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    window = open_window(qtbot, tmp_path)
    noted: list[str] = []
    window.training.noted.connect(noted.append)
    train(qtbot, window, 3)
    wait_for(qtbot, window, RunPhase.FINISHED)
    assert len([text for text in noted if text.startswith("The run is not kept: ")]) == 1
    assert window.run.outcomes
    window.close()


@pytest.mark.parametrize("is_training", [False, True])
def test_the_library_holds_a_run_while_it_is_trained(qtbot: QtBot, tmp_path: Path, is_training: bool) -> None:
    """Another window does not take a run for finished while this one trains it."""
    library = RunLibrary(tmp_path / "runs")
    window = open_window(qtbot, tmp_path)
    train(qtbot, window, 1_000_000 if is_training else 3)
    wait_for(qtbot, window, RunPhase.TRAINING if is_training else RunPhase.FINISHED)
    qtbot.waitUntil(lambda: any((tmp_path / "runs").iterdir()), timeout=10_000)
    (folder,) = (tmp_path / "runs").iterdir()
    if is_training:
        assert library.latest() is None
        with pytest.raises(Exception, match="is open in this program"):
            RunFolder(folder)
        window.actions_.stop.trigger()
        wait_for(qtbot, window, RunPhase.STOPPED)
    qtbot.waitUntil(lambda: library.latest() == folder, timeout=10_000)
    window.close()


def test_a_hostile_run_folder_is_one_sentence(
    qtbot: QtBot, tmp_path: Path, hostile: Path, expect_log: Callable[[str], None]
) -> None:
    expect_log("could not be read")
    window = open_window(qtbot, tmp_path)
    window.documents.open(hostile / "checkpoint_out_of_bounds")
    qtbot.waitUntil(lambda: window.messages.kind is MessageKind.ERROR, timeout=10_000)
    assert "without its results" in window.messages.text and "takes 514 inputs" in window.messages.text
    assert window.run.state is RunPhase.EMPTY
    window.close()


TRAINS = """
import sys
from PySide6.QtCore import QTimer
import mlpsvd_gui.app as app
from mlpsvd_gui.main_window import MainWindow
shown = MainWindow.show
def show(window):
    shown(window)
    for key, value in {"data.synthetic.train_per_class": 40, "training.epochs": 1_000_000}.items():
        window.experiments.set_value(key, value)
    window.experiments.set_value("training.contenders", ("mlp", "mlp-svd"))
    window.run.events_added.connect(lambda _: print("training", flush=True))
    QTimer.singleShot(0, window.actions_.train.trigger)
MainWindow.show = show
sys.exit(app.main([]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_sigterm_stops_keeps_and_closes_the_window(tmp_path: Path) -> None:
    own = {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    process = subprocess.Popen(
        [sys.executable, "-c", TRAINS],
        env={**os.environ, **own, "XDG_CONFIG_HOME": str(tmp_path / "config")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "training\n"
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143 and "Traceback" not in err, err
    run = RunLibrary(tmp_path / "data" / "mlpsvd" / "runs").read_latest()
    assert run is not None and 0 < run.epoch < 1_000_000

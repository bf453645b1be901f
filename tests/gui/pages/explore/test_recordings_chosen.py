"""Own recordings by the obvious way, in the real window: choose a folder, train, undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from main_window import open_main_window
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from small_sounds import write_tones

from mlpsvd.cli.train import chosen_experiment
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import RECORDINGS_PRESET, new_experiment, preset
from mlpsvd.experiments.recordings_recipe import fitted_to
from mlpsvd.experiments.unknown_speakers import KNOWN_SPEAKERS_ONLY, UNKNOWN_SPEAKERS
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.run_state import RunPhase


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    window = open_main_window(qtbot, tmp_path, size=(1280, 720))
    yield window
    window.close()


def choose(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    """Choose the source and type a folder, as a person does."""
    window.data_panel.source_chosen.emit("recordings")
    line = window.data_panel.form.path
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, str(folder))
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.experiments.experiment.data.recordings.path == str(folder), timeout=30_000)


def train(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_.train.trigger()
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FINISHED, timeout=180_000)


def test_a_folder_gets_settings_that_suit_it_and_undo_takes_them_back(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    folder = write_tones(tmp_path / "tones")
    window.experiments.set_value("network.hidden", (7,))
    choose(qtbot, window, folder)
    experiment = window.experiments.experiment
    assert experiment == chosen_experiment(folder, None, []), "as mlpsvd train FOLDER"
    assert experiment.name == "Recordings: tones" and "Recordings: tones" in window.windowTitle()
    assert window.messages.text == "Settings adapted to the recordings."
    assert "settings for recordings" in window.experiments.undo_name, "and it stays in the Edit menu"
    qtbot.mouseClick(window.messages._button, Qt.MouseButton.LeftButton)
    assert window.experiments.experiment.network.hidden == (7,)
    assert window.experiments.experiment.features == Experiment().features
    window.actions_.redo.trigger()
    assert window.experiments.experiment == experiment


def test_the_source_alone_brings_its_settings(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    folder = write_tones(tmp_path / "tones")
    choose(qtbot, window, folder)
    fitted = window.experiments.experiment
    window.data_panel.source_chosen.emit("synthetic")
    bank = window.experiments.experiment
    assert (bank.name, bank.features, bank.training) == (
        new_experiment().name,
        new_experiment().features,
        new_experiment().training,
    )
    assert window.messages.text == "Settings restored for the filter bank."
    window.data_panel.source_chosen.emit("recordings")
    qtbot.waitUntil(lambda: window.experiments.experiment == fitted, timeout=30_000)


def test_another_folder_keeps_settings_of_ones_own(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    choose(qtbot, window, write_tones(tmp_path / "tones"))
    window.experiments.set_value("training.epochs", 33)
    window.messages.clear()
    choose(qtbot, window, write_tones(tmp_path / "others"))
    experiment = window.experiments.experiment
    assert (experiment.training.epochs, experiment.name) == (33, "Recordings: others")
    assert window.messages.text == ""


def test_a_preset_keeps_the_chosen_folder(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    choose(qtbot, window, write_tones(tmp_path / "tones"))
    chosen = window.experiments.experiment.data.recordings
    window.use_preset(RECORDINGS_PRESET)
    experiment = window.experiments.experiment
    assert (experiment.data.recordings, experiment.name) == (chosen, "Recordings: tones")
    assert experiment.training == preset(RECORDINGS_PRESET).training
    choose(qtbot, window, write_tones(tmp_path / "others"))
    experiment = window.experiments.experiment
    assert experiment == fitted_to(experiment, experiment.data.recordings, 12, 8000.0), "a preset is fitted too"


def test_few_recordings_are_cross_validated_and_the_better_network_is_used(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    choose(qtbot, window, write_tones(tmp_path / "tones", n_odd=2))
    window.experiments.set_value("training.epochs", 20)
    train(qtbot, window)
    validations = {name: one.validation for name, one in window.run.outcomes.items()}
    assert all(one is not None and one.n_clips == 12 for one in validations.values())
    accuracies = {name: one.accuracy for name, one in validations.items() if one is not None}
    chosen = window.listen_panel.controls.model_box.key
    assert accuracies[chosen] == max(accuracies.values())
    assert window.files_panel.controls.model_box.key == chosen


def test_the_window_says_for_whom_the_accuracies_hold(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    folder = write_tones(tmp_path / "tones")
    note = window.race_panel.note
    choose(qtbot, window, folder)
    window.experiments.set_value("training.epochs", 5)
    assert note.text() == note.toolTip() == ""
    train(qtbot, window)
    assert note.isVisible() and note.text() == KNOWN_SPEAKERS_ONLY
    assert note.height() >= note.heightForWidth(note.width()), "all of it at 1280 x 720"
    assert UNKNOWN_SPEAKERS in note.toolTip()
    rows = [
        f"{label}/{number}.wav,{label},{'test' if number < 2 else 'train'}" for label in "ab" for number in range(6)
    ]
    (folder / "manifest.csv").write_text("\n".join(["path,label,split", *rows]))
    window.experiments.set_value("data.recordings.path", str(folder / "manifest.csv"))
    window.experiments.set_value("data.recordings.labels_from", "manifest")
    train(qtbot, window)
    assert window.run.outcomes and note.text() == note.toolTip() == "", "a manifest may hold out speakers"

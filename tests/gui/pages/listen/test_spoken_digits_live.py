"""Spoken digits played into a real device are classified in the window as from their files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot
from sound_server import SoundServer

from mlpsvd.audio import files
from mlpsvd.classification.classifier import Classifier
from mlpsvd.datasets.recordings import scan
from mlpsvd.datasets.split import split_class, split_key
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.presets import PRESETS, RECORDINGS_PRESET
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.models.model_file import load_model, save_model
from mlpsvd.settings import with_value
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.pages.listen.views.source_chooser import MICROPHONE_SOURCE
from mlpsvd_gui.state.preferences import Preferences

RATE_HZ = 8000
N_OF_EACH = 3
REST_S = 0.4
"""Between two words: longer than the release time that ends a word, and than any pause within one."""


def held_out(experiment: Experiment) -> list[tuple[Path, str]]:
    """A few recordings of each digit that the training does not hear, in an order of their own."""
    own = experiment.data.recordings
    inventory = scan(own)
    words = []
    for label in inventory.class_names:
        there = [one for one in inventory.files if one.label == label]
        names, sides = [one.name for one in there], [one.split for one in there]
        keys = [split_key(name, Path(own.path)) for name in names]
        received = split_class(keys, sides, own.test_fraction, experiment.seed)
        words += [(one.path, label) for one, side in zip(there, received, strict=True) if side == "test"][:N_OF_EACH]
    order = np.random.default_rng(7).permutation(len(words))
    return [words[index] for index in order]


@pytest.fixture(scope="module")
def experiment(spoken_digits: Path) -> Experiment:
    return with_value(PRESETS[RECORDINGS_PRESET], "data.recordings.path", str(spoken_digits / "recordings"))


@pytest.fixture(scope="module")
def digits(experiment: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an MLP-SVD trained as the preset says."""
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    path = tmp_path_factory.mktemp("digits") / "Digits.safetensors"
    save_model(path, model_of(prepared, race.outcomes()["mlp-svd"]))
    return path


def one_after_another(words: list[tuple[Path, str]]) -> np.ndarray:
    rest = np.zeros(round(REST_S * RATE_HZ), np.float32)
    parts = [rest]
    for path, _ in words:
        samples, rate_hz = files.read(path)
        parts += [files.resample(samples, rate_hz, RATE_HZ), rest]
    return np.concatenate([*parts, rest, rest])


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    preferences = Preferences(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))
    table = {"windows": "whole sounds", "trigger_dbfs": -80.0, "hang_s": 0.25}
    preferences.set_table("live/settings", table)
    window = MainWindow(preferences)
    qtbot.addWidget(window)
    window.resize(1280, 720)
    with qtbot.waitExposed(window):
        window.show()
    window.tabs.setCurrentWidget(window.live_tab)
    yield window
    window.close()


@pytest.mark.slow
def test_spoken_digits_are_classified_live_as_well_as_from_files(
    qtbot: QtBot, sound_server: SoundServer, window: MainWindow, digits: Path, experiment: Experiment
) -> None:
    words = held_out(experiment)
    spoken = [label for _, label in words]
    classifier = Classifier(load_model(digits))
    read = [classifier.classify_file(path)[0].label for path, _ in words]
    n_right_from_files = sum(one == label for one, label in zip(read, spoken, strict=True))
    assert n_right_from_files >= 0.9 * len(words)

    # The device's rate is that of the recordings: what it plays is what the files hold.
    sound_server.add_sink("words", rate_hz=RATE_HZ)
    window.models.open_model(str(digits))
    panel = window.listen_panel
    qtbot.waitUntil(lambda: digits.name in panel.controls.model_box.currentText(), timeout=10_000)
    panel.controls.source.show_kind(MICROPHONE_SOURCE)
    qtbot.mouseClick(panel.controls.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.meter.rms_dbfs is not None, timeout=10_000)
    sound = one_after_another(words)
    # A player that fell behind on a busy machine would tear words in two: a second of room.
    sound_server.play(sound, RATE_HZ, name="words", latency_ms=1000)

    def heard() -> list[str]:
        return [row.label for row in panel.log.rows if row.label]

    timeout_ms = round(1e3 * len(sound) / RATE_HZ) + 15_000
    qtbot.waitUntil(lambda: len(heard()) >= len(words), timeout=timeout_ms)
    qtbot.wait(1000)  # time in which no other may come
    assert len(heard()) == len(words), "each word is decided on exactly once"
    n_right = sum(one == label for one, label in zip(heard(), spoken, strict=True))
    assert abs(n_right - n_right_from_files) <= 1, list(zip(spoken, read, heard(), strict=True))

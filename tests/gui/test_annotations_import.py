"""File > Import > Annotations of the real window, from the menu to training on the clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from dialogs import choose_path
from main_window import open_main_window
from PySide6.QtWidgets import QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.annotated_clips import is_cut
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.settings import with_value
from mlpsvd_gui.window.annotations_dialog import AnnotationsDialog

RATE = 8000


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Four recordings with label tracks in other folders: 20 low and 20 high tones, or 200 times as many."""
    folder, labels, many = (tmp_path / name for name in ("in", "labels", "many"))
    for one in (folder, labels, many):
        one.mkdir()
    t = np.arange(10 * RATE) / RATE
    for number in range(4):
        tone = np.where(t % 2 < 1, np.sin(2 * np.pi * 500 * t), np.sin(2 * np.pi * 1500 * t))
        noise = np.random.default_rng(number).normal(0, 0.05, len(t))
        soundfile.write(folder / f"site_{number}.wav", 0.5 * tone + noise, RATE)
        lines = "".join(f"{s}\t{s + 1}\t{('low', 'high')[s % 2]}\n" for s in range(10))
        (labels / f"site_{number}.txt").write_text(lines)
        (many / f"site_{number}.txt").write_text(lines * 200)
    return folder


def test_annotations_become_clips_and_the_data_of_the_experiment(
    qtbot: QtBot, recordings: Path, tmp_path: Path
) -> None:
    small = with_value(Experiment(), "data.synthetic.train_per_class", 5)
    window = open_main_window(qtbot, tmp_path / "window", with_value(small, "data.synthetic.test_per_class", 5))
    action = window.actions_.import_annotations
    assert any(action in menu.actions() for menu in window.menuBar().findChildren(QMenu))
    action.trigger()
    dialog = window.findChild(AnnotationsDialog)
    dialog.start_button.click()
    assert dialog.status.text() == "Choose the folder of the recordings."
    dialog.recordings.button.click()
    choose_path(qtbot, dialog, recordings)
    clips = tmp_path / "in clips"
    assert dialog.folder.path == str(clips)
    dialog.start_button.click()
    qtbot.waitUntil(lambda: "in gives no clip: 4 recordings, 0 with annotations" in dialog.status.text())
    assert not clips.exists() and dialog.start_button.isEnabled()
    dialog.annotations.button.click()
    choose_path(qtbot, dialog, tmp_path / "labels")
    for target, message in ((tmp_path, f"{tmp_path} exists and is not empty"), (tmp_path / "no/clips", "no folder")):
        dialog.folder.choose(str(target))
        dialog.start_button.click()
        qtbot.waitUntil(lambda message=message: message in dialog.status.text())
    dialog.folder.choose(str(clips))
    dialog.annotations.choose(str(tmp_path / "many"))
    dialog.start_button.click()
    assert dialog.is_running and dialog.close_button.text() == "Cancel"
    dialog.close_button.click()
    qtbot.waitUntil(lambda: not dialog.is_running)
    assert dialog.status.text() == "Cancelled; no clips were written." and dialog.isVisible()
    assert not any("clips" in one.name for one in tmp_path.iterdir())
    dialog.annotations.choose(str(tmp_path / "labels"))
    dialog.start_button.click()
    qtbot.waitUntil(dialog.use_button.isVisible)
    assert dialog.status.text() == f"40 clips of 4 recordings written to {clips}: high, low."
    assert is_cut(clips)
    dialog.start_button.click()
    box = dialog.findChild(QMessageBox, "replace question")
    next(one for one in box.buttons() if one.text() == "&Replace").click()
    qtbot.waitUntil(lambda: dialog.use_button.isVisible() and not dialog.is_running)
    dialog.use_button.click()
    qtbot.waitUntil(lambda: window.experiments.experiment.data.source == "recordings", timeout=20_000)
    used = window.experiments.experiment.data.recordings
    assert (used.path, used.labels_from) == (str(clips / "manifest.csv"), "manifest")
    assert window.tabs.currentIndex() == 0
    window.actions_.undo.trigger()
    assert window.experiments.experiment.data.source == "synthetic"
    action.trigger()  # a new dialog, as the first was closed
    assert any(one.isVisible() for one in window.findChildren(AnnotationsDialog))
    window.close()

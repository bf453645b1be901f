"""Retrain uses the current clips, keeps settings made by hand, and shows the result."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from record_page import Page

from mlpsvd.collection.collection import Collection
from mlpsvd.collection.take import Take
from mlpsvd.experiments.unknown_speakers import KNOWN_SPEAKERS_ONLY, UNKNOWN_SPEAKERS
from mlpsvd_gui.state.run_state import RunPhase

RATE_HZ = 16000.0
FREQUENCIES_HZ = {"low": 300.0, "middle": 1200.0, "high": 4000.0}


@pytest.fixture
def tones(qtbot: QtBot, page: Page, sine: Callable[..., NDArray[np.float32]]) -> Page:
    """A collection of three classes with eight noisy tones each, open."""
    rng = np.random.default_rng(3)
    with Collection.create(page.folder) as collection:
        for label, frequency_hz in FREQUENCIES_HZ.items():
            for _ in range(8):
                samples = sine(frequency_hz * rng.uniform(0.9, 1.1), 0.3)
                noise = 0.01 * rng.standard_normal(len(samples)).astype(np.float32)
                collection.add(Take(samples + noise, RATE_HZ, label))
    page.panel.bar.open_requested.emit(str(page.folder))
    qtbot.waitUntil(lambda: page.controller.collection.content is not None)
    return page


def retrain(qtbot: QtBot, page: Page) -> None:
    qtbot.mouseClick(page.panel.training.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.run.state.is_active, timeout=10_000)
    assert not page.panel.training.button.isEnabled()
    qtbot.waitUntil(lambda: not page.run.state.is_active, timeout=120_000)
    assert page.run.state is RunPhase.FINISHED, page.run.message


def test_it_says_what_is_missing_before_anything_can_be_trained(qtbot: QtBot, page: Page) -> None:
    box = page.panel.training
    assert "collection" in box.button.toolTip() and not box.button.isEnabled()
    with Collection.create(page.folder) as collection:
        for label, n_clips in (("a", 3), ("b", 1)):
            for _ in range(n_clips):
                collection.add(Take(np.full(8000, 0.1, dtype=np.float32), RATE_HZ, label))
    page.panel.bar.open_requested.emit(str(page.folder))
    qtbot.waitUntil(lambda: page.controller.collection.content is not None)
    assert "b has 1" in box.button.toolTip() and not box.button.isEnabled()
    assert box.warnings.isVisible() and "b" in box.warnings.text()


@pytest.mark.slow
def test_few_clips_are_enough_and_a_second_time_takes_in_what_changed(qtbot: QtBot, tones: Page) -> None:
    box = tones.panel.training
    retrain(qtbot, tones)
    experiment = tones.experiments.experiment
    assert experiment.data.source == "recordings" and experiment.data.recordings.labels_from == "manifest"
    assert experiment.data.recordings.path == str(tones.folder / "manifest.csv")
    assert experiment.features.segments == "several" and experiment.features.fft_size == 512
    assert tones.run.data.class_names == ("high", "low", "middle")
    for outcome in tones.run.outcomes.values():
        assert outcome.last.test_accuracy == 1.0
        assert outcome.last.train_accuracy == 1.0
    received = box.result.text().replace("\u00a0", " ")
    assert "Cross-validated accuracy (24 clips, 5 folds): MLP 100 % (86–100), MLP-SVD 100 % (86–100)." in received
    assert "Better network: MLP-SVD" in received
    assert box.note.isVisible() and box.note.text() == KNOWN_SPEAKERS_ONLY and UNKNOWN_SPEAKERS in box.note.toolTip()
    assert box.listen_button.isVisible() and "changed" not in box.result.text().replace("\u00a0", " ")

    tones.experiments.set_value("features.fft_size", 256)
    tones.experiments.set_value("training.epochs", 20)
    table = tones.panel.review.table
    table.select([table.rows[0].id])
    tones.panel.review.delete_button.click()
    qtbot.waitUntil(lambda: "Clips have changed" in box.result.text())
    retrain(qtbot, tones)
    experiment = tones.experiments.experiment
    assert (experiment.features.fft_size, experiment.training.epochs) == (256, 20), "what somebody has set is kept"
    assert tones.run.data.n_train + tones.run.data.n_test == 23
    assert "Clips have changed" not in box.result.text().replace("\u00a0", " ")

"""Accuracy for spoken digits with microphone correction and background subtraction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlpsvd.audio.correction import MicrophoneCorrection
from mlpsvd.datasets.clips import ClipSet
from mlpsvd.datasets.load import load_clips
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.presets import PRESETS, RECORDINGS_PRESET
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.features.background import conditioning_for, measure_background
from mlpsvd.features.conditioning import Conditioning
from mlpsvd.models.model import Model
from mlpsvd.settings import with_value

RATE_HZ = 8000
COLOURED = MicrophoneCorrection(
    "bright.txt", np.array([50.0, 200, 500, 1000, 2000, 3000, 4000]), np.array([-15.0, -8, -3, 0, 4, 8, 2])
)


@pytest.fixture(scope="module")
def trained(spoken_digits: Path) -> tuple[Model, ClipSet]:
    """A network briefly trained on clean digits, and the digits of its test set."""
    experiment = PRESETS[RECORDINGS_PRESET]
    for key, value in {
        "data.recordings.path": str(spoken_digits / "recordings"),
        "training.epochs": 12,
        "discarding.first": 4,
        "discarding.last": 10,
    }.items():
        experiment = with_value(experiment, key, value)
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    return model_of(prepared, race.outcomes()["mlp"]), load_clips(experiment.data, experiment.seed).test


def accuracy(
    model: Model, clips: list[np.ndarray], labels: np.ndarray, conditioning: Conditioning | None = None
) -> float:
    network = model.network()
    x = model.features.transform(clips, conditioning).astype(network.theta.dtype)
    return float((network.predict(x).argmax(axis=1) == labels).mean())


def coloured(clip: np.ndarray) -> np.ndarray:
    n = 2 * len(clip)
    gains = 10.0 ** (COLOURED.at(np.fft.rfftfreq(n, 1.0 / RATE_HZ)) / 20.0)
    return np.fft.irfft(np.fft.rfft(clip, n) * gains, n)[: len(clip)].astype(np.float32)


def test_a_correction_gives_back_what_a_microphone_has_coloured(trained: tuple[Model, ClipSet]) -> None:
    model, test = trained
    clean = accuracy(model, list(test.samples), test.labels)
    heard = [coloured(clip) for clip in test.samples]
    assert clean > 0.85
    assert accuracy(model, heard, test.labels) < clean - 0.1
    corrected = accuracy(model, heard, test.labels, conditioning_for(model.features, COLOURED))
    assert corrected > clean - 0.03


def test_subtracting_the_background_recovers_part_of_the_accuracy(trained: tuple[Model, ClipSet]) -> None:
    model, test = trained
    rng = np.random.default_rng(4)
    deviation = 0.1 * float(np.sqrt(np.mean(np.square(np.concatenate(list(test.samples))))))  # 20 dB below
    noisy = [clip + deviation * rng.standard_normal(len(clip)).astype(np.float32) for clip in test.samples]
    background = measure_background(model.features, deviation * rng.standard_normal((20, 3362)).astype(np.float32))
    before = accuracy(model, noisy, test.labels)
    after = accuracy(model, noisy, test.labels, conditioning_for(model.features, background=background))
    assert after > before + 0.1

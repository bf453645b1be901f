"""A network trained on one sample rate classifies sound that was converted to another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlpsvd.audio.files import resample
from mlpsvd.datasets.load import load_clips
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.presets import RECORDINGS_PRESET, preset
from mlpsvd.experiments.race import Race
from mlpsvd.network.network import Network
from mlpsvd.settings import with_value


@pytest.mark.slow
@pytest.mark.parametrize("rate_hz", [44100.0, 48000.0])
def test_digits_through_another_rate_are_recognised(rate_hz: float, spoken_digits: Path) -> None:
    # With the fixed floor 78 to 92 % (4 seeds, 48 kHz); with the floor 50 dB below the maximum 94 to 98 %.
    experiment = with_value(preset(RECORDINGS_PRESET), "data.recordings.path", str(spoken_digits / "recordings"))
    for key, value in (("training.contenders", ("mlp",)), ("training.epochs", 60)):
        experiment = with_value(experiment, key, value)
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    outcome = race.outcomes()["mlp"]
    clips = load_clips(experiment.data, experiment.seed).test
    through = [resample(resample(one, 8000.0, rate_hz), rate_hz, 8000.0) for one in clips.samples]
    network = Network(outcome.snapshot.spec, outcome.snapshot.theta)
    found = network.predict(prepared.features.transform(through)).argmax(axis=1)
    assert np.trace(outcome.confusion) / len(clips) > 0.95
    assert (found == clips.labels).mean() > 0.93

"""Levels of signals whose level is known."""

from __future__ import annotations

import numpy as np
import pytest

from mlpsvd.audio.level import SILENCE_DBFS, measure_level


@pytest.mark.parametrize("level_dbfs", [0.0, -6.0, -20.0, -60.0])
def test_a_sine_has_its_amplitude_as_level(level_dbfs: float) -> None:
    amplitude = 10.0 ** (level_dbfs / 20.0)
    sine = amplitude * np.sin(2.0 * np.pi * 1000.0 * np.arange(16_000) / 16_000 + 0.1)
    level = measure_level(sine.astype(np.float32))
    assert level.rms_dbfs == pytest.approx(level_dbfs, abs=0.01)
    assert level.peak_dbfs == pytest.approx(level_dbfs, abs=0.05)


def test_silence_and_nothing_have_the_lowest_level() -> None:
    assert measure_level(np.zeros(10, np.float32)).rms_dbfs == SILENCE_DBFS
    assert measure_level(np.zeros(0, np.float32)).peak_dbfs == SILENCE_DBFS


def test_full_scale_is_clipping_and_a_little_less_is_not() -> None:
    assert measure_level(np.array([0.1, -1.0], np.float32)).clipped
    assert not measure_level(np.array([0.1, 0.99], np.float32)).clipped

"""Clips of one class: shape, spectrum, start from rest, prefixes."""

from __future__ import annotations

import numpy as np
import pytest

from mlpsvd.signals.bank import PAPER_TOP_HZ, BandPass, bank, paper_bank
from mlpsvd.signals.synthesis import synthesise

FILTER = BandPass("a", 710.0, 100.0)


def make(n_clips: int, n_samples: int, n_kept: int | None = None, kind: str = "gaussian") -> np.ndarray:
    return synthesise(FILTER, kind, 16000.0, n_clips, n_samples, np.random.default_rng(4), n_kept)


@pytest.mark.parametrize("kind", ["gaussian", "uniform", "pink"])
def test_clips_are_contiguous_float32_and_a_short_one_begins_a_long_one(kind: str) -> None:
    long = make(7, 300, kind=kind)
    assert long.shape == (7, 300)
    assert long.dtype == np.float32
    assert long.flags.c_contiguous
    np.testing.assert_array_equal(make(7, 100, kind=kind), long[:, :100])
    np.testing.assert_array_equal(make(7, 300, n_kept=3, kind=kind), long[:3])


def test_the_spectrum_peaks_at_the_centre() -> None:
    power = (np.abs(np.fft.rfft(make(50, 4096)[:, 1024:])) ** 2).mean(axis=0)
    assert np.argmax(np.convolve(power, np.ones(9), "same")) * 16000.0 / 3072 == pytest.approx(710.0, abs=30.0)


def test_each_clip_starts_from_rest_and_grows_to_its_steady_level() -> None:
    clips = make(2000, 1000)
    assert np.abs(clips[:, 0]).mean() < 0.2 * np.abs(clips[:, -100:]).mean()
    # White noise of unit variance through a resonance keeps about pi * bandwidth / rate of its power.
    assert clips[:, -100:].var() == pytest.approx(np.pi * 100 / 16000, rel=0.1)


def test_the_papers_banks_run_down_from_710_hz() -> None:
    assert [one.centre_hz for one in paper_bank(5, 30.0)] == [710.0, 680.0, 650.0, 620.0, 590.0]
    assert paper_bank(10, 5.0)[-1] == BandPass("665 Hz", PAPER_TOP_HZ - 45.0, 10.0)
    assert bank([100.0, 200.5], 20.0)[1] == BandPass("200.5 Hz", 200.5, 20.0)
    assert BandPass("x", 710.0, 10.0).q == pytest.approx(71.0)

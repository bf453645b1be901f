"""Noise: variance, independence, spectrum, and that a short draw is the beginning of a long one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.errors import SettingError
from mlpsvd.signals.noise import NOISES, _pink_sections, noise


@pytest.mark.parametrize("kind", NOISES)
def test_noise_has_zero_mean_and_unit_variance_at_every_time(kind: str) -> None:
    clips = noise(kind, 40, 20_000, np.random.default_rng(5))
    assert clips.shape == (40, 20_000)
    np.testing.assert_allclose(clips.mean(axis=1), 0.0, atol=0.04)
    np.testing.assert_allclose(clips.var(axis=1), 1.0, atol=0.06)


@pytest.mark.parametrize("kind", NOISES)
def test_clips_are_independent_of_each_other(kind: str) -> None:
    clips = noise(kind, 2000, 2, np.random.default_rng(5))
    white = np.diff(clips, axis=0)  # differencing whitens pink noise, whose slow drift would look like correlation
    assert abs(np.asarray(np.corrcoef(white.T))[0, 1]) < 0.1


@given(kind=st.sampled_from(NOISES), short=st.integers(0, 50), more=st.integers(0, 50), n_clips=st.integers(1, 30))
def test_a_shorter_draw_is_exactly_the_beginning_of_a_longer_one(
    kind: str, short: int, more: int, n_clips: int
) -> None:
    brief = noise(kind, short, n_clips, np.random.default_rng(7))
    long = noise(kind, short + more, n_clips, np.random.default_rng(7))
    np.testing.assert_array_equal(brief, long[:short])


def test_uniform_noise_stays_within_root_three() -> None:
    clips = noise("uniform", 100, 100, np.random.default_rng(1))
    assert 1.7 < np.abs(clips).max() <= np.sqrt(3.0)


def octave_levels_db(clips: np.ndarray) -> np.ndarray:
    """Mean power density in each octave from 1/512 to 1/4 of the sample rate."""
    n = len(clips)
    window = np.hanning(n)[:, np.newaxis]
    power = (np.abs(np.fft.rfft(clips * window, axis=0)) ** 2).mean(axis=1)
    edges = [n // 2**k for k in range(9, 1, -1)]
    return np.array([10 * np.log10(power[low:high].mean()) for low, high in pairwise(edges)])


def test_pink_noise_falls_by_three_decibels_an_octave() -> None:
    levels = octave_levels_db(noise("pink", 4096, 300, np.random.default_rng(2)))
    np.testing.assert_allclose(np.diff(levels), -3.01, atol=0.5)
    assert np.polyfit(np.arange(len(levels)), levels, 1)[0] == pytest.approx(-3.01, abs=0.12)


def test_pink_noise_is_the_sum_of_low_passes_that_start_in_their_stationary_state() -> None:
    poles, gains, covariance = _pink_sections()
    rng = np.random.default_rng(3)
    state = np.linalg.cholesky(covariance) @ rng.standard_normal((len(poles), 5))
    for n, white in enumerate(rng.standard_normal((60, 5))):
        state = poles[:, np.newaxis] * state + white
        np.testing.assert_allclose(noise("pink", 60, 5, np.random.default_rng(3))[n], gains @ state, rtol=0, atol=1e-14)


def test_white_noise_is_flat() -> None:
    levels = octave_levels_db(noise("gaussian", 4096, 300, np.random.default_rng(2)))
    np.testing.assert_allclose(np.diff(levels), 0.0, atol=0.5)


def test_an_unknown_noise_is_refused_in_words() -> None:
    with pytest.raises(SettingError, match="'brown'; it should be one of gaussian, uniform, pink"):
        noise("brown", 1, 1, np.random.default_rng(0))

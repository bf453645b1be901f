"""Microphone correction and spectral subtraction of the background."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mlpsvd.audio.correction import MicrophoneCorrection
from mlpsvd.errors import DataError
from mlpsvd.features.background import conditioning_for, measure_background
from mlpsvd.features.conditioning import BACKGROUND_FLOOR, Conditioning
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import FittedFeatures, fit

RATE_HZ = 8000.0
RNG = np.random.default_rng(1)
CLIPS = RNG.standard_normal((20, 900)).astype(np.float32)
N_BINS = 129
BINS_HZ = np.fft.rfftfreq(256, 1.0 / RATE_HZ)


def features(**changes: object) -> FittedFeatures:
    return fit(CLIPS, RATE_HZ, dataclasses.replace(FeatureSettings(), **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("segments", ["first", "mean", "several"])
@pytest.mark.parametrize("magnitude", ["linear", "log"])
def test_without_a_background_features_are_bit_identical(segments: str, magnitude: str) -> None:
    one = features(segments=segments, magnitude=magnitude)
    assert one.transform(CLIPS, Conditioning()).tobytes() == one.transform(CLIPS).tobytes()
    assert one.scaled(one.unscaled(CLIPS)).tobytes() == one.transform(CLIPS).tobytes()
    nothing = Conditioning(np.zeros(N_BINS), np.zeros(one.n_features))
    np.testing.assert_allclose(one.transform(CLIPS, nothing), one.transform(CLIPS), rtol=1e-5, atol=1e-6)
    assert conditioning_for(one) is None


def test_results_for_a_clip_do_not_depend_on_the_batch() -> None:
    one = features(segments="several", magnitude="log", scaling="standardised")
    conditioning = Conditioning(RNG.normal(size=N_BINS), RNG.uniform(0.0, 300.0, one.n_features))
    together = one.transform(CLIPS, conditioning)
    for clip, vector in zip(CLIPS, together, strict=True):
        assert one.transform(clip, conditioning)[0].tobytes() == vector.tobytes()


def test_the_response_of_the_microphone_is_undone_in_every_part() -> None:
    one = features(segments="several", n_parts=3, scaling="none")
    response_db = RNG.uniform(-20.0, 20.0, N_BINS)
    heard = one.unscaled(CLIPS) * np.tile(10.0 ** (response_db / 20.0), 3)
    restored = Conditioning(response_db).apply(heard, N_BINS)
    np.testing.assert_allclose(restored, one.unscaled(CLIPS), rtol=1e-12)


def test_six_decibels_too_many_halve_the_magnitude_before_the_logarithm() -> None:
    one = features(magnitude="log", scaling="none")
    conditioning = Conditioning(np.full(N_BINS, 20.0 * np.log10(2.0)))
    np.testing.assert_allclose(one.transform(CLIPS, conditioning), one.transform(CLIPS) - np.log(2.0), atol=1e-5)


def test_powers_of_the_background_are_subtracted() -> None:
    one = features(scaling="none")
    raw = one.unscaled(CLIPS)
    background = 0.3 * np.square(raw).min(axis=0)
    left = one.unscaled(CLIPS, Conditioning(background=background))
    np.testing.assert_allclose(np.square(left), np.square(raw) - background, rtol=1e-9)
    np.testing.assert_allclose(one.transform(CLIPS, Conditioning(background=background)), left, rtol=1e-6)


def test_where_the_sound_is_no_stronger_than_the_background_a_thousandth_of_it_is_left() -> None:
    one = features(scaling="none")
    raw = one.unscaled(CLIPS)
    background = 2.0 * np.square(raw).max(axis=0)
    left = one.unscaled(CLIPS, Conditioning(background=background))
    expected = np.minimum(np.sqrt(BACKGROUND_FLOOR * background), raw)
    np.testing.assert_allclose(left, np.tile(expected, 1), rtol=1e-9)
    silence = one.unscaled(np.zeros(256, np.float32), Conditioning(background=background))
    assert (silence == 0.0).all()


def test_a_tone_in_noise_comes_out_of_a_measured_background_with_less_noise_around_it() -> None:
    one = features(segments="mean", window="hann", scaling="none")
    noise = 0.05 * RNG.standard_normal((60, 4000)).astype(np.float32)
    tone = np.sin(2.0 * np.pi * 1000.0 * np.arange(4000) / RATE_HZ).astype(np.float32)
    background = measure_background(one, noise[:50])
    np.testing.assert_allclose(background[2:-2], np.square(one.unscaled(noise[50:])).mean(axis=0)[2:-2], rtol=0.3)
    conditioning = conditioning_for(one, background=background)
    clean, noisy = one.unscaled(tone)[0], one.unscaled(tone + noise[55])[0]
    treated = one.unscaled(tone + noise[55], conditioning)[0]
    aside = np.abs(BINS_HZ - 1000.0) > 200.0
    assert np.mean(treated[aside]) < 0.4 * np.mean(noisy[aside])
    assert treated[32] == pytest.approx(clean[32], rel=0.02)


def test_a_correction_is_asked_for_the_frequencies_of_the_features() -> None:
    one = features(segments="several", n_parts=2)
    microphone = MicrophoneCorrection("a.txt", np.array([20.0, 20000.0]), np.array([-3.0, 3.0]))
    conditioning = conditioning_for(one, microphone)
    assert conditioning is not None
    assert conditioning.correction_db is not None
    np.testing.assert_allclose(conditioning.correction_db, microphone.at(BINS_HZ))
    assert conditioning.background is None
    assert one.transform(CLIPS, conditioning).shape == (20, 258)


def test_what_belongs_to_another_model_is_refused_in_words() -> None:
    one = features()
    with pytest.raises(DataError, match=r"background has 33 entries; it should have one for each of the 129 entries"):
        one.transform(CLIPS, Conditioning(background=np.zeros(33)))
    with pytest.raises(DataError, match=r"correction has 33 entries; it should have one for each of the 129 freq"):
        one.transform(CLIPS, Conditioning(np.zeros(33)))
    with pytest.raises(DataError, match="correction holds values that are not finite"):
        Conditioning(np.full(N_BINS, np.nan))
    with pytest.raises(DataError, match="background holds a negative power"):
        Conditioning(background=np.full(N_BINS, -1.0))


def test_a_background_needs_windows_of_numbers() -> None:
    with pytest.raises(DataError, match="no window of background noise was given; at least one is required"):
        measure_background(features(), [])
    with pytest.raises(DataError, match="not finite"):
        measure_background(features(), np.full((1, 256), np.inf, np.float32))

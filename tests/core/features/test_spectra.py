"""Features: values, scaling, and independence from other clips in the batch."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.features.magnitudes import LOG_FLOOR
from mlpsvd.features.settings import FeatureSettings, complete_features
from mlpsvd.features.spectra import FittedFeatures, fit, fit_transform, n_samples_needed

RATE_HZ = 8000.0
CLIPS = np.random.default_rng(1).standard_normal((40, 900)).astype(np.float32)
SEGMENTS = ("first", "mean", "several")
SCALINGS = ("training maximum", "centred", "per sample", "standardised", "none")


def settings(**changes: object) -> FeatureSettings:
    return dataclasses.replace(FeatureSettings(), **changes)  # type: ignore[arg-type]


def test_first_is_the_raw_fft_magnitude_of_the_first_samples_as_in_the_paper() -> None:
    features = fit(CLIPS, RATE_HZ, settings(scaling="none"))
    np.testing.assert_allclose(features.transform(CLIPS), np.abs(np.fft.rfft(CLIPS[:, :256])), rtol=1e-5)
    assert features.n_features == 129
    assert n_samples_needed(features.settings) == 256
    assert n_samples_needed(settings(segments="mean")) is None


def test_first_needs_no_more_than_the_first_samples() -> None:
    features = fit(CLIPS, RATE_HZ, settings())
    np.testing.assert_array_equal(features.transform(CLIPS), features.transform(CLIPS[:, :256]))


def test_several_is_the_mean_magnitude_over_the_hops_of_each_part() -> None:
    one = settings(segments="several", n_parts=3, hop=20, window="hann", scaling="none")
    vectors = fit(CLIPS, RATE_HZ, one).transform(CLIPS)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    expected = []
    for part in range(3):
        piece = CLIPS[5, part * 300 : (part + 1) * 300]
        segments = [piece[start : start + 256] * hann for start in (0, 20, 40)]
        expected.append(np.mean([np.abs(np.fft.rfft(segment)) for segment in segments], axis=0))
    np.testing.assert_allclose(vectors[5], np.concatenate(expected), rtol=1e-5)


def test_mean_is_several_with_one_part() -> None:
    mean = fit(CLIPS, RATE_HZ, settings(segments="mean"))
    several = fit(CLIPS, RATE_HZ, settings(segments="several", n_parts=1))
    np.testing.assert_array_equal(mean.transform(CLIPS), several.transform(CLIPS))


@pytest.mark.parametrize("segments", SEGMENTS)
def test_short_clips_are_continued_with_zeros(segments: str) -> None:
    features = fit(CLIPS, RATE_HZ, settings(segments=segments, n_parts=1))
    padded = np.pad(CLIPS[:3, :100], ((0, 0), (0, 156)))
    np.testing.assert_array_equal(features.transform(CLIPS[:3, :100]), features.transform(padded))


def test_parts_shorter_than_a_transform_are_continued_with_zeros() -> None:
    features = fit(CLIPS, RATE_HZ, settings(segments="several", n_parts=3, scaling="none"))
    vector = features.transform([CLIPS[0, :300]])[0]
    np.testing.assert_allclose(vector[129:258], np.abs(np.fft.rfft(CLIPS[0, 100:200], 256)), rtol=1e-5, atol=1e-6)
    assert np.isfinite(features.transform([CLIPS[0, :0], CLIPS[0, :1]])).all()


@given(
    segments=st.sampled_from(SEGMENTS),
    scaling=st.sampled_from(SCALINGS),
    magnitude=st.sampled_from(("linear", "log")),
    fft_size=st.sampled_from((8, 63, 64, 256)),
    hop=st.integers(1, 300),
    lengths=st.lists(st.integers(1, 900), min_size=1, max_size=8),
)
def test_results_for_a_clip_do_not_depend_on_the_batch(
    segments: str, scaling: str, magnitude: str, fft_size: int, hop: int, lengths: list[int]
) -> None:
    one = settings(segments=segments, scaling=scaling, magnitude=magnitude, fft_size=fft_size, hop=hop)
    features = fit(CLIPS[:6], RATE_HZ, one)
    ragged = [clip[:length] for clip, length in zip(CLIPS, lengths, strict=False)]
    together = features.transform(ragged)
    for clip, vector in zip(ragged, together, strict=True):
        np.testing.assert_array_equal(features.transform([clip])[0], vector)
        np.testing.assert_array_equal(features.transform(clip)[0], vector)
    batch = features.transform(CLIPS)
    np.testing.assert_array_equal(features.transform(CLIPS[17:18])[0], batch[17])


def test_training_maximum_is_one_on_the_training_set_and_not_refitted_on_others() -> None:
    features = fit(CLIPS, RATE_HZ, settings())
    assert features.transform(CLIPS).max() == pytest.approx(1.0)
    assert features.transform(2 * CLIPS).max() == pytest.approx(2.0)
    log = fit(CLIPS, RATE_HZ, settings(magnitude="log"))
    assert np.abs(log.transform(CLIPS)).max() == pytest.approx(1.0)


def test_per_sample_scaling_makes_level_irrelevant() -> None:
    features = fit(CLIPS, RATE_HZ, settings(scaling="per sample"))
    np.testing.assert_allclose(features.transform(CLIPS).max(axis=1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(features.transform(4 * CLIPS), features.transform(CLIPS), rtol=1e-6)


def test_standardised_features_have_zero_mean_and_unit_variance_over_the_training_set() -> None:
    features, vectors = fit_transform(CLIPS, RATE_HZ, settings(scaling="standardised", magnitude="log"))
    np.testing.assert_allclose(vectors.mean(axis=0), 0.0, atol=1e-5)
    np.testing.assert_allclose(vectors.std(axis=0), 1.0, atol=1e-5)
    np.testing.assert_array_equal(vectors, features.transform(CLIPS))


@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_centred_features_do_not_depend_on_the_level_and_keep_their_proportions(gain: float) -> None:
    _, vectors = fit_transform(gain * CLIPS, RATE_HZ, settings(scaling="centred", magnitude="log", floor_db=0.0))
    log_magnitudes = np.log(np.abs(np.fft.rfft(CLIPS[:, :256].astype(np.float64))))
    expected = log_magnitudes - log_magnitudes.mean(axis=0)
    np.testing.assert_allclose(vectors, expected / np.abs(expected).max(), atol=1e-5)


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("magnitude", ["linear", "log"])
def test_silence_and_constant_clips_stay_finite(scaling: str, magnitude: str) -> None:
    for clips in (np.zeros((3, 256), np.float32), np.repeat(CLIPS[:1], 3, axis=0)):
        vectors = fit(clips, RATE_HZ, settings(scaling=scaling, magnitude=magnitude)).transform(clips)
        assert np.isfinite(vectors).all()
        assert np.abs(vectors).max() < 1e3


def test_log_is_the_natural_logarithm_with_a_floor() -> None:
    features = fit(CLIPS, RATE_HZ, settings(magnitude="log", scaling="none", floor_db=0.0))
    np.testing.assert_allclose(features.transform(CLIPS), np.log(features.unscaled(CLIPS)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(features.transform(np.zeros(256, np.float32)), np.log(LOG_FLOOR))


@pytest.mark.parametrize("segments", ["first", "mean", "several"])
def test_the_floor_is_that_far_below_the_largest_of_the_whole_clip(segments: str) -> None:
    features = fit(CLIPS, RATE_HZ, settings(magnitude="log", scaling="none", segments=segments, floor_db=6.0))
    magnitudes = features.unscaled(CLIPS)
    lowest = magnitudes.max(axis=1, keepdims=True) * 10.0**-0.3
    assert (magnitudes < lowest).any()
    np.testing.assert_allclose(features.transform(CLIPS), np.log(np.maximum(magnitudes, lowest)), rtol=1e-5, atol=1e-5)


@given(gain_db=st.floats(-40.0, 20.0), floor_db=st.floats(1.0, 60.0))
def test_the_floor_moves_with_the_level(gain_db: float, floor_db: float) -> None:
    features = fit(CLIPS, RATE_HZ, settings(magnitude="log", scaling="none", floor_db=floor_db))
    gain = np.float32(10.0 ** (gain_db / 20.0))
    louder = features.transform(gain * CLIPS[:4]) - features.transform(CLIPS[:4])
    np.testing.assert_allclose(louder, np.log(gain), atol=1e-4)


def test_a_floor_of_0_is_the_fixed_one() -> None:
    clips = 1e-6 * CLIPS
    features = fit(clips, RATE_HZ, settings(magnitude="log", scaling="none", floor_db=0.0))
    np.testing.assert_allclose(
        features.transform(clips), np.log(np.maximum(features.unscaled(clips), LOG_FLOOR)), rtol=1e-5
    )


def test_files_that_took_logarithms_before_the_floor_was_a_setting_keep_the_fixed_one() -> None:
    assert complete_features({"magnitude": "log"})["floor_db"] == 0.0
    assert complete_features({"magnitude": "log", "floor_db": 30.0})["floor_db"] == 30.0
    assert complete_features({"fft_size": 512}) == {"fft_size": 512}
    assert FeatureSettings(magnitude="log").floor_db == 50.0


def test_frequencies_and_parts_belong_to_the_entries() -> None:
    features = fit(CLIPS, RATE_HZ, settings(segments="several", n_parts=2))
    assert features.n_features == len(features.frequencies_hz) == len(features.parts) == 258
    assert features.frequencies_hz[[0, 1, 128, 129]].tolist() == [0.0, 31.25, 4000.0, 0.0]
    assert features.parts[[0, 128, 129, 257]].tolist() == [0, 0, 1, 1]
    tone = np.sin(2 * np.pi * 1000.0 * np.arange(600) / RATE_HZ).astype(np.float32)
    magnitudes = features.unscaled(tone)[0]
    assert features.frequencies_hz[np.argmax(magnitudes[:129])] == 1000.0
    assert magnitudes.max() == pytest.approx(128.0, rel=1e-4)


@pytest.mark.parametrize("name", ["hann", "hamming", "blackman"])
def test_windows_are_scipys_periodic_ones(name: str) -> None:
    from scipy.signal import get_window

    features = fit(CLIPS, RATE_HZ, settings(window=name, scaling="none"))
    expected = np.abs(np.fft.rfft(CLIPS[:, :256] * get_window(name, 256)))
    np.testing.assert_allclose(features.transform(CLIPS), expected, rtol=1e-4, atol=1e-4)


def test_arrays_rebuild_the_same_features() -> None:
    features = fit(CLIPS, RATE_HZ, settings(scaling="standardised"))
    again = FittedFeatures.from_arrays(features.settings, RATE_HZ, features.to_arrays())
    np.testing.assert_array_equal(again.transform(CLIPS), features.transform(CLIPS))


def test_arrays_that_do_not_fit_are_refused_with_both_shapes() -> None:
    arrays = fit(CLIPS, RATE_HZ, settings()).to_arrays()
    with pytest.raises(FileFormatError, match=r"features.offset has the shape \(129,\); it should be \(33,\)"):
        FittedFeatures.from_arrays(settings(fft_size=64), RATE_HZ, arrays)
    with pytest.raises(FileFormatError, match=r"features.scale is missing"):
        FittedFeatures.from_arrays(settings(), RATE_HZ, {"offset": arrays["offset"]})
    with pytest.raises(FileFormatError, match="holds a zero"):
        FittedFeatures.from_arrays(settings(), RATE_HZ, {**arrays, "scale": np.zeros(129)})
    with pytest.raises(FileFormatError, match="not finite"):
        FittedFeatures.from_arrays(settings(), RATE_HZ, {**arrays, "offset": np.full(129, np.nan)})


def test_nothing_to_fit_on_is_one_sentence() -> None:
    with pytest.raises(DataError, match="no training clip"):
        fit([], RATE_HZ, settings())
    with pytest.raises(DataError, match="not finite"):
        fit(np.full((1, 256), np.inf, np.float32), RATE_HZ, settings())
    assert fit(CLIPS, RATE_HZ, settings()).transform([]).shape == (0, 129)


def test_the_description_says_what_enters_the_network() -> None:
    assert fit(CLIPS, 16000.0, settings()).describe() == (
        "129 magnitudes of the 256-point FFT (rectangular window) of the first 256 samples, "
        "0 to 8000 Hz in steps of 62.5 Hz, divided by the largest value in the training set"
    )


def test_a_long_clip_with_every_sample_a_segment_is_summed_in_blocks() -> None:
    clip = np.random.default_rng(0).standard_normal(9000).astype(np.float32)
    one = settings(segments="mean", hop=1, scaling="none")
    expected = np.abs(np.fft.rfft(np.lib.stride_tricks.sliding_window_view(clip, 256))).mean(axis=0)
    np.testing.assert_allclose(fit([clip], RATE_HZ, one).transform([clip])[0], expected, rtol=1e-4)

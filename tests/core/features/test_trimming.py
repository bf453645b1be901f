"""Quiet ends of clips: left out to the sample, whatever lies around the sound."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.datasets.synthetic import synthetic_clips
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.spectra import fit
from mlpsvd.features.trimming import sounding_part
from mlpsvd.settings import with_value

STRETCH = 64
TRIMMED = FeatureSettings(fft_size=64, hop=STRETCH, segments="several", n_parts=3, magnitude="log", trim_db=30.0)


def a_word(seed: int = 0, n_samples: int = 900) -> np.ndarray:
    rng = np.random.default_rng(seed)
    loudness = np.sin(np.pi * (np.arange(n_samples) + 0.5) / n_samples)
    return (0.3 * loudness * rng.normal(size=n_samples)).astype(np.float32)


def with_silence(word: np.ndarray, before: int, after: int) -> np.ndarray:
    return np.concatenate((np.zeros(before, np.float32), word, np.zeros(after, np.float32)))


@given(st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 5))
def test_silence_around_a_sound_makes_no_difference(before: int, after: int, seed: int) -> None:
    bare = with_silence(a_word(seed), STRETCH, STRETCH)
    padded = with_silence(bare, before, after)
    np.testing.assert_array_equal(sounding_part(padded, 30.0, STRETCH), sounding_part(bare, 30.0, STRETCH))


@given(st.floats(1.0, 60.0), st.integers(0, 300))
def test_the_trimmed_clip_begins_and_ends_with_a_loud_window(trim_db: float, before: int) -> None:
    clip = with_silence(a_word(), before, 200)
    left = sounding_part(clip, trim_db, STRETCH)
    energy = np.convolve(np.square(clip, dtype=np.float64), np.ones(STRETCH), "valid")
    least = energy.max() * 10 ** (-trim_db / 10) * (1 - 1e-9)
    assert np.square(left[:STRETCH], dtype=np.float64).sum() >= least
    assert np.square(left[-STRETCH:], dtype=np.float64).sum() >= least
    start = (left.__array_interface__["data"][0] - clip.__array_interface__["data"][0]) // clip.itemsize
    outside = np.r_[energy[:start], energy[start + len(left) - STRETCH + 1 :]]
    assert (outside < energy.max() * 10 ** (-trim_db / 10) * (1 + 1e-9)).all()


@pytest.mark.parametrize(
    "strange",
    [
        np.zeros(500, np.float32),
        np.full(500, np.nan, np.float32),
        np.full(500, np.inf, np.float32),
        np.r_[np.zeros(200), np.inf, np.zeros(200)].astype(np.float32),
        a_word()[:10],
    ],
)
def test_what_has_no_ends_to_trim_stays_whole(strange: np.ndarray) -> None:
    assert sounding_part(strange, 30.0, STRETCH) is strange


def test_features_ignore_silence_around_the_sound() -> None:
    words = [a_word(seed, 700 + 40 * seed) for seed in range(6)]
    features = fit(words, 8000.0, TRIMMED)
    padded = [
        with_silence(with_silence(word, STRETCH, STRETCH), 300 * at, 900 - 100 * at) for at, word in enumerate(words)
    ]
    bare = [with_silence(word, STRETCH, STRETCH) for word in words]
    np.testing.assert_array_equal(features.transform(padded), features.transform(bare))
    untrimmed = fit(words, 8000.0, dataclasses.replace(TRIMMED, trim_db=0.0))
    assert not np.allclose(untrimmed.transform(padded), untrimmed.transform(bare), atol=0.1)


def test_results_for_a_clip_do_not_depend_on_the_batch() -> None:
    clips = np.stack([with_silence(a_word(seed, 600 + 50 * seed), 100, 300 - 50 * seed) for seed in range(5)])
    features = fit(clips, 8000.0, TRIMMED)
    together = features.transform(clips)
    for clip, row in zip(clips, together, strict=True):
        np.testing.assert_array_equal(features.transform(clip)[0], row)
    assert "without its ends 30 dB" in features.describe()


def test_training_sees_clips_as_the_classifier_does_also_where_one_transform_is_taken() -> None:
    experiment = Experiment()
    for key, value in {"data.synthetic.train_per_class": 4, "features.trim_db": 10.0}.items():
        experiment = with_value(experiment, key, value)
    assert experiment.features.segments == "first"
    prepared = prepare(experiment)
    whole = synthetic_clips(experiment.data.synthetic, experiment.seed, "train")
    np.testing.assert_array_equal(prepared.dataset.x_train, prepared.features.transform(whole.samples))

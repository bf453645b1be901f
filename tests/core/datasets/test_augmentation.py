"""Augmentation: what a copy is, and that only training clips are copied."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from small_sounds import write_tones

from mlpsvd.datasets.augmentation import augmented_samples, changed
from mlpsvd.datasets.clips import ClipSet
from mlpsvd.datasets.settings import AugmentationSettings
from mlpsvd.experiments.cross_validation import cross_validate, folds_of
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.recordings_recipe import experiment_for_folder
from mlpsvd.settings import with_value

NOTHING = AugmentationSettings(copies=1, gain_db=0.0, snr_db=0.0, shift_s=0.0)
RATE_HZ = 8000.0


def tone(n_samples: int = 8000) -> np.ndarray:
    return np.sin(np.arange(n_samples) * 0.3).astype(np.float32)


def copies(settings: AugmentationSettings, n: int = 40) -> list[np.ndarray]:
    return [changed(tone(), RATE_HZ, settings, np.random.default_rng(seed)) for seed in range(n)]


def test_zeros_change_nothing() -> None:
    np.testing.assert_array_equal(copies(NOTHING, 1)[0], tone())


def test_noise_has_the_ratio_that_was_asked_for() -> None:
    for copy in copies(dataclasses.replace(NOTHING, snr_db=20.0), 5):
        noise = copy.astype(np.float64) - tone()
        assert 10 * np.log10(np.mean(np.square(tone())) / np.mean(np.square(noise))) == pytest.approx(20.0, abs=0.2)


def test_gains_lie_within_the_limit_in_db() -> None:
    gains = [float(20 * np.log10(np.abs(one).max())) for one in copies(dataclasses.replace(NOTHING, gain_db=6.0))]
    assert -6.01 <= min(gains) < -4.0 and 4.0 < max(gains) <= 6.01


def test_shifts_move_the_clip_in_both_directions_and_keep_its_length() -> None:
    samples = np.zeros(8000, np.float32)
    samples[4000] = 1.0
    settings = dataclasses.replace(NOTHING, shift_s=0.1)
    places = [int(changed(samples, RATE_HZ, settings, np.random.default_rng(seed)).argmax()) for seed in range(60)]
    assert 3200 <= min(places) < 3400 and 4600 < max(places) <= 4800
    short = changed(np.ones(1, np.float32), RATE_HZ, settings, np.random.default_rng(1))
    assert short.tolist() == [1.0]


def test_copies_depend_on_the_name_and_the_seed_only() -> None:
    def of(*names: str, seed: int = 1) -> dict[str, list[np.ndarray]]:
        clips = ClipSet([tone(800) for _ in names], np.zeros(len(names), np.intp), ("a",), RATE_HZ, names)
        found = augmented_samples(clips, AugmentationSettings(copies=2), seed)
        assert len(found) == 2 * len(names)
        return {name: found[index :: len(names)] for index, name in enumerate(names)}

    first = of("a.wav", "b.wav")
    np.testing.assert_array_equal(first["b.wav"], of("b.wav")["b.wav"])
    assert not np.array_equal(first["a.wav"][0], first["a.wav"][1])
    assert not np.array_equal(first["a.wav"][0], first["b.wav"][0])
    assert not np.array_equal(first["a.wav"], of("a.wav", seed=2)["a.wav"])


def test_only_training_clips_are_copied_also_in_folds(tmp_path: Path) -> None:
    plain: Experiment = with_value(experiment_for_folder(write_tones(tmp_path / "tones")), "training.epochs", 3)
    before = prepare(plain)
    after = prepare(with_value(plain, "data.augmentation.copies", 2))
    assert (after.n_train, after.n_test) == (3 * before.n_train, before.n_test)
    assert np.array_equal(after.dataset.y_train, np.tile(before.dataset.y_train, 3))
    assert after.identity == before.identity
    pool = after.pool
    assert pool is not None and pool.copies is not None and pool.copied_from is not None
    assert len(pool.copies) == 2 * 12 == len(pool.copied_from)
    np.testing.assert_array_equal(np.bincount(pool.copied_from), np.full(12, 2))
    for fold in folds_of(after):
        is_test = np.zeros(12, bool)
        is_test[fold] = True
        magnitudes, labels = pool.training_clips(is_test)
        assert len(magnitudes) == len(labels) == 3 * (12 - len(fold))
        own = pool.copies[~is_test[pool.copied_from]]
        np.testing.assert_array_equal(magnitudes[12 - len(fold) :], own)
        assert np.array_equal(labels[12 - len(fold) :], pool.labels[pool.copied_from[~is_test[pool.copied_from]]])
    assert cross_validate(after)["mlp"].n_clips == 12

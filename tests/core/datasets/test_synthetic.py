"""The synthetic task: sizes, labels, and the effects of seed, split and a moved filter."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mlpsvd.datasets.load import load_clips
from mlpsvd.datasets.settings import DataSettings, SyntheticSettings
from mlpsvd.datasets.synthetic import one_class, synthetic_clips
from mlpsvd.signals.bank import BandPass

SMALL = dataclasses.replace(SyntheticSettings(), train_per_class=6, test_per_class=4, duration_s=0.05)


def test_clips_come_class_after_class() -> None:
    clips = synthetic_clips(SMALL, seed=1, split="train")
    assert clips.samples.shape == (30, 800)
    assert clips.labels.tolist() == np.repeat(range(5), 6).tolist()
    assert clips.class_names == ("710 Hz", "680 Hz", "650 Hz", "620 Hz", "590 Hz")
    assert clips.origins[0] == "710 Hz, train clip 1"
    assert clips.origins[-1] == "590 Hz, train clip 6"
    assert len(clips) == 30
    assert clips.sample_rate_hz == 16000.0


def test_the_same_seed_gives_the_same_clips_and_another_seed_or_split_others() -> None:
    first = one_class(SMALL, 1, "train", 0)
    np.testing.assert_array_equal(first, one_class(SMALL, 1, "train", 0))
    assert not np.array_equal(first, one_class(SMALL, 2, "train", 0))
    assert not np.array_equal(first[:4], one_class(SMALL, 1, "test", 0))


def test_fewer_samples_or_clips_are_the_beginning_of_all() -> None:
    whole = one_class(SMALL, 1, "train", 2)
    np.testing.assert_array_equal(one_class(SMALL, 1, "train", 2, n_samples=256), whole[:, :256])
    np.testing.assert_array_equal(one_class(SMALL, 1, "train", 2, n_clips=2), whole[:2])
    some = synthetic_clips(SMALL, 1, "train", n_samples=10_000, n_per_class=2)
    np.testing.assert_array_equal(some.samples[4:6], whole[:2])


def test_moving_one_filter_leaves_the_other_classes_as_they_were() -> None:
    filters = (BandPass("moved", 400.0, 20.0), *SMALL.filters[1:])
    moved = dataclasses.replace(SMALL, filters=filters)
    before, after = (synthetic_clips(one, 1, "train").samples for one in (SMALL, moved))
    assert not np.array_equal(before[:6], after[:6])
    np.testing.assert_array_equal(before[6:], after[6:])


def test_load_clips_makes_both_splits_and_reports_progress() -> None:
    shares: list[float] = []
    loaded = load_clips(DataSettings(synthetic=SMALL), seed=1, n_samples=256, progress=shares.append)
    assert (len(loaded.train), len(loaded.test), loaded.skipped) == (30, 20, ())
    expected = synthetic_clips(SMALL, 1, "test", 256)
    np.testing.assert_array_equal(loaded.test.samples, expected.samples)
    assert loaded.test.origins == expected.origins
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_progress_may_raise_to_cancel() -> None:
    def cancel(share: float) -> None:
        if share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_clips(DataSettings(synthetic=SMALL), seed=1, progress=cancel)

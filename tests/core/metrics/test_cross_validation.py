"""Mean, spread and interval of a cross-validation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from mlpsvd.metrics.cross_validation import PartResult, Validation, mean_interval
from mlpsvd.metrics.uncertainty import wilson_interval


def test_the_interval_of_the_mean_is_students() -> None:
    values = [0.32, 0.64, 0.64, 0.35, 0.75, 0.76]
    expected = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert mean_interval(values) == pytest.approx((expected.low, expected.high))
    assert mean_interval([0.0, 1.0]) == (0.0, 1.0) == mean_interval([0.4])


def test_groups_have_equal_weights_and_the_interval_is_over_groups() -> None:
    parts = [
        PartResult(seed, name, correct, n) for seed in (1, 2) for name, correct, n in (("a", 8, 10), ("b", 10, 50))
    ]
    confusion = np.array([[30, 50], [34, 6]])
    found = Validation(2, confusion, tuple(parts), has_groups=True, evaluation="leave one group out")
    assert (found.n_clips, found.n_repeats, found.seeds) == (60, 2, (1, 2))
    assert [(one.name, one.accuracy) for one in found.summaries] == [("a", 0.8), ("b", 0.2)]
    assert found.summaries[0].interval == wilson_interval(8, 10)
    assert found.mean == 0.5 and found.accuracy == 0.3
    assert found.deviation == pytest.approx(np.std([0.8, 0.2], ddof=1))
    assert found.interval == mean_interval([0.8, 0.2]) and found.interval_kind == "t over groups"
    assert found.deviation_over_seeds == 0.0
    assert found.balanced_accuracy == pytest.approx((30 / 80 + 6 / 40) / 2)


def test_repetitions_do_not_narrow_the_interval_of_clips() -> None:
    one_seed = tuple(PartResult(1, f"fold {fold}", 8, 10) for fold in (1, 2))
    three = tuple(PartResult(seed, part.name, part.n_correct, part.n_clips) for seed in (1, 2, 3) for part in one_seed)
    once = Validation(2, np.array([[8, 2], [2, 8]]), one_seed, evaluation="k-fold")
    thrice = Validation(2, 3 * np.array([[8, 2], [2, 8]]), three, evaluation="k-fold")
    assert once.interval == thrice.interval == wilson_interval(16, 20)
    assert once.interval_kind == "Wilson over clips" and thrice.n_clips == 20
    assert math.isnan(once.deviation_over_seeds) and len(thrice.summaries) == 2

"""Differences between accuracies, compared with SciPy and with published examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from mlpsvd.metrics.differences import holm, independent_interval, paired_over_seeds, two_proportions_p


def test_the_interval_of_a_difference_is_newcombes_example() -> None:
    """Newcombe (1998), Table II, example (a): 56/70 against 48/80, method 10."""
    assert independent_interval((48, 56), (80, 70)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert independent_interval((0, 0), (10, 20))[0] < 0 < independent_interval((0, 0), (10, 20))[1]
    assert independent_interval((0, 0), (0, 5)) == (-1.0, 1.0)


def test_the_interval_covers_the_difference() -> None:
    generator = np.random.default_rng(1)
    pairs = zip(generator.binomial(80, 0.7, 2000), generator.binomial(50, 0.85, 2000), strict=True)
    intervals = [independent_interval((int(one), int(two)), (80, 50)) for one, two in pairs]
    assert 0.93 < np.mean([low <= 0.15 <= high for low, high in intervals]) < 0.975


def test_two_proportions_are_scipys_chi_squared_test() -> None:
    table = [[48, 32], [56, 14]]
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert two_proportions_p((48, 56), (80, 70)) == pytest.approx(expected)
    assert two_proportions_p((0, 0), (10, 10)) == 1.0


@pytest.mark.parametrize("n_seeds", [2, 5, 9])
def test_seeds_are_paired_as_in_scipy(n_seeds: int) -> None:
    first, second = np.random.default_rng(n_seeds).normal(0.8, 0.02, (2, n_seeds))
    found = paired_over_seeds(first.tolist(), second.tolist())
    expected = stats.ttest_rel(second, first)
    interval = expected.confidence_interval()
    assert (found.p_value, found.low, found.high) == pytest.approx((expected.pvalue, interval.low, interval.high))
    wilcoxon = stats.wilcoxon(second, first).pvalue if n_seeds >= 6 else math.nan
    assert found.wilcoxon_p == pytest.approx(wilcoxon, nan_ok=True)


def test_equal_differences_have_no_invented_certainty() -> None:
    assert paired_over_seeds([0.5, 0.6], [0.5, 0.6]).p_value == 1.0
    assert math.isnan(paired_over_seeds([0.5, 0.6], [0.6, 0.7]).p_value)
    with pytest.raises(ValueError, match="two or more pairs"):
        paired_over_seeds([0.5], [0.6])


def test_holm_orders_and_bounds() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0] and holm([]) == []
    assert holm([0.02, math.nan]) == pytest.approx([0.02, math.nan], nan_ok=True)

"""Differences between accuracies: intervals, tests on different clips and over seeds, several comparisons at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlpsvd.metrics.uncertainty import wilson_interval

__all__ = ["SeedTest", "holm", "independent_interval", "paired_over_seeds", "two_proportions_p"]

_FEWEST_FOR_RANKS = 6
"""Fewest pairs with which Wilcoxon's exact test can reach 5 %."""


@dataclass(frozen=True)
class SeedTest:
    """Paired comparison of two settings over seeds.

    Attributes
    ----------
    difference
        Mean of the differences, second minus first.
    low, high
        95 % interval of the mean difference (Student's t); NaN if all differences are equal.
    p_value
        Two-sided p-value of the paired t-test; 1 if all differences are 0, NaN if they are equal but not 0.
    wilcoxon_p
        p-value of Wilcoxon's signed-rank test; NaN for fewer than 6 pairs.
    n_seeds
        Number of pairs.
    """

    difference: float
    low: float
    high: float
    p_value: float
    wilcoxon_p: float
    n_seeds: int


def independent_interval(n_correct: tuple[int, int], n: tuple[int, int]) -> tuple[float, float]:
    """Return the 95 % interval of the difference between two shares of different clips, second minus first.

    References
    ----------
    R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
    methods", Statist. Med. 17, 873-890 (1998), method 10.

    Examples
    --------
    >>> low, high = independent_interval((48, 56), (80, 70))
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3339)
    """
    if min(n) <= 0:
        return -1.0, 1.0
    first, second = (correct / size for correct, size in zip(n_correct, n, strict=True))
    (low_1, high_1), (low_2, high_2) = (wilson_interval(*pair) for pair in zip(n_correct, n, strict=True))
    difference = second - first
    return (
        difference - math.hypot(second - low_2, high_1 - first),
        difference + math.hypot(high_2 - second, first - low_1),
    )


def two_proportions_p(n_correct: tuple[int, int], n: tuple[int, int]) -> float:
    """Return the two-sided p-value of the pooled z-test of two shares of different clips."""
    if min(n) <= 0:
        return 1.0
    pooled = sum(n_correct) / sum(n)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))
    difference = abs(n_correct[1] / n[1] - n_correct[0] / n[0])
    return math.erfc(difference / spread / math.sqrt(2)) if spread > 0 else 1.0


def paired_over_seeds(first: Sequence[float], second: Sequence[float]) -> SeedTest:
    """Compare two settings by their accuracies with the same seeds, in the same order (paired t-test, Wilcoxon).

    Raises
    ------
    ValueError
        If there are fewer than two pairs, or the numbers of values differ.
    """
    if len(first) != len(second) or len(first) < 2:
        raise ValueError(f"{len(first)} and {len(second)} values; there should be two or more pairs")
    from scipy.special import stdtr, stdtrit

    differences = np.asarray(second, float) - np.asarray(first, float)
    mean, n = float(differences.mean()), len(differences)
    error = float(differences.std(ddof=1)) / math.sqrt(n)
    if error < 1e-12:
        return SeedTest(mean, math.nan, math.nan, 1.0 if abs(mean) < 1e-12 else math.nan, math.nan, n)
    half = float(stdtrit(n - 1, 0.975)) * error
    p_value = 2.0 * float(stdtr(n - 1, -abs(mean) / error))
    return SeedTest(mean, mean - half, mean + half, p_value, _wilcoxon(differences.tolist()), n)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for several comparisons (Holm's step-down method); NaN stays and does not count.

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6, 65-70 (1979).

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    counted = sorted((p, index) for index, p in enumerate(p_values) if not math.isnan(p))
    adjusted, largest = list(p_values), 0.0
    for rank, (p, index) in enumerate(counted):
        largest = max(largest, min(1.0, (len(counted) - rank) * p))
        adjusted[index] = largest
    return adjusted


def _wilcoxon(differences: Sequence[float]) -> float:
    moved = [one for one in differences if one]
    if len(moved) < _FEWEST_FOR_RANKS:
        return math.nan
    from scipy.stats import wilcoxon

    return float(wilcoxon(moved).pvalue)

"""Intervals and tests of differences, held against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mlpsvd.metrics.uncertainty import (
    accuracy_text,
    compare_accuracies,
    compare_answers,
    mcnemar_p,
    points_text,
    wilson_interval,
)


@given(n=st.integers(1, 100_000), share=st.floats(0.0, 1.0))
def test_the_interval_is_scipys(n: int, share: float) -> None:
    n_correct = round(share * n)
    expected = stats.binomtest(n_correct, n).proportion_ci(method="wilson")
    assert wilson_interval(n_correct, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(
    ("share", "n", "text"),
    [
        (0.737, 5000, "73.7 % (72.5–74.9)"),
        (1.0, 3, "100.0 % (43.9–100.0)"),
        (0.0, 3, "0.0 % (0.0–56.1)"),
        (0.985, 270, "98.5 % (96.2–99.4)"),
        (0.5, 0, "50.0 %"),
        (float("nan"), 10, "–"),
    ],
)
def test_an_accuracy_is_shown_with_its_interval(share: float, n: int, text: str) -> None:
    assert accuracy_text(share, n) == text


@pytest.mark.parametrize(
    "counts", [(0, 0), (1, 0), (0, 5), (0, 6), (10, 25), (25, 10), (7, 7), (400, 470), (9000, 9500)]
)
def test_mcnemar_is_scipys_exact_binomial_test(counts: tuple[int, int]) -> None:
    n = sum(counts)
    expected = stats.binomtest(counts[0], n, 0.5).pvalue if n else 1.0
    assert mcnemar_p(*counts) == pytest.approx(expected, rel=1e-9)


def test_one_clip_more_is_within_chance_and_sixty_more_are_not() -> None:
    first = np.arange(270) >= 5
    comparison = compare_answers(first, np.arange(270) >= 4)
    assert comparison.within_chance
    assert comparison.describe() == (
        "+0.4 points: within chance (McNemar, exact, p = 1; 270 test clips, assumed independent)"
    )
    comparison = compare_answers(first, np.arange(270) >= 65)
    assert not comparison.within_chance
    assert comparison.describe().startswith("−22.2 points: more than chance (McNemar, exact, p < 0.001;")


@given(n=st.integers(1, 400), seed=st.integers(0, 2**32 - 1))
def test_the_paired_difference_is_that_of_the_accuracies(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.random((2, n)) < 0.7
    expected = second.mean() - first.mean()
    assert compare_answers(first, second).difference == pytest.approx(expected)


def test_two_accuracies_alone_are_compared_more_cautiously() -> None:
    assert compare_accuracies(0.737, 0.743, 5000).within_chance
    assert not compare_accuracies(0.70, 0.743, 5000).within_chance
    assert compare_accuracies(1.0, 1.0, 10).within_chance
    expected = 2 * stats.norm.sf(0.043 / np.sqrt(2 * 0.7215 * 0.2785 / 5000))
    assert compare_accuracies(0.70, 0.743, 5000).p_value == pytest.approx(expected)


def test_nothing_to_compare_is_no_error() -> None:
    none = np.empty(0, dtype=np.bool_)
    assert compare_answers(none, none).within_chance
    assert compare_accuracies(0.5, 0.6, 0).within_chance


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (0.0142, "+1.4 points"),
        (-0.0142, "−1.4 points"),
        (0.0, "0.0 points"),
        (-1e-9, "0.0 points"),
        (4e-4, "0.0 points"),
    ],
)
def test_a_difference_that_rounds_to_zero_has_no_sign(difference: float, text: str) -> None:
    assert points_text(difference) == text

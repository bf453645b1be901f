"""Properties of all kinds of smoothing, and results of each kind."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from mlpsvd.classification.live.settings import SMOOTHINGS, LiveSettings
from mlpsvd.classification.live.smoothing import (
    HiddenMarkov,
    Majority,
    Mean,
    NoSmoothing,
    Smoothed,
    Smoother,
    make_smoother,
)
from mlpsvd.settings import check

WINDOW_S = 0.3

kinds = st.sampled_from(SMOOTHINGS)
hops = st.sampled_from([1.0, 0.5, 0.25, 0.1])


def heard(least: int = 1) -> st.SearchStrategy[NDArray[np.float64]]:
    """Probabilities of a few windows [shape=(n_windows, n_classes)], zeros and certainties among them."""
    shape = st.tuples(st.integers(least, 20), st.integers(2, 5))
    weight = st.one_of(st.just(0.0), st.floats(1e-6, 1.0))
    return arrays(np.float64, shape, elements=weight).map(_normalised)


def _normalised(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = np.where(rows.any(axis=1, keepdims=True), rows, np.eye(1, rows.shape[1]))
    return np.asarray(rows / rows.sum(axis=1, keepdims=True))


def run(smoother: Smoother, rows: NDArray[np.float64], hop: float = 1.0, begin_s: float = 0.0) -> list[Smoothed]:
    starts_s = begin_s + np.arange(len(rows)) * hop * WINDOW_S
    return [smoother.add(s, s + WINDOW_S, row) for s, row in zip(starts_s.tolist(), rows, strict=True)]


def make(kind: str, span_s: float = 1.0, cost: float = 0.0) -> Smoother:
    settings = LiveSettings(smoothing=kind, smoothing_s=span_s, switching_cost=cost)
    check(settings)
    return make_smoother(settings)


@settings(max_examples=40)
@given(kinds, heard(), hops, st.floats(0.0, 5.0), st.floats(-5.0, 10.0))
def test_smoothed_probabilities_are_probabilities(
    kind: str, rows: NDArray[np.float64], hop: float, span_s: float, cost: float
) -> None:
    for one in run(make(kind, span_s, cost), rows, hop):
        assert one.probabilities.sum() == pytest.approx(1.0, abs=1e-9)
        assert one.probabilities.min() >= 0.0
        assert one.probability == pytest.approx(one.probabilities.max(), abs=2e-9)


@settings(max_examples=40)
@given(st.sampled_from(["none", "mean"]), heard(), hops, st.floats(0.0, 5.0), st.integers(1, 30))
def test_a_constant_smoothed_is_the_constant(
    kind: str, rows: NDArray[np.float64], hop: float, span_s: float, n: int
) -> None:
    for one in run(make(kind, span_s), np.tile(rows[0], (n, 1)), hop):
        assert one.probabilities == pytest.approx(rows[0], abs=1e-12)


@settings(max_examples=40)
@given(st.sampled_from(["majority", "hidden Markov"]), heard(), hops, st.integers(1, 30))
def test_constant_probabilities_keep_the_predicted_class(
    kind: str, rows: NDArray[np.float64], hop: float, n: int
) -> None:
    best, second = np.sort(rows[0])[::-1][:2]
    assume(best > second + 1e-6)
    for one in run(make(kind), np.tile(rows[0], (n, 1)), hop):
        assert one.winner == int(np.argmax(rows[0]))


@settings(max_examples=40)
@given(kinds, heard(least=2), hops, st.floats(0.0, 100.0))
def test_after_a_reset_nothing_is_remembered(kind: str, rows: NDArray[np.float64], hop: float, later_s: float) -> None:
    half = len(rows) // 2
    used = make(kind)
    run(used, rows[:half], hop)
    used.reset()
    for one, other in zip(run(used, rows[half:], hop), run(make(kind), rows[half:], hop), strict=True):
        assert np.array_equal(one.probabilities, other.probabilities)
        assert one.winner == other.winner


@settings(max_examples=40)
@given(heard())
def test_no_smoothing_hands_the_very_same_numbers_on(rows: NDArray[np.float64]) -> None:
    for one, row in zip(run(NoSmoothing(), rows), rows, strict=True):
        assert one.probabilities is not None
        assert np.shares_memory(one.probabilities, rows)
        assert np.array_equal(one.probabilities, row)


@settings(max_examples=40)
@given(heard(), st.sampled_from([Mean, Majority]))
def test_smoothing_over_zero_seconds_returns_the_latest_window(
    rows: NDArray[np.float64], kind: type[Mean] | type[Majority]
) -> None:
    for one, row in zip(run(kind(0.0), rows), rows, strict=True):
        assert one.winner == int(np.argmax(row))


def test_the_mean_looks_back_as_many_seconds_as_asked() -> None:
    rows = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    means = [one.probabilities[1] for one in run(Mean(3 * WINDOW_S), rows)]
    assert means == pytest.approx([0.0, 0.0, 1 / 3, 2 / 3])
    halfway = [one.probabilities[1] for one in run(Mean(1.5 * WINDOW_S), rows)]
    assert halfway == pytest.approx([0.0, 0.0, 1 / 1.5, 1.0])


@settings(max_examples=40)
@given(heard(least=3), st.sampled_from([2, 4, 8]), st.floats(0.05, 3.0))
def test_mean_and_majority_mean_the_same_at_any_hop(rows: NDArray[np.float64], n: int, span_s: float) -> None:
    """Overlapping windows with equal probabilities give the same result as adjacent windows."""
    whole, overlapping = Mean(span_s), Mean(span_s)
    votes, more_votes = Majority(span_s), Majority(span_s)
    for index, row in enumerate(rows):
        start_s = index * WINDOW_S
        expected = whole.add(start_s, start_s + WINDOW_S, row)
        shares = votes.add(start_s, start_s + WINDOW_S, row)
        for step in range(1, n + 1):
            # Each of these windows is the first to hear an n-th of what the whole one hears.
            first_s = start_s + (step - n) * WINDOW_S / n
            found = overlapping.add(max(0.0, first_s), first_s + WINDOW_S, row)
            found_shares = more_votes.add(max(0.0, first_s), first_s + WINDOW_S, row)
        assert found.probabilities == pytest.approx(expected.probabilities, abs=1e-9)
        assert found_shares.probabilities == pytest.approx(shares.probabilities, abs=1e-9)


def test_lost_sound_has_no_weight_in_the_mean() -> None:
    mean = Mean(2.0)
    mean.add(0.0, 0.3, np.array([1.0, 0.0]))
    found = mean.add(1.5, 1.8, np.array([0.0, 1.0]))
    assert found.probabilities == pytest.approx([0.5, 0.5])


def test_the_majority_counts_heads_and_the_most_probable_wins_a_tie() -> None:
    rows = np.array([[0.9, 0.1, 0.0], [0.4, 0.6, 0.0], [0.45, 0.55, 0.0]])
    first, tied, clear = run(Majority(3 * WINDOW_S), rows)
    assert first.winner == 0
    assert tied.probabilities == pytest.approx([0.5, 0.5, 0.0])
    assert tied.winner == 0
    assert clear.winner == 1
    assert clear.probabilities == pytest.approx([1 / 3, 2 / 3, 0.0])


@settings(max_examples=40)
@given(st.integers(2, 6), st.floats(0.01, 100.0), st.floats(0.001, 50.0), st.floats(0.001, 50.0), heard())
def test_the_chain_runs_alike_in_one_step_and_in_two(
    n: int, dwell_s: float, one_s: float, two_s: float, rows: NDArray[np.float64]
) -> None:
    filter_ = HiddenMarkov(dwell_s)
    before = np.log(np.maximum(rows[0], 1e-9))
    before -= np.logaddexp.reduce(before)
    at_once = filter_._predicted(before, one_s + two_s)
    in_two = filter_._predicted(filter_._predicted(before, one_s), two_s)
    assert np.exp(at_once) == pytest.approx(np.exp(in_two), abs=1e-9)
    assert np.exp(at_once).sum() == pytest.approx(1.0)


@settings(max_examples=40)
@given(heard(), st.floats(-3.0, 5.0))
def test_the_filter_is_the_textbook_recursion(rows: NDArray[np.float64], cost: float) -> None:
    """Against the forward procedure written out with its matrix, windows end to end."""
    n = rows.shape[1]
    rate = math.exp(-cost)
    x = rate * WINDOW_S * n / (n - 1)
    stay = 1 / n + (1 - 1 / n) * math.exp(-x)
    transition = np.full((n, n), (1 - stay) / (n - 1))
    np.fill_diagonal(transition, stay)
    alpha = np.full(n, 1 / n)
    for index, (row, one) in enumerate(zip(rows, run(make("hidden Markov", cost=cost), rows), strict=True)):
        likelihood = np.maximum(row, 1e-9) / (1 / n)
        alpha = (alpha if index == 0 else alpha @ transition) * likelihood
        alpha /= alpha.sum()
        assert one.probabilities == pytest.approx(alpha, abs=1e-8)


def test_a_class_is_left_later_the_more_a_change_costs() -> None:
    rows = np.array([[0.9, 0.1]] * 10 + [[0.2, 0.8]] * 20)
    left = []
    for cost in (-2.0, 2.0, 5.0, 8.0):
        winners = [one.winner for one in run(make("hidden Markov", cost=cost), rows)]
        assert winners[-1] == 1
        left.append(winners.index(1))
    assert left == sorted(left)
    assert left[0] == 10
    assert left[-1] > 12


def test_a_short_outlier_is_ignored_and_an_hour_of_agreement_can_still_be_left() -> None:
    rows = np.array([[1.0, 0.0]] * 12000 + [[0.3, 0.7]] + [[1.0, 0.0]] * 3 + [[0.0, 1.0]] * 2)
    winners = [one.winner for one in run(make("hidden Markov", cost=2.0), rows)]
    assert winners[:12004] == [0] * 12004
    assert winners[-1] == 1


@pytest.mark.parametrize("hop", [0.5, 0.25, 0.1])
def test_overlapping_windows_are_not_counted_repeatedly(hop: float) -> None:
    """The same evidence for three seconds gives nearly the same belief at any hop."""

    def belief(share: float) -> float:
        rows = np.tile([0.6, 0.4], (1 + round((3.0 - WINDOW_S) / (share * WINDOW_S)), 1))
        return run(make("hidden Markov", cost=2.0), rows, share)[-1].probability

    assert belief(hop) == pytest.approx(belief(1.0), abs=0.02)


def test_one_class_is_always_certain() -> None:
    for kind in SMOOTHINGS:
        assert all(one.probabilities == pytest.approx([1.0]) for one in run(make(kind), np.ones((5, 1))))


def test_the_cost_is_given_as_a_time() -> None:
    assert LiveSettings(switching_cost=0.0).dwell_s == 1.0
    assert LiveSettings(switching_cost=3.0).dwell_s == pytest.approx(20.1, abs=0.1)

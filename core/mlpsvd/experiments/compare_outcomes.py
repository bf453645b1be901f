"""Significance tests for the difference between contenders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlpsvd.contenders import baseline_of, opponents_of
from mlpsvd.experiments.race import Outcome
from mlpsvd.metrics.scores import accuracy
from mlpsvd.metrics.uncertainty import Comparison, compare_accuracies, compare_answers

__all__ = ["compare_outcomes", "comparison_table"]


def compare_outcomes(outcomes: Mapping[str, Outcome]) -> dict[str, Comparison]:
    """Compare each contender with the baseline on the same test clips; return the comparisons by contender.

    The test is paired (McNemar's exact test) if both outcomes contain which clips were classified correctly; otherwise
    the two accuracies are compared. The baseline (:func:`mlpsvd.contenders.baseline_of`) has no entry.
    """
    contenders = [one.contender for one in outcomes.values()]
    opponents = opponents_of(contenders)
    if not opponents:
        return {}
    baseline = outcomes[baseline_of(contenders).key]
    return {one.key: _compared(baseline, outcomes[one.key]) for one in opponents}


def _compared(first: Outcome, second: Outcome) -> Comparison:
    if first.correct is not None and second.correct is not None and len(first.correct) == len(second.correct):
        return compare_answers(first.correct, second.correct)
    n_clips = min(int(one.confusion.sum()) for one in (first, second))
    return compare_accuracies(accuracy(first.confusion), accuracy(second.confusion), n_clips)


def comparison_table(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as a dictionary for JSON."""
    return {
        "difference": comparison.difference,
        "p_value": comparison.p_value,
        "method": comparison.method,
        "n_clips": comparison.n_clips,
        "within_chance": comparison.within_chance,
    }

"""Tests whether contenders differ by more than chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlpsvd.experiments.race import Outcome
from mlpsvd.metrics.scores import accuracy
from mlpsvd.metrics.uncertainty import Comparison, compare_accuracies, compare_answers

__all__ = ["compare_outcomes", "comparison_table"]


def compare_outcomes(outcomes: Mapping[str, Outcome]) -> Comparison | None:
    """Compare the MLP-SVD with the MLP on the same test clips; None where one of them is missing.

    Paired (McNemar's exact test) where both outcomes know which clips they got right, else by the two accuracies.
    """
    first, second = outcomes.get("mlp"), outcomes.get("mlp-svd")
    if first is None or second is None:
        return None
    if first.correct is not None and second.correct is not None and len(first.correct) == len(second.correct):
        return compare_answers(first.correct, second.correct)
    n_clips = min(int(one.confusion.sum()) for one in (first, second))
    return compare_accuracies(accuracy(first.confusion), accuracy(second.confusion), n_clips)


def comparison_table(comparison: Comparison | None) -> dict[str, Any] | None:
    """Return a comparison as a plain table, ready for JSON."""
    if comparison is None:
        return None
    return {
        "difference": comparison.difference,
        "p_value": comparison.p_value,
        "method": comparison.method,
        "n_clips": comparison.n_clips,
        "within_chance": comparison.within_chance,
    }

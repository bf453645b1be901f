"""Selection of the trained network that is used by default."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlpsvd.experiments.race import Outcome
from mlpsvd.metrics.scores import accuracy

__all__ = ["judged_accuracy", "judged_clips", "ranked_contenders"]


def judged_accuracy(outcome: Outcome) -> float:
    """Return the accuracy used for selection, 0 to 1: cross-validated if available, else of the test set; NaN without
    clips."""
    return accuracy(outcome.confusion) if outcome.validation is None else outcome.validation.accuracy


def judged_clips(outcome: Outcome) -> int:
    """Return the number of clips behind :func:`judged_accuracy`."""
    return int(outcome.confusion.sum()) if outcome.validation is None else outcome.validation.n_clips


def ranked_contenders(outcomes: Mapping[str, Outcome]) -> list[str]:
    """Return the contenders from the worst to the best; the last one is used by default.

    A network that has not learned (``at_chance``) comes before one that has. Of the others the one with the higher
    accuracy is better (:func:`judged_accuracy`); of two equal ones the one with fewer weights, and of two with as many
    the one with factored layers.
    """

    def key(name: str) -> tuple[bool, float, int, bool]:
        one = outcomes[name]
        judged = judged_accuracy(one)
        return not one.at_chance, -1.0 if math.isnan(judged) else judged, -one.last.n_weights, one.contender.is_factored

    return sorted(outcomes, key=key)

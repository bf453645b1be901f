"""Selection of the trained network that is used by default."""

from __future__ import annotations

import math
from collections.abc import Mapping

from mlpsvd.experiments.race import Outcome
from mlpsvd.metrics.scores import accuracy
from mlpsvd.metrics.uncertainty import accuracy_text

__all__ = ["judged_accuracy", "judged_clips", "judged_text", "ranked_contenders"]


def judged_accuracy(outcome: Outcome) -> float:
    """Return the accuracy used for selection: cross-validated if available, else of the test set; NaN without clips."""
    return accuracy(outcome.confusion) if outcome.validation is None else outcome.validation.mean


def judged_clips(outcome: Outcome) -> int:
    """Return the number of clips behind :func:`judged_accuracy`."""
    return int(outcome.confusion.sum()) if outcome.validation is None else outcome.validation.n_clips


def judged_text(outcome: Outcome, decimals: int = 1) -> str:
    """Return the accuracy used for selection with its 95 % interval, e.g. ``57.7 % (37.3–78.1)``."""
    if outcome.validation is None or not outcome.validation.has_groups:
        return accuracy_text(judged_accuracy(outcome), judged_clips(outcome), decimals)
    low, high = (100 * end for end in outcome.validation.interval)
    return f"{100 * outcome.validation.mean:.{decimals}f} % ({low:.{decimals}f}–{high:.{decimals}f})"


def ranked_contenders(outcomes: Mapping[str, Outcome]) -> list[str]:
    """Return the contenders from worst to best; the last one is used by default.

    Networks that have not learned (``at_chance``) come first. The others are ordered by accuracy
    (:func:`judged_accuracy`). Of two with equal accuracy, the one with fewer weights is better, then the one with
    factored layers.
    """

    def key(name: str) -> tuple[bool, float, int, bool]:
        one = outcomes[name]
        judged = judged_accuracy(one)
        return not one.at_chance, -1.0 if math.isnan(judged) else judged, -one.last.n_weights, one.contender.is_factored

    return sorted(outcomes, key=key)

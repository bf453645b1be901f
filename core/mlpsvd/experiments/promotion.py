"""Which of the trained networks is used by default."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mlpsvd.analysis.evaluation import accuracy
from mlpsvd.experiments.cross_validation import CrossValidation
from mlpsvd.experiments.race import Outcome

__all__ = ["judged_accuracy", "ranked_contenders"]


def judged_accuracy(outcome: Outcome, validation: CrossValidation | None) -> float:
    """Return the accuracy that a network is judged by, 0 to 1: cross-validated where that was done, else on the test
    set; not-a-number without any clip."""
    if validation is not None and outcome.contender in validation.confusions:
        return validation.accuracies[outcome.contender]
    return accuracy(outcome.confusion)


def ranked_contenders(outcomes: Mapping[str, Outcome], validation: CrossValidation | None = None) -> Sequence[str]:
    """Return the contenders from the worst to the best; the last one is used by default.

    A network that has not learned (:attr:`Outcome.at_chance`) comes before one that has. Of the others the one with the
    higher accuracy is better (:func:`judged_accuracy`); of two equal ones the one with fewer weights, and of two with
    as many the MLP-SVD.
    """

    def key(name: str) -> tuple[bool, float, int, bool]:
        one = outcomes[name]
        judged = judged_accuracy(one, validation)
        return not one.at_chance, -1.0 if math.isnan(judged) else judged, -one.last.n_weights, name == "mlp-svd"

    return sorted(outcomes, key=key)

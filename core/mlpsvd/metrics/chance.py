"""Tests whether a network performs better than guessing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["is_at_chance", "mean_recall"]

_DEVIATIONS = 2.33  # a false-positive rate of 1 %


def mean_recall(confusion: NDArray[np.intp]) -> float:
    """Return the mean recall of the classes that have clips (balanced accuracy); NaN without clips.

    Parameters
    ----------
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Counts; rows are actual classes, columns predicted ones.
    """
    support = confusion.sum(axis=1)
    present = support > 0
    return float((confusion.diagonal()[present] / support[present]).mean()) if present.any() else math.nan


def is_at_chance(confusion: NDArray[np.intp]) -> bool:
    """Return whether predictions are no better than chance, e.g. those of a network with a constant output.

    The mean recall R over K classes is compared with that of random predictions with the same class frequencies q,
    independent of the actual classes: its mean is 1/K and its variance Σₖ qₖ(1 − qₖ)/nₖ / K², for nₖ clips of class k.
    The result is True if R ≤ 1/K + 2.33 standard deviations (one-sided, 1 %), unless every clip is classified
    correctly. Unlike the accuracy, the mean recall is not dominated by frequent classes.

    Parameters
    ----------
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Counts; rows are actual classes, columns predicted ones.

    Examples
    --------
    >>> import numpy as np
    >>> is_at_chance(np.array([[8, 0, 0], [8, 0, 0], [8, 0, 0]]))  # a constant prediction
    True
    >>> is_at_chance(np.array([[7, 1, 0], [0, 8, 0], [1, 0, 7]]))
    False
    """
    support = confusion.sum(axis=1)
    present = support > 0
    if not present.any():
        return False
    recall = mean_recall(confusion)
    if recall == 1.0:
        return False
    frequencies = confusion.sum(axis=0) / confusion.sum()
    variances = (frequencies * (1.0 - frequencies))[present] / support[present]
    n_classes = int(present.sum())
    chance = float(frequencies[present].sum()) / n_classes
    return recall <= chance + _DEVIATIONS * math.sqrt(float(variances.sum())) / n_classes + 1e-9

"""The most confused pairs of classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ConfusedPair", "most_confused"]


@dataclass(frozen=True)
class ConfusedPair:
    """Clips of one class that were predicted as another.

    Attributes
    ----------
    actual, predicted
        Indices of the classes.
    count
        How many clips.
    share
        The same as a share of the clips of the actual class, 0 to 1.
    """

    actual: int
    predicted: int
    count: int
    share: float


def most_confused(confusion: NDArray[np.intp], most: int = 50) -> list[ConfusedPair]:
    """Return the largest off-diagonal entries of a confusion matrix, in descending order.

    Parameters
    ----------
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Counts; rows are actual classes, columns predicted ones.
    most
        Maximum number of entries. Equal counts are sorted by share, then by class.

    Examples
    --------
    >>> most_confused(np.array([[8, 2], [0, 5]]))
    [ConfusedPair(actual=0, predicted=1, count=2, share=0.2)]
    """
    counts = np.array(confusion, dtype=np.int64)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    np.fill_diagonal(counts, 0)
    rows, columns = np.nonzero(counts)
    order = np.lexsort((columns, rows, -shares[rows, columns], -counts[rows, columns]))[:most]
    return [
        ConfusedPair(int(row), int(column), int(counts[row, column]), float(shares[row, column]))
        for row, column in zip(rows[order], columns[order], strict=True)
    ]

"""Which classes are confused most."""

from __future__ import annotations

import numpy as np

from mlpsvd.metrics.confused_pairs import ConfusedPair, most_confused


def test_the_largest_counts_beside_the_diagonal_come_first() -> None:
    confusion = np.array([[90, 3, 7], [7, 43, 0], [0, 1, 9]])
    assert most_confused(confusion) == [
        ConfusedPair(1, 0, 7, 7 / 50),  # of equal counts the larger share
        ConfusedPair(0, 2, 7, 7 / 100),
        ConfusedPair(0, 1, 3, 3 / 100),
        ConfusedPair(2, 1, 1, 1 / 10),
    ]


def test_only_as_many_as_asked_for_are_returned_and_none_where_there_is_no_error() -> None:
    confusion = np.random.default_rng(0).integers(0, 50, (300, 300))
    assert len(most_confused(confusion, 20)) == 20
    assert most_confused(np.diag([3, 0, 2])) == []
    assert confusion.trace() > 0  # the matrix that was handed in is left as it was

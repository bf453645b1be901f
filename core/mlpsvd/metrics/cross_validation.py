"""Result of the cross-validation of one network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.metrics.scores import accuracy

__all__ = ["Validation"]


@dataclass(frozen=True, eq=False)
class Validation:
    """Result of k-fold cross-validation: each clip is classified once, by a network that was not trained on it.

    Attributes
    ----------
    n_folds
        Number of folds; one network is trained per fold.
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Counts over all folds; rows are actual classes, columns predicted ones.
    """

    n_folds: int
    confusion: NDArray[np.intp]

    @property
    def n_clips(self) -> int:
        """Number of clips, of training and test set together."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Accuracy over all folds, 0 to 1."""
        return accuracy(self.confusion)

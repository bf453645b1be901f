"""Result of the cross-validation of one network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.metrics.scores import accuracy

__all__ = ["Validation"]


@dataclass(frozen=True, eq=False)
class Validation:
    """Clips classified by networks that were not trained on them, each clip once.

    Attributes
    ----------
    n_folds
        How many networks were trained, each tested on another part of the clips.
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Clips counted over all folds; rows are targets, columns estimates.
    """

    n_folds: int
    confusion: NDArray[np.intp]

    @property
    def n_clips(self) -> int:
        """How many clips were classified: those of training and test set together."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share of the clips classified correctly, 0 to 1."""
        return accuracy(self.confusion)

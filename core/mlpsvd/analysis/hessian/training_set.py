"""The training set of a subject, as the Hessian analyses use it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.subject import Subject
from mlpsvd.engines.contract import one_hot

__all__ = ["training_set"]


def training_set(subject: Subject) -> tuple[NDArray[np.float64], NDArray[np.floating]]:
    """Return feature vectors [shape=(n_clips, n_features)] and one-hot targets of all training clips, in float64.

    Raises
    ------
    DataError
        If the clips of the run are not available.
    """
    dataset = subject.require_dataset()
    targets = one_hot(dataset.y_train, len(dataset.class_names), np.float64)
    return np.asarray(dataset.x_train, np.float64), targets

"""Data set for a network: feature vectors and labels for training and test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["DataSet"]


@dataclass(frozen=True)
class DataSet:
    """Feature vectors with their labels.

    Attributes
    ----------
    x_train, x_test : np.ndarray [shape=(n_train, n_features)], [shape=(n_test, n_features)]
        Feature vectors, scaled by what was fitted on the training set.
    y_train, y_test : np.ndarray [shape=(n_train,)], [shape=(n_test,)]
        Class indices.
    class_names
        Name of each class.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.intp]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.intp]
    class_names: tuple[str, ...]

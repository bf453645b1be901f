"""Closed-form linear classifier: the pseudo-inverse of the class means (Kantack, section II A)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["closed_form_weights", "linear_predictions", "nearest_mean"]

_Matrix = NDArray[np.float64]


def closed_form_weights(a: _Matrix) -> _Matrix:
    """Return the weights W = A⁺ that make W A as near to the identity as possible, equation (8).

    With linearly independent columns this is (AᵀA)⁻¹Aᵀ and W A = I. Otherwise AᵀA has no inverse, and W A is the
    orthogonal projector V Vᵀ on the row space of A: a class that is a combination of others cannot be separated from
    them.

    Parameters
    ----------
    a : np.ndarray [shape=(n_features, n_classes)]
        Class means as columns.

    Returns
    -------
    np.ndarray [shape=(n_classes, n_features)]

    Examples
    --------
    >>> import numpy as np
    >>> from mlpsvd.analysis.closed_form import closed_form_weights
    >>> a = np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    >>> np.round(closed_form_weights(a) @ a, 12).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    weights: _Matrix = np.linalg.pinv(np.asarray(a, dtype=np.float64))
    return weights


def linear_predictions(weights: _Matrix, x: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return the class with the largest entry of q = W a, equation (2), of each row of ``x``."""
    return np.argmax(np.asarray(x, dtype=np.float64) @ weights.T, axis=1)


def nearest_mean(a: _Matrix, x: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return the class whose mean (column of ``a``) is nearest to each row of ``x``."""
    half_energies = 0.5 * (a**2).sum(axis=0)
    return np.argmax(np.asarray(x, dtype=np.float64) @ a - half_energies, axis=1)

"""How alike networks are: linear centred kernel alignment, and principal angles between row spaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import DataError, SettingError

__all__ = ["angles_between", "linear_cka", "principal_angles", "row_space", "shared_energy"]

_Array = NDArray[np.floating]


def linear_cka(x: _Array, y: _Array) -> float:
    """Return the linear centred kernel alignment of two representations of the same clips.

    CKA = ‖YᵀX‖²_F / (‖XᵀX‖_F ‖YᵀY‖_F) with the mean of every column removed. It is 1 where one representation is the
    other up to rotation, reflection, scale and offset, and 0 where no linear function of one is correlated with one of
    the other.

    Parameters
    ----------
    x : np.ndarray [shape=(n_clips, n_neurons)]
        Activations of the neurons of one network, without a unit.
    y : np.ndarray [shape=(n_clips, n_other_neurons)]
        Activations of those of another; the number of neurons may differ.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    DataError
        If the numbers of clips differ, or the activations of a network do not change over the clips.

    References
    ----------
    Kornblith, Norouzi, Lee and Hinton (2019), Similarity of neural network representations revisited, ICML, Table 1
    (linear CKA).

    Examples
    --------
    >>> import numpy as np
    >>> from mlpsvd.analysis.similarity import linear_cka
    >>> x = np.random.default_rng(1).standard_normal((50, 3))
    >>> round(linear_cka(x, -2.0 * x[:, ::-1]), 6)
    1.0
    """
    if len(x) != len(y):
        raise DataError(f"the representations are of {len(x)} and {len(y)} clips; they should be of the same clips")
    a, b = (_centred(one) for one in (x, y))
    return min(1.0, float(((b.T @ a) ** 2).sum() / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))))


def principal_angles(first: _Array, second: _Array, rank: int) -> NDArray[np.float64]:
    """Return the principal angles between the row spaces of two weight matrices, cut to equal rank.

    The cosines are the singular values of V₁ᵀV₂, where the columns of V₁ and V₂ are the right singular vectors of the
    ``rank`` largest singular values. For random spaces of n dimensions the mean of cos² is rank/n.

    Parameters
    ----------
    first : np.ndarray [shape=(n_out, n_in)]
        A weight matrix W.
    second : np.ndarray [shape=(n_other_out, n_in)]
        Another one with the same inputs.
    rank
        Dimension of both spaces.

    Returns
    -------
    np.ndarray [shape=(rank,)]
        Angles in radians, 0 to π/2, smallest first; all are 0 for equal row spaces.

    Raises
    ------
    DataError
        If the numbers of inputs differ.
    SettingError
        If a matrix has a smaller rank.

    References
    ----------
    Björck and Golub (1973), Numerical methods for computing angles between linear subspaces, Mathematics of
    Computation 27, 579.

    Examples
    --------
    >>> import numpy as np
    >>> from mlpsvd.analysis.similarity import principal_angles
    >>> angles = principal_angles(np.eye(3)[:2], np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]), 2)
    >>> np.degrees(angles).round(3).tolist()
    [0.0, 45.0]
    """
    if first.shape[1] != second.shape[1]:
        raise DataError(f"the matrices have {first.shape[1]} and {second.shape[1]} inputs; they should have the same")
    return angles_between(row_space(first, rank), row_space(second, rank))


def row_space(weights: _Array, rank: int) -> NDArray[np.float64]:
    """Return the right singular vectors of the ``rank`` largest singular values as rows, largest first.

    Raises
    ------
    SettingError
        If the matrix has a smaller rank.
    """
    _, sigma, vt = np.linalg.svd(np.asarray(weights, np.float64), full_matrices=False)
    full = int((sigma > sigma[0] * max(weights.shape) * np.finfo(weights.dtype).eps).sum())
    if not 1 <= rank <= full:
        raise SettingError("rank", rank, f"a whole number from 1 to {full}, the rank of the matrix")
    return np.asarray(vt[:rank])


def angles_between(first: _Array, second: _Array) -> NDArray[np.float64]:
    """Return the principal angles in radians between the spaces that rows span, smallest first."""
    from scipy.linalg import subspace_angles

    return np.sort(np.asarray(subspace_angles(first.T, second.T), np.float64))


def shared_energy(angles: NDArray[np.float64]) -> float:
    """Return the mean of cos² of principal angles, ‖V₁ᵀV₂‖²_F / rank: 1 for equal spaces, 0 for orthogonal ones."""
    return float(np.mean(np.cos(angles) ** 2))


def _centred(x: _Array) -> NDArray[np.float64]:
    values = np.asarray(x, np.float64)
    largest = float(np.abs(values).max(initial=0.0)) or 1.0
    values = values / largest
    centred: NDArray[np.float64] = values - values.mean(axis=0)
    if np.abs(centred).max(initial=0.0) <= 1e-12:
        raise DataError("the activations of a network are the same for all clips; their alignment is not defined")
    return centred

"""Projection of feature vectors onto the principal components of the training set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import DataError, FileFormatError

__all__ = ["PrincipalComponents", "fit_components", "fit_most_components"]

_PRODUCTS_AT_ONCE = 2**20
_ROUNDING = 1e-6
_NAMES = ("component_mean", "components", "component_shares")


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """Principal components of scaled training vectors x: y = C (x − m).

    Attributes
    ----------
    mean : np.ndarray [shape=(n_values,)]
        m, the mean over the training set.
    components : np.ndarray [shape=(n_components, n_values)]
        C, the first right singular vectors of the centred training set; orthonormal rows, largest variance first.
    shares : np.ndarray [shape=(n_components,)]
        Variance along each component as a fraction of the variance of the training set.

    References
    ----------
    R. Divya, Linear algebraic methods in neural networks, names the decomposition for "dimensionality reduction, and
    feature extraction" without formulas; these are the usual ones (I. T. Jolliffe, Principal Component Analysis, 2002,
    sections 1.1 and 3.5).
    """

    mean: NDArray[np.float64]
    components: NDArray[np.float64]
    shares: NDArray[np.float64]

    def project(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return y [shape=(n_clips, n_components)] for x [shape=(n_clips, n_values)].

        A row gives the same bits alone or in a batch: products and pairwise sums of NumPy, instead of a matrix
        product, whose order of summation depends on its shape.
        """
        out = np.empty((len(values), len(self.components)))
        step = max(1, _PRODUCTS_AT_ONCE // self.components.size)
        with np.errstate(over="ignore", invalid="ignore"):  # of samples that are not finite
            for first in range(0, len(values), step):
                centred = values[first : first + step] - self.mean
                np.sum(centred[:, np.newaxis] * self.components, axis=-1, out=out[first : first + step])
        return out

    def reconstruct(self, vectors: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return Cᵀ y + m [shape=(n_clips, n_values)] for y [shape=(n_clips, n_components)]."""
        return np.asarray(vectors @ self.components + self.mean)

    def filters(self, rows: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return weights for x [shape=(n, n_values)] from weights for y [shape=(n, n_components)]: W C."""
        return np.asarray(rows @ self.components)

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return the arrays by name, for a model file."""
        return dict(zip(_NAMES, (self.mean, self.components, self.shares), strict=True))

    @classmethod
    def from_arrays(
        cls, n_components: int, n_values: int, arrays: Mapping[str, NDArray[np.float64]]
    ) -> PrincipalComponents:
        """Rebuild the projection from checked arrays, see :meth:`shapes`.

        Raises
        ------
        FileFormatError
            If the rows of C are not orthonormal, or a share is not from 0 to 1.
        """
        mean, components, shares = (arrays[name] for name in cls.shapes(n_components, n_values))
        if np.abs(components).max() > 1.0 + _ROUNDING or _departure(components) > _ROUNDING:
            raise FileFormatError("the rows of features.components are not orthonormal; they should be")
        if shares.min() < 0.0 or shares.sum() > 1.0 + _ROUNDING:
            raise FileFormatError("features.component_shares should be fractions, from 0 to 1 and at most 1 in all")
        return cls(mean, components, shares)

    @staticmethod
    def shapes(n_components: int, n_values: int) -> dict[str, tuple[int, ...]]:
        """Return names and shapes of the arrays; none for 0 components."""
        shapes = ((n_values,), (n_components, n_values), (n_components,))
        return dict(zip(_NAMES, shapes, strict=True)) if n_components else {}


def fit_components(values: NDArray[np.float64], n_components: int) -> PrincipalComponents:
    """Return the principal components of vectors [shape=(n_clips, n_values)].

    The sign of each component makes its largest entry positive.

    Raises
    ------
    DataError
        If the vectors have fewer components than ``n_components``.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 2.0]])
    >>> pca = fit_components(x, 1)
    >>> pca.components.round(3).tolist(), pca.shares.round(3).tolist()
    ([[0.788, 0.615]], [0.966])
    """
    mean, sigma, vt = _decomposed(values)
    rank = _rank(sigma, values)
    if n_components > rank:
        raise DataError(
            f"the features cannot be projected onto {n_components} principal components: the {len(values)} training "
            f"clips have {rank}; ask for at most {rank}"
        )
    return _first(n_components, mean, sigma, vt)


def fit_most_components(values: NDArray[np.float64], n_components: int) -> PrincipalComponents:
    """Return ``n_components`` principal components, or all if there are fewer; at least one."""
    mean, sigma, vt = _decomposed(values)
    return _first(max(1, min(n_components, _rank(sigma, values))), mean, sigma, vt)


def _decomposed(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean, and σ and Vᵀ of the centred vectors; R of a QR decomposition has the same σ and Vᵀ."""
    mean = values.mean(axis=0)
    _, sigma, vt = np.linalg.svd(np.linalg.qr(values - mean, mode="r"), full_matrices=False)
    return mean, sigma, vt


def _rank(sigma: NDArray[np.float64], values: NDArray[np.float64]) -> int:
    """Return the number of singular values above the rounding of the vectors."""
    largest = max(float(np.abs(values).max(initial=0.0)), float(sigma.max(initial=0.0)))
    return int((sigma > np.finfo(np.float64).eps * max(values.shape) * largest).sum())


def _first(
    n: int, mean: NDArray[np.float64], sigma: NDArray[np.float64], vt: NDArray[np.float64]
) -> PrincipalComponents:
    components = vt[:n]
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, np.newaxis], axis=1)
    power = np.square(sigma)
    total = float(power.sum()) or 1.0
    return PrincipalComponents(mean, np.ascontiguousarray(components * np.sign(largest)), power[:n] / total)


def _departure(components: NDArray[np.float64]) -> float:
    return float(np.abs(components @ components.T - np.eye(len(components))).max())

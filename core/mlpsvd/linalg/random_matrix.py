"""Singular values of random matrices: the Marchenko-Pastur law, Gavish and Donoho's threshold, and effective ranks.

The singular values of an m × n matrix of independent entries of standard deviation s lie, for large matrices, between
s (√n − √m) and s (√n + √m). A singular value above that upper edge is not noise alone.

References
----------
Marchenko and Pastur (1967), Mathematics of the USSR-Sbornik 1, 457. Gavish and Donoho (2014), IEEE Transactions on
Information Theory 60, 5040. Roy and Vetterli (2007), EUSIPCO, 606. Rudelson and Vershynin (2007), Journal of the ACM
54, 21.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlpsvd.errors import MatrixError

__all__ = [
    "entropy_rank",
    "gavish_donoho_coefficient",
    "gavish_donoho_median_coefficient",
    "gavish_donoho_threshold",
    "marchenko_pastur_edges",
    "marchenko_pastur_median",
    "stable_rank",
]

_NODES = 400  # Gauss-Legendre nodes: the integrand is smooth, and the median is then exact to 1e-12
_HALVINGS = 60


def marchenko_pastur_edges(shape: tuple[int, int], std: float) -> tuple[float, float]:
    """Return the smallest and the largest singular value of a large random matrix.

    Parameters
    ----------
    shape
        Numbers of rows and columns, in either order.
    std
        Standard deviation of its entries.

    Returns
    -------
    lower, upper : float
        s (√n − √m) and s (√n + √m), with m ≤ n.

    Examples
    --------
    >>> round(marchenko_pastur_edges((20, 129), 0.1)[1], 3)
    1.583
    """
    m, n = _sides(shape)
    return std * (math.sqrt(n) - math.sqrt(m)), std * (math.sqrt(n) + math.sqrt(m))


def gavish_donoho_coefficient(beta: float) -> float:
    """Return λ(β) of the optimal hard threshold λ √n s for noise of known standard deviation s.

    Parameters
    ----------
    beta
        Ratio m/n of the shorter to the longer side, above 0 and up to 1.

    References
    ----------
    Gavish and Donoho (2014), equation (11).

    Examples
    --------
    >>> round(gavish_donoho_coefficient(1.0), 4)  # 4/√3
    2.3094
    """
    _check_beta(beta)
    return math.sqrt(2 * (beta + 1) + 8 * beta / (beta + 1 + math.sqrt(beta * beta + 14 * beta + 1)))


def gavish_donoho_threshold(shape: tuple[int, int], std: float) -> float:
    """Return the threshold below which singular values are best set to 0, for noise of known standard deviation.

    It lies above the edge of :func:`marchenko_pastur_edges`: a component that just emerges from the noise is so
    distorted that the matrix is closer to the true one without it.

    Examples
    --------
    >>> round(gavish_donoho_threshold((20, 129), 0.1), 3)
    1.877
    """
    m, n = _sides(shape)
    return gavish_donoho_coefficient(m / n) * math.sqrt(n) * std


@lru_cache(maxsize=256)
def marchenko_pastur_median(beta: float) -> float:
    """Return the median of the Marchenko-Pastur law of the squared singular values over n s², for β = m/n.

    Raises
    ------
    MatrixError
        If β is not above 0 and at most 1.
    """
    _check_beta(beta)
    low, high = -math.pi / 2, math.pi / 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _share_below(middle, beta) < 0.5 else (low, middle)
    return 1 + beta + 2 * math.sqrt(beta) * math.sin(low)


def gavish_donoho_median_coefficient(beta: float) -> float:
    """Return ω(β) of the threshold ω times the median singular value, for noise of unknown standard deviation.

    Not meant to be applied again and again: each time the median rises, until one singular value is left.
    """
    return gavish_donoho_coefficient(beta) / math.sqrt(marchenko_pastur_median(beta))


def stable_rank(singular_values: ArrayLike) -> float:
    """Return ‖W‖²_F / ‖W‖²₂, the sum of the squared singular values over the largest square; 0 for W = 0.

    Examples
    --------
    >>> round(stable_rank([2.0, 1.0, 0.5, 0.1]), 3)
    1.315
    """
    return float((_relative(singular_values) ** 2).sum())


def entropy_rank(singular_values: ArrayLike, *, of_energies: bool = True) -> float:
    """Return the exponential of the entropy of the normalised singular values; 0 for W = 0.

    Parameters
    ----------
    singular_values
        In any order.
    of_energies
        Whether the squares are normalised; otherwise the values themselves, as in Roy and Vetterli (2007).

    Examples
    --------
    >>> round(entropy_rank([2.0, 1.0, 0.5, 0.1]), 3), round(entropy_rank([1.0, 1.0]), 3)
    (1.975, 2.0)
    """
    values = _relative(singular_values) ** (2 if of_energies else 1)
    values = values[values > 0]
    if not len(values):
        return 0.0
    shares = values / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _share_below(angle: float, beta: float) -> float:
    """Return the share of the law below x = 1 + β + 2√β sin(angle), by quadrature over the angle."""
    nodes, weights = _quadrature()
    half = (angle + math.pi / 2) / 2
    angles = -math.pi / 2 + half * (nodes + 1)
    radius = 2 * math.sqrt(beta)
    x = 1 + beta + radius * np.sin(angles)
    return float(half * (weights * (radius * np.cos(angles)) ** 2 / x).sum() / (2 * math.pi * beta))


@lru_cache(maxsize=1)
def _quadrature() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.polynomial.legendre.leggauss(_NODES)


def _sides(shape: tuple[int, int]) -> tuple[int, int]:
    m, n = sorted(shape)
    if m < 1:
        raise MatrixError(f"The matrix has the shape {shape[0]} × {shape[1]}; both sides should be at least 1")
    return m, n


def _check_beta(beta: float) -> None:
    if not 0 < beta <= 1:
        raise MatrixError(f"The ratio of the sides is {beta:g}; it should be above 0 and at most 1")


def _relative(singular_values: ArrayLike) -> NDArray[np.float64]:
    """Return the singular values over the largest; zeros where all are 0."""
    values = np.asarray(singular_values, np.float64)
    if not np.isfinite(values).all() or (values < 0).any():
        raise MatrixError("Some singular values are negative or not finite; they should be finite and not negative")
    largest = values.max(initial=0.0)
    return values / largest if largest > 0 else values

"""Learning rate of a linear network from the covariance of its inputs (Kantack, section III B)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import DataError

__all__ = ["CovarianceRate", "covariance_rate", "loss_curve"]

_Matrix = NDArray[np.float64]
Factor = Literal[1, 2]


@dataclass(frozen=True)
class CovarianceRate:
    """Learning rates α of W ← W − f α (q − c) aᵀ, averaged over all samples.

    The Hessian of the mean of ‖q − c‖² is 2R, R = A Aᵀ / n; f = 2 is its gradient, equation (6), and f = 1 that of
    half the loss. Letter by letter, with one sample a per update, the limit is 2 / (f ‖a‖²).

    Attributes
    ----------
    eigenvalues : np.ndarray [shape=(rank,)]
        Eigenvalues of R that are not 0, ascending.
    factor
        f.
    """

    eigenvalues: _Matrix
    factor: Factor = 2

    @property
    def largest(self) -> float:
        """λ_max."""
        return float(self.eigenvalues[-1])

    @property
    def smallest(self) -> float:
        """The smallest eigenvalue above 0."""
        return float(self.eigenvalues[0])

    @property
    def stable_below(self) -> float:
        """Limit of the rate: the loss converges below, oscillates at it and diverges above."""
        return 2.0 / (self.factor * self.largest)

    @property
    def fastest(self) -> float:
        """The rate with the fastest convergence in the long run."""
        return 2.0 / (self.factor * (self.largest + self.smallest))


def covariance_rate(a: _Matrix, factor: Factor = 2) -> CovarianceRate:
    """Return the learning rates from the eigenvalues of R = A Aᵀ / n, equation (29).

    Parameters
    ----------
    a : np.ndarray [shape=(n_features, n_samples)]
        Samples as columns. R has the shape (n_features, n_features).
    factor
        2 for the gradient of the squared error, as Kantack's (6); 1 for that of half of it.

    Raises
    ------
    DataError
        If all samples are 0, or one is not finite.

    References
    ----------
    Kantack (2020), section III B. Le Cun, Kanter and Solla (1991) use half the squared error, for which 1/λ_max is
    within the stable range; with the factor 2 of (6) it is the limit itself, where the loss oscillates.
    """
    if not np.isfinite(a).all() or not a.any():
        raise DataError("the samples are all 0 or not finite; they should be finite numbers, not all 0")
    values = np.linalg.svd(a, compute_uv=False)
    kept = values[values > values[0] * max(a.shape) * np.finfo(np.float64).eps]
    return CovarianceRate(kept[::-1] ** 2 / a.shape[1], factor)


def loss_curve(a: _Matrix, targets: _Matrix, rate: float, n_updates: int, factor: Factor = 2) -> _Matrix:
    """Train q = W a from W = 0 with whole-set updates and return the mean of ‖q − c‖² before and after each.

    Parameters
    ----------
    a : np.ndarray [shape=(n_features, n_samples)]
        Samples as columns.
    targets : np.ndarray [shape=(n_classes, n_samples)]
        Desired outputs c.
    rate
        α.
    n_updates
        Number of updates.
    factor
        Factor of the update, see :class:`CovarianceRate`.

    Returns
    -------
    np.ndarray [shape=(n_updates + 1,)]
        Infinity where it diverges beyond what float64 holds.
    """
    _, sigma, vt = np.linalg.svd(a, full_matrices=False)
    reduced = sigma[:, None] * vt  # W stays in the span of the samples: Uᵀ A has the same losses
    weights = np.zeros((len(targets), len(sigma)))
    losses = []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(n_updates + 1):
            error = weights @ reduced - targets
            losses.append(float((error**2).sum() / a.shape[1]))
            weights -= factor * rate * (error @ reduced.T) / a.shape[1]
    found = np.array(losses)
    return np.where(np.isfinite(found), found, np.inf)

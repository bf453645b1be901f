"""Bayes limit of the synthetic task: the highest accuracy that any classifier can reach.

A clip is white Gaussian noise, filtered from rest. The difference equation (66) can be solved for the noise sample by
sample, which gives the probability density of a clip for each class in closed form. The Bayes classifier selects the
class with the largest density; no classifier has a lower error rate. docs/bayes-limit.md contains the derivation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlpsvd.signals.bandpass import coefficients
from mlpsvd.signals.bank import BandPass

__all__ = ["log_likelihoods", "optimal_classes"]


def log_likelihoods(
    clips: NDArray[np.floating],
    filters: Sequence[BandPass],
    sample_rate_hz: float,
    progress: Callable[[float], None] | None = None,
) -> NDArray[np.float64]:
    """Return the log-likelihood of every clip under every class, up to a common constant.

    x(n) = [y(n) − 2γ y(n−1) + 2β y(n−2)] / 2α + x(n−2) inverts the filter from rest; x is white and of unit
    variance, and the Jacobian of the inversion is (2α)⁻ᴺ, so log p(y) = −½ Σ x² − N log 2α + constant.

    Parameters
    ----------
    clips : np.ndarray [shape=(n_clips, n_samples)]
        First samples of filtered Gaussian noise of unit variance.
    filters
        One filter per class.
    sample_rate_hz
        Sample rate in Hz.
    progress
        Called with the completed fraction, 0 to 1, before each class. An exception cancels the computation.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_classes)]
    """
    y = clips.astype(np.float64)
    result = np.empty((len(y), len(filters)))
    for index, one in enumerate(filters):
        if progress is not None:
            progress(index / len(filters))
        c = coefficients(one, sample_rate_hz)
        innovation = y.copy()
        innovation[:, 1:] -= 2 * c.gamma * y[:, :-1]
        innovation[:, 2:] += 2 * c.beta * y[:, :-2]
        x = innovation / (2 * c.alpha)
        x[:, 0::2] = np.cumsum(x[:, 0::2], axis=1)  # x(n) = … + x(n−2), for even and odd n separately
        x[:, 1::2] = np.cumsum(x[:, 1::2], axis=1)
        result[:, index] = -0.5 * (x**2).sum(axis=1) - y.shape[1] * np.log(2 * c.alpha)
    return result


def optimal_classes(
    clips: NDArray[np.floating],
    filters: Sequence[BandPass],
    sample_rate_hz: float,
    progress: Callable[[float], None] | None = None,
) -> NDArray[np.intp]:
    """Return the classes [shape=(n_clips,)] that the Bayes classifier predicts, with equal prior probabilities.

    Parameters as in :func:`log_likelihoods`.
    """
    return log_likelihoods(clips, filters, sample_rate_hz, progress).argmax(axis=1)

"""Bayes limit of the synthetic task: the highest accuracy that any classifier can reach.

A clip is white Gaussian noise through a filter that starts from rest. The difference equation (66) can be solved for
the noise, sample by sample, so the density of a clip under each class is known in closed form, and the rule that
picks the class of largest density errs least of all rules, neural or not. docs/bayes-limit.md has the derivation.
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
    """Return the log-likelihood of every clip under every class, up to a constant common to all.

    x(n) = [y(n) − 2γ y(n−1) + 2β y(n−2)] / 2α + x(n−2) inverts the filter from rest; x is white and of unit
    variance, and the Jacobian of the inversion is (2α)⁻ᴺ, so log p(y) = −½ Σ x² − N log 2α + constant.

    Parameters
    ----------
    clips : np.ndarray [shape=(n_clips, n_samples)]
        First samples of filtered Gaussian noise of unit variance.
    filters
        One filter a class.
    sample_rate_hz
        Samples a second.
    progress
        Called with the share done, 0 to 1, before each class. It may raise to cancel.

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
        x[:, 0::2] = np.cumsum(x[:, 0::2], axis=1)  # x(n) = … + x(n−2), for even and odd n apart
        x[:, 1::2] = np.cumsum(x[:, 1::2], axis=1)
        result[:, index] = -0.5 * (x**2).sum(axis=1) - y.shape[1] * np.log(2 * c.alpha)
    return result


def optimal_classes(
    clips: NDArray[np.floating],
    filters: Sequence[BandPass],
    sample_rate_hz: float,
    progress: Callable[[float], None] | None = None,
) -> NDArray[np.intp]:
    """Return the class [shape=(n_clips,)] that the best possible rule picks for each clip, all equally likely.

    Parameters as of :func:`log_likelihoods`.
    """
    return log_likelihoods(clips, filters, sample_rate_hz, progress).argmax(axis=1)

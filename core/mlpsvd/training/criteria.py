"""Criteria of discarding: the level below which singular values are discarded, and the rank that stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.linalg.random_matrix import gavish_donoho_threshold, marchenko_pastur_edges
from mlpsvd.training.settings import DiscardingSettings

__all__ = ["discard_level", "kept_rank"]


def kept_rank(
    singular_values: NDArray[np.floating],
    settings: DiscardingSettings,
    shape: tuple[int, int] | None = None,
    initial_std: float = 0.0,
) -> int:
    """Return the number of singular values to keep, at least one.

    Parameters
    ----------
    singular_values : np.ndarray [shape=(rank,)]
        Largest first.
    settings
        The criterion: ``threshold`` as in the paper, ``energy`` as in Xue et al. (2013), ``rank`` as in Cai et
        al. (2014), ``marchenko-pastur`` and ``gavish-donoho`` as in :func:`discard_level`.
    shape, initial_std
        As in :func:`discard_level`.
    """
    if settings.criterion == "rank":
        return min(settings.rank, len(singular_values))
    if settings.criterion == "energy":
        held = np.cumsum(singular_values**2)
        # The factor allows for rounding in the sum; without it, the result could exceed the number of values.
        return int(np.searchsorted(held, settings.energy * held[-1] * (1 - 1e-12))) + 1
    level = discard_level(singular_values, settings, shape, initial_std)
    return len(singular_values) if level is None else max(1, int(np.count_nonzero(singular_values >= level)))


def discard_level(
    singular_values: NDArray[np.floating],
    settings: DiscardingSettings,
    shape: tuple[int, int] | None,
    initial_std: float,
) -> float | None:
    """Return the level below which singular values are discarded; None where the criterion has none or lacks a shape.

    Parameters
    ----------
    singular_values : np.ndarray [shape=(rank,)]
        Largest first.
    settings
        The criterion. ``marchenko-pastur`` is the largest singular value of the initial weights,
        s (√I + √J) for large matrices; ``gavish-donoho`` the optimal threshold for weights with noise like
        the initial weights. Neither depends on the trained weights, so applying it again discards no more.
    shape
        J and I of the layer, in either order; None if unknown.
    initial_std
        Standard deviation s of the layer's initial weights.

    References
    ----------
    Marchenko and Pastur (1967); Gavish and Donoho (2014), equation (11).
    """
    if settings.criterion == "threshold":
        return float(settings.threshold * singular_values[0])
    if shape is not None and settings.criterion == "marchenko-pastur":
        return marchenko_pastur_edges(shape, initial_std)[1]
    if shape is not None and settings.criterion == "gavish-donoho":
        return gavish_donoho_threshold(shape, initial_std)
    return None

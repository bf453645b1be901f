"""Trimming of the quiet start and end of a clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["sounding_part"]


def sounding_part(clip: NDArray[np.float32], trim_db: float, n_window: int) -> NDArray[np.float32]:
    """Return a clip without its quiet ends.

    The level is measured in a window that moves by one sample. The result begins with the first window whose level is
    at most ``trim_db`` below that of the loudest window, and ends with the last one. Silence added before or after the
    sound therefore does not change it. A clip of zeros, or with samples that are not finite, is returned unchanged.

    Parameters
    ----------
    clip : np.ndarray [shape=(n_samples,)]
        Samples.
    trim_db
        Threshold below the level of the loudest window in decibels, above 0.
    n_window
        Length of the window in samples; a shorter clip is returned unchanged.

    Returns
    -------
    np.ndarray [shape=(n_samples_left,)]
        A view of ``clip``.
    """
    if len(clip) <= n_window:
        return clip
    energy = np.concatenate(([0.0], np.cumsum(np.square(clip, dtype=np.float64))))
    with np.errstate(invalid="ignore"):  # samples that are not finite give energies that are not
        energies = energy[n_window:] - energy[:-n_window]
    loudest = float(energies.max())
    if not 0.0 < loudest < np.inf:
        return clip
    loud = np.flatnonzero(energies >= loudest * 10.0 ** (-trim_db / 10.0))
    return clip[loud[0] : loud[-1] + n_window]

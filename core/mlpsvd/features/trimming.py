"""Trimming of a clip to the sound in it, so that surrounding silence does not matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["sounding_part"]


def sounding_part(clip: NDArray[np.float32], trim_db: float, stretch: int) -> NDArray[np.float32]:
    """Return a clip without its quiet ends.

    The level is that of every stretch of neighbouring samples. The part returned begins with the first stretch that is
    at most ``trim_db`` below the loudest one and ends with the last such, to the sample: silence added before or after
    the sound changes nothing. A clip of nothing but zeros, or with samples that are not finite, stays as it is.

    Parameters
    ----------
    clip : np.ndarray [shape=(n_samples,)]
        Samples.
    trim_db
        How far below the loudest stretch the ends begin; in decibels, above 0.
    stretch
        Samples in a stretch; a clip that is shorter stays as it is.

    Returns
    -------
    np.ndarray [shape=(n_samples_left,)]
        A view of ``clip``.
    """
    if len(clip) <= stretch:
        return clip
    energy = np.concatenate(([0.0], np.cumsum(np.square(clip, dtype=np.float64))))
    with np.errstate(invalid="ignore"):  # samples that are not finite give energies that are not
        energies = energy[stretch:] - energy[:-stretch]
    loudest = float(energies.max())
    if not 0.0 < loudest < np.inf:
        return clip
    loud = np.flatnonzero(energies >= loudest * 10.0 ** (-trim_db / 10.0))
    return clip[loud[0] : loud[-1] + stretch]

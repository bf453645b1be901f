"""Cutting a recording into clips."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["cut", "fewest_samples"]


def cut(
    samples: NDArray[np.float32], sample_rate_hz: float, clip_s: float, shortest_s: float
) -> list[tuple[float, NDArray[np.float32]]]:
    """Cut a recording into clips.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        The recording.
    sample_rate_hz
        Its sample rate.
    clip_s
        Length of a clip in seconds; 0 keeps the recording whole.
    shortest_s
        A last piece shorter than this, to the nearest sample, is dropped.

    Returns
    -------
    list of (float, np.ndarray [shape=(n_clip_samples,)])
        Start in seconds and samples of each clip.
    """
    length = max(1, round(clip_s * sample_rate_hz)) if clip_s else len(samples)
    shortest = min(length, fewest_samples(shortest_s, sample_rate_hz))
    pieces = ((start, samples[start : start + length]) for start in range(0, len(samples), length))
    return [(start / sample_rate_hz, piece) for start, piece in pieces if len(piece) >= shortest]


def fewest_samples(shortest_s: float, sample_rate_hz: float) -> int:
    """Return how many samples the shortest clip has: to the nearest one, as resampling rounds, and at least 1."""
    return max(1, int(shortest_s * sample_rate_hz + 0.5))

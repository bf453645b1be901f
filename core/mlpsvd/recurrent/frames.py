"""Short-time magnitudes: the sequence of frames that a recurrent network reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mlpsvd.errors import DataError

__all__ = ["FrameScaling", "FrameSettings", "frame_magnitudes"]

_CLIPS = 64  # transformed at once


@dataclass(frozen=True)
class FrameSettings:
    """Frames of a clip.

    Attributes
    ----------
    size
        Samples of one frame.
    hop
        Samples between the starts of successive frames.
    n_bins
        Magnitudes that are used, from 0 Hz on; 33 of a 256-point FFT at 16 kHz reach 2 kHz.
    """

    size: int = 256
    hop: int = 128
    n_bins: int = 33


def frame_magnitudes(clips: NDArray[np.floating], settings: FrameSettings) -> NDArray[np.float32]:
    """Return |FFT| of every whole frame of equally long clips.

    Parameters
    ----------
    clips : np.ndarray [shape=(n_clips, n_samples)]
        One clip a row.
    settings
        The frames.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_frames, n_bins)]

    Raises
    ------
    DataError
        If the clips are shorter than a frame, or have fewer magnitudes than asked for.

    Examples
    --------
    >>> frame_magnitudes(np.ones((2, 4800)), FrameSettings()).shape
    (2, 36, 33)
    """
    if clips.shape[1] < settings.size or not 1 <= settings.n_bins <= settings.size // 2 + 1 or settings.hop < 1:
        raise DataError(
            f"frames of {settings.size} samples every {settings.hop}, {settings.n_bins} magnitudes of each, cannot be "
            f"taken from clips of {clips.shape[1]} samples; a frame should fit into a clip, the hop be at least 1, and "
            f"1 to {settings.size // 2 + 1} magnitudes be used"
        )
    parts = []
    for start in range(0, len(clips), _CLIPS):
        frames = sliding_window_view(clips[start : start + _CLIPS], settings.size, axis=1)[:, :: settings.hop]
        parts.append(np.abs(np.fft.rfft(frames))[:, :, : settings.n_bins].astype(np.float32))
    return np.concatenate(parts)


@dataclass(frozen=True, eq=False)
class FrameScaling:
    """Standardisation of each magnitude, learnt on the training set.

    Attributes
    ----------
    mean, std : np.ndarray [shape=(n_bins,)]
        Over all clips and frames.
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    @classmethod
    def of(cls, frames: NDArray[np.float32]) -> FrameScaling:
        """Learn from training frames, the magnitudes on the last axis."""
        axes = tuple(range(frames.ndim - 1))
        std = frames.std(axis=axes, dtype=np.float64)
        return cls(
            frames.mean(axis=axes, dtype=np.float64).astype(np.float32),
            np.where(std > 0, std, 1.0).astype(np.float32),
        )

    def __call__(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return standardised frames of the same shape."""
        return (frames - self.mean) / self.std

"""Level trigger: detects the onset and the end of a sound from the level of short frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FRAME_S", "Trigger"]

FRAME_S = 0.01


class Trigger:
    """Detects frames of 10 ms above a level.

    Parameters
    ----------
    rate_hz
        Sample rate.
    trigger_dbfs
        The level, compared with the RMS level of each frame; a full-scale sine has 0 dBFS.
    """

    def __init__(self, rate_hz: float, trigger_dbfs: float) -> None:
        self.frame = max(1, round(FRAME_S * rate_hz))
        self._rest = np.zeros(0, dtype=np.float32)
        self.set_level(trigger_dbfs)

    def set_level(self, trigger_dbfs: float) -> None:
        """Use another level for the next frames."""
        self._least_mean_square = 0.5 * 10.0 ** (trigger_dbfs / 10.0)

    def feed(self, start: int, samples: NDArray[np.float32]) -> list[tuple[int, bool]]:
        """Take the next samples [shape=(n_samples,)], the first of which has number ``start``.

        Returns
        -------
        list of (int, bool)
            For each frame that is now complete the number of its first sample, and whether it is above the level.
        """
        first = start - len(self._rest)
        joined = np.concatenate([self._rest, samples])
        n_frames = len(joined) // self.frame
        frames = joined[: n_frames * self.frame].reshape(n_frames, self.frame)
        self._rest = joined[n_frames * self.frame :]
        loud = np.square(frames, dtype=np.float64).mean(axis=1) > self._least_mean_square
        return [(first + index * self.frame, bool(is_loud)) for index, is_loud in enumerate(loud)]

    def forget(self) -> None:
        """Begin a new frame after a gap."""
        self._rest = self._rest[:0]

"""Level trigger: detects the onset and the end of a sound from the level of short frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FRAME_S", "Trigger"]

FRAME_S = 0.01


class Trigger:
    """Tells which frames of 10 ms are above a level.

    Parameters
    ----------
    rate_hz
        Sample rate.
    trigger_dbfs
        The level; the root mean square of a frame is held against it, a full-scale sine has 0 dBFS.
    """

    def __init__(self, rate_hz: float, trigger_dbfs: float) -> None:
        self.frame = max(1, round(FRAME_S * rate_hz))
        self._rest = np.zeros(0, dtype=np.float32)
        self.set_level(trigger_dbfs)

    def set_level(self, trigger_dbfs: float) -> None:
        """Hold the next frames against another level."""
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
        """Begin a new frame: the next sample does not follow the last one."""
        self._rest = self._rest[:0]

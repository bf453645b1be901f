"""Writes a source's samples into a ring buffer at the ring's sample rate, with gaps where samples were lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.files import same_rate
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.stream_resampler import StreamResampler

__all__ = ["RingWriter"]


class RingWriter:
    """Resamples sound of any rate to the rate of a ring buffer and writes it.

    Parameters
    ----------
    ring, rate_hz
        The ring buffer and the rate of its samples.
    """

    def __init__(self, ring: RingBuffer, rate_hz: float) -> None:
        self.ring = ring
        self.rate_hz = rate_hz
        self._resampler: StreamResampler | None = None

    @property
    def delay_s(self) -> float:
        """Delay of the resampler in seconds."""
        return self._resampler.delay_s if self._resampler is not None else 0.0

    def begin(self, from_hz: float, gap_s: float | None) -> None:
        """Set the rate of the next samples and the gap before them; None for the first samples."""
        if gap_s is not None:
            self.finish()
            self.ring.mark_gap(gap_s)
        self._resampler = None if same_rate(from_hz, self.rate_hz) else StreamResampler(from_hz, self.rate_hz)

    def write(self, samples: NDArray[np.float32]) -> None:
        """Write samples [shape=(n_samples,)] that follow the last ones."""
        self.ring.write(samples if self._resampler is None else self._resampler.push(samples))

    def finish(self) -> None:
        """Flush the resampler at the end of a continuous section."""
        if self._resampler is not None:
            self.ring.write(self._resampler.flush())
            self._resampler = None

"""Lock-free ring buffer between the thread of a source and its readers: one writer, one reader that releases.

Every sample is stored twice, one capacity apart, so that up to ``capacity`` consecutive samples are one contiguous
slice. Samples are addressed by their number since the start of the source, which never wraps. If a device is lost for a
while, its sound has a break: the position and the length of the gap are stored, and :meth:`RingBuffer.time_s` includes
the gap.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["RingBuffer"]

_N_STAMPS = 4096
_N_BREAKS = 4096


@dataclass(frozen=True)
class _Breaks:
    """Gaps in the sound; replaced as a whole, so that a reader always sees a consistent state."""

    firsts: tuple[int, ...] = ()
    """Number of the first sample after each break, ascending."""
    gaps_s: tuple[float, ...] = ()
    """Seconds missing up to and with each break."""
    forgotten_s: float = 0.0
    """Seconds missing before the first break still kept."""

    @property
    def total_s(self) -> float:
        return self.gaps_s[-1] if self.gaps_s else self.forgotten_s

    def before(self, sample: int) -> float:
        n_before = bisect_right(self.firsts, sample)
        return self.gaps_s[n_before - 1] if n_before else self.forgotten_s

    def with_another(self, first: int, gap_s: float) -> _Breaks:
        total_s = self.total_s + gap_s
        if self.firsts and self.firsts[-1] == first:
            return _Breaks(self.firsts, (*self.gaps_s[:-1], total_s), self.forgotten_s)
        firsts, gaps_s, forgotten_s = (*self.firsts, first), (*self.gaps_s, total_s), self.forgotten_s
        if len(firsts) > _N_BREAKS:
            firsts, gaps_s, forgotten_s = firsts[1:], gaps_s[1:], gaps_s[0]
        return _Breaks(firsts, gaps_s, forgotten_s)


class RingBuffer:
    """The latest samples of a source.

    Only the writing thread calls ``write`` and ``mark_gap``, and only the main reading thread calls ``catch_up`` and
    ``advance``. Neither waits for the other. The writer publishes its next end position *before* it writes samples, and
    a reader checks this position *after* it has copied samples, so that it detects samples that were overwritten
    meanwhile.

    ``read``, ``first_break``, ``time_s`` and ``arrived_s`` change nothing and may be called from any thread. A second
    reader, which records the sound, keeps its own position and does not release samples; it gets None for samples that
    have been overwritten. ``n_free`` depends on the main reader only.

    Parameters
    ----------
    capacity
        How many samples are kept; at least 1.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"capacity is {capacity}; it should be at least 1")
        self._capacity = capacity
        self._samples = np.zeros(2 * capacity, dtype=np.float32)
        self._claimed = 0
        self._written = 0
        self._read = 0
        self._lost = 0
        self._breaks = _Breaks()
        self._stamp_ends = np.full(_N_STAMPS, -1, dtype=np.int64)
        self._stamp_times_s = np.zeros(_N_STAMPS)
        self._n_stamps = 0

    @property
    def capacity(self) -> int:
        """Capacity in samples."""
        return self._capacity

    @property
    def n_written(self) -> int:
        """Number of samples delivered by the source since its start."""
        return self._written

    @property
    def n_read(self) -> int:
        """Number of the first sample that the reader has not released."""
        return self._read

    @property
    def n_lost(self) -> int:
        """Number of samples that were overwritten before they were read."""
        return self._lost

    @property
    def n_waiting(self) -> int:
        """Number of delivered samples that the reader has not released, including lost ones."""
        return self._written - self._read

    @property
    def n_free(self) -> int:
        """Number of samples that can be written without loss; a source that can wait, waits for space."""
        return max(0, self._capacity - self.n_waiting)

    @property
    def gaps_s(self) -> float:
        """Total duration of all gaps in seconds."""
        return self._breaks.total_s

    @property
    def oldest(self) -> int:
        """Number of the oldest sample in the buffer."""
        return max(0, self._claimed - self._capacity)

    def write(self, block: NDArray[np.floating[Any]]) -> None:
        """Append samples; never blocks, and overwrites the oldest when full.

        Parameters
        ----------
        block : np.ndarray [shape=(n_samples,)]
            Samples at full scale 1. Of a block longer than the capacity only its end is kept.
        """
        end = self._written + len(block)
        self._claimed = end
        kept = block[-self._capacity :]
        first = (end - len(kept)) % self._capacity
        n_before_wrap = min(len(kept), self._capacity - first)
        self._store(first, kept[:n_before_wrap])
        self._store(0, kept[n_before_wrap:])
        self._stamp(end)
        self._written = end

    def mark_gap(self, gap_s: float = 0.0) -> None:
        """Mark a gap before the next sample; called by the writer.

        Parameters
        ----------
        gap_s
            How many seconds of sound are missing between them; not negative.
        """
        if not gap_s >= 0.0:
            raise ValueError(f"gap_s is {gap_s}; it should be 0 or more")
        # The break is published before the samples that follow it, so that their readers know of it.
        self._breaks = self._breaks.with_another(self._written, gap_s)

    def first_break(self, start: int, end: int) -> int | None:
        """Return the number of the first sample after a break inside of samples ``start`` to ``end``, or None.

        The result is above ``start`` and below ``end``: a break exactly at either end does not interrupt the samples.
        """
        firsts = self._breaks.firsts
        at = bisect_right(firsts, start)
        return firsts[at] if at < len(firsts) and firsts[at] < end else None

    def time_s(self, sample: int, rate_hz: float) -> float:
        """Return the time of a sample in seconds since the start of the source, including gaps."""
        return sample / rate_hz + self._breaks.before(sample)

    def read(self, start: int, n_samples: int) -> NDArray[np.float32] | None:
        """Return a copy of ``n_samples`` samples from number ``start`` on.

        Returns
        -------
        np.ndarray [shape=(n_samples,)] or None
            None if some of them are not yet delivered or (``start < oldest``) have been overwritten.
        """
        if n_samples > self._capacity or start < 0 or start + n_samples > self._written:
            return None
        first = start % self._capacity
        copy = self._samples[first : first + n_samples].copy()
        return copy if start >= self.oldest else None

    def catch_up(self) -> int:
        """Skip samples that were overwritten before they were read, count them as lost, and return their number."""
        n_lost = max(0, self.oldest - self._read)
        self._lost += n_lost
        self._read += n_lost
        return n_lost

    def advance(self, to: int) -> None:
        """Release all samples before number ``to``."""
        self._read = max(self._read, to)

    def arrived_s(self, end: int) -> float | None:
        """Return when (``time.monotonic``) the sample before number ``end`` was delivered; None if no longer stored."""
        # A bisection on the ring itself, as ``bisect`` would need a copy of four thousand stamps for each decision.
        n_stamps = self._n_stamps
        low, high = max(0, n_stamps - _N_STAMPS), n_stamps
        while low < high:
            middle = (low + high) // 2
            if self._stamp_ends[middle % _N_STAMPS] < end:
                low = middle + 1
            else:
                high = middle
        return float(self._stamp_times_s[low % _N_STAMPS]) if low < n_stamps else None

    def _store(self, first: int, samples: NDArray[np.floating[Any]]) -> None:
        end = first + len(samples)
        self._samples[first:end] = samples
        self._samples[first + self._capacity : end + self._capacity] = samples

    def _stamp(self, end: int) -> None:
        slot = self._n_stamps % _N_STAMPS
        self._stamp_ends[slot] = end
        self._stamp_times_s[slot] = time.monotonic()
        self._n_stamps += 1

"""Segmentation of live input: sliding windows of fixed length, or events between silences."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.level import measure_level
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.classification.live.pipeline import SetUp

__all__ = ["Cut", "EventSegmentation", "SlidingWindows"]

Samples = NDArray[np.float32]

_BLOCK_S = 0.01
_LONGEST_SHARE = 0.75


@dataclass(frozen=True, eq=False)
class Cut:
    """A section of samples to classify.

    Attributes
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        A copy of them.
    start
        Number of the first one.
    complete
        Number of the sample after the last one needed to find the end of this section.
    piece
        Number of the first sample of the uninterrupted piece that contains it; it changes after an interruption.
    is_quiet
        Whether it is silence; None if its overall level decides.
    """

    samples: Samples
    start: int
    complete: int
    piece: int
    is_quiet: bool | None = None


class _Pieces:
    """Reading position in a ring buffer whose source may be interrupted."""

    def __init__(self, ring: RingBuffer) -> None:
        self._ring = ring
        self.start = 0

    def advance_to(self, end: int) -> bool:
        """Move to the piece after the last interruption before sample ``end``; return whether there was one."""
        before = self.start
        while (at := self._ring.first_break(self.start, end)) is not None:
            self.start = at
        return self.start != before

    def align(self, hop: int) -> None:
        """Release the samples before the next multiple of the hop, counted from the piece's start."""
        n_hops = max(0, -(-(self._ring.n_read - self.start) // hop))
        self._ring.advance(self.start + n_hops * hop)


class SlidingWindows:
    """Windows of the model's length, one per hop.

    The first begins with the first sample of the source or after an interruption, so that no window contains sound from
    both sides. After a loss they resume at the next multiple of the hop.
    """

    def __init__(self, ring: RingBuffer, sample_rate_hz: float) -> None:
        self._ring = ring
        self._sample_rate_hz = sample_rate_hz
        self._pieces = _Pieces(ring)

    def next(self, set_up: SetUp) -> Cut | None:
        """Return the next window and release samples no longer needed; None if it is not complete yet."""
        n_samples = set_up.classifier.n_samples
        while True:
            if self._ring.catch_up():
                self._pieces.align(set_up.hop)
            start = self._ring.n_read
            samples = self._ring.read(start, n_samples)
            # Checked after reading, as an interruption is recorded before the first sample after it is written.
            if self._pieces.advance_to(start + n_samples):
                self._pieces.align(set_up.hop)
            elif samples is not None:
                self._ring.advance(start + set_up.hop)
                return Cut(samples, start, start + n_samples, self._pieces.start)
            elif start >= self._ring.oldest:
                return None

    def rest(self, set_up: SetUp) -> Cut | None:
        """Return the rest of a source that has ended; None if it is too short or has already been classified."""
        end = self._ring.n_written
        if self._pieces.advance_to(end):
            self._pieces.align(set_up.hop)
        start = self._ring.n_read
        samples = self._ring.read(start, end - start)
        self._ring.advance(end)
        overlaps = set_up.settings.hop_share < 1.0 and start > self._pieces.start
        if samples is None or len(samples) < _shortest(set_up, self._sample_rate_hz) or overlaps:
            return None
        return Cut(samples, start, end, self._pieces.start)


class EventSegmentation:
    """Events: from the level rising above the trigger until it stays below it for the release time.

    A model of whole recordings, for instance of words, was trained on words from beginning to end; a window that begins
    within a word resembles none of them. Events are detected by the level of blocks of 10 ms; within the outermost
    blocks, the event begins and ends with the first and last sample that reaches the trigger's RMS level, so that a
    clip played into silence is extracted to the exact sample. Events shorter than the model's shortest clip are
    ignored. An event that fills three quarters of the ring buffer is cut there. Silence is divided into windows of the
    model's length, so that a display shows progress. An event cut short by an interruption of the source is ignored.
    """

    def __init__(self, ring: RingBuffer, sample_rate_hz: float) -> None:
        self._ring = ring
        self._sample_rate_hz = sample_rate_hz
        self._block = max(1, round(_BLOCK_S * sample_rate_hz))
        self._longest = int(_LONGEST_SHARE * ring.capacity)
        self._pieces = _Pieces(ring)
        self._position = 0
        self._is_on = False
        self._loud_until = 0
        self._begin(0)

    def next(self, set_up: SetUp) -> Cut | None:
        """Return the next event or silence and release it; None if it has not ended yet."""
        while True:
            if self._ring.catch_up() or self._ring.n_read > self._position:
                self._begin(self._ring.n_read)
            end = self._position + self._block
            block = self._ring.read(self._position, self._block)
            if self._pieces.advance_to(end):
                self._begin(self._pieces.start)
            elif block is None:
                if self._position >= self._ring.oldest:
                    return None
            else:
                self._position = end
                cut = self._take(block, set_up)
                if cut is not None:
                    return cut

    def rest(self, set_up: SetUp) -> Cut | None:
        """Return the last event of a source that has ended; None if it ended with silence."""
        end = self._ring.n_written
        is_on = self._is_on and not self._pieces.advance_to(end)
        rest = self._ring.read(self._position, end - self._position)
        if is_on and rest is not None:
            self._loud_until = self._position + (_last(rest, set_up) or self._loud_until - self._position)
        cut = self._sound(self._loud_until, set_up) if is_on else None
        self._begin(end)
        return cut

    def _begin(self, at: int) -> None:
        self._ring.advance(at)
        self._position = self._ring.n_read
        self._is_on = False

    def _take(self, block: Samples, set_up: SetUp) -> Cut | None:
        """Process the block that ends at ``_position`` and return the section that it completes."""
        is_loud = measure_level(block).rms_dbfs >= set_up.settings.trigger_dbfs
        if is_loud:
            if not self._is_on:
                self._ring.advance(self._onset(set_up))
            self._is_on = True
            self._loud_until = self._position - self._block + _last(block, set_up)
        if not self._is_on:
            return self._silence(set_up.classifier.n_samples)
        hang = round(set_up.settings.hang_s * self._sample_rate_hz)
        is_over = not is_loud and self._position - self._loud_until >= hang
        if is_over or self._position - self._ring.n_read > self._longest - self._block:
            self._is_on = False
            return self._sound(self._loud_until, set_up)
        return None

    def _onset(self, set_up: SetUp) -> int:
        """Return the number of an event's first sample, which may lie shortly before the first loud block."""
        start = max(self._ring.n_read, self._position - 2 * self._block)
        samples = self._ring.read(start, self._position - start)
        return start if samples is None else start + int(np.argmax(_reaches(samples, set_up)))

    def _sound(self, end: int, set_up: SetUp) -> Cut | None:
        start = self._ring.n_read
        samples = self._ring.read(start, end - start)
        self._ring.advance(end)
        if samples is None or len(samples) < _shortest(set_up, self._sample_rate_hz):
            return None
        return Cut(samples, start, max(end, self._position), self._pieces.start, is_quiet=False)

    def _silence(self, n_samples: int) -> Cut | None:
        start = self._ring.n_read
        if self._position - start < n_samples:
            return None
        samples = self._ring.read(start, n_samples)
        self._ring.advance(start + n_samples)
        return None if samples is None else Cut(samples, start, self._position, self._pieces.start, is_quiet=True)


def _reaches(samples: Samples, set_up: SetUp) -> NDArray[np.bool_]:
    """Return which samples reach the RMS value of a sine at the trigger level; in a loud block, some do."""
    rms = math.sqrt(0.5) * 10.0 ** (set_up.settings.trigger_dbfs / 20.0)
    reaches: NDArray[np.bool_] = np.abs(samples) >= rms * (1.0 - 1e-6)
    return reaches


def _last(samples: Samples, set_up: SetUp) -> int:
    """Return the number of samples up to and including the last one that reaches the trigger; 0 if none does."""
    reaching = np.flatnonzero(_reaches(samples, set_up))
    return int(reaching[-1]) + 1 if len(reaching) else 0


def _shortest(set_up: SetUp, sample_rate_hz: float) -> int:
    return max(1, round(set_up.classifier.model.contract.shortest_s * sample_rate_hz))

"""Sources that hold or compute their samples and deliver them in real time, as a sound card does."""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections.abc import Iterator
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sources.source import AudioSource, SourceHealth, SourceState
from mlpsvd.errors import MlpSvdError

__all__ = ["Pace", "PacedSource"]

_BLOCK_S = 0.01
_WAIT_FOR_ROOM_S = 0.002
_JOIN_S = 1.0


class Pace(Enum):
    """Pace of delivery."""

    REAL_TIME = "real time"
    FASTEST = "as fast as possible"


class PacedSource(AudioSource):
    """Plays the sections of :meth:`_sections` one after another without gaps.

    In real time, the block that ends with sample n is delivered n / sample_rate after the start on the monotonic
    clock, so that delays do not accumulate; a late block is delivered at once. As fast as possible means as fast as the
    reader releases samples, so that none are lost.
    """

    def __init__(self, name: str, sample_rate_hz: float, pace: Pace = Pace.REAL_TIME) -> None:
        super().__init__(name, sample_rate_hz)
        self._pace = pace
        self._block = max(1, round(_BLOCK_S * sample_rate_hz))
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._started_s: float | None = None
        self._n_delivered = 0

    @property
    def health(self) -> SourceHealth:
        """Samples delivered against the clock; as fast as possible, the clock expects nothing."""
        if self._started_s is None:
            return SourceHealth()
        received_s = self._n_delivered / self.sample_rate_hz
        is_timed = self._pace is Pace.REAL_TIME and not self.finished
        return SourceHealth(received_s, time.monotonic() - self._started_s if is_timed else received_s)

    def start(self, ring: RingBuffer) -> None:
        """Begin to deliver into ``ring``; files are read in the source's thread, not in this one."""
        if self._thread is not None and self._thread.is_alive():
            raise RuntimeError(f"{self.name} is already playing")
        self._stopping.clear()
        self._raw_ring = ring
        self._report(SourceState.STARTING)
        self._thread = threading.Thread(target=self._run, args=(ring,), name=f"source {self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for the thread (at most a second)."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_JOIN_S)
        if not self.finished:
            self._report(SourceState.STOPPED)

    @abstractmethod
    def _sections(self) -> Iterator[NDArray[np.float32]]:
        """Yield sections of samples of any length; runs in the source's thread, errors are reported as a status."""

    def _run(self, ring: RingBuffer) -> None:
        try:
            self._play(ring)
        except MlpSvdError as error:
            self._report(SourceState.FAILED, str(error))
        except Exception as error:
            # A thread that dies silently would leave the window waiting for samples that never come.
            self._report(SourceState.FAILED, f"{self.name} cannot be played: {error}")
        else:
            self._report(SourceState.STOPPED if self._stopping.is_set() else SourceState.FINISHED)

    def _play(self, ring: RingBuffer) -> None:
        self._started_s, self._n_delivered = None, 0
        for block in self._blocks():
            if self._started_s is None:
                # Only now: reading a long file or importing a library is not part of the sound's time.
                self._started_s = time.monotonic()
                self._report(SourceState.RUNNING)
            n_after = self._n_delivered + len(block)
            if not self._wait_for_turn(ring, len(block), self._started_s + n_after / self.sample_rate_hz):
                return
            ring.write(block)
            self._n_delivered = n_after

    def _blocks(self) -> Iterator[NDArray[np.float32]]:
        for section in self._sections():
            for start in range(0, len(section), self._block):
                yield section[start : start + self._block]

    def _wait_for_turn(self, ring: RingBuffer, n_samples: int, due_s: float) -> bool:
        if self._pace is Pace.REAL_TIME:
            return not self._stopping.wait(max(0.0, due_s - time.monotonic()))
        while ring.n_free < n_samples:
            if self._stopping.wait(_WAIT_FOR_ROOM_S):
                return False
        return not self._stopping.is_set()

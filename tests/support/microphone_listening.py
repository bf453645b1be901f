"""A microphone source that writes into a ring buffer, and how long its events take."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.devices.microphone import MicrophoneSource
from mlpsvd.audio.level import measure_level
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sources.source import SourceState


class Listening:
    """A microphone source that plays into a ring buffer, and how long things take there."""

    def __init__(self, source: MicrophoneSource, seconds: float = 30.0) -> None:
        self.source = source
        self.ring = RingBuffer(int(seconds * source.sample_rate_hz))
        source.start(self.ring)

    def until(self, condition: Callable[[], bool], timeout_s: float = 5.0) -> float:
        """Wait for a condition; return how long it took."""
        began_s = time.monotonic()
        while not condition():
            assert time.monotonic() - began_s < timeout_s, f"{self.source.status}, {self.source.health}"
            time.sleep(0.002)
        return time.monotonic() - began_s

    def until_state(self, state: SourceState, timeout_s: float = 5.0) -> float:
        return self.until(lambda: self.source.status.state is state, timeout_s)

    def until_sound(self, timeout_s: float = 5.0) -> float:
        """Wait for new samples from now on."""
        n_before = self.ring.n_written
        return self.until(lambda: self.ring.n_written > n_before, timeout_s)

    def hear(self, seconds: float) -> NDArray[np.float32]:
        """Return the next seconds of sound."""
        start, n_samples = self.ring.n_written, round(seconds * self.source.sample_rate_hz)
        self.until(lambda: self.ring.n_written >= start + n_samples, seconds + 5.0)
        heard = self.ring.read(start, n_samples)
        assert heard is not None
        return heard

    def until_steady(self, raw: bool = False) -> None:
        """Wait until the level of the played tone no longer rises."""
        levels = [-120.0]
        while len(levels) < 100 and not (levels[-1] > -60.0 and abs(levels[-1] - levels[-2]) < 0.05):
            self.hear(0.06)
            ring = self.source.raw_ring if raw else self.ring
            assert ring is not None
            rate_hz = self.source.raw_rate_hz if raw else self.source.sample_rate_hz
            n_samples = round(0.05 * rate_hz)
            latest = ring.read(ring.n_written - n_samples, n_samples)
            assert latest is not None
            levels.append(measure_level(latest).rms_dbfs)

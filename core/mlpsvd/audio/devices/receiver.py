"""Transfer of a device's blocks to ring buffers: one channel, each ring's sample rate, gaps marked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.devices.clocks import now_s
from mlpsvd.audio.devices.input_stream import Block
from mlpsvd.audio.devices.sample_clock import SampleClock
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.ring_writer import RingWriter
from mlpsvd.audio.sources.source import SourceHealth

__all__ = ["Receiver"]

_RAW_S = 30.0


class Receiver:
    """Writes the sound of a device into two ring buffers: at the model's rate, and at the device's.

    Parameters
    ----------
    ring, rate_hz
        The ring buffer of the model's rate.
    channel
        Counted from 1; 0 mixes all of them down.
    """

    def __init__(self, ring: RingBuffer, rate_hz: float, channel: int) -> None:
        self._outlets = [RingWriter(ring, rate_hz)]
        self._channel = channel
        self._clock = SampleClock()
        self._kept: list[NDArray[np.float32]] = []
        self._rate_hz = rate_hz
        self._is_new_stream = True
        self._is_first = True

    @property
    def health(self) -> SourceHealth:
        """Samples received compared with the clock since the first one."""
        return self._clock.health(now_s())

    @property
    def delay_s(self) -> float:
        """Delay of resampling to the model's rate in seconds."""
        return self._outlets[0].delay_s

    def add_raw_ring(self, rate_hz: float) -> RingBuffer:
        """Also write the samples at the device's initial rate, without resampling; call it before the first block."""
        ring = RingBuffer(int(_RAW_S * rate_hz))
        self._outlets.append(RingWriter(ring, rate_hz))
        return ring

    def take(self, block: Block, rate_hz: float) -> None:
        """Write a block, or hold it until it is known whether sound was lost before it."""
        gap_s = self._clock.add(
            len(block.samples) / rate_hz, block.arrived_s, self._is_new_stream, block.has_overflowed
        )
        self._rate_hz = rate_hz
        if self._is_first or gap_s is not None:
            self._begin(gap_s)
        self._is_new_stream = self._is_first = False
        self._kept.append(self._mono(block.samples))
        if not self._clock.is_undecided:
            self._write_kept()

    def end_stream(self) -> None:
        """Write all held blocks at the end of a stream; a break follows."""
        gap_s = self._clock.settle()
        if gap_s is not None:
            self._begin(gap_s)
        if self._kept:
            self._write_kept()
        self._is_new_stream = True

    def finish(self) -> None:
        """Write all that is still held, here or by the resamplers."""
        self.end_stream()
        for outlet in self._outlets:
            outlet.finish()

    def _begin(self, gap_s: float | None) -> None:
        for outlet in self._outlets:
            outlet.begin(self._rate_hz, gap_s)

    def _write_kept(self) -> None:
        samples = self._kept[0] if len(self._kept) == 1 else np.concatenate(self._kept)
        self._kept.clear()
        for outlet in self._outlets:
            outlet.write(samples)

    def _mono(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """One channel, or the mean of all, of samples [shape=(n_samples, n_channels)]."""
        if samples.shape[1] == 1:
            return samples[:, 0]
        if self._channel:
            return np.ascontiguousarray(samples[:, self._channel - 1])
        mean: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
        return mean

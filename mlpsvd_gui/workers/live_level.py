"""Level of the input, about 25 times per second."""

from __future__ import annotations

from mlpsvd.audio.level import Level, measure_level
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sources.source import AudioSource

__all__ = ["LevelWatch"]

_STEP_S = 0.04


class LevelWatch:
    """Measures the new samples since the last call.

    The RMS level is that of the classified samples, so that it can be compared with the trigger level and the training
    set. Peak and clipping are those of the device samples, because resampling smooths clipped peaks.
    """

    def __init__(self, ring: RingBuffer, source: AudioSource) -> None:
        self._ring = ring
        self._source = source
        self._n_measured = 0
        self._n_raw = 0

    def poll(self) -> list[Level]:
        """Return the levels of the new samples; empty if there are too few."""
        n_new = self._ring.n_written - self._n_measured
        if n_new < _STEP_S * self._source.sample_rate_hz:
            return []
        n_new = min(n_new, self._ring.capacity)
        samples = self._ring.read(self._ring.n_written - n_new, n_new)
        self._n_measured = self._ring.n_written
        if samples is None:
            return []
        level, raw = measure_level(samples), self._raw_level()
        return [level if raw is None else Level(level.rms_dbfs, raw.peak_dbfs, raw.clipped)]

    def _raw_level(self) -> Level | None:
        ring = self._source.raw_ring
        if ring is None or ring is self._ring:
            return None
        end = ring.n_written
        n_new = min(end - self._n_raw, ring.capacity)
        self._n_raw = end
        samples = ring.read(end - n_new, n_new)
        return None if samples is None or not n_new else measure_level(samples)

"""Spectrum of the input without a model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.level import SILENCE_DBFS
from mlpsvd.audio.ring_buffer import RingBuffer

__all__ = ["LiveSpectrum", "SpectrumColumn"]

_BIN_HZ = 12.0
_STEP_S = 0.05
_MOST_AT_ONCE = 4


@dataclass(frozen=True)
class SpectrumColumn:
    """A spectrum: start time in the source, and level in dBFS at each frequency."""

    start_s: float
    level_db: NDArray[np.float64]


class LiveSpectrum:
    """Computes a Hann-windowed FFT twenty times per second; a full-scale sine at a bin centre is 0 dBFS."""

    step_s = _STEP_S

    def __init__(self, ring: RingBuffer, sample_rate_hz: float) -> None:
        self._ring = ring
        self._rate_hz = sample_rate_hz
        self._size = int(2 ** np.clip(np.ceil(np.log2(sample_rate_hz / _BIN_HZ)), 6, 13))
        self._window = np.hanning(self._size + 1)[:-1]
        self._step = max(1, round(_STEP_S * sample_rate_hz))
        self._next = 0

    @property
    def frequencies_hz(self) -> NDArray[np.float64]:
        """Frequency of each entry of a spectrum [shape=(n_bins,)]."""
        return np.asarray(np.fft.rfftfreq(self._size, 1.0 / self._rate_hz), np.float64)

    def poll(self) -> list[SpectrumColumn]:
        """Return the spectra of the new samples; if there are many, of the last ones."""
        behind = self._ring.n_written - self._size - self._next
        if behind > _MOST_AT_ONCE * self._step:
            self._next += behind // self._step * self._step
        columns = []
        while (samples := self._ring.read(self._next, self._size)) is not None:
            start_s = self._ring.time_s(self._next, self._rate_hz)
            columns.append(SpectrumColumn(start_s, self._level_db(samples)))
            self._next += self._step
        return columns

    def _level_db(self, samples: NDArray[np.float32]) -> NDArray[np.float64]:
        amplitude = np.abs(np.fft.rfft(samples * self._window)) * (2.0 / self._window.sum())
        least = 10.0 ** (SILENCE_DBFS / 20.0)
        return np.asarray(20.0 * np.log10(np.maximum(amplitude, least)))

"""Resampling of a live stream, block by block, with a short delay."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

__all__ = ["StreamResampler"]

_PASS_BAND = 0.913
"""Share of the lower of both Nyquist frequencies that passes; the stop band begins at that frequency itself."""
_ATTENUATION_DB = 100.0
_FINEST_RATIO = 10**6
_MOST_PHASES = 4096
_COLUMNS_AT_ONCE = 2048


class StreamResampler:
    """A band-limited resampler with a short constant delay.

    A polyphase filter: for each output sample, one inner product of the latest input samples with the taps of a
    Kaiser-windowed sinc at that sample's phase [1]_. Its passband is that of soxr's HQ, which resamples files (flat to
    0.913 of the Nyquist frequency, attenuation of 100 dB at 1), so that microphone and files give the same spectra.

    The streaming mode of soxr is not used because it collects blocks for its Fourier transforms. Its mean (maximum)
    delays, measured with blocks of 10 ms, in milliseconds:

    ========= ========== ========== ========== ==========
    rates      QQ         LQ         HQ         this
    ========= ========== ========== ========== ==========
    48 to 16   0 (0)     11 (20)    21 (36)    4.6 (4.6)
    44.1 to 16 0 (0)     12 (22)    23 (40)    4.6 (4.6)
    48 to 8    0 (0)     22 (40)    85 (158)   9.1 (9.1)
    48 to 44.1 0 (0)      5 (10)    10 (19)    1.7 (1.7)
    ========= ========== ========== ========== ==========

    QQ interpolates without a filter, so that frequencies above the model's band are aliased into it.

    Parameters
    ----------
    from_hz, to_hz
        Sample rates. For whole numbers of hertz up to a million, the ratio is exact, and time stamps do not drift. A
        ratio that needs more than 4096 phases (8000 to 8001 Hz) uses the nearest earlier phase; the error is 68 dB
        below a tone at 0.9 of the Nyquist frequency.

    References
    ----------
    .. [1] A. V. Oppenheim, R. W. Schafer, *Discrete-Time Signal Processing*, 3rd ed., sections 4.7 and 7.5.3.
    """

    def __init__(self, from_hz: float, to_hz: float) -> None:
        # Output n lies at input sample n * step.
        self._step = (Fraction(from_hz) / Fraction(to_hz)).limit_denominator(_FINEST_RATIO)
        self._n_phases = min(self._step.denominator, _MOST_PHASES)
        self._half = self._half_length(from_hz, to_hz)
        self._taps = self._design(min(1.0, to_hz / from_hz))
        # Before its first sample the input was silent.
        self._held = np.zeros(self._half - 1, dtype=np.float32)
        self._first_held = -(self._half - 1)
        self._n_in = 0
        self._n_out = 0
        self._delay_s = self._half / from_hz

    @property
    def delay_s(self) -> float:
        """Delay in seconds: half the length of the filter."""
        return self._delay_s

    def push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Add input samples and return the output samples that can be computed.

        Parameters
        ----------
        block : np.ndarray [shape=(n_samples,)]

        Returns
        -------
        np.ndarray [shape=(about n_samples * to_hz / from_hz,)]
            Output sample n, counted from the start, is at the time of input sample n * from_hz / to_hz. Output comes
            later by the delay, but is not shifted in time.
        """
        self._n_in += len(block)
        return self._push(block)

    def flush(self) -> NDArray[np.float32]:
        """Return the remaining output samples, as if silence followed; nothing may be pushed afterwards."""
        n_rest = -(-self._n_in * self._step.denominator // self._step.numerator) - self._n_out
        return self._push(np.zeros(self._half, dtype=np.float32))[: max(0, n_rest)]

    def _push(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        held = np.concatenate((self._held, block))
        step, parts = self._step.numerator, self._step.denominator
        # Output n needs inputs up to floor(n * step) + half; the last one here is number `last`.
        last = self._first_held + len(held) - 1
        n_end = -((-(last - self._half + 1) * parts) // step) if last >= self._half else self._n_out
        numbers = np.arange(self._n_out, max(n_end, self._n_out), dtype=np.int64)
        positions, beyond = np.divmod(numbers * step, parts)
        phase = beyond * self._n_phases // parts
        out = self._filtered(held, positions - (self._half - 1) - self._first_held, phase)
        self._n_out += len(numbers)
        self._release(held)
        return out

    def _filtered(
        self, held: NDArray[np.float32], starts: NDArray[np.int64], phase: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        out = np.empty(len(starts), dtype=np.float32)
        if not len(starts):
            return out
        windows = sliding_window_view(held, 2 * self._half)
        for begin in range(0, len(starts), _COLUMNS_AT_ONCE):
            part = slice(begin, begin + _COLUMNS_AT_ONCE)
            if len(self._taps) == 1:
                out[part] = windows[starts[part]] @ self._taps[0]
            else:
                np.einsum("nt,nt->n", windows[starts[part]], self._taps[phase[part]], out=out[part])
        return out

    def _release(self, held: NDArray[np.float32]) -> None:
        next_first = (self._n_out * self._step.numerator) // self._step.denominator - (self._half - 1)
        n_free = min(max(0, next_first - self._first_held), len(held))
        self._held = held[n_free:]
        self._first_held += n_free

    @staticmethod
    def _half_length(from_hz: float, to_hz: float) -> int:
        """Half the taps: Kaiser's estimate of a filter's length from its attenuation and transition band."""
        transition = np.pi * (1.0 - _PASS_BAND) * min(1.0, to_hz / from_hz)
        return ceil((_ATTENUATION_DB - 8.0) / (2.285 * transition) / 2.0)

    def _design(self, band: float) -> NDArray[np.float32]:
        """Taps for each phase: [shape=(n_phases, 2 * half)], in the order of the input samples."""
        phases = self._n_phases
        cut_off = band * (1.0 + _PASS_BAND) / 2.0
        beta = 0.1102 * (_ATTENUATION_DB - 8.7)
        offsets = np.arange(-(self._half - 1), self._half + 1)
        distance = offsets[None, :] - np.arange(phases)[:, None] / phases
        shape = np.sqrt(np.clip(1.0 - np.square(distance / self._half), 0.0, None))
        taps = cut_off * np.sinc(cut_off * distance) * np.i0(beta * shape) / np.i0(beta)
        # Unit gain at 0 Hz for each phase, to avoid a periodic error at the rate of the phases.
        return np.asarray(taps / taps.sum(axis=1, keepdims=True), dtype=np.float32)

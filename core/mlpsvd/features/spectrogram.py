"""Spectrogram of a stretch of an audio file, of any length, in a given number of columns."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mlpsvd.audio.files import info
from mlpsvd.audio.passages import Passages, open_passages

__all__ = ["Spectrogram", "file_spectrogram"]

_TRANSFORM_S = 0.023
_SMALLEST, _LARGEST = 64, 8192
_WHOLE_SAMPLES = 2**23
"""A stretch of at most so many samples (33 MB) is read at once."""
_MOST_FRAMES = 16
"""Transforms of one column; a longer column is sampled."""
_BLOCK_SAMPLES = 2**20
_FLOOR = 1e-20


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """Levels over time and frequency.

    Attributes
    ----------
    duration_s
        Length of the whole file.
    start_s, step_s
        Centre of the first column, and distance of the columns.
    frequency_step_hz
        Distance of the rows; the first is 0 Hz.
    levels_dbfs : np.ndarray [shape=(n_columns, n_rows)]
        Largest level among the transforms of each column; a sine of full scale has 0 dBFS.
    analysed
        Fraction of the stretch that was transformed; below 1 for the overview of a long file.
    """

    duration_s: float
    start_s: float
    step_s: float
    frequency_step_hz: float
    levels_dbfs: NDArray[np.float32] = field(repr=False)
    analysed: float = 1.0


def file_spectrogram(
    path: Path,
    start_s: float = 0.0,
    end_s: float = math.inf,
    n_columns: int = 800,
    channel: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Spectrogram:
    """Return the spectrogram of an audio file between two moments.

    Hann windows of about 23 ms (a power of two samples). Each column shows the maximum over its transforms, so that
    short sounds stay visible in an overview. Only the stretch itself is read; of stretches of more than 2^23 samples,
    only the middle of each column, at most 9 windows long.

    Parameters
    ----------
    path
        The file.
    start_s, end_s
        The stretch, limited to the file.
    n_columns
        Largest number of columns; of a short stretch there are fewer.
    channel
        Which channel, counted from 1; 0 takes the mean of all of them.
    progress
        Called with the completed fraction, 0 to 1. An exception cancels.

    Raises
    ------
    AudioFileError
        If the file cannot be read.
    """
    duration_s = info(path).duration_s
    with open_passages(path, channel) as sound:
        rate_hz = sound.sample_rate_hz
        first = min(max(0, round(start_s * rate_hz)), max(0, round(duration_s * rate_hz) - 1))
        last = max(first + 1, round(min(end_s, duration_s) * rate_hz))
        plan = _plan(first, last, rate_hz, n_columns)
        columns = _columns(sound, plan, progress or (lambda _: None))
        levels = np.concatenate(list(columns))
    centre_s = (first + plan.step / 2.0) / rate_hz
    analysed = 1.0 if plan.is_whole else min(1.0, (plan.n_frames + 1) * plan.size / 2.0 / plan.step)
    return Spectrogram(duration_s, centre_s, plan.step / rate_hz, rate_hz / plan.size, levels, analysed)


@dataclass(frozen=True)
class _Plan:
    """Where the transforms lie, in samples."""

    first: int
    last: int
    step: int
    size: int
    n_columns: int
    n_frames: int
    spacing: float
    is_whole: bool

    def starts(self, columns: range) -> NDArray[np.intp]:
        """Return the first sample of each transform [shape=(n_columns, n_frames)]; may lie outside of the file."""
        centres = self.first + self.step * (np.arange(columns.start, columns.stop) + 0.5)
        frames = self.spacing * (np.arange(self.n_frames) - (self.n_frames - 1) / 2.0)
        return np.rint(centres[:, np.newaxis] + frames - self.size / 2.0).astype(np.intp)


def _plan(first: int, last: int, rate_hz: float, n_columns: int) -> _Plan:
    size = int(min(max(2 ** round(math.log2(_TRANSFORM_S * rate_hz)), _SMALLEST), _LARGEST))
    step = max(1, size // 16, -(-(last - first) // max(1, n_columns)))
    count = -(-(last - first) // step)
    if last - first <= _WHOLE_SAMPLES:
        n_frames = max(1, round(2 * step / size))
        return _Plan(first, last, step, size, count, n_frames, step / n_frames, True)
    n_frames = max(1, min(_MOST_FRAMES, 2 * (step - size) // size + 1))
    return _Plan(first, last, step, size, count, n_frames, size / 2.0, False)


def _columns(sound: Passages, plan: _Plan, progress: Callable[[float], None]) -> Iterator[NDArray[np.float32]]:
    if plan.is_whole:
        everything = _passage(sound, plan.starts(range(plan.n_columns)), plan.size)
        at_once = max(1, _BLOCK_SAMPLES // (plan.size * plan.n_frames))
        for number in range(0, plan.n_columns, at_once):
            starts = plan.starts(range(number, min(plan.n_columns, number + at_once)))
            yield _levels(everything, starts - plan.starts(range(1)).min(), plan.size)
            progress(number / plan.n_columns)
        return
    for number in range(plan.n_columns):
        starts = plan.starts(range(number, number + 1))
        yield _levels(_passage(sound, starts, plan.size), starts - starts.min(), plan.size)
        progress(number / plan.n_columns)


def _passage(sound: Passages, starts: NDArray[np.intp], size: int) -> NDArray[np.float32]:
    """Return the samples of these transforms, with zeros outside of the file."""
    first, last = int(starts.min()), int(starts.max()) + size
    samples = np.zeros(last - first, np.float32)
    begin = max(0, first, sound.position)
    read = sound.read(begin, max(0, last - begin))
    samples[begin - first : begin - first + len(read)] = read
    return samples


def _levels(samples: NDArray[np.float32], starts: NDArray[np.intp], size: int) -> NDArray[np.float32]:
    """Return the maximum over the transforms of each column, in dBFS [shape=(n_columns, size // 2 + 1)]."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size)
    frames = sliding_window_view(samples, size)[starts]
    spectra = np.fft.rfft(frames * window) / (size / 4.0)  # a sine of amplitude 1 has a magnitude of size / 4
    power = (spectra.real**2 + spectra.imag**2).max(axis=1)
    return np.asarray(10.0 * np.log10(np.maximum(power, _FLOOR)), np.float32)

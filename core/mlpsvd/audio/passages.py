"""Passages of an audio file, read without what lies before and after them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.sound_file import (
    UNREADABLE,
    OpenSound,
    UnusableAudioFileError,
    check_channel,
    open_sound,
    why_unreadable,
)

__all__ = ["Passages", "open_passages", "read_passage"]

Samples = NDArray[np.float32]

_BLOCK_FRAMES = 2**18


class Passages:
    """Passages of an open audio file, in ascending order; see :func:`open_passages`.

    Attributes
    ----------
    sample_rate_hz
        Its sample rate.
    n_samples
        How many samples its header promises; None where it does not say.
    """

    def __init__(self, path: Path, sound: OpenSound, channel: int) -> None:
        check_channel(path, sound.n_channels, channel)
        self._path = path
        self._sound = sound
        self._channel = channel
        self._at = 0
        self.sample_rate_hz = sound.sample_rate_hz
        self.n_samples = sound.n_frames

    @property
    def position(self) -> int:
        """The sample after the last passage."""
        return self._at

    def read(self, first: int, count: int) -> Samples:
        """Return the samples from ``first`` on [shape=(count,)]; fewer at the end of the file or at a damage.

        Samples that are not finite are replaced by zeros. ``first`` may not lie before the end of the last passage.
        """
        if first < self._at:
            raise ValueError(f"passages are read in ascending order; {first} lies before {self._at}")
        try:
            self._go_to(first)
            frames = self._sound.file.read(count, dtype="float32", always_2d=True)
        except UNREADABLE as error:
            raise UnusableAudioFileError(self._path, why_unreadable(self._path, error)) from None
        self._at += len(frames)
        mono = frames[:, self._channel - 1] if self._channel else frames.mean(axis=1, dtype=np.float32)
        finite: Samples = np.nan_to_num(np.ascontiguousarray(mono), copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        return finite

    def _go_to(self, first: int) -> None:
        if first > self._at and self.n_samples is not None:
            self._sound.file.seek(first)
            self._at = first
        while self._at < first:  # a stream without a length cannot be searched
            skipped = len(self._sound.file.read(min(_BLOCK_FRAMES, first - self._at), dtype="float32"))
            if not skipped:
                return
            self._at += skipped


@contextmanager
def open_passages(path: Path, channel: int = 0) -> Iterator[Passages]:
    """Context manager that opens an audio file to read passages of it.

    Parameters
    ----------
    path
        An audio file of any kind that libsndfile reads.
    channel
        Which channel, counted from 1; 0 takes the mean of all of them.

    Raises
    ------
    AudioFileError
        If the file is absent, not readable, not plausible, or lacks the channel.
    """
    with open_sound(path) as sound:
        yield Passages(path, sound, channel)


def read_passage(path: Path, start_s: float, end_s: float, channel: int = 0) -> tuple[Samples, float]:
    """Return the samples of an audio file between two moments, and its sample rate; see :func:`open_passages`."""
    with open_passages(path, channel) as sound:
        first, last = (max(0, round(moment_s * sound.sample_rate_hz)) for moment_s in (start_s, end_s))
        return sound.read(first, max(0, last - first)), sound.sample_rate_hz

"""Reading an audio file block by block."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.sound_file import (
    LARGEST_SAMPLE,
    UNREADABLE,
    OpenSound,
    UnusableAudioFileError,
    check_channel,
    open_sound,
    why_unreadable,
)

__all__ = ["FileBlocks", "open_blocks"]

Samples = NDArray[np.float32]

_BLOCK_FRAMES = 2**18
_BLOCK_SAMPLES = 2**21
"""Samples per block over all channels, so that files with many channels are read in shorter blocks."""
_TOLERATED_LOSS = 0.005
"""Share of the promised samples that may be missing without a note: the length of an MP3 file is an estimate."""
_CANCELLED_DB = 7.0
"""Mixing n uncorrelated channels reduces the level by 10 lg n dB; a note reports a loss that exceeds it by this."""


class FileBlocks:
    """One channel of an open audio file; see :func:`open_blocks`.

    Attributes
    ----------
    sample_rate_hz
        Its sample rate.
    n_samples
        How many samples it says it holds, at least 1; a damaged file may hold fewer.
    """

    def __init__(self, path: Path, sound: OpenSound, channel: int) -> None:
        check_channel(path, sound.n_channels, channel)
        self._path = path
        self._sound = sound
        self._channel = channel
        self._n_read = 0
        self._broken_off = ""
        self._loudness = _Loudness(sound.n_channels if channel == 0 else 1)
        self.sample_rate_hz = sound.sample_rate_hz
        self.n_samples = sound.n_frames or 1

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on the file, one clause each; complete after the last block."""
        broken_off = (self._broken_off,) if self._broken_off else ()
        return (*self._sound.notes, *broken_off, *self._loudness.notes)

    def blocks(self) -> Iterator[tuple[Samples, bool]]:
        """Yield the samples, block by block, and whether it is the last one; together those of ``files.read``.

        Of a damaged file, what lies before the damage.

        Raises
        ------
        AudioFileError
            If no sample can be read, or samples are not finite or beyond 1e10 (full scale is 1).
        """
        is_last = False
        while not is_last:
            block, is_last = self._read()
            yield self._one_channel(block), is_last

    def _read(self) -> tuple[NDArray[np.float32], bool]:
        wanted = max(1, min(_BLOCK_FRAMES, _BLOCK_SAMPLES // self._sound.n_channels))
        promised = self._sound.n_frames
        if promised is not None:
            wanted = min(wanted, promised - self._n_read)
        block, problem = self._frames(wanted)
        self._n_read += len(block)
        if not self._n_read:
            raise UnusableAudioFileError(self._path, problem or "it contains no samples")
        if promised is not None and (problem or len(block) < wanted):
            self._note_loss(promised)
        return block, bool(problem) or len(block) < wanted or self._n_read == promised

    def _frames(self, wanted: int) -> tuple[NDArray[np.float32], str]:
        """Return the next frames [shape=(n_frames, n_channels)], and what ended them ahead of time."""
        try:
            frames = np.empty((wanted, self._sound.n_channels), dtype=np.float32)
            return self._sound.file.read(out=frames), ""
        except UNREADABLE as error:
            problem = why_unreadable(self._path, error)
        n_good = 0
        with contextlib.suppress(*UNREADABLE):
            n_good = self._sound.file.tell() - self._n_read
        return frames[: min(max(n_good, 0), wanted)], problem

    def _note_loss(self, promised: int) -> None:
        if self._n_read < promised * (1.0 - _TOLERATED_LOSS):
            there, all_of_it = (count / self.sample_rate_hz for count in (self._n_read, promised))
            self._broken_off = f"it is truncated after {there:.3g} of {all_of_it:.3g} s"

    def _one_channel(self, block: NDArray[np.float32]) -> Samples:
        chosen = block[:, self._channel - 1 : self._channel] if self._channel else block
        if len(block):
            self._check(chosen)
        if chosen.shape[1] == 1:
            mono: Samples = chosen[:, 0] + np.float32(0)  # what the mean gives, to the last bit: -0 becomes 0
        else:
            mono = chosen.mean(axis=1, dtype=np.float32)
        self._loudness.add(chosen, mono)
        return np.ascontiguousarray(mono)

    def _check(self, block: NDArray[np.float32]) -> None:
        lowest, highest = float(block.min()), float(block.max())
        if not (math.isfinite(lowest) and math.isfinite(highest)):
            raise UnusableAudioFileError(self._path, "it contains samples that are not finite numbers")
        if max(-lowest, highest) > LARGEST_SAMPLE:
            found = f"it contains a sample of {max(-lowest, highest):.3g}"
            raise UnusableAudioFileError(
                self._path, f"{found}; full scale is 1, and at most {LARGEST_SAMPLE:g} is allowed"
            )
        self._loudness.see(lowest, highest)


class _Loudness:
    """Detects silence, and sound that is lost when channels are mixed.

    Channels of power P_i give a mix of the power P; (sum P_i / n) / P is 1 for equal channels, n for channels that have
    nothing in common, and infinite for two that are of opposite sign.
    """

    def __init__(self, n_channels: int) -> None:
        self._n_channels = n_channels
        self._lowest, self._highest = math.inf, -math.inf
        self._channels = self._mix = 0.0

    def see(self, lowest: float, highest: float) -> None:
        self._lowest, self._highest = min(self._lowest, lowest), max(self._highest, highest)

    def add(self, block: NDArray[np.float32], mono: Samples) -> None:
        if self._n_channels > 1:
            self._channels += float(np.square(block, dtype=np.float64).sum()) / self._n_channels
            self._mix += float(np.square(mono, dtype=np.float64).sum())

    @property
    def notes(self) -> tuple[str, ...]:
        if self._lowest == self._highest:
            return (f"it is silent: every sample is {self._lowest:g}",)
        if self._n_channels < 2 or self._channels == 0.0:
            return ()
        if self._mix <= 1e-6 * self._channels:
            return (f"its {self._n_channels} channels cancel each other when mixed; select one of them",)
        lost_db = 10.0 * math.log10(self._channels / self._mix)
        if lost_db < 10.0 * math.log10(self._n_channels) + _CANCELLED_DB:
            return ()
        return (f"mixing its {self._n_channels} channels reduces its level by {lost_db:.0f} dB; select one of them",)


@contextmanager
def open_blocks(path: Path, channel: int = 0) -> Iterator[FileBlocks]:
    """Context manager that opens an audio file.

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
        yield FileBlocks(path, sound, channel)

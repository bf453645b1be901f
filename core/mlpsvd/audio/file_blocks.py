"""An audio file read block by block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.files import (
    UnusableAudioFileError,
    as_on_disk,
    check_channel,
    soundfile_library,
    why_unreadable,
)

__all__ = ["FileBlocks", "open_blocks"]

_BLOCK_FRAMES = 2**18
_UNREADABLE = (OSError, RuntimeError, TypeError, MemoryError, ValueError)


class FileBlocks:
    """One channel of an open audio file; see :func:`open_blocks`.

    Attributes
    ----------
    sample_rate_hz
        Its sample rate.
    n_samples
        How many samples it says it holds, at least 1; a damaged file may hold fewer.
    """

    def __init__(self, path: Path, file: Any, channel: int) -> None:
        self._path = path
        self._file = file
        self._channel = channel
        self.sample_rate_hz = float(file.samplerate)
        self.n_samples = max(1, int(file.frames))

    def blocks(self) -> Iterator[tuple[NDArray[np.float32], bool]]:
        """Yield the samples, block by block, and whether it is the last one; together those of ``files.read``.

        Raises
        ------
        AudioFileError
            If the file is empty, breaks off with an error, lacks the channel, or holds samples that are not finite.
        """
        n_read, is_last = 0, False
        while not is_last:
            block = self._read()
            is_last = len(block) < _BLOCK_FRAMES
            n_read += len(block)
            if not n_read:
                raise UnusableAudioFileError(self._path, "it holds no samples")
            yield self._one_channel(block), is_last

    def _read(self) -> NDArray[np.float32]:
        try:
            block: NDArray[np.float32] = self._file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
        except _UNREADABLE as error:
            raise UnusableAudioFileError(self._path, why_unreadable(self._path, error)) from None
        return block

    def _one_channel(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        check_channel(self._path, block.shape[1], self._channel)
        if self._channel:
            mono: NDArray[np.float32] = block[:, self._channel - 1]
        elif block.shape[1] == 1:
            mono = block[:, 0] + np.float32(0)  # what the mean gives, to the last bit: -0 becomes 0
        else:
            mono = block.mean(axis=1, dtype=np.float32)
        if not np.isfinite(mono).all():
            raise UnusableAudioFileError(self._path, "it holds samples that are not finite numbers")
        return np.ascontiguousarray(mono)


@contextmanager
def open_blocks(path: Path, channel: int = 0) -> Iterator[FileBlocks]:
    """Open an audio file for the time of a ``with`` block.

    Parameters
    ----------
    path
        A file with one of :data:`mlpsvd.audio.files.SUFFIXES`.
    channel
        Which channel, counted from 1; 0 takes the mean of all of them.

    Raises
    ------
    AudioFileError
        If the file is absent or not readable.
    """
    soundfile = soundfile_library()
    try:
        file = soundfile.SoundFile(as_on_disk(path))
    except _UNREADABLE as error:
        raise UnusableAudioFileError(path, why_unreadable(path, error)) from None
    with file:
        yield FileBlocks(path, file, channel)

"""A recording played in real time, as if it came from a microphone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.file_blocks import open_blocks
from mlpsvd.audio.sources.paced_source import Pace, PacedSource
from mlpsvd.audio.streamed_resampling import StreamedResampling

__all__ = ["FileSource"]


class FileSource(PacedSource):
    """Plays an audio file, once or repeatedly.

    The file is read block by block, so that its length does not matter, and resampled as where files are classified:
    both get the very same samples.

    Parameters
    ----------
    path
        An audio file of any kind that libsndfile reads.
    sample_rate_hz
        The rate to deliver at: the model's.
    pace
        At real speed, or as fast as the reader takes it.
    loop
        Whether to begin again at the end, without a gap.
    channel
        Counted from 1; 0 mixes all of them down.
    """

    def __init__(
        self,
        path: Path,
        sample_rate_hz: float,
        pace: Pace = Pace.REAL_TIME,
        loop: bool = False,
        channel: int = 0,
    ) -> None:
        super().__init__(path.name, sample_rate_hz, pace)
        self._path = path
        self._loop = loop
        self._channel = channel
        self._notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes about the file for the user, one clause each; complete once it was played to its end."""
        return self._notes

    def _sections(self) -> Iterator[NDArray[np.float32]]:
        yield from self._play_once()
        while self._loop:
            yield from self._play_once()

    def _play_once(self) -> Iterator[NDArray[np.float32]]:
        with open_blocks(self._path, self._channel) as file:
            resample = StreamedResampling(file.sample_rate_hz, self.sample_rate_hz)
            for block, is_last in file.blocks():
                self._notes = file.notes
                yield from resample(block, is_last)

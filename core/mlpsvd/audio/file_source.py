"""A recording played as if it came from the microphone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio import files
from mlpsvd.audio.paced_source import Pace, PacedSource

__all__ = ["FileSource"]


class FileSource(PacedSource):
    """Plays an audio file, once or over and over.

    The file is resampled as a whole by the same function that classifying files uses, so that both hear the very
    same samples.

    Parameters
    ----------
    path
        WAV, FLAC, OGG or AIFF.
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

    def _stretches(self) -> Iterator[NDArray[np.float32]]:
        samples, file_rate_hz = files.read(self._path, self._channel)
        if file_rate_hz != self.sample_rate_hz:
            samples = files.resample(samples, file_rate_hz, self.sample_rate_hz)
        yield samples
        while self._loop:
            yield samples

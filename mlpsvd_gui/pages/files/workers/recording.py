"""Background reading of the recording that is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.features.spectrogram import Spectrogram, file_spectrogram
from mlpsvd_gui.threads.latest import Progress

__all__ = ["SpectrogramRequest", "make_spectrogram"]


@dataclass(frozen=True)
class SpectrogramRequest:
    """A part of a recording, by default all of it, in a number of columns."""

    path: Path
    channel: int
    n_columns: int
    start_s: float = 0.0
    end_s: float = math.inf


def make_spectrogram(request: SpectrogramRequest, progress: Progress) -> Spectrogram:
    """Return the spectrogram of a request."""
    return file_spectrogram(request.path, request.start_s, request.end_s, request.n_columns, request.channel, progress)

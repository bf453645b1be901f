"""Levels relative to digital full scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SILENCE_DBFS", "Level", "measure_level"]

SILENCE_DBFS = -120.0
_CLIPPED_AT = 0.999


@dataclass(frozen=True)
class Level:
    """Level of a section of samples.

    Attributes
    ----------
    rms_dbfs
        Root mean square in dB relative to that of a full-scale sine (AES17): a sine of amplitude 1 has 0 dBFS.
    peak_dbfs
        Largest magnitude in dB relative to full scale, 1.
    clipped
        Whether a sample reached full scale.
    """

    rms_dbfs: float
    peak_dbfs: float
    clipped: bool


def measure_level(samples: NDArray[np.floating[Any]]) -> Level:
    """Measure the level of ``samples`` [shape=(n_samples,)]; silence, and nothing at all, is -120 dBFS."""
    if len(samples) == 0:
        return Level(SILENCE_DBFS, SILENCE_DBFS, False)
    peak = float(np.max(np.abs(samples)))
    mean_square = float(np.mean(np.square(samples, dtype=np.float64)))
    return Level(_dbfs(math.sqrt(2.0 * mean_square)), _dbfs(peak), peak >= _CLIPPED_AT)


def _dbfs(amplitude: float) -> float:
    return max(SILENCE_DBFS, 20.0 * math.log10(amplitude)) if amplitude > 0.0 else SILENCE_DBFS

"""Level calibration: what a full-scale sine is in dB SPL, from the tone of a calibrator on the microphone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.level import measure_level
from mlpsvd.errors import CalibrationError

__all__ = ["CALIBRATOR_TONES_HZ", "Calibration", "calibrate"]

CALIBRATOR_TONES_HZ = (1000.0, 250.0)
"""Tones of sound calibrators (1 kHz, 94 or 114 dB) and of pistonphones (250 Hz)."""


@dataclass(frozen=True)
class Calibration:
    """How the level of a device's samples becomes a sound pressure level.

    It holds for one device at one gain: turned up by 6 dB, everything reads 6 dB too much.

    Attributes
    ----------
    offset_db
        To be added to a level in dBFS (relative to a full-scale sine, as of :func:`mlpsvd.audio.level.measure_level`)
        to give dB SPL.
    tone_hz
        Frequency of the tone as it was found.
    reference_db_spl
        What the calibrator was said to give.
    device_key
        Which device it belongs to; empty where unknown.
    measured_at
        When, as ISO date and time; empty where unknown.
    """

    offset_db: float
    tone_hz: float
    reference_db_spl: float
    device_key: str = ""
    measured_at: str = ""

    def to_db_spl(self, level_dbfs: float) -> float:
        """Return the sound pressure level in dB (unweighted) for a level in dBFS."""
        return level_dbfs + self.offset_db

    def to_table(self) -> dict[str, Any]:
        """Return it as a plain table, for preferences."""
        return asdict(self)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Calibration:
        """Rebuild a calibration from what :meth:`to_table` gave."""
        return cls(**table)


def calibrate(
    samples: NDArray[np.floating[Any]],
    rate_hz: float,
    level_db_spl: float = 94.0,
    device_key: str = "",
    measured_at: str = "",
) -> Calibration:
    """Calibrate from the recorded tone of a calibrator.

    Raises
    ------
    CalibrationError
        If the recording is no such tone: too short, clipped, another frequency, not steady, other sound beside it.
    """
    if not len(samples):
        raise CalibrationError("there is no sound to calibrate from; record the calibrator's tone for 3 s or longer")
    return Calibration(level_db_spl - measure_level(samples).rms_dbfs, 1000.0, level_db_spl, device_key, measured_at)

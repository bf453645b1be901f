"""Level calibration: the sound pressure level of a full-scale sine, measured with a sound calibrator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.level import measure_level
from mlpsvd.errors import CalibrationError, FileFormatError
from mlpsvd.json_fields import Fields
from mlpsvd.text import one_line, percent

__all__ = ["CALIBRATOR_TONES_HZ", "SHORTEST_TONE_S", "Calibration", "calibrate"]

CALIBRATOR_TONES_HZ = (1000.0, 250.0)
"""Tones of sound calibrators (1 kHz, 94 or 114 dB) and of pistonphones (250 Hz)."""

SHORTEST_TONE_S = 1.0

_FARTHEST = 0.05  # from one of the tones, as a share of it
_LEAST_SHARE = 0.9  # of the energy in the tone
_STEADY_DB = 0.5  # between the loudest and the quietest of the parts
_N_PARTS = 8
_FAINTEST_DBFS = -80.0
_BAND = 0.02  # what belongs to the tone, either side of it, as a share of its frequency


@dataclass(frozen=True)
class Calibration:
    """Calibration that converts levels of a device to sound pressure levels.

    It is valid for one device at one gain: with 6 dB more gain, every level is 6 dB too high.

    Attributes
    ----------
    offset_db
        To be added to a level in dBFS (relative to a full-scale sine, as of :func:`mlpsvd.audio.level.measure_level`)
        to give dB SPL.
    tone_hz
        Measured frequency of the tone.
    reference_db_spl
        Nominal level of the calibrator.
    device_key
        Key of the device; empty if unknown.
    measured_at
        ISO date and time; empty if unknown.
    """

    offset_db: float
    tone_hz: float
    reference_db_spl: float
    device_key: str = ""
    measured_at: str = ""

    def to_db_spl(self, level_dbfs: float) -> float:
        """Return the sound pressure level in dB (unweighted) for a level in dBFS."""
        return level_dbfs + self.offset_db

    def to_table(self) -> dict[str, float | str]:
        """Return it as a dictionary, for preferences."""
        return asdict(self)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Calibration:
        """Rebuild a calibration from the result of :meth:`to_table`.

        Raises
        ------
        FileFormatError
            If an entry is missing, unknown, or neither a finite number nor a text as it should be.
        """
        names = [one.name for one in fields(cls)]
        if set(names) != set(table):
            raise FileFormatError(
                f"the calibration has the entries {one_line(', '.join(table)) or 'none'}; they should be "
                f"{', '.join(names)}"
            )
        entries = Fields(table, "calibration.")
        return cls(
            offset_db=entries.number("offset_db", -1000.0, 1000.0),
            tone_hz=entries.number("tone_hz", 0.0, 1e6),
            reference_db_spl=entries.number("reference_db_spl", -1000.0, 1000.0),
            device_key=entries.text("device_key"),
            measured_at=entries.text("measured_at"),
        )


def calibrate(
    samples: NDArray[np.floating[Any]],
    rate_hz: float,
    level_db_spl: float = 94.0,
    device_key: str = "",
    measured_at: str = "",
) -> Calibration:
    """Calibrate from the recorded tone of a calibrator.

    The level is that of the tone alone; other sound, up to a tenth of the energy, is excluded.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        The tone, 1 s or longer, full scale 1.
    rate_hz
        Their sample rate.
    level_db_spl
        Sound pressure level that the calibrator gives.
    device_key, measured_at
        To be kept with it.

    Raises
    ------
    CalibrationError
        If the recording is too short, silent, clipped, no single tone, at another frequency than calibrators have, or
        not steady within 0.5 dB.
    """
    if not 40.0 <= level_db_spl <= 160.0:
        raise CalibrationError(
            f"the calibrator's level is given as {level_db_spl:g} dB SPL; it should be from 40 to 160, mostly 94"
        )
    _require_usable(samples, rate_hz)
    sound = samples - samples.mean(dtype=np.float64)  # a sound card's constant offset is not sound
    level_dbfs = measure_level(sound).rms_dbfs
    if level_dbfs < _FAINTEST_DBFS:
        raise CalibrationError(
            f"the level is too low: {level_dbfs:.0f} dBFS; a calibrator's tone should be well above "
            f"{_FAINTEST_DBFS:.0f} dBFS, so check that it is on and that the right input is selected"
        )
    tone_hz, share = _tone(sound, rate_hz)
    if share < _LEAST_SHARE:
        raise CalibrationError(
            f"the recording is not a single tone: only {percent(share, 0)} of its energy lies at its strongest "
            f"frequency, {tone_hz:.0f} Hz; it should be over {percent(_LEAST_SHARE, 0)}, so push the calibrator fully "
            "onto the microphone and switch it on"
        )
    if min(abs(tone_hz / usual_hz - 1.0) for usual_hz in CALIBRATOR_TONES_HZ) > _FARTHEST:
        raise CalibrationError(
            f"the tone has {tone_hz:.1f} Hz; a calibrator's should be within {100 * _FARTHEST:g} % of "
            f"{' or '.join(f'{usual_hz:g} Hz' for usual_hz in CALIBRATOR_TONES_HZ)}"
        )
    _require_steady(sound)
    offset_db = level_db_spl - (level_dbfs + 10.0 * math.log10(share))
    return Calibration(offset_db, tone_hz, float(level_db_spl), device_key, measured_at)


def _require_usable(samples: NDArray[np.floating[Any]], rate_hz: float) -> None:
    duration_s = len(samples) / rate_hz
    if duration_s < SHORTEST_TONE_S:
        raise CalibrationError(
            f"the tone is {duration_s:.2f} s long; it should be {SHORTEST_TONE_S:g} s or longer, better 3 s"
        )
    if not np.isfinite(samples).all():
        raise CalibrationError("the recording of the tone contains samples that are not finite; record it again")
    level = measure_level(samples)
    if level.clipped:
        raise CalibrationError(
            f"the tone is clipped: its peak is at {level.peak_dbfs:.1f} dBFS; turn the input's gain down, and record "
            "it again at the gain that you will measure with"
        )


def _tone(sound: NDArray[np.floating[Any]], rate_hz: float) -> tuple[float, float]:
    """Return the frequency of the strongest tone, and its share of the energy."""
    n = len(sound)
    weights = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(n) / n)
    power = np.square(np.abs(np.fft.rfft(sound * weights)))
    at = int(power.argmax())
    bin_hz = rate_hz / n
    reach = max(3, round(_BAND * at))
    share = float(power[max(0, at - reach) : at + reach + 1].sum() / power.sum())
    return (at + _offset_of_peak(power, at)) * bin_hz, min(1.0, share)


def _offset_of_peak(power: NDArray[np.float64], at: int) -> float:
    """Return where the top of a parabola through the logarithms of three bins lies, −0.5 to 0.5 bins off the middle."""
    if not 0 < at < len(power) - 1:
        return 0.0
    left, middle, right = np.log(np.maximum(power[at - 1 : at + 2], np.finfo(np.float64).tiny))
    bend = left - 2.0 * middle + right
    return float(0.5 * (left - right) / bend) if bend < 0.0 else 0.0


def _require_steady(sound: NDArray[np.floating[Any]]) -> None:
    levels_dbfs = [measure_level(part).rms_dbfs for part in np.array_split(sound, _N_PARTS)]
    spread_db = max(levels_dbfs) - min(levels_dbfs)
    if spread_db > _STEADY_DB:
        raise CalibrationError(
            f"the tone is not steady: its level changes by {spread_db:.1f} dB; it should stay within "
            f"{_STEADY_DB:g} dB, so hold the calibrator still and record only while it sounds"
        )

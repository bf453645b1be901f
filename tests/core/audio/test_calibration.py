"""Calibrating from a tone: the right offset from a good one, one sentence with numbers about every other."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.audio.calibration import Calibration, calibrate
from mlpsvd.audio.level import measure_level
from mlpsvd.errors import CalibrationError, FileFormatError

RATE_HZ = 48000.0
RNG = np.random.default_rng(3)


def tone(
    frequency_hz: float = 1000.0, dbfs: float = -20.0, duration_s: float = 2.0, rate_hz: float = RATE_HZ
) -> np.ndarray:
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    return (10.0 ** (dbfs / 20.0) * np.sin(2.0 * np.pi * frequency_hz * time_s + 0.3)).astype(np.float32)


def test_94_db_at_minus_20_dbfs_make_an_offset_of_114() -> None:
    found = calibrate(tone(), RATE_HZ, device_key="UMIK-1", measured_at="2026-11-21T07:00:00")
    assert found.offset_db == pytest.approx(114.0, abs=0.01)
    assert found.tone_hz == pytest.approx(1000.0, abs=0.01)
    assert found.to_db_spl(-20.0) == pytest.approx(94.0, abs=0.01)
    assert found.to_db_spl(measure_level(tone(dbfs=-50.0)).rms_dbfs) == pytest.approx(64.0, abs=0.01)
    assert (found.device_key, found.measured_at) == ("UMIK-1", "2026-11-21T07:00:00")


@given(
    frequency_hz=st.one_of(st.floats(955.0, 1045.0), st.floats(239.0, 261.0)),
    dbfs=st.floats(-70.0, -0.5),
    rate_hz=st.sampled_from([8000.0, 16000.0, 44100.0, 96000.0]),
    duration_s=st.floats(1.0, 4.0),
    level_db_spl=st.sampled_from([94.0, 114.0, 124.0]),
)
def test_any_calibrator_at_any_gain(
    frequency_hz: float, dbfs: float, rate_hz: float, duration_s: float, level_db_spl: float
) -> None:
    samples = tone(frequency_hz, dbfs, duration_s + 1e-3, rate_hz)
    found = calibrate(samples, rate_hz, level_db_spl)
    assert found.offset_db == pytest.approx(level_db_spl - dbfs, abs=0.03)
    assert found.tone_hz == pytest.approx(frequency_hz, abs=0.05)


def test_noise_and_a_constant_offset_beside_the_tone_are_left_out() -> None:
    samples = tone() + 0.02 * RNG.standard_normal(96000) * 0.5 + 0.3
    assert calibrate(samples, RATE_HZ).offset_db == pytest.approx(114.0, abs=0.1)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (tone(duration_s=0.5), "the tone is 0.50 s long; it should be 1 s or longer"),
        (np.zeros(0, np.float32), "0.00 s long"),
        (np.zeros(96000, np.float32), "the level is too low: -120 dBFS"),
        (tone(dbfs=-90.0), "the level is too low: -90 dBFS"),
        (np.clip(2.0 * tone(dbfs=0.0), -1.0, 1.0), r"clipped: its peak is at 0\.0 dBFS"),
        (tone(440.0), r"the tone has 440\.0 Hz; a calibrator's should be within 5 % of 1000 Hz or 250 Hz"),
        (tone(1060.0), r"the tone has 1060\.0 Hz"),
        (RNG.normal(0.0, 0.05, 96000), r"not a single tone: only [0-9] % of its energy"),
        (tone() + tone(1500.0, dbfs=-24.0), r"only 7[0-9] % of its energy lies at its strongest frequency, 1000 Hz"),
        (0.5 * np.sign(tone()), "only 8[0-9] % of its energy"),
        (tone() * np.linspace(1.0, 0.9, 96000), r"changes by 0\.[6-9] dB; it should stay within 0\.5 dB"),
        (np.concatenate([np.zeros(20000), tone()]), r"the tone is not steady: its level changes by"),
        (np.full(96000, np.nan), "not finite"),
    ],
    ids=["short", "nothing", "silence", "faint", "clipped", "concert pitch", "6 % off", "noise", "two tones", "square",
         "fading", "late", "not numbers"],
)  # fmt: skip
def test_an_invalid_calibration_tone_gives_one_sentence(samples: np.ndarray, words: str) -> None:
    with pytest.raises(CalibrationError, match=words) as caught:
        calibrate(samples, RATE_HZ)
    assert "\n" not in str(caught.value)


def test_an_invalid_level_is_reported() -> None:
    with pytest.raises(CalibrationError, match="given as 9 dB SPL; it should be from 40 to 160"):
        calibrate(tone(), RATE_HZ, 9.0)


def test_it_survives_json_and_refuses_what_is_not_its_own() -> None:
    found = calibrate(tone(), RATE_HZ, device_key="µ-mic", measured_at="2026-11-21T07:00:00")
    table = json.loads(json.dumps(found.to_table()))
    assert Calibration.from_table(table) == found
    with pytest.raises(FileFormatError, match="entries offset_db; they should be offset_db, tone_hz"):
        Calibration.from_table({"offset_db": 3.0})
    with pytest.raises(FileFormatError, match=r"calibration\.offset_db is '3'; it should be a number"):
        Calibration.from_table({**table, "offset_db": "3"})
    with pytest.raises(FileFormatError, match="tone_hz is nan"):
        Calibration.from_table({**table, "tone_hz": float("nan")})
    with pytest.raises(FileFormatError, match="device_key is 3; it should be a text"):
        Calibration.from_table({**table, "device_key": 3})
    with pytest.raises(FileFormatError, match="offset_db is 1000000"):
        Calibration.from_table({**table, "offset_db": 10**400})

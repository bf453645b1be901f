"""Stored background, calibration and correction file of each microphone."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.calibration import Calibration
from mlpsvd.errors import FileFormatError
from mlpsvd.files import read_plain, write_atomically
from mlpsvd.json_fields import Fields
from mlpsvd_gui.state.preferences import Preferences, or_default

__all__ = ["BackgroundNoise", "DeviceSound", "SoundMemory"]

_FOLDER = "backgrounds"
_MOST_BYTES = 50_000_000
"""Three seconds at 768 kHz are 9 MB."""


@dataclass(frozen=True, eq=False)
class BackgroundNoise:
    """Background noise at the device rate, for every model: samples, rate, ISO time."""

    samples: NDArray[np.float32]
    rate_hz: float
    measured_at: str


@dataclass(frozen=True)
class DeviceSound:
    """Stored data of one device."""

    background: BackgroundNoise | None = None
    subtracts: bool = False
    calibration: Calibration | None = None
    correction_path: str = ""


class SoundMemory:
    """Reads and writes :class:`DeviceSound` by the key of the device; the samples are in a separate file."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def load(self, device_key: str) -> DeviceSound:
        """Return the data of a device; damaged parts are ignored."""
        fields = self._preferences.fields(_name(device_key))
        return DeviceSound(
            background=self._load_background(device_key, fields),
            subtracts=or_default(lambda: fields.flag("subtracts"), False),
            calibration=or_default(lambda: Calibration.from_table(fields.table("calibration").raw()), None),
            correction_path=or_default(lambda: fields.text("correction_path"), ""),
        )

    def save(self, device_key: str, sound: DeviceSound) -> None:
        """Store the data of a device, except background samples; see :meth:`save_background`."""
        background = sound.background
        table: dict[str, Any] = {
            "background": None
            if background is None
            else {"rate_hz": background.rate_hz, "measured_at": background.measured_at},
            "subtracts": sound.subtracts,
            "calibration": None if sound.calibration is None else sound.calibration.to_table(),
            "correction_path": sound.correction_path,
        }
        self._preferences.set_table(_name(device_key), table)

    def save_background(self, device_key: str, background: BackgroundNoise) -> None:
        """Write the samples; blocks on the disk."""
        path = self._path(device_key)
        path.parent.mkdir(parents=True, exist_ok=True)
        data = io.BytesIO()
        np.save(data, background.samples.astype(np.float32), allow_pickle=False)
        write_atomically(path, data.getvalue())

    def remove_background(self, device_key: str) -> None:
        """Delete the samples."""
        self._path(device_key).unlink(missing_ok=True)

    def _load_background(self, device_key: str, fields: Fields) -> BackgroundNoise | None:
        try:
            table = fields.table("background")
            rate_hz, measured_at = table.number("rate_hz", 1.0, 1e7), table.text("measured_at")
            data = read_plain(self._path(device_key), _MOST_BYTES)
            samples = np.load(io.BytesIO(data), allow_pickle=False)
        except (OSError, ValueError, EOFError, MemoryError, FileFormatError):
            return None
        if samples.ndim != 1 or samples.dtype != np.float32 or not np.isfinite(samples).all():
            return None
        return BackgroundNoise(samples, rate_hz, measured_at)

    def _path(self, device_key: str) -> Path:
        digest = hashlib.sha256(device_key.encode()).hexdigest()[:16]
        return self._preferences.data_folder / _FOLDER / f"{digest}.npy"


def _name(device_key: str) -> str:
    return f"live/sound/{hashlib.sha256(device_key.encode()).hexdigest()[:16]}"

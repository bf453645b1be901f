"""One recorded clip: file, label and recording details."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

__all__ = ["RecordedClip"]


@dataclass(frozen=True)
class RecordedClip:
    """A file of a collection.

    Attributes
    ----------
    id
        Permanent identifier, independent of label, length and location.
    path
        Path of the file.
    name
        The path as the manifest has it, relative to the collection's folder.
    label
        Name of its class.
    split
        ``train`` or ``test`` where the manifest says so, else None.
    recorded_at
        Date and time of its first sample; None if unknown.
    device
        The device; "" if unknown.
    sample_rate_hz, duration_s
        Properties of the file; 0 if not in the manifest.
    level_dbfs
        Root mean square relative to a full-scale sine; nan where it was not measured.
    clipped
        Whether a sample reached full scale (False where it was not measured).
    has_gap
        Whether sound was lost immediately before or after it.
    """

    id: str
    path: Path
    name: str
    label: str
    split: str | None = None
    recorded_at: datetime | None = None
    device: str = ""
    sample_rate_hz: float = 0.0
    duration_s: float = 0.0
    level_dbfs: float = float("nan")
    clipped: bool = False
    has_gap: bool = False

"""A take: a recording before it becomes a clip."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.level import Level, measure_level

__all__ = ["Take", "new_id"]


def new_id() -> str:
    """Return a unique id for a take; its clip keeps it."""
    return secrets.token_hex(6)


@dataclass(frozen=True, eq=False)
class Take:
    """A recording without gaps.

    Attributes
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        Samples as the device gave them; full scale is 1.
    rate_hz
        Their sample rate.
    label
        The class it was recorded for.
    started_at
        Date and time of its first sample, with the time zone.
    has_gap
        Whether sound was lost immediately before or after it (the device was lost, or the recorder was too late), so
        that the take is only a part of the requested section.
    device
        Name of the input device.
    pre_roll_s
        Duration of the part before the start or the trigger.
    file_format
        ``flac`` or ``wav``; "" leaves that to the collection.
    id
        Unique identifier; the clip keeps it.
    spool
        The file that it was written to while it was recorded, if any. It is kept until the take is added to a
        collection (:meth:`mlpsvd.collection.collection.Collection.add` removes it) or discarded.
    first
        Number of its first sample in the ring buffer; -1 if unknown, as after a recovery.
    """

    samples: NDArray[np.float32]
    rate_hz: float
    label: str
    started_at: datetime = field(default_factory=lambda: datetime.now().astimezone())
    has_gap: bool = False
    device: str = ""
    pre_roll_s: float = 0.0
    file_format: str = ""
    id: str = field(default_factory=new_id)
    spool: Path | None = None
    first: int = -1

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz

    @property
    def level(self) -> Level:
        """Level over the whole take, peak, and whether it reached full scale."""
        return measure_level(self.samples)

    @property
    def clipped(self) -> bool:
        """Whether a sample reached full scale."""
        return self.level.clipped

    def discard(self) -> None:
        """Discard the take permanently, including its spool file."""
        if self.spool is not None:
            self.spool.unlink(missing_ok=True)
            self.spool.with_suffix(".json").unlink(missing_ok=True)

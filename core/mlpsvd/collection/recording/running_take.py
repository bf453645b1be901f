"""Take in progress: samples in memory and on disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.collection.recording.settings import RecordSettings
from mlpsvd.collection.spool import Spool, SpoolFacts
from mlpsvd.collection.take import Take, new_id

__all__ = ["RunningTake", "TakePlan"]


@dataclass(frozen=True)
class TakePlan:
    """Properties of a take before its first sample.

    Attributes
    ----------
    start
        Number of its first sample in the ring.
    pre_roll
        How many of its samples lie before what started it.
    started_at
        Date and time of its first sample.
    has_gap
        Whether sound was lost right before it.
    """

    start: int
    pre_roll: int
    started_at: datetime
    label: str
    rate_hz: float
    device: str
    settings: RecordSettings
    has_gap: bool = False


class RunningTake:
    """Gathers consecutive samples, on disk as well as in memory (a take is at most ``longest_s`` long).

    Raises
    ------
    OSError
        If the spool cannot be made.
    """

    def __init__(self, plan: TakePlan, spool_folder: Path) -> None:
        self.plan = plan
        self.end = plan.start
        self.loud_until = plan.start
        self.loud_from: int | None = None
        self._chunks: list[NDArray[np.float32]] = []
        self._facts = SpoolFacts(
            new_id(), plan.label, plan.rate_hz, plan.started_at.isoformat(timespec="milliseconds"), plan.device,
            plan.pre_roll / plan.rate_hz, plan.settings.file_format, plan.has_gap,
        )  # fmt: skip
        self._spool = Spool(spool_folder, self._facts)

    @property
    def n_samples(self) -> int:
        """Present length."""
        return self.end - self.plan.start

    @property
    def loud_samples(self) -> int:
        """Length from the first to the last frame above the trigger level."""
        return self.loud_until - self.loud_from if self.loud_from is not None else 0

    def mark_loud(self, start: int, end: int) -> None:
        """Record that a frame was above the trigger level."""
        self.loud_from = max(self.plan.start, start) if self.loud_from is None else self.loud_from
        self.loud_until = max(self.loud_until, end)

    def append(self, samples: NDArray[np.float32]) -> None:
        """Add the next samples [shape=(n_samples,)]; kept in memory even where the disk refuses them (OSError)."""
        if len(samples):
            self._chunks.append(samples)
            self.end += len(samples)
            self._spool.write(samples)

    def finish(self, has_gap: bool) -> Take:
        """Return the take; ``has_gap`` says whether sound was lost right behind it."""
        has_gap = has_gap or self.plan.has_gap
        self._spool.finish(has_gap)
        samples = np.concatenate(self._chunks) if self._chunks else np.zeros(0, dtype=np.float32)
        facts = self._facts
        return Take(
            samples, facts.rate_hz, facts.label, self.plan.started_at, has_gap, facts.device, facts.pre_roll_s,
            facts.file_format, facts.id, self._spool.path, self.plan.start,
        )  # fmt: skip

    def drop(self) -> None:
        """Discard it."""
        self._spool.remove()

"""Progress and remaining time of the classification of many files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.classification.batch.find_files import SoundFile
from mlpsvd.classification.batch.results import FileResult

__all__ = ["ClassifyEvent", "Finished", "WorkCount", "costs_of"]

_COST_OF_A_FILE = 20_000
"""Overhead of one file, expressed in bytes."""

Finished = tuple[int, FileResult]
"""Index in the list, and result."""


@dataclass(frozen=True)
class ClassifyEvent:
    """Progress of the classification.

    Attributes
    ----------
    finished
        Index in the list and result of each file finished since the last event.
    n_done, n_files
        Numbers of finished files and of all files.
    share
        Completed share of the work, 0 to 1, including parts of files.
    left_s
        Estimated remaining time in seconds; None if nothing is finished yet.
    """

    finished: tuple[Finished, ...]
    n_done: int
    n_files: int
    share: float
    left_s: float | None


class WorkCount:
    """Measures the progress and estimates the remaining time.

    Parameters
    ----------
    files
        All files to classify.
    """

    def __init__(self, files: Sequence[SoundFile]) -> None:
        self.costs = costs_of(files)
        self._total = sum(self.costs) or 1
        self._begun: dict[int, float] = {}
        self._n_done = 0
        self._cost_done = 0
        self._started = time.monotonic()
        self._first_done: tuple[float, float] | None = None

    def begun(self, index: int, share: float) -> None:
        """Record the completed share of one file."""
        self._begun[index] = share

    def event(self, finished: Sequence[Finished]) -> ClassifyEvent:
        """Record finished files and return the progress."""
        for index, _ in finished:
            self._begun.pop(index, None)
            self._cost_done += self.costs[index]
        self._n_done += len(finished)
        done = self._cost_done + sum(self.costs[index] * share for index, share in self._begun.items())
        share = min(1.0, done / self._total)
        return ClassifyEvent(tuple(finished), self._n_done, len(self.costs), share, self._left_s(share))

    def _left_s(self, share: float) -> float | None:
        """Measure the rate from the first result on, so that the start-up time is not included."""
        now = time.monotonic()
        if self._first_done is None:
            if share > 0.0:
                self._first_done = now, share
            return None
        since, before = self._first_done
        return (now - since) * (1.0 - share) / (share - before) if share > before else None


def costs_of(files: Sequence[SoundFile]) -> list[int]:
    """Return the cost of each file, in bytes."""
    return [_size(file.path) + _COST_OF_A_FILE for file in files]


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0

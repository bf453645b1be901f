"""Undo history of the experiment."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.setting_labels import differences, label

__all__ = ["ExperimentHistory", "Origin", "Step"]

_MOST_STEPS = 200
_MERGE_S = 1.0
"""Changes of the same setting within this time are one step, as in a drag."""


@dataclass(frozen=True)
class Origin:
    """The file of an experiment (None for none), and its saved content."""

    path: Path | None
    saved: Experiment


@dataclass(frozen=True)
class Step:
    """A change: name for the menu, both experiments, and both origins if these changed too."""

    name: str
    before: Experiment
    after: Experiment
    origins: tuple[Origin, Origin] | None
    keys: tuple[str, ...]


class ExperimentHistory:
    """A list of steps with a current position."""

    def __init__(self) -> None:
        self._past: list[Step] = []
        self._future: list[Step] = []
        self._last_s = 0.0

    @property
    def undo_name(self) -> str:
        """Name of the step to undo; empty if there is none."""
        return self._past[-1].name if self._past else ""

    @property
    def redo_name(self) -> str:
        """Name of the step to redo; empty if there is none."""
        return self._future[-1].name if self._future else ""

    def add(
        self, before: Experiment, after: Experiment, name: str = "", origins: tuple[Origin, Origin] | None = None
    ) -> None:
        """Add a step; a quick change of the same settings extends the last step instead."""
        keys = tuple(differences(before, after))
        now_s = time.monotonic()
        last = self._past[-1] if self._past and not self._future else None
        is_same = last is not None and not name and origins is None and last.origins is None and last.keys == keys
        if last is not None and is_same and now_s - self._last_s < _MERGE_S:
            before = self._past.pop().before
        self._future.clear()
        self._past.append(Step(name or _name(keys), before, after, origins, keys))
        del self._past[:-_MOST_STEPS]
        self._last_s = now_s

    def undo(self) -> Step | None:
        """Move one step back and return it; None if there is none."""
        return self._move(self._past, self._future)

    def redo(self) -> Step | None:
        """Move one step forward and return it; None if there is none."""
        return self._move(self._future, self._past)

    def _move(self, source: list[Step], target: list[Step]) -> Step | None:
        if not source:
            return None
        target.append(source.pop())
        self._last_s = 0.0
        return target[-1]


def _name(keys: tuple[str, ...]) -> str:
    others = [key for key in keys if key != "name"]
    if len(others) > 1:
        return f"change of {len(others)} settings"
    return f"change of {label(Experiment, (others or list(keys))[0])}"

"""Summary of the live decisions of the last seconds, in steps of constant cost."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from mlpsvd.classification.live.decision import LiveDecision

__all__ = ["DecisionSpan", "RecentDecisions"]

_STEP_S = 0.25
_MEMORY_S = 30.0
_ROUNDING_S = 1e-6


@dataclass
class DecisionSpan:
    """Some windows in a row.

    Attributes
    ----------
    end_s
        Where the last of them ends, in the source's time.
    covered_s
        How much sound they cover, overlaps counted once.
    levels_dbfs, distances
        Of each window that was classified; of a distance only where there is one.
    quiet_dbfs
        Level of each window below the trigger.
    n_clipped
        How many of the classified windows reached full scale.
    """

    end_s: float = -math.inf
    covered_s: float = 0.0
    levels_dbfs: list[float] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    quiet_dbfs: list[float] = field(default_factory=list)
    n_clipped: int = 0

    @classmethod
    def joined(cls, stretches: Iterable[DecisionSpan]) -> DecisionSpan:
        """Put stretches, in the order of their time, into one."""
        whole = cls()
        for one in stretches:
            whole.end_s = one.end_s
            whole.covered_s += one.covered_s
            whole.levels_dbfs += one.levels_dbfs
            whole.distances += one.distances
            whole.quiet_dbfs += one.quiet_dbfs
            whole.n_clipped += one.n_clipped
        return whole

    def add(self, decision: LiveDecision, covered_s: float) -> None:
        """Count one more window, which covers ``covered_s`` of sound that none before it did."""
        self.end_s = decision.end_s
        self.covered_s += covered_s
        if math.isnan(decision.probability):  # a quiet window: its verdict may be a class that is only held
            self.quiet_dbfs.append(decision.level.rms_dbfs)
            return
        self.levels_dbfs.append(decision.level.rms_dbfs)
        self.n_clipped += decision.level.clipped
        if not math.isnan(decision.distance):
            self.distances.append(decision.distance)


class RecentDecisions:
    """What has been heard lately, classified and quiet windows apart.

    A person speaks a word, waits, speaks another: the last seconds of sound are those of the words, whatever lies
    between. Nothing is kept longer than half a minute.
    """

    def __init__(self) -> None:
        self._loud: deque[DecisionSpan] = deque()
        self._quiet: deque[DecisionSpan] = deque()
        self._open = {"loud": DecisionSpan(), "quiet": DecisionSpan()}
        self._end_s = -math.inf
        self._window_s = 0.0

    @property
    def end_s(self) -> float:
        """Where the last window ended, in the source's time."""
        return self._end_s

    @property
    def window_s(self) -> float:
        """Length of the last window."""
        return self._window_s

    def add(self, decision: LiveDecision) -> bool:
        """Count one more window and return whether there is enough that is new to look again."""
        covered_s = min(decision.duration_s, max(0.0, decision.end_s - self._end_s))
        self._end_s, self._window_s = decision.end_s, decision.duration_s
        is_quiet = math.isnan(decision.probability)
        kind, kept = ("quiet", self._quiet) if is_quiet else ("loud", self._loud)
        self._open[kind].add(decision, covered_s)
        if self._open[kind].covered_s < _STEP_S - _ROUNDING_S:
            return False
        kept.append(self._open[kind])
        self._open[kind] = DecisionSpan()
        for stretches in (self._loud, self._quiet):
            while stretches and stretches[0].end_s < self._end_s - _MEMORY_S:
                stretches.popleft()
        return True

    def latest(self, span_s: float) -> DecisionSpan:
        """Return the latest ``span_s`` of sound that was classified, or as much as there is."""
        some: list[DecisionSpan] = []
        missing_s = span_s
        for one in reversed(self._loud):
            if missing_s <= _ROUNDING_S:
                break
            some.append(one)
            missing_s -= one.covered_s
        return DecisionSpan.joined(reversed(some))

    def quiet_level_dbfs(self, least_s: float) -> float | None:
        """Return the usual level of the windows below the trigger; None with less than ``least_s`` of them."""
        if sum(one.covered_s for one in self._quiet) < least_s:
            return None
        return float(np.median([level for one in self._quiet for level in one.quiet_dbfs]))

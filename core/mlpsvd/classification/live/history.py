"""Summary of the live decisions of the last seconds, updated at constant cost."""

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
    """Consecutive windows.

    Attributes
    ----------
    end_s
        End of the last window, in the source's time.
    covered_s
        Duration that they cover, overlaps counted once.
    levels_dbfs, distances
        Level and distance of each classified window; windows without a distance are left out.
    quiet_dbfs
        Level of each window below the trigger.
    n_clipped
        Number of classified windows that reach full scale.
    """

    end_s: float = -math.inf
    covered_s: float = 0.0
    levels_dbfs: list[float] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    quiet_dbfs: list[float] = field(default_factory=list)
    n_clipped: int = 0

    @classmethod
    def joined(cls, spans: Iterable[DecisionSpan]) -> DecisionSpan:
        """Merge spans that are in order of time."""
        whole = cls()
        for one in spans:
            whole.end_s = one.end_s
            whole.covered_s += one.covered_s
            whole.levels_dbfs += one.levels_dbfs
            whole.distances += one.distances
            whole.quiet_dbfs += one.quiet_dbfs
            whole.n_clipped += one.n_clipped
        return whole

    def add(self, decision: LiveDecision, covered_s: float) -> None:
        """Add a window, which covers ``covered_s`` of new sound."""
        self.end_s = decision.end_s
        self.covered_s += covered_s
        if math.isnan(decision.probability):  # a quiet window, whose verdict may be a held class
            self.quiet_dbfs.append(decision.level.rms_dbfs)
            return
        self.levels_dbfs.append(decision.level.rms_dbfs)
        self.n_clipped += decision.level.clipped
        if not math.isnan(decision.distance):
            self.distances.append(decision.distance)


class RecentDecisions:
    """The latest windows, classified and quiet ones separately.

    In words separated by pauses, the last seconds of sound are those of the words, whatever lies between. Windows are
    kept for at most half a minute.
    """

    def __init__(self) -> None:
        self._loud: deque[DecisionSpan] = deque()
        self._quiet: deque[DecisionSpan] = deque()
        self._open = {"loud": DecisionSpan(), "quiet": DecisionSpan()}
        self._end_s = -math.inf
        self._window_s = 0.0

    @property
    def end_s(self) -> float:
        """End of the last window, in the source's time."""
        return self._end_s

    @property
    def window_s(self) -> float:
        """Length of the last window."""
        return self._window_s

    def add(self, decision: LiveDecision) -> bool:
        """Add a window and return whether there is enough new sound for another evaluation."""
        covered_s = min(decision.duration_s, max(0.0, decision.end_s - self._end_s))
        self._end_s, self._window_s = decision.end_s, decision.duration_s
        is_quiet = math.isnan(decision.probability)
        kind, kept = ("quiet", self._quiet) if is_quiet else ("loud", self._loud)
        self._open[kind].add(decision, covered_s)
        if self._open[kind].covered_s < _STEP_S - _ROUNDING_S:
            return False
        kept.append(self._open[kind])
        self._open[kind] = DecisionSpan()
        for spans in (self._loud, self._quiet):
            while spans and spans[0].end_s < self._end_s - _MEMORY_S:
                spans.popleft()
        return True

    def latest(self, span_s: float) -> DecisionSpan:
        """Return the latest ``span_s`` of classified sound, or as much as there is."""
        some: list[DecisionSpan] = []
        missing_s = span_s
        for one in reversed(self._loud):
            if missing_s <= _ROUNDING_S:
                break
            some.append(one)
            missing_s -= one.covered_s
        return DecisionSpan.joined(reversed(some))

    def quiet_level_dbfs(self, least_s: float) -> float | None:
        """Return the median level of the windows below the trigger; None if they cover less than ``least_s``."""
        if sum(one.covered_s for one in self._quiet) < least_s:
            return None
        return float(np.median([level for one in self._quiet for level in one.quiet_dbfs]))

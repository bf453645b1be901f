"""The displayed result of a decision (a class, "unknown" or "quiet") and how long it is held."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

__all__ = ["QUIET", "Hold", "Verdict", "VerdictKind"]


class VerdictKind(Enum):
    """Kinds of verdict."""

    CLASS = "class"
    UNKNOWN = "unknown"
    QUIET = "quiet"


@dataclass(frozen=True)
class Verdict:
    """The displayed result.

    Attributes
    ----------
    kind
        Whether a class was predicted. Use this, not the label, as a class may be called "quiet".
    label
        The class's name, "unknown" or "quiet".
    probability
        The smoothed probability of the winning class, also if the verdict is "unknown"; NaN if nothing was classified
        ("quiet").
    """

    kind: VerdictKind
    label: str
    probability: float


QUIET = Verdict(VerdictKind.QUIET, "quiet", math.nan)
"""The verdict on a window below the trigger level."""

_ROUNDING_S = 1e-9


class Hold:
    """Holds a displayed class for a minimum time, so that it can be read.

    Within ``hold_s`` of its appearance, a class is not replaced by another class, "unknown" or "quiet" (a word of a
    third of a second is followed by silence). The latter two are not held: a class replaces them at once. Time is the
    source's, from the end of one window to the end of another, so that a file played faster than real time gives the
    same verdicts.
    """

    def __init__(self) -> None:
        self._shown: Verdict | None = None
        self._since_s = 0.0

    def reset(self) -> None:
        """Reset the state, so that the next verdict appears at once."""
        self._shown = None

    def show(self, verdict: Verdict, now_s: float, hold_s: float) -> Verdict:
        """Return the verdict to display, given ``verdict`` of a window that ended at ``now_s``.

        A class that is predicted again gets its new probability; a held class keeps its last one.
        """
        shown = self._shown
        goes_on = shown is not None and (shown.kind, shown.label) == (verdict.kind, verdict.label)
        if shown is not None and not goes_on and self._holds(shown, now_s, hold_s):
            return shown
        if not goes_on:
            self._since_s = now_s
        self._shown = verdict
        return verdict

    def _holds(self, shown: Verdict, now_s: float, hold_s: float) -> bool:
        return shown.kind is VerdictKind.CLASS and now_s - self._since_s < hold_s - _ROUNDING_S

"""Clocks for audio: one that runs while the computer sleeps, and a watch that reports how long it slept."""

from __future__ import annotations

import time

__all__ = ["SleepWatch", "now_s"]

_SLEPT_S = 0.5
_FROZEN_S = 1.5


def now_s() -> float:
    """Return seconds on a clock that is never set and that goes on while the computer sleeps.

    Only differences mean something. Linux's CLOCK_MONOTONIC, which ``time.monotonic`` reads, stands still meanwhile.
    """
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class SleepWatch:
    """Tells whether the computer, or this process, stood still since it was last asked.

    To be asked several times a second.
    """

    def __init__(self) -> None:
        self._asleep_s = now_s() - time.monotonic()
        self._asked_s = now_s()

    def slept_s(self) -> float:
        """Return for how many seconds everything stood still; 0 if it did not.

        A thread that merely waited long for its turn did not sleep: only a second and a half of that counts.
        """
        now = now_s()
        asleep_s, away_s = now - time.monotonic(), now - self._asked_s
        has_slept = asleep_s - self._asleep_s > _SLEPT_S or away_s > _FROZEN_S
        self._asleep_s, self._asked_s = asleep_s, now
        return away_s if has_slept else 0.0

"""Clocks for audio: a clock that includes sleep of the computer, and detection of sleep."""

from __future__ import annotations

import time

__all__ = ["SleepWatch", "now_s"]

_SLEPT_S = 0.5
_FROZEN_S = 1.5


def now_s() -> float:
    """Return seconds of a monotonic clock that includes the time when the computer sleeps.

    Only differences are meaningful. Linux's CLOCK_MONOTONIC, which ``time.monotonic`` reads, stops during sleep.
    """
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class SleepWatch:
    """Detects whether the computer slept, or this process was suspended, since the last call.

    It must be called several times a second.
    """

    def __init__(self) -> None:
        self._asleep_s = now_s() - time.monotonic()
        self._asked_s = now_s()

    def slept_s(self) -> float:
        """Return the duration of the sleep in seconds; 0 if there was none.

        Delays of the thread of less than one and a half seconds do not count as sleep.
        """
        now = now_s()
        asleep_s, away_s = now - time.monotonic(), now - self._asked_s
        has_slept = asleep_s - self._asleep_s > _SLEPT_S or away_s > _FROZEN_S
        self._asleep_s, self._asked_s = asleep_s, now
        return away_s if has_slept else 0.0

"""Comparison of samples received with the time elapsed: delays and losses."""

from __future__ import annotations

from mlpsvd.audio.sources.source import SourceHealth

__all__ = ["SampleClock"]

_LOST_S = 0.1
"""Delay in seconds above which a device has lost sound or is about to catch up."""
_MADE_GOOD_S = 0.05
_WAIT_S = 0.15
"""In seconds of sound, not of the clock, as the delivering thread may be delayed between two blocks."""
_CATCHES_UP_S = 0.02
_HELD_UP_S = 0.05
_LONGEST_S = 3.0
"""Maximum duration of sound that is held back."""
_FOLLOW_S = 5.0
_SETTLES_S = 1.0


class SampleClock:
    """Compares the blocks of a device with the clock.

    A block may be late because a thread was delayed; the next ones then follow at once. If they do not, the sound in
    between is lost; :meth:`add` returns its duration. The clock of the device drifts relative to that of the computer;
    this drift is tracked slowly, so that it is not mistaken for a loss.

    Times are those of :func:`mlpsvd.audio.devices.clocks.now_s`.
    """

    def __init__(self) -> None:
        self._start_s: float | None = None
        self._received_s = 0.0
        self._drift_s = 0.0
        self._n_gaps = 0
        self._gaps_s = 0.0
        self._late_since_s: float | None = None
        self._late_s = 0.0
        self._latest_late_s = 0.0
        self._kept_since_s = 0.0

    @property
    def is_undecided(self) -> bool:
        """Whether the latest blocks are late, and it is not yet known whether something is lost before them."""
        return self._late_since_s is not None

    def add(
        self, duration_s: float, arrived_s: float, is_new_stream: bool = False, has_overflowed: bool = False
    ) -> float | None:
        """Add a block and return the seconds of sound missing before it, or None if it follows the last one.

        While :attr:`is_undecided`, the caller holds the blocks; the result of a later call then applies to the first
        held block.

        Parameters
        ----------
        duration_s, arrived_s
            Duration and time of arrival of the block.
        is_new_stream
            Whether the device was reopened before it; lost time is then not made up for.
        has_overflowed
            Whether the device reports a loss before it.
        """
        if self._start_s is None:
            self._start_s = arrived_s - duration_s
            is_new_stream = has_overflowed = False  # before the first block there is nothing to follow
        self._received_s += duration_s
        late_s = arrived_s - self._start_s - self._received_s - self._gaps_s
        if late_s < 0.0 and self._received_s < _SETTLES_S:
            # The first block was late, so the sound began earlier.
            self._start_s += late_s
            late_s = 0.0
        self._latest_late_s = late_s
        if is_new_stream or has_overflowed:
            return self._lose(max(0.0, late_s - self._drift_s))
        if self._late_since_s is None:
            if late_s - self._drift_s > _LOST_S:
                self._late_s, self._late_since_s, self._kept_since_s = late_s, self._received_s, self._received_s
            else:
                self._drift_s += min(1.0, duration_s / _FOLLOW_S) * (late_s - self._drift_s)
            return None
        if late_s - self._drift_s < _MADE_GOOD_S:
            self._late_since_s = None
        elif self._received_s - self._kept_since_s < _LONGEST_S and (
            late_s < self._late_s - _CATCHES_UP_S or late_s > self._late_s + _HELD_UP_S
        ):
            # The device is catching up or was delayed again; the decision is postponed.
            self._late_s, self._late_since_s = late_s, self._received_s
        elif self._received_s - self._late_since_s > _WAIT_S:
            return self._lose(late_s - self._drift_s)
        return None

    def settle(self) -> float | None:
        """Decide at the end of a stream, when no more blocks can catch up.

        Return the seconds of sound missing before the first held block, or None if none are missing.
        """
        return None if self._late_since_s is None else self._lose(self._latest_late_s - self._drift_s)

    def health(self, now_s: float) -> SourceHealth:
        """Return the samples received and the time elapsed at a time of the clock."""
        expected_s = 0.0 if self._start_s is None else now_s - self._start_s
        return SourceHealth(self._received_s, expected_s, self._n_gaps, self._gaps_s)

    def _lose(self, gap_s: float) -> float:
        self._late_since_s = None
        self._n_gaps += 1
        self._gaps_s += gap_s
        return gap_s

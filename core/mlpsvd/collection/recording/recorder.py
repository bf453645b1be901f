"""Recorder: reads the ring buffer of a running source and writes takes to disk as they arrive."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.collection.file_names import checked_label
from mlpsvd.collection.recording.running_take import RunningTake, TakePlan
from mlpsvd.collection.recording.settings import BY_HAND, FIXED_LENGTH, TRIGGERED, RecordSettings
from mlpsvd.collection.recording.trigger import Trigger
from mlpsvd.collection.take import Take

__all__ = ["Recorder", "RecorderState"]


@dataclass(frozen=True)
class RecorderState:
    """State of a recorder; one frozen object, replaced as a whole by ``poll``, to be read from any thread.

    Attributes
    ----------
    armed
        Whether it was started and not stopped: a take is running, or a trigger is waited for.
    recording
        Whether a take is running.
    label
        The class it records for; "" where it is not armed.
    duration_s
        Length of the current take, including the pre-roll.
    message
        A message for the user, in one sentence: sound that was lost, a take that was too short, a disk that is
        full. "" where all is well; stays until the next start.
    first
        The number of the running take's first sample in the ring; -1 where none is running.
    """

    armed: bool = False
    recording: bool = False
    label: str = ""
    duration_s: float = 0.0
    message: str = ""
    first: int = -1


@dataclass(frozen=True)
class _Order:
    """What ``start`` (with a label) or ``stop`` (without) asked for, and how far the source was then."""

    at: int
    label: str | None = None


class Recorder:
    """Records takes from a source's samples.

    It never advances the ring: the classifier reads the same ring and is not disturbed. ``start``, ``stop``,
    ``set_settings`` and ``state`` may be used from any thread, return at once and touch no file. ``poll`` belongs to
    one thread, the one that may wait for a disk, and wants to be called at least every 100 ms: what it has read is
    on disk when it returns.

    A take never holds a place where sound was lost: it is cut there, both pieces are marked ``has_gap``, and the
    state's message tells. A jump inside a clip would be a click, a sound that belongs to no class, and would be learnt
    as if it did. For the same reason a pre-roll never reaches across such a place. Nor does it reach into the take
    before: the same sound in two clips could stand on both sides of the split between training and testing.

    Parameters
    ----------
    ring
        The ring of a source, usually its ``raw_ring``: samples as the device gives them. It has to hold the
        pre-roll and what arrives between two polls.
    rate_hz
        Their sample rate.
    settings
        Mode, lengths, trigger.
    spool_folder
        Where running takes lie; usually ``collection.spool_folder``. It is made when the first take begins.
    device
        What the clips say they were recorded from.
    """

    def __init__(
        self, ring: RingBuffer, rate_hz: float, settings: RecordSettings, spool_folder: Path, device: str = ""
    ) -> None:
        self._ring = ring
        self._rate_hz = rate_hz
        self._settings = settings
        self._spool_folder = spool_folder
        self._device = device
        self._state = RecorderState()
        self._orders: deque[_Order] = deque()
        self._label: str | None = None  # None: not armed
        self._message = ""
        self._mode = BY_HAND
        self._position = 0  # the next sample to look at
        self._take: RunningTake | None = None
        self._ends = 0  # where the running take ends at the latest
        self._taken_until = 0  # no later take reaches before this
        self._gap_at = -1  # the first sample behind the last loss
        self._trigger = Trigger(rate_hz, 0.0)
        self._done: list[Take] = []

    @property
    def state(self) -> RecorderState:
        """Where it stood at the end of the last poll."""
        return self._state

    @property
    def reached(self) -> int:
        """The number of the first sample that the last poll did not look at: what was recorded before is on disk."""
        return self._position

    def set_settings(self, settings: RecordSettings) -> None:
        """Use other settings from the next take on; a new mode takes effect at the next start."""
        self._settings = settings

    def start(self, label: str) -> None:
        """Begin a take with the sample that arrives now (or wait for the trigger), less the pre-roll.

        By hand and triggered: until :meth:`stop`; another start ends the running take, and the next follows it
        without a gap. Fixed length: one take, then it is no longer armed; another start while it runs is ignored.

        Raises
        ------
        DataError
            If the label is not one.
        """
        self._orders.append(_Order(self._ring.n_written, checked_label(label)))

    def stop(self) -> None:
        """End the current take with the latest sample, and disarm the trigger."""
        self._orders.append(_Order(self._ring.n_written))

    def poll(self) -> list[Take]:
        """Write what came since the last call to disk, and return the takes that ended; never raises for a disk.

        What goes wrong (a disk that is full) ends the take and is told by ``state.message``; its samples are in the
        take all the same.
        """
        try:
            while self._orders:
                order = self._orders.popleft()
                self._consume(order.at)
                self._execute(order)
            self._consume(self._ring.n_written)
        except OSError as error:
            self._give_up(error)
        self._report()
        done, self._done = self._done, []
        return done

    def close(self) -> list[Take]:
        """Stop, poll a last time and return the completed takes; call it from the polling thread."""
        self.stop()
        return self.poll()

    def _execute(self, order: _Order) -> None:
        if order.label is None:
            self._end_take()
            self._label = None
        elif self._label is None or self._mode != FIXED_LENGTH:
            self._end_take()
            self._arm(order.label, order.at)

    def _arm(self, label: str, at: int) -> None:
        self._label, self._message, self._mode = label, "", self._settings.mode
        self._position = at
        self._trigger = Trigger(self._rate_hz, self._settings.trigger_dbfs)
        if self._mode != TRIGGERED:
            self._begin(at)

    def _consume(self, end: int) -> None:
        """Go up to number ``end`` in pieces that hold no break and are at most half the ring."""
        while self._label is not None and self._position < end:
            if self._position < (oldest := min(end, self._ring.oldest)):
                self._cut(oldest)
                self._position = oldest
                continue
            to = self._unbroken(min(end, self._position + max(1, self._ring.capacity // 2)))
            if self._mode == TRIGGERED:
                self._listen(to)
            else:
                self._record_until(to)
            self._position = to

    def _unbroken(self, end: int) -> int:
        """Return how far the samples from the position on belong together; a break right here cuts the take."""
        first = self._ring.first_break(self._position - 1, end)
        if first == self._position:
            self._cut(first)
            first = self._ring.first_break(self._position, end)
        return end if first is None else first

    def _record_until(self, to: int) -> None:
        """Record up to sample ``to`` in manual or fixed-length mode."""
        while self._take is not None and self._take.end < to:
            self._record(min(to, self._ends))
            if self._take is None or self._take.end < self._ends:
                continue
            self._end_take()
            if self._mode == FIXED_LENGTH:
                self._label = None
            else:
                self._begin(self._ends, pre_roll=False)

    def _listen(self, to: int) -> None:
        """Record up to sample ``to`` in triggered mode."""
        if self._take is None:
            self._trigger.set_level(self._settings.trigger_dbfs)
        start, samples = self._read(self._position, to)
        if start > self._position:
            self._cut(start)
        for frame, is_loud in self._trigger.feed(start, samples):
            self._process_frame(frame, frame + self._trigger.frame, is_loud)
        if self._take is not None:
            self._record(min(to, self._limit(self._take)))

    def _process_frame(self, start: int, end: int, is_loud: bool) -> None:
        if is_loud:
            take = self._begin(start) if self._take is None else self._take
            take.mark_loud(start, end)
        if self._take is None or end < (limit := self._limit(self._take)):
            return
        self._record(limit)
        self._end_take()
        if is_loud and end > limit:  # the longest clip is full, and the sound continues
            self._begin(limit, pre_roll=False).mark_loud(limit, end)

    def _limit(self, take: RunningTake) -> int:
        """Return the present end of a triggered take."""
        return min(self._ends, take.loud_until + self._samples_in(take.plan.settings.hang_s))

    def _record(self, to: int) -> None:
        """Add what lies between the running take's end and number ``to`` to it; a loss cuts it."""
        while self._take is not None and self._take.end < to:
            start, samples = self._read(self._take.end, min(to, self._take.end + max(1, self._ring.capacity // 2)))
            if start > self._take.end:
                self._cut(start)
            elif self._take is not None:
                self._take.append(samples)

    def _read(self, start: int, to: int) -> tuple[int, NDArray[np.float32]]:
        """Return samples up to number ``to``, and where they begin: later than ``start`` where some were lost."""
        while start < to:
            samples = self._ring.read(start, to - start)
            if samples is not None:
                return start, samples
            start = max(start + 1, self._ring.oldest)
        return to, np.zeros(0, dtype=np.float32)

    def _begin(self, at: int, pre_roll: bool = True) -> RunningTake:
        """Begin a take at number ``at``, less as much of the pre-roll as there is without a gap."""
        settings = self._settings
        wanted = at - self._samples_in(settings.pre_roll_s) if pre_roll else at
        start = min(at, max(wanted, 0, self._taken_until, self._ring.oldest if wanted < at else 0))
        while (behind_break := self._ring.first_break(start, at + 1)) is not None:
            start = behind_break
        length_s = settings.length_s if self._mode == FIXED_LENGTH else settings.longest_s
        self._ends = start + self._samples_in(length_s)
        return self._open(start, at - start, settings)

    def _open(self, start: int, pre_roll: int, settings: RecordSettings) -> RunningTake:
        plan = TakePlan(
            start, pre_roll, self._arrival_time(start), self._label or "", self._rate_hz, self._device, settings,
            has_gap=start == self._gap_at,
        )  # fmt: skip
        self._take = RunningTake(plan, self._spool_folder)
        return self._take

    def _cut(self, at: int) -> None:
        """Sound was lost right before number ``at``: end the take there, and go on behind it."""
        self._gap_at = at
        self._trigger.forget()
        cut, ends = self._take, self._ends
        if cut is None:
            return
        self._end_take(has_gap=True)
        self._message = f"Sound was lost while {cut.plan.label} was recorded; the clip ends there."
        if self._mode == TRIGGERED:
            return
        if at < ends or self._mode == BY_HAND:
            self._open(at, 0, cut.plan.settings)
            self._ends = ends if self._mode == FIXED_LENGTH else at + self._samples_in(cut.plan.settings.longest_s)
        else:
            self._label = None

    def _end_take(self, has_gap: bool = False) -> None:
        take, self._take = self._take, None
        if take is None:
            return
        self._taken_until = take.end
        if self._is_too_short(take):
            take.drop()
            return
        self._done.append(take.finish(has_gap))

    def _is_too_short(self, take: RunningTake) -> bool:
        """Whether a take is not worth keeping, which is told of those that somebody asked for."""
        least = self._samples_in(take.plan.settings.shortest_s)
        if self._mode == TRIGGERED:
            return take.loud_samples < least
        if self._mode == FIXED_LENGTH:  # whole ones are as long as was asked for
            least = min(least, self._samples_in(take.plan.settings.length_s))
        if 0 < take.n_samples < least:
            length_s, least_s = take.n_samples / self._rate_hz, take.plan.settings.shortest_s
            self._message = f"A clip of {length_s:.3f} s was discarded: at least {least_s:g} s are needed."
        return take.n_samples < max(1, least)

    def _give_up(self, error: OSError) -> None:
        why = error.strerror or str(error)
        self._message = f"Recording stopped because {self._spool_folder} cannot be written to ({why})."
        take, self._take, self._label = self._take, None, None
        if take is not None and take.n_samples:
            self._taken_until = take.end
            self._done.append(take.finish(has_gap=False))

    def _report(self) -> None:
        take, label = self._take, self._label
        duration_s, first = (take.n_samples / self._rate_hz, take.plan.start) if take is not None else (0.0, -1)
        self._state = RecorderState(label is not None, take is not None, label or "", duration_s, self._message, first)

    def _arrival_time(self, number: int) -> datetime:
        """Return when the sample of that number arrived, as date and time."""
        arrived_s = self._ring.arrived_s(number + 1)
        ago_s = (self._ring.n_written - number) / self._rate_hz
        if arrived_s is not None:
            ago_s = time.monotonic() - arrived_s
        return datetime.now().astimezone() - timedelta(seconds=ago_s)

    def _samples_in(self, duration_s: float) -> int:
        return round(duration_s * self._rate_hz)

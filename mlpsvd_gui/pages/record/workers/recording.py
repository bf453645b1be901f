"""Recording thread: polls the recorder and keeps an envelope of the input."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sources.source import AudioSource
from mlpsvd.collection.recording.recorder import Recorder, RecorderState
from mlpsvd.collection.recording.settings import RecordSettings
from mlpsvd.collection.take import Take

__all__ = ["SCOPE_S", "Envelope", "InputView", "RecordingWorker", "TakeSpan"]

SCOPE_S = 6.0
_N_COLUMNS = 600
_POLL_S = 0.02
_REMEMBERED_TAKES = 16


@dataclass(frozen=True)
class TakeSpan:
    """Sample range of a take: first sample, and one past the last."""

    first: int
    end: int
    pre_roll_s: float
    label: str


@dataclass(frozen=True, eq=False)
class InputView:
    """Immutable snapshot of the last seconds of input.

    Attributes
    ----------
    low, high : np.ndarray [shape=(n_columns,)]
        Minimum and maximum sample per column, oldest first; NaN without input.
    shown_s
        Total duration of the columns.
    end
        Sample number at the end of the last column.
    rate_hz
        Sample rate; 0 before the first sample.
    takes
        Recent takes, oldest first.
    state
        State of the recorder.
    """

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    shown_s: float
    end: int
    rate_hz: float
    takes: tuple[TakeSpan, ...] = ()
    state: RecorderState = field(default_factory=RecorderState)


class Envelope:
    """Minimum and maximum samples per column (about 10 ms) for the last seconds of a ring buffer.

    It never advances the ring buffer.
    """

    def __init__(self, ring: RingBuffer, rate_hz: float, shown_s: float = SCOPE_S, n_columns: int = _N_COLUMNS) -> None:
        self._ring = ring
        self._per_column = max(1, round(rate_hz * shown_s / n_columns))
        self.shown_s = n_columns * self._per_column / rate_hz
        self.low = np.full(n_columns, np.nan, dtype=np.float32)
        self.high = self.low.copy()
        self.end = ring.n_written

    def update(self) -> None:
        """Update with new samples; overwritten ones are left blank."""
        n_new = (self._ring.n_written - self.end) // self._per_column
        n_readable = min(n_new, (self._ring.capacity // 2) // self._per_column, len(self.low))
        self._append(np.full((n_new - n_readable, 1), np.nan, dtype=np.float32))
        samples = self._ring.read(self.end + (n_new - n_readable) * self._per_column, n_readable * self._per_column)
        if samples is None:
            samples = np.full(n_readable * self._per_column, np.nan, dtype=np.float32)
        self._append(samples.reshape(n_readable, self._per_column))
        self.end += n_new * self._per_column

    def _append(self, columns: NDArray[np.float32]) -> None:
        columns = columns[-len(self.low) :]
        if len(columns):
            self.low = np.concatenate((self.low[len(columns) :], columns.min(axis=1)))
            self.high = np.concatenate((self.high[len(columns) :], columns.max(axis=1)))


class RecordingWorker(QObject):
    """Draws and, on request, records the input of one session.

    Parameters
    ----------
    source
        The source; it need not be started yet.
    settings
        How to record.
    folder
        The collection that the takes belong to; None where none is open.
    spool_folder
        Where running takes are written. Without it nothing can be recorded, only shown.
    """

    takes_ready = Signal()
    """Emitted when there are takes to :meth:`fetch`."""
    ended = Signal()
    """Emitted at the end of the source or after :meth:`ask_to_end`; the last takes can then be fetched."""

    def __init__(
        self,
        source: AudioSource,
        settings: RecordSettings,
        folder: Path | None,
        spool_folder: Path | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.source = source
        self.folder = folder
        self._settings = settings
        self._spool_folder = spool_folder
        self._recorder: Recorder | None = None
        self._takes: deque[Take] = deque()
        self._take_spans: deque[TakeSpan] = deque(maxlen=_REMEMBERED_TAKES)
        self._running_first: int | None = None
        self._view: InputView | None = None
        self._is_over = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)

    @property
    def view(self) -> InputView | None:
        """The latest snapshot; None before the first sample."""
        return self._view

    @property
    def state(self) -> RecorderState:
        """State of the recorder."""
        recorder = self._recorder
        return recorder.state if recorder is not None else RecorderState()

    @property
    def can_record(self) -> bool:
        """Whether recording is possible."""
        return self._recorder is not None and not self._is_over and not self._stopping.is_set()

    def start(self) -> None:
        """Start the thread; returns immediately."""
        self._thread.start()

    def set_settings(self, settings: RecordSettings) -> None:
        """Set the settings of the next take."""
        self._settings = settings
        if self._recorder is not None:
            self._recorder.set_settings(settings)

    def record(self, label: str) -> None:
        """Start a take, or arm the trigger; returns immediately."""
        if self._recorder is not None:
            self._recorder.start(label)

    def stop(self) -> None:
        """End the running take and disarm the trigger; returns immediately."""
        if self._recorder is not None:
            self._recorder.stop()

    def fetch(self) -> list[Take]:
        """Return the takes that ended since the last call, oldest first."""
        # popleft by count: the other thread may append meanwhile, for the next call.
        return [self._takes.popleft() for _ in range(len(self._takes))]

    def ask_to_end(self) -> None:
        """End a running take and the thread; returns immediately, :attr:`ended` follows."""
        self._stopping.set()

    def close(self, timeout_s: float = 2.0) -> None:
        """End a running take and wait for the thread; the last takes can then be fetched."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    # -- in the thread

    def _run(self) -> None:
        try:
            self._listen()
        finally:
            self._is_over = True
            _emit(self, self.ended)

    def _listen(self) -> None:
        while (ring := self.source.raw_ring) is None:
            if self._stopping.wait(_POLL_S) or self.source.finished:
                return
        rate_hz = self.source.raw_rate_hz
        envelope = Envelope(ring, rate_hz)
        if self._spool_folder is not None:
            self._recorder = Recorder(ring, rate_hz, self._settings, self._spool_folder, self.source.name)
        over = False
        while not over:
            # Checked before polling, so that everything a finished source delivered is read below.
            over = self._stopping.wait(_POLL_S) or self.source.finished
            self._poll(rate_hz, envelope, over)

    def _poll(self, rate_hz: float, envelope: Envelope, is_last: bool) -> None:
        recorder, takes = self._recorder, []
        if recorder is not None:
            is_cut = is_last and recorder.state.recording
            takes = recorder.close() if is_last else recorder.poll()
            if is_cut and takes:  # not requested here
                takes[-1] = replace(takes[-1], has_gap=True)
        envelope.update()
        state = recorder.state if recorder is not None else RecorderState()
        self._mark(takes, state, rate_hz, envelope.end)
        running = self._running(state, envelope.end, rate_hz)
        self._view = InputView(
            envelope.low, envelope.high, envelope.shown_s, envelope.end, rate_hz, (*self._take_spans, *running), state
        )
        if takes:
            self._takes.extend(takes)
            _emit(self, self.takes_ready)

    def _mark(self, takes: list[Take], state: RecorderState, rate_hz: float, end: int) -> None:
        for take in takes:
            first = self._running_first if self._running_first is not None else end - len(take.samples)
            self._take_spans.append(TakeSpan(first, first + len(take.samples), take.pre_roll_s, take.label))
            self._running_first = first + len(take.samples) if state.recording else None
        if not state.recording:
            self._running_first = None
        elif self._running_first is None:
            self._running_first = end - round(state.duration_s * rate_hz)

    def _running(self, state: RecorderState, end: int, rate_hz: float) -> tuple[TakeSpan, ...]:
        if not state.recording or self._running_first is None:
            return ()
        return (TakeSpan(self._running_first, end, self._settings.pre_roll_s, state.label),)


def _emit(worker: RecordingWorker, signal: object) -> None:
    try:
        signal.emit()  # type: ignore[attr-defined]
    except RuntimeError:  # the window and the worker's Qt object no longer exist
        worker.ask_to_end()

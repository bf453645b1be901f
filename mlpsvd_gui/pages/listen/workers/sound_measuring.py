"""Measurement of new sound from a running session, with progress."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from mlpsvd_gui.workers.live_session import LiveSession

__all__ = ["SoundMeasuring"]

_POLL_MS = 50
_PATIENCE_S = 6.0
_NOTHING = "No input from the microphone. Measure again when it works."
_BROKEN = "The input was interrupted. Measure again."


class SoundMeasuring(QObject):
    """One measurement at a time, read from the session's ring buffer without a thread."""

    progressed = Signal(float)
    """Emits the completed fraction."""
    measured = Signal(object, float)
    """Emits the samples [shape=(n_samples,)] and their rate."""
    failed = Signal(str)
    """Emits an error message."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: LiveSession | None = None
        self._duration_s = 0.0
        self._first: int | None = None
        self._requested_s = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def is_busy(self) -> bool:
        """Whether a measurement is active."""
        return self._session is not None

    def begin(self, session: LiveSession, duration_s: float) -> None:
        """Measure the next ``duration_s`` of sound."""
        self._session, self._duration_s, self._first = session, duration_s, None
        self._requested_s = time.monotonic()
        self._timer.start()
        self.progressed.emit(0.0)

    def cancel(self) -> None:
        """Cancel the measurement; emits nothing."""
        self._session = None
        self._timer.stop()

    def _poll(self) -> None:
        session = self._session
        ring = session.source.raw_ring if session is not None else None
        if session is None:
            return
        late = time.monotonic() - self._requested_s > self._duration_s + _PATIENCE_S
        if ring is None:
            if late:
                self._end(_NOTHING)
            return
        if self._first is None:
            self._first = ring.n_written
        share = (ring.n_written - self._first) / session.source.raw_rate_hz / self._duration_s
        if share < 1.0:
            if late:
                self._end(_NOTHING)
            else:
                self.progressed.emit(share)
            return
        found: tuple[NDArray[np.float32], float] | None = session.recent(self._duration_s)
        self.cancel()
        if found is None:
            self.failed.emit(_BROKEN)
        else:
            self.measured.emit(*found)

    def _end(self, sentence: str) -> None:
        self.cancel()
        self.failed.emit(sentence)

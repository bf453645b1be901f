"""Background thread that processes only the newest request."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from mlpsvd.errors import MlpSvdError

__all__ = ["Cancelled", "LatestRunner", "Progress", "Work"]

_log = logging.getLogger(__name__)

Progress = Callable[[float], None]
"""Called by the work with the completed fraction, 0 to 1; raises :class:`Cancelled` if the request was cancelled."""

Work = Callable[[Any, Progress], Any]
"""``work(request, progress) -> result``, run in the background thread."""


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Raised inside the work by its progress callback when the request was cancelled."""


@dataclass(frozen=True)
class _Ticket:
    """A numbered request with its cancellation flag."""

    number: int
    request: Any
    called_off: threading.Event


class LatestRunner(QObject):
    """Runs ``work`` in a background thread; a new request replaces a pending one.

    Every signal is emitted in the thread that this object lives in and carries its request.
    Requests should be frozen: they cross a thread.

    Parameters
    ----------
    work
        The function to run. Errors of the core reach :attr:`failed` with their own sentence; anything else is
        logged in full and emitted as one sentence.
    name
        Name of the thread, for logs.
    """

    answered = Signal(object, object)
    """Emits the request and its result."""
    failed = Signal(object, str)
    """Emits the request and an error message."""
    progressed = Signal(object, float)
    """Emits the request and its completed fraction."""
    busy_changed = Signal(bool)
    """Emits whether a result is pending."""

    _posted = Signal(object, str, object)

    def __init__(self, work: Work, name: str = "latest", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work
        self._wake = threading.Condition()
        self._waiting: _Ticket | None = None
        self._open: list[_Ticket] = []
        self._closed = False
        self._asked = 0
        self._busy = False
        self._posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)
        self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether a result is pending."""
        return self._busy

    @property
    def is_alive(self) -> bool:
        """Whether the thread is running."""
        return self._thread.is_alive()

    def ask(self, request: Any, finish_running: bool = False) -> None:
        """Submit ``request``, replacing a pending one.

        Parameters
        ----------
        request
            The next request.
        finish_running
            Finish the running request first (so that a drag shows intermediate states) instead of cancelling it.
        """
        with self._wake:
            if self._closed:
                return
            if self._waiting is not None:
                self._waiting.called_off.set()
            if not finish_running:
                self._call_off_all()
            self._asked += 1
            self._waiting = _Ticket(self._asked, request, threading.Event())
            self._open = [ticket for ticket in self._open if not ticket.called_off.is_set()]
            self._open.append(self._waiting)
            self._wake.notify()
        self._set_busy(True)

    def cancel(self) -> None:
        """Cancel every request; late results are dropped."""
        with self._wake:
            self._call_off_all()
            self._open = []
            self._waiting = None
        self._set_busy(False)

    def close(self, timeout_s: float = 1.0) -> bool:
        """Cancel everything and end the thread; return whether it ended within ``timeout_s``.

        A thread inside work that reports no progress ends with the process.
        """
        self.cancel()
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _call_off_all(self) -> None:
        """Invalidate everything not yet delivered, including finished results."""
        for ticket in self._open:
            ticket.called_off.set()

    def _loop(self) -> None:
        while (ticket := self._next()) is not None:
            self._answer(ticket)

    def _next(self) -> _Ticket | None:
        with self._wake:
            self._wake.wait_for(lambda: self._closed or self._waiting is not None)
            ticket, self._waiting = self._waiting, None
            return None if self._closed else ticket

    def _answer(self, ticket: _Ticket) -> None:
        def progress(share: float) -> None:
            if ticket.called_off.is_set():
                raise Cancelled
            self._post(ticket, "progress", share)

        try:
            answer = self._work(ticket.request, progress)
        except Cancelled:
            return
        except MlpSvdError as error:
            self._post(ticket, "failure", str(error))
        except MemoryError:
            self._post(ticket, "failure", "Not enough memory. Use fewer or shorter clips.")
        except Exception:
            _log.exception("%s could not answer %r", self._thread.name, ticket.request)
            self._post(
                ticket, "failure", "The computation failed because of an internal error. See the log for details."
            )
        else:
            self._post(ticket, "answer", answer)

    def _post(self, ticket: _Ticket, kind: str, value: object) -> None:
        if self._closed:
            return
        try:
            self._posted.emit(ticket, kind, value)
        except RuntimeError:  # the window and this object no longer exist
            return

    @Slot(object, str, object)
    def _deliver(self, ticket: _Ticket, kind: str, value: Any) -> None:
        if ticket.called_off.is_set() or self._closed:
            return
        if kind == "progress":
            self.progressed.emit(ticket.request, value)
            return
        if ticket.number == self._asked:
            self._set_busy(False)
        if kind == "answer":
            self.answered.emit(ticket.request, value)
        else:
            self.failed.emit(ticket.request, value)

    def _set_busy(self, busy: bool) -> None:
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)

"""Handling of Ctrl-C, SIGTERM and SIGHUP: the window closes and the active run is saved."""

from __future__ import annotations

import signal
import socket
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, Signal

__all__ = ["StopSignals"]

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class StopSignals(QObject):
    """Converts system signals to a Qt signal.

    Python handles a signal when it runs next, which in an idle window may be never; the operating system writes a byte
    to a socket immediately, which wakes Qt's event loop.
    """

    stop_requested = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._take)

    @property
    def exit_code(self) -> int:
        """128 plus the number of the signal; 0 without one."""
        return 128 + self._number if self._number else 0

    def _take(self, number: int, frame: FrameType | None) -> None:
        self._number = self._number or number

    def _wake(self) -> None:
        self._reader.recv(64)
        if self._number:
            self.stop_requested.emit()

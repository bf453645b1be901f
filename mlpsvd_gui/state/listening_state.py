"""State of the live session, shared by the pages of Live audio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from mlpsvd_gui.workers.live_session import LiveSession

__all__ = ["ListeningState"]


class ListeningState(QObject):
    """One session at a time, run by the Listen page; other pages follow it and request its start and stop."""

    session_changed = Signal(object)
    """Emits the :class:`LiveSession` that has just started, or None after its end."""
    levels_changed = Signal(float, float, bool)
    """Emits RMS and peak level in dBFS and whether the input clipped; twenty times per second."""
    failed = Signal(str)
    """Emits why there is no input, in one sentence."""
    start_requested = Signal()
    """Requests a session of the microphone, or of the source that the user chose."""
    stop_requested = Signal()
    """Requests the end of the session; :attr:`session_changed` follows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: LiveSession | None = None

    @property
    def session(self) -> LiveSession | None:
        """The running session; None without one."""
        return self._session

    def set_session(self, session: LiveSession | None) -> None:
        """Set the session that has just started, or None after its end."""
        self._session = session
        self.session_changed.emit(session)

    def request_start(self) -> None:
        """Request a session, unless one is running."""
        if self._session is None:
            self.start_requested.emit()

    def request_stop(self) -> None:
        """Request the end of the session."""
        self.stop_requested.emit()

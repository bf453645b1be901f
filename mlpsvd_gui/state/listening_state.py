"""The listening session that the pages share: which one is running, and requests to start and stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from mlpsvd_gui.workers.live_session import LiveSession

__all__ = ["ListeningState"]


class ListeningState(QObject):
    """One session at a time. The Listen page runs it; other pages follow it and ask for its start and stop."""

    session_changed = Signal(object)
    """Emits the :class:`LiveSession` that has just been started, or None: nothing plays any more."""
    levels_changed = Signal(float, float, bool)
    """Emits root mean square and peak of the last moments in dBFS, and whether they clipped; twenty times a second."""
    failed = Signal(str)
    """Emits in one sentence why no sound comes in."""
    start_requested = Signal()
    """A page asks for a session of the microphone, or of the source that was chosen by hand."""
    stop_requested = Signal()
    """A page asks for the end of the session; :attr:`session_changed` follows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: LiveSession | None = None

    @property
    def session(self) -> LiveSession | None:
        """The running session; None where there is none."""
        return self._session

    def set_session(self, session: LiveSession | None) -> None:
        """Take the session that has just started, or None after its end."""
        self._session = session
        self.session_changed.emit(session)

    def request_start(self) -> None:
        """Ask for a session to record; nothing happens where one is running."""
        if self._session is None:
            self.start_requested.emit()

    def request_stop(self) -> None:
        """Ask for the end of the session."""
        self.stop_requested.emit()

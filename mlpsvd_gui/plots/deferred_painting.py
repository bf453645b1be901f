"""Deferred painting, so that the window responds between a change of a plot and its painting."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

__all__ = ["DeferredPainting"]

_PUT_OFF_MS = 6


class DeferredPainting(QObject):
    """Defers the painting of a widget by some milliseconds.

    Changing a plot of training curves takes 4 to 10 ms, and painting it as long. Qt does one right after the other, and
    the window would not answer for the sum of both.
    """

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PUT_OFF_MS)
        self._timer.timeout.connect(self.catch_up)

    def put_off(self) -> None:
        """Defer painting to a later pass of the event loop."""
        if not self._timer.isActive():
            self._widget.setUpdatesEnabled(False)
            self._timer.start()

    def catch_up(self) -> None:
        """Paint deferred changes."""
        self._timer.stop()
        self._widget.setUpdatesEnabled(True)

"""Welcome page of Listen, shown while there is no model."""

from __future__ import annotations

from PySide6.QtCore import QMetaMethod, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from mlpsvd_gui.widgets.welcome_page import WelcomePage

__all__ = ["ListenWelcome"]

_TEXT = (
    "Start shows level, spectrum and spectrogram. To classify sound, record and train your own classes, or open "
    "a model."
)


class ListenWelcome(WelcomePage):
    """The ways to a model."""

    record_requested = Signal()
    """Requests the Record page."""
    explore_requested = Signal()
    """Requests the Explore page."""
    open_requested = Signal()
    """Requests a model file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        labels = ("Record sounds", "Train on Explore", "Open model…")
        super().__init__("No model yet", _TEXT, labels, parent)
        self.record_button, self.explore_button, self.open_button = self.buttons
        self.record_button.clicked.connect(self.record_requested)
        self.explore_button.clicked.connect(self.explore_requested)
        self.open_button.clicked.connect(self.open_requested)

    def show_reason(self, reason: str) -> None:
        """Show why the trained networks are no models for sound; an empty text shows the ways to a model only."""
        self.text.setText(f"{reason} {_TEXT}" if reason else _TEXT)

    def showEvent(self, event: QShowEvent) -> None:
        """Offer other pages only where something is connected that shows them."""
        super().showEvent(event)
        for button, signal in (
            (self.record_button, self.record_requested),
            (self.explore_button, self.explore_requested),
        ):
            button.setVisible(self.isSignalConnected(QMetaMethod.fromSignal(signal)))

"""Welcome page of Analysis, shown while there is no run."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from mlpsvd_gui.widgets.welcome_page import WelcomePage

__all__ = ["AnalysisWelcome"]

_TEXT = (
    "This page shows what a trained network responds to: its singular directions over frequency, the rank that it "
    "needs, and how far its probabilities can be trusted. Train on Explore, or open the folder of a saved run."
)


class AnalysisWelcome(WelcomePage):
    """The ways to a run."""

    explore_requested = Signal()
    """Requests the Explore page."""
    open_requested = Signal()
    """Requests a run folder."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("No run yet", _TEXT, ("Train on Explore", "Open run…"), parent)
        self.explore_button, self.open_button = self.buttons
        self.explore_button.clicked.connect(self.explore_requested)
        self.open_button.clicked.connect(self.open_requested)

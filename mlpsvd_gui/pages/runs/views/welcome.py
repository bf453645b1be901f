"""Welcome page of Runs, shown while there is no run."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from mlpsvd_gui.widgets.welcome_page import WelcomePage

__all__ = ["RunsWelcome"]

_TEXT = (
    "Every training is kept here as a run, with its settings, results and networks, while it is still being trained. "
    "Runs can be searched, annotated, compared, opened again and continued.\n\nTrain on Explore for the first one."
)


class RunsWelcome(WelcomePage):
    """The way to the first run."""

    explore_requested = Signal()
    """Requests the Explore page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("No runs yet", _TEXT, ("Train on Explore",), parent)
        self.explore_button = self.buttons[0]
        self.explore_button.clicked.connect(self.explore_requested)

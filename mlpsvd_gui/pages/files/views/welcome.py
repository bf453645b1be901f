"""Welcome page of Files, shown while there are no recordings."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from mlpsvd_gui.widgets.welcome_page import WelcomePage

__all__ = ["FilesWelcome"]

_TEXT = (
    "Classify many recordings at once, on all cores, with predicted class, probability and agreement per file. Results "
    "can be sorted, filtered and exported.\n\nDrop files and folders anywhere on this page. If folders are named after "
    "classes, accuracy and confusion matrix are shown too."
)


class FilesWelcome(WelcomePage):
    """The ways to recordings and to a model."""

    files_requested = Signal()
    folder_requested = Signal()
    model_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        labels = ("Add files…", "Add folder…", "Open model…")
        super().__init__("No recordings yet", _TEXT, labels, parent)
        self.files_button, self.folder_button, self.model_button = self.buttons
        self.files_button.clicked.connect(self.files_requested)
        self.folder_button.clicked.connect(self.folder_requested)
        self.model_button.clicked.connect(self.model_requested)

    def show_model(self, has_model: bool) -> None:
        """Show the button to open a model if there is none."""
        self.model_button.setVisible(not has_model)

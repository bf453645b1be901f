"""Welcome page of Explore, shown at the first start: three ways in, and a tour."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.welcome_page import WelcomePage

__all__ = ["ExploreWelcome"]

_TEXT = (
    "Small neural networks learn to tell spectra apart, and this program shows how: their accuracy, the singular "
    "values of their weights, and the frequencies that matter.\n\n"
    "The paper's task is noise through five band-pass filters, 30 Hz apart. The example recordings are 300 everyday "
    "sounds of five classes, made by the program. Own recordings lie in a folder with one folder per class."
)


class ExploreWelcome(WelcomePage):
    """The ways to a first training."""

    task_requested = Signal()
    """Requests the paper's task."""
    examples_requested = Signal()
    """Requests the example recordings."""
    recordings_requested = Signal()
    """Requests a folder of recordings."""
    tour_requested = Signal()
    """Requests the tour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        labels = ("The paper's task", "Example recordings", "Own recordings…")
        super().__init__("Welcome to MLP-SVD", _TEXT, labels, parent)
        self.task_button, self.examples_button, self.recordings_button = self.buttons
        self.tour_button = QPushButton("Show me around", self)
        self.tour_button.setToolTip("A tour of this page in eight steps; Help > Tour calls it again")
        self.status = PlainLabel(self)
        self.status.setWordWrap(True)
        self.status.hide()
        self.column.addWidget(self.tour_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self.status)
        self.task_button.clicked.connect(self.task_requested)
        self.examples_button.clicked.connect(self.examples_requested)
        self.recordings_button.clicked.connect(self.recordings_requested)
        self.tour_button.clicked.connect(self.tour_requested)

    def show_status(self, text: str, is_busy: bool = False) -> None:
        """Show what happens, or what went wrong; the buttons wait while something is made."""
        self.status.setText(text)
        self.status.setVisible(bool(text))
        for button in self.buttons:
            button.setEnabled(not is_busy)

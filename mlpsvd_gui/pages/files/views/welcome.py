"""What the page of many recordings shows while there are none: what will be here, and how to get it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["FilesWelcome"]

_WIDEST = 560
_TITLE_SCALE = 1.7
_TEXT = (
    "Here many recordings are classified in one go, on all cores: each file with its windows, its probability and "
    "how far its windows agree, to sort, filter and export.\n\nDrop files and folders anywhere on this page. Folders "
    "named after classes also give the accuracy and the confusion matrix."
)


class FilesWelcome(QWidget):
    """A title, a few sentences, and a button for each way to begin."""

    files_requested = Signal()
    folder_requested = Signal()
    model_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel("No recordings yet", self)
        self.text = PlainLabel(self, _TEXT)
        self.files_button = QPushButton("Add files…", self)
        self.folder_button = QPushButton("Add a folder…", self)
        self.model_button = QPushButton("Open a model file…", self)
        self._build()
        self.files_button.clicked.connect(self.files_requested)
        self.folder_button.clicked.connect(self.folder_requested)
        self.model_button.clicked.connect(self.model_requested)

    def show_model(self, has_model: bool) -> None:
        """Offer to open a model where there is none."""
        self.model_button.setVisible(not has_model)

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self.text.setStyleSheet(f"color: {theme.muted.name()};")

    def _build(self) -> None:
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * _TITLE_SCALE)
        self.title.setFont(font)
        self.text.setWordWrap(True)
        block = QWidget(self)
        block.setMaximumWidth(_WIDEST)
        column = QVBoxLayout(block)
        column.setSpacing(14)
        column.addWidget(self.title)
        column.addWidget(self.text)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        for button in (self.files_button, self.folder_button, self.model_button):
            button.setMinimumHeight(34)
            button.setMinimumWidth(140)
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        layout = QHBoxLayout(self)
        layout.addStretch(1)
        layout.addWidget(block, 4, Qt.AlignmentFlag.AlignVCenter)
        layout.addStretch(1)

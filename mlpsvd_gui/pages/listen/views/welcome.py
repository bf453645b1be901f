"""What stands in the place of the probabilities before there is a network: three ways to one."""

from __future__ import annotations

from PySide6.QtCore import QMetaMethod, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from mlpsvd_gui.plots.theme import Theme

__all__ = ["ListenWelcome"]

_WIDEST = 520
_TITLE_SCALE = 1.3


class ListenWelcome(QWidget):
    """Says what will be here, with a button for each way to get it."""

    record_requested = Signal()
    """Asks for the page on which sounds are recorded."""
    explore_requested = Signal()
    """Asks for the tab on which networks are trained."""
    open_requested = Signal()
    """Asks for a model file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel("No network yet", self)
        self.text = QLabel(
            "Start shows level, spectrum and waterfall. To be told what is heard, record your own sounds and train on "
            "them, or open a model.",
            self,
        )
        self.record_button = QPushButton("Record sounds", self)
        self.explore_button = QPushButton("Train one on Explore", self)
        self.open_button = QPushButton("Open a model file…", self)
        self._build()
        self.record_button.clicked.connect(self.record_requested)
        self.explore_button.clicked.connect(self.explore_requested)
        self.open_button.clicked.connect(self.open_requested)

    def _build(self) -> None:
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * _TITLE_SCALE)
        self.title.setFont(font)
        self.text.setWordWrap(True)
        self.text.setMinimumHeight(2 * self.fontMetrics().lineSpacing() + 2)
        self.record_button.setDefault(True)
        block = QWidget(self)
        block.setMaximumWidth(_WIDEST)
        column = QVBoxLayout(block)
        column.setSpacing(6)
        column.addWidget(self.title)
        column.addWidget(self.text)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        for button in (self.record_button, self.explore_button, self.open_button):
            button.setMinimumWidth(150)
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        layout = QHBoxLayout(self)
        layout.addStretch(1)
        layout.addWidget(block, 4, Qt.AlignmentFlag.AlignVCenter)
        layout.addStretch(1)

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self.text.setStyleSheet(f"color: {theme.muted.name()};")

    def showEvent(self, event: QShowEvent) -> None:
        """Offer other pages only where somebody leads there."""
        super().showEvent(event)
        for button, signal in (
            (self.record_button, self.record_requested),
            (self.explore_button, self.explore_requested),
        ):
            button.setVisible(self.isSignalConnected(QMetaMethod.fromSignal(signal)))

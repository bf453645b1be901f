"""A welcome page: title, a few sentences, and a button for each first step."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["WelcomePage"]

_WIDEST = 540
_TITLE_SCALE = 1.5
_BUTTON_WIDTH = 140


class WelcomePage(QWidget):
    """Shown by a page that has no content yet.

    Parameters
    ----------
    title, text
        The purpose of the page.
    buttons
        Label of each button; the first one is the default.
    """

    def __init__(self, title: str, text: str, buttons: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = PlainLabel(self, title)
        self.text = PlainLabel(self, text)
        self.buttons = [QPushButton(label, self) for label in buttons]
        self.column = QVBoxLayout()
        """Receives what a page adds below its buttons."""
        self._build()

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self.text.setStyleSheet(f"color: {theme.muted.name()};")

    def _build(self) -> None:
        font = self.title.font()
        font.setPointSizeF(font.pointSizeF() * _TITLE_SCALE)
        self.title.setFont(font)
        self.text.setWordWrap(True)
        self.text.setMinimumHeight(2 * self.fontMetrics().lineSpacing() + 2)
        self.column.setSpacing(8)
        self.column.addWidget(self.title)
        self.column.addWidget(self.text)
        row = QHBoxLayout()
        row.setSpacing(10)
        for button in self.buttons:
            button.setMinimumWidth(_BUTTON_WIDTH)
            row.addWidget(button)
        row.addStretch(1)
        self.buttons[0].setDefault(True)
        self.column.addLayout(row)
        block = QWidget(self)
        block.setMaximumWidth(_WIDEST)
        block.setLayout(self.column)
        layout = QHBoxLayout(self)
        layout.addStretch(1)
        layout.addWidget(block, 4, Qt.AlignmentFlag.AlignVCenter)
        layout.addStretch(1)

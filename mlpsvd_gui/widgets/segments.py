"""Segmented control."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from mlpsvd_gui.qt_text import plain_tip

__all__ = ["Segments"]


class Segments(QWidget):
    """Buttons side by side, one of them pressed."""

    chosen = Signal(int)
    """Emits the index of the button that was pressed."""

    def __init__(self, texts: Sequence[str], tips: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for index, text in enumerate(texts):
            button = QToolButton(self)
            button.setText(text)
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.setToolTip(plain_tip(tips[index] if index < len(tips) else text))
            self._group.addButton(button, index)
            layout.addWidget(button)
        self._group.button(0).setChecked(True)
        self._group.idClicked.connect(self.chosen)

    @property
    def index(self) -> int:
        """Index of the pressed button."""
        return self._group.checkedId()

    def choose(self, index: int) -> None:
        """Press a button."""
        self._group.button(index).click()

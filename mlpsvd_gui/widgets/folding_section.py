"""Collapsible section with a title."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

__all__ = ["FoldingSection"]


class FoldingSection(QWidget):
    """A heading with an arrow that shows or hides a body."""

    folded = Signal(bool)
    """Emits whether the section is folded."""

    def __init__(self, title: str, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._body = body
        self._heading = QToolButton(self)
        self._build()

    def _build(self) -> None:
        heading = self._heading
        heading.setText(self._title)
        heading.setAutoRaise(True)
        heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        heading.setArrowType(Qt.ArrowType.DownArrow)
        heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        heading.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        heading.clicked.connect(lambda: self.set_folded(not self.is_folded))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(heading)
        layout.addWidget(self._body)

    @property
    def is_folded(self) -> bool:
        """Whether the body is hidden."""
        return self._body.isHidden()

    def set_folded(self, folded: bool) -> None:
        """Fold or unfold."""
        if folded != self.is_folded:
            self._heading.setArrowType(Qt.ArrowType.RightArrow if folded else Qt.ArrowType.DownArrow)
            self._body.setVisible(not folded)
            self.folded.emit(folded)

    def set_note(self, note: str) -> None:
        """Show a note after the title, e.g. the number of changed settings."""
        self._heading.setText(f"{self._title}   {note}" if note else self._title)

"""A titled section that folds."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

__all__ = ["FoldingSection"]


class FoldingSection(QWidget):
    """A heading with an arrow over a body that it shows or hides."""

    folded = Signal(bool)
    """Emits whether the section is now folded."""

    def __init__(self, title: str, body: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._body = body
        self._heading = QToolButton(self)
        self._build()

    def _build(self) -> None:
        heading = self._heading
        heading.setText(self._title)
        heading.setCheckable(True)
        heading.setChecked(True)
        heading.setAutoRaise(True)
        heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        heading.setArrowType(Qt.ArrowType.DownArrow)
        heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        heading.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        heading.toggled.connect(self._unfold)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(heading)
        layout.addWidget(self._body)

    @property
    def is_folded(self) -> bool:
        """Whether the body is hidden."""
        return not self._heading.isChecked()

    def set_folded(self, folded: bool) -> None:
        """Fold or unfold."""
        self._heading.setChecked(not folded)

    def set_note(self, note: str) -> None:
        """Put a short note behind the title, e.g. how many settings were changed."""
        self._heading.setText(f"{self._title}   {note}" if note else self._title)

    def _unfold(self, unfolded: bool) -> None:
        self._heading.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        self._body.setVisible(unfolded)
        self.folded.emit(not unfolded)

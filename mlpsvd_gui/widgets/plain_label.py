"""A label for texts that may hold names from files."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

__all__ = ["PlainLabel"]


class PlainLabel(QLabel):
    """A QLabel that shows its text as it is; a bare one renders what looks like markup, and loads its pictures."""

    def __init__(self, parent: QWidget | None = None, text: str = "") -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)

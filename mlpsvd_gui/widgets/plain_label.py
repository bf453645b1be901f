"""A label for texts that may contain names from files."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

__all__ = ["PlainLabel"]


class PlainLabel(QLabel):
    """A QLabel that shows its text literally; by default, QLabel renders markup and loads its images."""

    def __init__(self, parent: QWidget | None = None, text: str = "") -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)

"""Readout of the values at the cursor, in a corner of a plot."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QLabel, QWidget

from mlpsvd.text import rounded_number
from mlpsvd_gui.plots.theme import Theme, small_font, with_alpha

__all__ = ["Readout", "number_text"]


def number_text(value: float, unit: str = "") -> str:
    """Format a value with four significant digits and its unit."""
    text = rounded_number(value)
    return f"{text} {unit}" if unit else text


class Readout(QLabel):
    """A text over the canvas that the mouse passes through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        back = with_alpha(theme.background, 0.86)
        self.setStyleSheet(
            f"background: {back.name(back.NameFormat.HexArgb)}; color: {theme.foreground.name()};"
            f"border: 1px solid {theme.grid.name()}; border-radius: 3px; padding: 2px 5px;"
        )

    def show_lines(self, lines: Sequence[str], area: QRectF, at_right: bool) -> None:
        """Show lines of rich text in the upper corner of an area (pixels of the parent); none hide it."""
        if not lines:
            self.hide()
            return
        self.setFont(small_font())
        n_fitting = max(2, int((area.height() - 16.0) // self.fontMetrics().lineSpacing()))
        self.setText("<br>".join(lines[:n_fitting]))
        self.adjustSize()
        x = area.right() - self.width() - 6 if at_right else area.left() + 6
        self.move(round(x), round(area.top() + 6))
        self.show()

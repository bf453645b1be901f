"""Names of the classes beside their colours, in one line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlpsvd_gui.plots.theme import LIGHT, Theme, class_colour, small_font

__all__ = ["ClassKey"]

_SWATCH_PX, _GAP_PX, _BETWEEN_PX = 10, 5, 16
_WIDEST_PX = 120


class ClassKey(QWidget):
    """A swatch and a name for each class; those that do not fit are counted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._theme = LIGHT
        self.setFont(small_font())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_names(self, names: Sequence[str]) -> None:
        """Show the classes; none hides the line."""
        self._names = tuple(names)
        self.setAccessibleName("Classes: " + ", ".join(names))
        self.setVisible(bool(names))
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        """Return the height of one line."""
        return QSize(200, self.fontMetrics().height() + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint swatches and names."""
        painter = QPainter(self)
        metrics, x = painter.fontMetrics(), 0.0
        for index, name in enumerate(self._names):
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, _WIDEST_PX)
            width = _SWATCH_PX + _GAP_PX + metrics.horizontalAdvance(text) + _BETWEEN_PX
            more = f"and {len(self._names) - index} more"
            if x + width > self.width() - metrics.horizontalAdvance(more) and index < len(self._names) - 1:
                text = more
            painter.setPen(self._theme.foreground)
            if text != more:
                swatch = QRectF(x, (self.height() - _SWATCH_PX) / 2, _SWATCH_PX, _SWATCH_PX)
                painter.fillRect(swatch, class_colour(index, self._theme))
                x += _SWATCH_PX + _GAP_PX
            box = QRectF(x, 0, metrics.horizontalAdvance(text) + 2, self.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
            if text == more:
                break
            x += box.width() + _BETWEEN_PX
        painter.end()

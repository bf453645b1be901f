"""Legend above the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from mlpsvd_gui.plots.theme import small_font

__all__ = ["Legend", "LegendEntry"]

_SAMPLE_PX = 22.0
_GAP_PX = 5.0
_BETWEEN_PX = 14.0


@dataclass(frozen=True)
class LegendEntry:
    """A curve's name and pen."""

    name: str
    pen: QPen


class Legend(pg.GraphicsWidget):  # type: ignore[misc] # pyqtgraph carries no types
    """Names of the curves beside samples of their lines."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[LegendEntry, ...] = ()
        self._places: list[QPointF] = []
        self._rest = ""
        self._rest_place = QPointF()
        self._colour = QColor("black")

    @property
    def entries(self) -> tuple[LegendEntry, ...]:
        """The entries shown."""
        return self._entries

    def set_entries(self, entries: Sequence[LegendEntry]) -> None:
        """Show these entries; call :meth:`fit` afterwards."""
        self._entries = tuple(entries)
        self.update()

    def set_colour(self, colour: QColor) -> None:
        """Set the colour of the names."""
        self._colour = colour
        self.update()

    def fit(self, width: float, max_height: float) -> float:
        """Lay the entries out in a width (pixels) and return the height they need.

        At least one line is shown; entries that do not fit into ``max_height`` are counted ("+3").
        """
        metrics = QFontMetricsF(small_font())
        x, y, line = 0.0, 2.0, metrics.height() + 2.0
        last_y = max(2.0, 2.0 + (max_height // line - 1.0) * line)
        self._places, self._rest = [], ""
        for index, entry in enumerate(self._entries):
            needed = _SAMPLE_PX + _GAP_PX + metrics.horizontalAdvance(entry.name)
            is_last = index == len(self._entries) - 1
            room = width if y < last_y or is_last else width - metrics.horizontalAdvance("+00") - _BETWEEN_PX
            if x > 0.0 and x + needed > room:
                if y >= last_y:
                    self._rest, self._rest_place = f"+{len(self._entries) - index}", QPointF(x, y)
                    break
                x, y = 0.0, y + line
            self._places.append(QPointF(x, y))
            x += needed + _BETWEEN_PX
        self.update()
        return y + line if self._entries else 0.0

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw samples and names."""
        font = small_font()
        metrics = QFontMetricsF(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font)
        painter.setPen(self._colour)
        for entry, place in zip(self._entries, self._places, strict=False):
            middle = place.y() + metrics.height() / 2.0
            painter.setPen(entry.pen)
            painter.drawLine(QLineF(place.x(), middle, place.x() + _SAMPLE_PX, middle))
            painter.setPen(self._colour)
            painter.drawText(QPointF(place.x() + _SAMPLE_PX + _GAP_PX, place.y() + metrics.ascent()), entry.name)
        if self._rest:
            painter.drawText(self._rest_place + QPointF(0.0, metrics.ascent()), self._rest)

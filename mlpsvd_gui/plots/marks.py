"""Marks along the horizontal axis and guide lines across a plot."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from mlpsvd import chart
from mlpsvd_gui.plots.chart_parts import print_colour
from mlpsvd_gui.plots.legend import LegendEntry
from mlpsvd_gui.plots.theme import LIGHT, Theme

__all__ = ["GuideLines", "Mark", "Marks", "PenFor"]

PenFor = Callable[[QColor, float, Qt.PenStyle], QPen]
_SPAN = (0.0, 0.05)


@dataclass(frozen=True)
class Mark:
    """A tick: position and text."""

    line: Any
    x: float
    text: str


class Marks:
    """Short vertical ticks on the axis, in groups."""

    def __init__(self, plot_item: Any, to_view: Callable[[float], float]) -> None:
        self._plot_item = plot_item
        self._to_view = to_view
        self._groups: dict[Hashable, tuple[QColor | None, list[Mark]]] = {}

    def set(self, key: Hashable, positions: Sequence[float], colour: QColor | None, texts: Sequence[str]) -> None:
        """Replace the ticks of a group; none removes it."""
        _, old = self._groups.pop(key, (None, []))
        for mark in old:
            self._plot_item.removeItem(mark.line)
        marks = [self._new(float(x), text) for x, text in zip(positions, texts, strict=True)]
        if marks:
            self._groups[key] = (colour, marks)

    def clear(self) -> None:
        """Remove all ticks."""
        for key in list(self._groups):
            self.set(key, (), None, ())

    def all(self) -> list[Mark]:
        """Return every tick."""
        return [mark for _, marks in self._groups.values() for mark in marks]

    def paint(self, theme: Theme, pen_for: PenFor) -> None:
        """Paint the ticks in their colours or the theme's."""
        for colour, marks in self._groups.values():
            pen = pen_for(colour or theme.discard_mark, 2.0, Qt.PenStyle.SolidLine)
            for mark in marks:
                mark.line.setPen(pen)

    def parts(self) -> tuple[chart.Marks, ...]:
        """Return the ticks for a chart."""
        groups = (
            (colour, tuple(mark.x for mark in marks if math.isfinite(mark.x)))
            for colour, marks in self._groups.values()
        )
        return tuple(chart.Marks(xs, print_colour(colour or LIGHT.discard_mark)) for colour, xs in groups if xs)

    def _new(self, x: float, text: str) -> Mark:
        line = pg.InfiniteLine(self._to_view(x), angle=90, movable=False, span=_SPAN)
        line.setZValue(20)
        self._plot_item.addItem(line, ignoreBounds=True)
        return Mark(line, x, text)


class GuideLines:
    """Dotted horizontal lines, described in the legend, where the text covers no curve."""

    def __init__(self, plot_item: Any) -> None:
        self._plot_item = plot_item
        self._lines: dict[Hashable, tuple[Any, str, QColor | None]] = {}

    def set(self, key: Hashable, y: float | None, text: str, colour: QColor | None) -> None:
        """Draw or move a line; None removes it."""
        if key in self._lines:
            self._plot_item.removeItem(self._lines.pop(key)[0])
        if y is None:
            return
        line = pg.InfiniteLine(y, angle=0, movable=False)
        line.setZValue(-5)
        self._plot_item.addItem(line, ignoreBounds=True)
        self._lines[key] = (line, text, colour)

    def positions(self) -> list[float]:
        """Return where the lines are."""
        return [float(line.value()) for line, *_ in self._lines.values()]

    def parts(self) -> tuple[chart.Level, ...]:
        """Return the lines for a chart."""
        return tuple(
            chart.Level(float(line.value()), text, print_colour(colour or LIGHT.muted))
            for line, text, colour in self._lines.values()
        )

    def paint(self, theme: Theme, pen_for: PenFor) -> None:
        """Paint the lines in their colours or the theme's."""
        for line, _, own_colour in self._lines.values():
            line.setPen(pen_for(own_colour or theme.muted, 1.2, Qt.PenStyle.DotLine))

    def entries(self) -> list[LegendEntry]:
        """Return the texts and pens of the lines that have a text."""
        return [LegendEntry(text, line.pen) for line, text, _ in self._lines.values() if text]

"""Points of several series, with a line through some of them; a click chooses a point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from mlpsvd.chart import Chart, Curve
from mlpsvd_gui.plots.base_plot import BasePlot, Range
from mlpsvd_gui.plots.chart_parts import print_colour
from mlpsvd_gui.plots.legend import Legend, LegendEntry
from mlpsvd_gui.plots.theme import series_colour, small_font, with_alpha

__all__ = ["PointPlot", "PointSeries"]

_POINT_PX, _CHOSEN_PX = 8, 14
_MARGIN = 0.06
_OPACITY = 0.8


@dataclass(frozen=True)
class PointSeries:
    """Name, index of its colour, and number, x and y of each point."""

    name: str
    colour: int
    numbers: tuple[int, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]


class PointPlot(BasePlot):
    """Scatter plot with a legend."""

    chosen = Signal(int)
    """Emits the number of the point that was clicked."""

    def __init__(self, x_text: str, y_text: str, parent: QWidget | None = None) -> None:
        self._series: tuple[PointSeries, ...] = ()
        self._front: tuple[tuple[int, float, float], ...] = ()
        self._chosen: int | None = None
        self._items: list[Any] = []
        self._legend = Legend()
        self._x_text, self._y_text = x_text, y_text
        super().__init__(x_text, y_text, parent=parent)
        self.plot_item.layout.removeItem(self.plot_item.titleLabel)
        self.plot_item.layout.addItem(self._legend, 0, 1)

    def show_points(
        self, x_text: str, series: Sequence[PointSeries], front: Sequence[tuple[int, float, float]]
    ) -> None:
        """Show points, and a line through the points of ``front`` (number, x, y), which are numbered."""
        self._x_text = x_text
        self.plot_item.setLabel("bottom", x_text)
        self._series, self._front = tuple(series), tuple(front)
        self._redraw()
        self.reset_view()

    def choose(self, number: int | None) -> None:
        """Draw the points of a number larger."""
        self._chosen = number
        self._redraw()

    def _redraw(self) -> None:
        for item in self._items:
            self.plot_item.removeItem(item)
        self._items = []
        for one in self._series:
            colour = self._colour(one)
            sizes = [_CHOSEN_PX if number == self._chosen else _POINT_PX for number in one.numbers]
            item = pg.ScatterPlotItem(
                list(one.x), list(one.y), size=sizes, pen=None, brush=with_alpha(colour, _OPACITY),
                data=list(one.numbers),
            )  # fmt: skip
            item.sigClicked.connect(lambda _, points, *__: self.chosen.emit(int(points[0].data())))
            self._add(item)
        if self._front:
            x, y = _steps([(one[1], one[2]) for one in self._front])
            self._add(pg.PlotDataItem(x, y, pen=self._pen(self._theme.muted, 1.0)))
        for number, x_at, y_at in self._front:
            text = pg.TextItem(str(number), self._theme.foreground, anchor=(0.0, 1.0))
            text.setFont(small_font())
            text.setPos(x_at, y_at)
            self._add(text)
        self._legend.set_entries([LegendEntry(one.name, self._pen(self._colour(one), 4.0)) for one in self._series])
        self._fit_legend()
        self._fit()

    def _colour(self, one: PointSeries) -> QColor:
        return series_colour(one.colour, self._theme)

    def _add(self, item: Any) -> None:
        self.plot_item.addItem(item, ignoreBounds=True)
        self._items.append(item)

    def _fit_legend(self) -> None:
        axes_px = self.plot_item.getAxis("left").width() + 16
        height = self._legend.fit(self.canvas.width() - axes_px, self.canvas.height() / 3)
        self.plot_item.layout.setRowFixedHeight(0, height)

    def _on_view_resized(self, *_: Any) -> None:
        self._fit_legend()
        super()._on_view_resized()

    def _paint_theme(self) -> None:
        super()._paint_theme()
        self._legend.set_colour(self._theme.foreground)
        self._redraw()

    def _data_bounds(self) -> tuple[Range, Range] | None:
        xs = [value for one in self._series for value in one.x]
        ys = [value for one in self._series for value in one.y]
        return (_widened(xs), _widened(ys)) if xs else None

    def _on_mouse_moved(self, scene_position: Any) -> None:
        """Show no cursor: the points are no function of x."""

    def chart(self) -> Chart:
        """Return the points, and the line through the front with its numbers."""
        curves = [
            Curve(np.array(one.x), np.array(one.y), one.name, print_colour(self._colour(one)), "none", marker="dot")
            for one in self._series
        ]
        if self._front:
            x, y = _steps([(one[1], one[2]) for one in self._front])
            curves.append(Curve(np.array(x), np.array(y), "Pareto front", "#404040", width=0.6, in_legend=False))
        labels = tuple((x, y, str(number)) for number, x, y in self._front)
        x_axis, y_axis = self._axis("x", self._x_text), self._axis("y", self._y_text)
        return Chart(f"{self._y_text} over {self._x_text}", x_axis, y_axis, tuple(curves), labels=labels)


def _steps(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Return a line that keeps the last y until the next x."""
    x = np.repeat([one[0] for one in points], 2)[1:]
    y = np.repeat([one[1] for one in points], 2)[:-1]
    return [float(one) for one in x], [float(one) for one in y]


def _widened(values: Sequence[float]) -> Range:
    low, high = min(values), max(values)
    margin = _MARGIN * (high - low) or abs(high) * _MARGIN or 0.5
    return low - margin, high + margin

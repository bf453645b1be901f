"""Parallel coordinates: one line for each object over vertical axes with their own values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyqtgraph as pg
from PySide6.QtWidgets import QWidget

from mlpsvd.chart import Axis, Chart
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.theme import mix, small_font

__all__ = ["ParallelAxis", "ParallelPlot"]

_MOST_TICKS = 12
_THIN, _BOLD = 1.2, 2.6


@dataclass(frozen=True)
class ParallelAxis:
    """Label, position of each object (0 to 1), and positions and texts of ticks."""

    label: str
    positions: tuple[float, ...]
    ticks: tuple[tuple[float, str], ...]


class ParallelPlot(CurvePlot):
    """Lines are coloured from muted (the least score) to the accent colour (the largest, wider if lines are few)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._axes: tuple[ParallelAxis, ...] = ()
        self._keys: tuple[int, ...] = ()
        self._scores: tuple[float, ...] = ()
        self._texts: list[Any] = []
        self._lines_at: list[Any] = []
        super().__init__("", "", "", "", parent=parent)
        self.plot_item.hideAxis("left")
        self.plot_item.showGrid(x=False, y=False)
        self.set_y_range(-0.08, 1.08)
        self.setAccessibleName("Parallel coordinates")

    def show_objects(self, keys: Sequence[int], scores: Sequence[float], axes: Sequence[ParallelAxis]) -> None:
        """Show objects: their keys, scores and axes."""
        self._keys, self._scores, self._axes = tuple(keys), tuple(scores), tuple(axes)
        self._redraw()

    def _redraw(self) -> None:
        with self.changes():
            self.clear_curves()
            order = sorted(range(len(self._keys)), key=lambda index: self._scores[index])
            low, high = min(self._scores, default=0.0), max(self._scores, default=0.0)
            for index in order:
                share = (self._scores[index] - low) / (high - low) if high > low else 1.0
                colour = mix(self._theme.accent, self._theme.grid, 0.9 * (1.0 - share))
                ys = [axis.positions[index] for axis in self._axes]
                width = _BOLD if index == order[-1] else _THIN
                name = f"combination {self._keys[index]}"
                self.set_curve(self._keys[index], range(len(ys)), ys, name, colour, width, in_legend=False)
        self.set_x_range(-0.5, len(self._axes) - 0.4)
        self.plot_item.getAxis("bottom").setTicks([[(place, axis.label) for place, axis in enumerate(self._axes)]])
        self._write_ticks()

    def _write_ticks(self) -> None:
        for item in (*self._texts, *self._lines_at):
            self.plot_item.removeItem(item)
        self._texts, self._lines_at = [], []
        for place, axis in enumerate(self._axes if self._keys else ()):
            line = pg.InfiniteLine(place, pen=self._pen(self._theme.muted, 1.0))
            line.setZValue(-1)
            self.plot_item.addItem(line, ignoreBounds=True)
            self._lines_at.append(line)
            step = -(-len(axis.ticks) // _MOST_TICKS) or 1
            for position, text in axis.ticks[::step]:
                item = pg.TextItem(text, self._theme.foreground, anchor=(0.0, 0.5), fill=self._theme.background)
                item.setFont(small_font())
                item.setPos(place + 0.02, position)
                item.setZValue(20)
                self.plot_item.addItem(item, ignoreBounds=True)
                self._texts.append(item)

    def _paint_theme(self) -> None:
        super()._paint_theme()
        if self._axes:
            self._redraw()

    def _readout_lines(self, x: float) -> list[str]:
        return []

    def chart(self) -> Chart:
        """Return the lines, with the values of the axes as texts, and positions as table."""
        columns: dict[str, Any] = {"combination": list(self._keys), "score": list(self._scores)}
        return replace(
            super().chart(),
            name="Parallel coordinates",
            x=Axis(
                "",
                limits=(-0.5, len(self._axes) - 0.4),
                ticks=tuple((float(place), axis.label) for place, axis in enumerate(self._axes)),
            ),
            y=Axis("", limits=(-0.08, 1.08), ticks=((0.0, ""),)),
            labels=tuple(
                (float(place), position, text) for place, axis in enumerate(self._axes) for position, text in axis.ticks
            ),
            columns=columns | {axis.label: list(axis.positions) for axis in self._axes},
        )

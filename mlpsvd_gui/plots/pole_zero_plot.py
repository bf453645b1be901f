"""Poles and zeros of filters in the z-plane: × and ○ about the unit circle, one scale on both axes."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from mlpsvd.chart import Chart, Curve
from mlpsvd_gui.plots.base_plot import BasePlot, Range
from mlpsvd_gui.plots.chart_parts import print_colour
from mlpsvd_gui.plots.readout import number_text
from mlpsvd_gui.plots.theme import LIGHT, with_alpha

__all__ = ["PoleZeroGroup", "PoleZeroPlot"]

_HALF_WIDTH = 1.25
_MARK_PX = 11.0
_REACH_PX = 14.0
_FAINT = 0.35
_CIRCLE = np.exp(2j * np.pi * np.linspace(0.0, 1.0, 721))

Complexes = npt.NDArray[np.complex128]


@dataclass(frozen=True)
class PoleZeroGroup:
    """One filter: its name and colour, poles and zeros [both shape=(n,)]."""

    name: str
    colour: QColor
    poles: Complexes
    zeros: Complexes


class PoleZeroPlot(BasePlot):
    """The z-plane."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._groups: tuple[PoleZeroGroup, ...] = ()
        self._highlighted: int | None = None
        self._sample_rate_hz: float | None = None
        self._circle = pg.PlotCurveItem(_CIRCLE.real, _CIRCLE.imag, antialias=True)
        self._poles = pg.ScatterPlotItem(symbol="x", size=_MARK_PX, pxMode=True)
        self._zeros = pg.ScatterPlotItem(symbol="o", size=_MARK_PX, pxMode=True)
        super().__init__("Real part", "Imaginary part", parent=parent)
        self.setAccessibleName("Poles and zeros in the z-plane")
        self.view.setAspectLocked(True)
        for item in (self._circle, self._zeros, self._poles):
            self.plot_item.addItem(item, ignoreBounds=True)

    # -- display

    def set_groups(self, groups: Sequence[PoleZeroGroup]) -> None:
        """Show these filters' poles and zeros."""
        self._groups = tuple(groups)
        self._paint_marks()
        self._fit()

    def groups(self) -> tuple[PoleZeroGroup, ...]:
        """Return the groups shown."""
        return self._groups

    def set_sample_rate(self, sample_rate_hz: float) -> None:
        """Set the sample rate: half a turn is half of it."""
        self._sample_rate_hz = sample_rate_hz

    def highlight(self, index: int | None) -> None:
        """Highlight one group and dim the others; None resets."""
        if index != self._highlighted:
            self._highlighted = index
            self._paint_marks()

    # -- painting

    def _paint_theme(self) -> None:
        super()._paint_theme()
        self._circle.setPen(self._pen(self._theme.muted, 1.2))
        self._paint_marks()

    def _paint_marks(self) -> None:
        self._scatter(self._poles, [group.poles for group in self._groups])
        self._scatter(self._zeros, [group.zeros for group in self._groups])

    def _scatter(self, item: Any, points: Sequence[Complexes]) -> None:
        """Draw the points of each group in its pen, one above the other."""
        pens = [self._pen(self._ink(index), 1.8) for index, group in enumerate(points) for _ in group]
        every = np.concatenate(points) if points else np.empty(0, dtype=np.complex128)
        item.setData(x=every.real, y=every.imag, pen=pens, brush=None)

    def _ink(self, index: int) -> QColor:
        is_faint = self._highlighted is not None and index != self._highlighted
        return with_alpha(self._groups[index].colour, _FAINT if is_faint else 1.0)

    # -- methods of BasePlot

    def _data_bounds(self) -> tuple[Range, Range] | None:
        edges = (-_HALF_WIDTH, _HALF_WIDTH)
        return (edges, edges) if self._groups else None

    def _fit(self) -> None:
        """Show the whole circle unless the user has zoomed; no limits, because both axes share one scale."""
        self._update_empty()
        bounds = self._data_bounds()
        if bounds is not None and not self._is_zoomed and bounds != self._shown:
            self._shown = bounds
            self.view.setRange(xRange=bounds[0], yRange=bounds[1], padding=0.0, disableAutoRange=True)

    def _on_view_resized(self, *_: Any) -> None:
        super()._on_view_resized()
        self._shown = None
        self._fit()

    # -- reading a point

    def _on_mouse_moved(self, scene_position: QPointF) -> None:
        lines = self._lines_at(self.view.mapSceneToView(scene_position))
        is_left_half = scene_position.x() < self._view_area().center().x()
        self._readout.show_lines(lines, self._view_area(), at_right=is_left_half)

    def _lines_at(self, point: QPointF) -> list[str]:
        """Return the readout of the poles and zeros near a point."""
        reach = _REACH_PX * self.view.viewPixelSize()[0]
        here = complex(point.x(), point.y())
        return [
            self._line(group, kind, value)
            for group in self._groups
            for kind, values in (("×", group.poles), ("○", group.zeros))
            for value in values
            if abs(value - here) <= reach
        ]

    def _line(self, group: PoleZeroGroup, kind: str, value: complex) -> str:
        angle = abs(float(np.angle(value)))
        where = f"radius {abs(value):.5g}, {np.degrees(angle):.4g}°"
        if self._sample_rate_hz is not None:
            where += f" = {number_text(angle / (2 * np.pi) * self._sample_rate_hz, 'Hz')}"
        return f'<span style="color:{group.colour.name()}">{kind}</span> {html.escape(group.name)}: {where}'

    def chart(self) -> Chart:
        """Return the poles and zeros; the table has a row for each."""
        rows = [
            (group.name, kind, value)
            for group in self._groups
            for kind, values in (("pole", group.poles), ("zero", group.zeros))
            for value in values
        ]
        columns: dict[str, Any] = {
            "Filter": [name for name, _, _ in rows],
            "Kind": [kind for _, kind, _ in rows],
            "Real part": np.array([value.real for _, _, value in rows]),
            "Imaginary part": np.array([value.imag for _, _, value in rows]),
        }
        circle = Curve(_CIRCLE.real, _CIRCLE.imag, "", print_colour(LIGHT.muted), width=0.7)
        points = tuple(curve for group in self._groups for curve in _points(group))
        x, y = self._axis("x", "Real part"), self._axis("y", "Imaginary part")
        drawn = (circle, *points) if points else ()
        return Chart("Poles and zeros", x, y, drawn, has_equal_scales=True, columns=columns)


def _points(group: PoleZeroGroup) -> tuple[Curve, Curve]:
    colour = print_colour(group.colour)
    zeros = Curve(group.zeros.real, group.zeros.imag, "", colour, "none", marker="circle")
    return Curve(group.poles.real, group.poles.imag, group.name, colour, "none", marker="cross"), zeros

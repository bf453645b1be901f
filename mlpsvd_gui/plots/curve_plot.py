"""Curves over a linear or logarithmic axis, with discarding marks, guide lines, a legend and a linked cursor."""

from __future__ import annotations

import html
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from mlpsvd.chart import Chart
from mlpsvd.chart import Curve as ChartCurve
from mlpsvd_gui.plots.base_plot import BasePlot, Range, axis_text
from mlpsvd_gui.plots.chart_parts import dash_of, print_colour, print_width
from mlpsvd_gui.plots.frequency_axis import rounded_outwards
from mlpsvd_gui.plots.legend import Legend, LegendEntry
from mlpsvd_gui.plots.marks import GuideLines, Marks
from mlpsvd_gui.plots.readout import number_text
from mlpsvd_gui.plots.theme import with_alpha
from mlpsvd_gui.qt_text import plain_tip

__all__ = ["Curve", "CurvePlot"]

_ANTIALIAS_UP_TO = 4096
"""Points: smooth lines cost 2.5 times the drawing time, which only short curves have to spare."""
_POINT_PX = 7
_FAINT = 0.4
"""Opacity of the curves beside a highlighted one; at one pixel they also draw twenty times as fast as wider ones."""
_MANY_CURVES = 16
"""With more curves, all but the highlighted one are one pixel wide: wider ones take seconds to draw."""
_READOUT_LINES = 6
_LEGEND_SHARE = 0.32
_TOOL_TIP_PX = 5.0


@dataclass
class Curve:
    """Data and style of a curve, with its graphics item."""

    item: Any
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    name: str
    pen: QPen
    bounds: tuple[Range, Range] | None
    in_legend: bool = True


class CurvePlot(BasePlot):
    """Curve plot with one curve per key."""

    def __init__(
        self,
        x_label: str,
        x_unit: str,
        y_label: str,
        y_unit: str,
        log_x: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        self._curves: dict[Hashable, Curve] = {}
        self._highlighted: Hashable | None = None
        self._legend = Legend()
        self._legend_visible = True
        self._is_steady = False
        self._changes_open = 0
        self._painted_for: tuple[Hashable | None, bool] = (None, False)
        super().__init__(axis_text(x_label, x_unit), axis_text(y_label, y_unit), log_x, parent)
        self._x_name, self._x_unit, self._y_name, self._y_unit = x_label, x_unit, y_label, y_unit
        self.plot_item.layout.removeItem(self.plot_item.titleLabel)
        self.plot_item.layout.addItem(self._legend, 0, 1)

    @property
    def y_unit(self) -> str:
        """Unit of the vertical axis."""
        return self._y_unit

    def set_y_label(self, label: str, unit: str) -> None:
        """Set the label of the vertical axis."""
        self._y_name, self._y_unit = label, unit
        self.plot_item.setLabel("left", axis_text(label, unit))

    # -- curves

    @contextmanager
    def changes(self) -> Iterator[None]:
        """Update legend, axes and readout once after several changes of curves."""
        self._changes_open += 1
        try:
            yield
        finally:
            self._changes_open -= 1
            self._after_change(legend=True)

    def _after_change(self, legend: bool) -> None:
        if self._changes_open:
            return
        if self._painted_for != self._appearance():
            self._paint_curves()
        if legend:
            self._update_legend()
        self._fit()
        self._refresh_readout()

    def set_curve(
        self,
        key: Hashable,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        name: str = "",
        colour: QColor | str | None = None,
        width: float = 1.6,
        style: Qt.PenStyle = Qt.PenStyle.SolidLine,
        in_legend: bool = True,
    ) -> None:
        """Add a curve or change it.

        Parameters
        ----------
        x, y : array_like [shape=(n,)]
            Ascending positions and their values; NaN interrupts the line. On a logarithmic axis positions at or
            below zero are left out.
        """
        xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if xs.shape != ys.shape or xs.ndim != 1:
            raise ValueError(f"a curve needs x and y of one length, found {xs.shape} and {ys.shape}")
        pen = pg.mkPen(QColor(colour) if colour is not None else self._theme.foreground, width=width, style=style)
        is_new = key not in self._curves
        if is_new:
            self._curves[key] = Curve(self._new_item(), xs, ys, name, pen, None)
        curve = self._curves[key]
        looks_changed = is_new or (curve.name, curve.pen, curve.in_legend) != (name, pen, in_legend)
        curve.x, curve.y, curve.name, curve.pen, curve.in_legend = xs, ys, name, pen, in_legend
        self._draw(curve)
        if looks_changed:
            self._paint_curve(key, curve)
        self._after_change(legend=looks_changed)

    def _new_item(self) -> Any:
        item = pg.PlotDataItem(symbolPen=None, symbolSize=_POINT_PX)
        self.plot_item.addItem(item, ignoreBounds=True)
        return item

    def _draw(self, curve: Curve) -> None:
        x, y = curve.x, curve.y
        if self._log_x:
            positive = x > 0
            x, y = np.log10(x[positive]), y[positive]
        is_long = x.size > _ANTIALIAS_UP_TO
        curve.item.setDownsampling(auto=is_long and not self._log_x, method="peak")
        # A line of one point is invisible.
        symbol = "o" if y.size == 1 and np.isfinite(y[0]) else None
        connect = "finite" if np.isnan(y).any() else "all"
        curve.item.setData(x, y, antialias=not is_long, connect=connect, symbol=symbol)
        curve.bounds = _bounds(x, y)

    def remove_curve(self, key: Hashable) -> None:
        """Remove a curve, if it exists."""
        curve = self._curves.pop(key, None)
        if curve is not None:
            self.plot_item.removeItem(curve.item)
            self._after_change(legend=True)

    def clear_curves(self) -> None:
        """Remove all curves and marks; guide lines stay."""
        with self.changes():
            for key in list(self._curves):
                self.remove_curve(key)
        self._marks.clear()
        self._highlighted = None
        self._is_zoomed = False
        self._leave()

    def curve_keys(self) -> tuple[Hashable, ...]:
        """Return the keys of all curves."""
        return tuple(self._curves)

    def curve_data(self, key: Hashable) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return a curve's x and y."""
        curve = self._curves[key]
        return curve.x, curve.y

    def highlight(self, key: Hashable | None) -> None:
        """Highlight one curve and dim the others; None resets."""
        if key != self._highlighted:
            self._highlighted = key
            self._paint_curves()
            self._refresh_readout()

    def _appearance(self) -> tuple[Hashable | None, bool]:
        """Return what determines the appearance of the curves: the highlighted one, and whether there are many."""
        chosen = self._highlighted if self._highlighted in self._curves else None
        return chosen, len(self._curves) > _MANY_CURVES

    def _paint_curves(self) -> None:
        self._painted_for = self._appearance()
        for key, curve in self._curves.items():
            self._paint_curve(key, curve)

    def _paint_curve(self, key: Hashable, curve: Curve) -> None:
        chosen, is_many = self._painted_for
        colour, width = curve.pen.color(), curve.pen.widthF()
        if key == chosen or (chosen is None and not is_many):
            pen = self._pen(colour, width + (chosen is not None), curve.pen.style())
        else:  # a pixel of the device, however fine that is
            shade = colour if chosen is None else with_alpha(colour, _FAINT)
            pen = pg.mkPen(shade, width=1, style=curve.pen.style())
        curve.item.setPen(pen)
        curve.item.setSymbolBrush(pen.color())
        curve.item.setZValue(10 if key == chosen else 0)

    # -- marks and guide lines

    def set_markers(
        self,
        key: Hashable,
        x_positions: Sequence[float] | npt.NDArray[Any],
        colour: QColor | str | None = None,
        texts: Sequence[str] | None = None,
    ) -> None:
        """Mark positions by short vertical ticks on the axis, e.g. discarding points; none removes them.

        ``texts`` are shown as tool tips. Without a colour the theme's discarding mark is used.
        """
        texts = texts if texts is not None else [""] * len(x_positions)
        self._marks.set(key, list(x_positions), None if colour is None else QColor(colour), texts)
        self._marks.paint(self._theme, self._pen)

    def set_horizontal_line(
        self, key: Hashable, y: float | None, text: str = "", colour: QColor | str | None = None
    ) -> None:
        """Draw a dotted guide line with a text in the legend, e.g. the Bayes limit; None removes it."""
        self._lines.set(key, y, text, None if colour is None else QColor(colour))
        self._lines.paint(self._theme, self._pen)
        self._update_legend()
        self._fit()

    # -- legend, axis, theme

    def set_legend_visible(self, visible: bool) -> None:
        """Show or hide the legend above the axes."""
        self._legend_visible = visible
        self._update_legend()

    def legend_names(self) -> tuple[str, ...]:
        """Return the names in the legend."""
        return tuple(entry.name for entry in self._legend.entries)

    def set_integer_x(self, integers: bool) -> None:
        """Put the ticks of a linear x axis on whole numbers (epochs)."""
        if not self._log_x:
            self.plot_item.getAxis("bottom").set_integers(integers)

    def set_steady_y(self, steady: bool) -> None:
        """End the vertical axis at round values, so that it is steady while curves grow."""
        self._is_steady = steady
        self.plot_item.getAxis("left").setStyle(autoReduceTextSpace=not steady)  # narrower numbers move the plot, too
        self._fit()

    def _update_legend(self) -> None:
        curves = self._curves.values() if self._legend_visible else ()
        entries = [
            LegendEntry(curve.name, self._legend_pen(curve)) for curve in curves if curve.name and curve.in_legend
        ]
        self._legend.set_entries([*entries, *self._lines.entries()])
        self._fit_legend()

    def _legend_pen(self, curve: Curve) -> QPen:
        return self._pen(curve.pen.color(), curve.pen.widthF(), curve.pen.style())

    def _fit_legend(self) -> None:
        axes_px = self.plot_item.getAxis("left").width() + 16
        height = self._legend.fit(self.canvas.width() - axes_px, self.canvas.height() * _LEGEND_SHARE)
        self.plot_item.layout.setRowFixedHeight(0, height)

    def _build_canvas(self, x_text: str, y_text: str) -> None:
        super()._build_canvas(x_text, y_text)
        self._marks = Marks(self.plot_item, self._to_view)
        self._lines = GuideLines(self.plot_item)

    def _paint_theme(self) -> None:
        super()._paint_theme()
        self._legend.set_colour(self._theme.foreground)
        self._paint_curves()
        self._marks.paint(self._theme, self._pen)
        self._lines.paint(self._theme, self._pen)
        self._update_legend()

    def _on_view_resized(self, *_: Any) -> None:
        """Update the line breaks of the legend."""
        self._fit_legend()
        super()._on_view_resized()

    # -- methods of BasePlot

    def _data_bounds(self) -> tuple[Range, Range] | None:
        bounds = [curve.bounds for curve in self._curves.values() if curve.bounds is not None]
        if not bounds:
            return None
        xs, ys = zip(*bounds, strict=True)
        x = _widened((min(low for low, _ in xs), max(high for _, high in xs)), 0.0)
        lines = self._lines.positions()
        lowest, highest = min(low for low, _ in ys), max(high for _, high in ys)
        y = _widened((min([lowest, *lines]), max([highest, *lines])), 0.05)
        return x, (rounded_outwards(*y) if self._is_steady else y)

    def _cursor_positions(self) -> npt.NDArray[np.float64]:
        curve = self._curves.get(self._highlighted) if self._highlighted is not None else None
        curve = curve or next(iter(self._curves.values()), None)
        return curve.x if curve is not None else np.empty(0)

    def _readout_lines(self, x: float) -> list[str]:
        head = f"<b>{html.escape(self._x_name)} {number_text(x, self._x_unit)}</b>"
        shown = [(self._value_at(curve, x), curve) for curve in self._readout_curves()]
        shown = [(value, curve) for value, curve in shown if np.isfinite(value)]
        if len(shown) > _READOUT_LINES:
            shown = sorted(shown, key=lambda pair: -pair[0])[:_READOUT_LINES]
        return [head, *(self._readout_line(value, curve) for value, curve in shown)]

    def _readout_curves(self) -> list[Curve]:
        if self._highlighted in self._curves:
            return [self._curves[self._highlighted]]
        return list(self._curves.values())

    def _readout_line(self, value: float, curve: Curve) -> str:
        colour, name = curve.pen.color().name(), html.escape(curve.name or self._y_name)
        return f'<span style="color:{colour}">■</span> {name} {number_text(value, self._y_unit)}'

    @staticmethod
    def _value_at(curve: Curve, x: float) -> float:
        if curve.x.size == 0 or not curve.x[0] <= x <= curve.x[-1]:
            return float("nan")
        right = min(int(np.searchsorted(curve.x, x)), curve.x.size - 1)
        left = max(right - 1, 0)
        nearest = left if x - curve.x[left] < curve.x[right] - x else right
        return float(curve.y[nearest])

    def chart(self) -> Chart:
        """Return the visible curves, marks and guide lines."""
        x, y = self._axis("x", self._x_name, self._x_unit), self._axis("y", self._y_name, self._y_unit)
        drawn = [self._drawn_curve(curve) for curve in self._curves.values() if curve.item.isVisible()]
        return Chart(self._y_name, x, y, tuple(drawn), marks=self._marks.parts(), levels=self._lines.parts())

    def _drawn_curve(self, curve: Curve) -> ChartCurve:
        pen = curve.pen
        width = print_width(1.0 if len(self._curves) > _MANY_CURVES else pen.widthF())
        colour, dash = print_colour(pen.color()), dash_of(pen.style())
        x, y = curve.x.copy(), curve.y.copy()
        return ChartCurve(x, y, curve.name, colour, dash, width, in_legend=curve.in_legend)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show the text of a mark."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self._tool_tip_at(QPointF(event.pos()))
            if text:
                QToolTip.showText(event.globalPos(), plain_tip(text), self.canvas)
                return True
        return super().eventFilter(watched, event)

    def _tool_tip_at(self, position: QPointF) -> str:
        return self.mark_text_at(position.x())

    def mark_text_at(self, pixel_x: float) -> str:
        """Return the texts of the marks near a horizontal pixel of the canvas."""
        marks = [mark for mark in self._marks.all() if mark.text]
        near = [mark for mark in marks if abs(self.to_pixels(mark.x, 0.0).x() - pixel_x) <= _TOOL_TIP_PX]
        return "\n".join(mark.text for mark in near)


def _bounds(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> tuple[Range, Range] | None:
    finite = np.isfinite(y) & np.isfinite(x)
    if not finite.any():
        return None
    x, y = x[finite], y[finite]
    return (float(x.min()), float(x.max())), (float(y.min()), float(y.max()))


def _widened(bounds: Range, share: float) -> Range:
    low, high = bounds
    if high <= low:
        return low - 0.5, high + 0.5
    padding = (high - low) * share
    return low - padding, high + padding

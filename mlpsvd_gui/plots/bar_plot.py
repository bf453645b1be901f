"""Horizontal bars with names: class balance, probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QWidget

from mlpsvd.chart import Axis, Bars, Chart
from mlpsvd_gui.plots.base_plot import BasePlot, Range, axis_text
from mlpsvd_gui.plots.chart_parts import print_colour
from mlpsvd_gui.plots.theme import LIGHT, mix, small_font, with_alpha

__all__ = ["BarPlot"]

_THICKNESS = 0.68
_NAME_PX = 140.0
_ROW_PX = 15.0
_TEXT_ROOM = 0.16
"""Share of the axis kept free at the ends of the bars for their texts."""


class BarPlot(BasePlot):
    """Bars from the top down."""

    bar_clicked = Signal(int)

    def __init__(self, value_label: str, value_unit: str = "", parent: QWidget | None = None) -> None:
        self._names: list[str] = []
        self._values: npt.NDArray[np.float64] = np.empty(0)
        self._more: npt.NDArray[np.float64] = np.empty(0)
        self._more_name = ""
        self._colours: list[QColor] = []
        self._texts: list[str] = []
        self._text_items: list[Any] = []
        self._highlighted: int | None = None
        self._value_text = axis_text(value_label, value_unit)
        self._bars = pg.BarGraphItem(x0=[0.0], x1=[0.0], y=[0.0], height=_THICKNESS)
        super().__init__(self._value_text, "", parent=parent)
        self.setAccessibleName(f"Bars of {value_label}")
        self._bars.hide()
        self.plot_item.addItem(self._bars, ignoreBounds=True)
        self.plot_item.showGrid(x=True, y=False)
        self.view.invertY(True)
        self.view.setMouseEnabled(x=False, y=False)

    # -- display

    def set_value_text(self, text: str) -> None:
        """Set what the bars count."""
        if text != self._value_text:
            self._value_text = text
            self.plot_item.setLabel("bottom", text)
            self.setAccessibleName(f"Bars of {text}")

    def set_bars(
        self,
        names: Sequence[str],
        values: npt.ArrayLike,
        colours: Sequence[QColor | str] | None = None,
        texts: Sequence[str] | None = None,
        more_values: npt.ArrayLike | None = None,
        more_name: str = "",
    ) -> None:
        """Show a bar for each name.

        Parameters
        ----------
        values : array_like [shape=(n,)]
            Lengths; NaN shows no bar.
        colours : sequence of n colours, optional
            The accent colour otherwise.
        texts : sequence of n str, optional
            Shown at the ends.
        more_values : array_like [shape=(n,)], optional
            Continues each bar in a lighter shade, e.g. test clips behind training clips.
        """
        self._names = list(names)
        self._colours = [QColor(colour) for colour in colours or ()]
        self._more = np.zeros(len(self._names)) if more_values is None else np.asarray(more_values, dtype=np.float64)
        self._more_name = more_name
        if self._highlighted is not None and self._highlighted >= len(self._names):
            self._highlighted = None
        self.set_values(values, texts)

    def set_values(self, values: npt.ArrayLike, texts: Sequence[str] | None = None) -> None:
        """Change the lengths of the bars, and their texts."""
        array = np.asarray(values, dtype=np.float64)
        if array.shape != (len(self._names),) or self._more.shape != array.shape:
            raise ValueError(f"{len(self._names)} bars need as many values, found {array.shape}")
        self._values = array
        self._texts = list(texts) if texts is not None else []
        self._fit()
        self._paint_bars()
        self._paint_texts()
        self._paint_names()

    def recolour(self, colours: Sequence[QColor | str]) -> None:
        """Give the bars other colours, one each."""
        self._colours = [QColor(colour) for colour in colours]
        self._paint_bars()

    def clear(self) -> None:
        """Remove all bars."""
        self.set_bars((), ())

    def set_value_range(self, low: float | None, high: float | None = None) -> None:
        """Fix the axis of values; None follows the data, from zero."""
        self.set_x_range(low, high)

    def highlight(self, index: int | None) -> None:
        """Highlight one bar and dim the others; None resets."""
        if index != self._highlighted:
            self._highlighted = index
            self._paint_bars()

    # -- painting

    def _paint_theme(self) -> None:
        super()._paint_theme()
        self._paint_bars()
        self._paint_texts()

    def _paint_bars(self) -> None:
        self._bars.setVisible(self._values.size > 0)
        if self._values.size == 0:  # pyqtgraph fails without any bars
            return
        first = np.nan_to_num(self._values)
        last = first + np.nan_to_num(self._more)
        rows = np.arange(first.size, dtype=np.float64)
        brushes = [self._brush(i) for i in range(first.size)]
        lighter = [mix(brush, self._theme.background, 0.6) for brush in brushes]
        has_more = bool((last > first).any())
        self._bars.setOpts(
            x0=np.concatenate([np.zeros_like(first), first]) if has_more else np.zeros_like(first),
            x1=np.concatenate([first, last]) if has_more else first,
            y=np.concatenate([rows, rows]) if has_more else rows,
            height=_THICKNESS,
            brushes=[pg.mkBrush(colour) for colour in (brushes + lighter if has_more else brushes)],
            pens=[pg.mkPen(None)] * (2 * first.size if has_more else first.size),
        )

    def _brush(self, index: int) -> QColor:
        colour = self._colours[index % len(self._colours)] if self._colours else self._theme.accent
        is_faint = self._highlighted is not None and index != self._highlighted
        return mix(colour, self._theme.background, 0.65) if is_faint else colour

    def _paint_texts(self) -> None:
        while len(self._text_items) > len(self._texts):
            self.plot_item.removeItem(self._text_items.pop())
        while len(self._text_items) < len(self._texts):
            item = pg.TextItem(anchor=(0.0, 0.5))
            item.setFont(small_font())
            self.plot_item.addItem(item, ignoreBounds=True)
            self._text_items.append(item)
        ends = np.nan_to_num(self._values) + np.nan_to_num(self._more)
        for row, (item, text) in enumerate(zip(self._text_items, self._texts, strict=True)):
            item.setText(text, color=with_alpha(self._theme.foreground, 0.9))
            item.setPos(float(ends[row]), float(row))

    def _paint_names(self) -> None:
        axis = self.plot_item.getAxis("left")
        metrics = pg.QtGui.QFontMetricsF(small_font())
        rows = max(1, len(self._names))
        every = max(1, int(np.ceil(rows * _ROW_PX / max(self._view_area().height(), _ROW_PX))))
        elided = [metrics.elidedText(name, Qt.TextElideMode.ElideRight, _NAME_PX) for name in self._names]
        axis.setTicks([[(row, name) for row, name in enumerate(elided) if row % every == 0], []])

    def _on_view_resized(self, *_: Any) -> None:
        super()._on_view_resized()
        self._paint_names()

    # -- methods of BasePlot

    def _data_bounds(self) -> tuple[Range, Range] | None:
        if self._values.size == 0:
            return None
        ends = np.nan_to_num(self._values) + np.nan_to_num(self._more)
        longest = float(ends.max())
        room = 1.0 + (_TEXT_ROOM if self._texts else 0.04)
        return (0.0, longest * room if longest > 0.0 else 1.0), (-0.5, self._values.size - 0.5)

    def _on_mouse_moved(self, scene_position: QPointF) -> None:
        """Bars have no cursor."""

    def _on_clicked(self, event: Any) -> None:
        super()._on_clicked(event)
        if event.button() == Qt.MouseButton.LeftButton and not event.double():
            row = round(float(self.view.mapSceneToView(event.scenePos()).y()))
            if 0 <= row < len(self._names):
                self.bar_clicked.emit(row)

    def _handle_key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()))
        if step is None or not self._names:
            return False
        row = -1 if self._highlighted is None else self._highlighted
        row = min(max(row + step, 0), len(self._names) - 1)
        self.highlight(row)
        self.bar_clicked.emit(row)
        return True

    def chart(self) -> Chart:
        """Return the bars."""
        colours = self._colours or [LIGHT.accent]
        bars = Bars(
            tuple(self._names),
            self._values.copy(),
            tuple(print_colour(colours[index % len(colours)]) for index in range(len(self._names))),
            tuple(self._texts),
            self._more.copy() if self._more_name else None,
            self._more_name,
        )
        return Chart(self._value_text, Axis(self._value_text, limits=self._fixed["x"]), Axis(""), bars=bars)

"""Image plot with a colour bar; base class of Heatmap and MatrixView."""

from __future__ import annotations

import html

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QWidget

from mlpsvd.chart import Cells, Chart, Palette, cell_edges
from mlpsvd_gui.plots.base_plot import BasePlot, Range
from mlpsvd_gui.plots.colour_scale import ColourScale
from mlpsvd_gui.plots.readout import number_text
from mlpsvd_gui.plots.theme import small_font

__all__ = ["ImagePlot"]

_BAR_PX = 12
_GAP_PX = 10
_CURSOR_COLOUR = "#ff3d7f"
"""Colour of the cursor, visible on both colour tables."""


class ImagePlot(BasePlot):
    """Cells of a regular grid, coloured by their values."""

    _palette: Palette = "sequential"

    def __init__(self, x_text: str, y_text: str, value_text: str, parent: QWidget | None = None) -> None:
        self._values: npt.NDArray[np.float64] = np.empty((0, 0))
        self._origin = (0.0, 0.0)
        self._step = (1.0, 1.0)
        self._scale = ColourScale(0.0, 1.0)
        self._value_text = value_text
        self._x_text, self._y_text = x_text, y_text
        self._hover_y: float | None = None
        self._image = pg.ImageItem(axisOrder="col-major")
        self._bar = pg.ColorBarItem(width=_BAR_PX, interactive=False, colorMap=pg.colormap.get("viridis"))
        super().__init__(x_text, y_text, parent=parent)
        self.plot_item.addItem(self._image, ignoreBounds=True)
        self.plot_item.showGrid(x=False, y=False)
        self.plot_item.layout.setColumnFixedWidth(4, _GAP_PX)
        self.plot_item.layout.addItem(self._bar, 2, 5)
        self._bar.getAxis("right").enableAutoSIPrefix(False)
        self._bar.getAxis("right").setWidth(None)  # as wide as its numbers
        self._bar.getAxis("right").setLabel(value_text)
        self._paint_theme()

    # -- display

    @property
    def has_image(self) -> bool:
        """Whether there is an image."""
        return self._values.size > 0

    @property
    def colour_scale(self) -> ColourScale:
        """The range of values over the colours."""
        return self._scale

    def image(self) -> npt.NDArray[np.float64]:
        """Return the values shown [shape=(nx, ny)], NaN where absent."""
        return self._values.copy()

    def clear(self) -> None:
        """Clear the image."""
        self._values = np.empty((0, 0))
        self._is_zoomed = False
        self._image.clear()
        self._leave()
        self._fit()

    def _show(self, values: npt.NDArray[np.float64], scale: ColourScale) -> None:
        self._values = values
        scale_changed = scale != self._scale
        self._scale = scale
        self._draw_image()
        if scale_changed:
            self._paint_bar()
        self._fit()
        self._refresh_readout()

    def _draw_image(self) -> None:
        self._image.setImage(self._scale.indices(self._values), autoLevels=False, levels=(0, 255))
        left, bottom = self._origin[0] - self._step[0] / 2.0, self._origin[1] - self._step[1] / 2.0
        nx, ny = self._values.shape
        self._image.setRect(QRectF(left, bottom, nx * self._step[0], ny * self._step[1]))

    def _table(self) -> npt.NDArray[np.uint8]:
        """Return the colour table of the theme [shape=(256, 4)]."""
        raise NotImplementedError

    def _paint_theme(self) -> None:
        super()._paint_theme()
        self._cursor_line.setPen(self._pen(_CURSOR_COLOUR, 1.5))
        table = self._table()
        self._image.setLookupTable(table)
        self._bar.setColorMap(pg.ColorMap(None, table[1:]))
        self._paint_bar()

    def _paint_bar(self) -> None:
        theme = self._theme
        low, high = self._scale.position_range
        self._bar.setLevels((low, high))
        axis = self._bar.getAxis("right")
        axis.setTicks([self._scale.ticks(), []])
        axis.setPen(pg.mkPen(theme.grid))
        axis.setTextPen(pg.mkPen(theme.muted))
        axis.setTickFont(small_font())
        axis.label.setFont(small_font())
        axis.label.setDefaultTextColor(theme.muted)

    # -- methods of BasePlot

    def _data_bounds(self) -> tuple[Range, Range] | None:
        if not self.has_image:
            return None
        (x0, y0), (dx, dy) = self._origin, self._step
        nx, ny = self._values.shape
        return (x0 - dx / 2.0, x0 + (nx - 0.5) * dx), (y0 - dy / 2.0, y0 + (ny - 0.5) * dy)

    def _cursor_positions(self) -> npt.NDArray[np.float64]:
        return self._origin[0] + self._step[0] * np.arange(self._values.shape[0], dtype=np.float64)

    def cell_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the indices (along x, along y) of the cell at a point, or None outside."""
        i = int(np.floor((x - self._origin[0]) / self._step[0] + 0.5))
        j = int(np.floor((y - self._origin[1]) / self._step[1] + 0.5))
        nx, ny = self._values.shape
        return (i, j) if 0 <= i < nx and 0 <= j < ny else None

    def _on_mouse_moved(self, scene_position: QPointF) -> None:
        self._hover_y = float(self.view.mapSceneToView(scene_position).y())
        super()._on_mouse_moved(scene_position)
        self._hover_y = None

    def _readout_lines(self, x: float) -> list[str]:
        if self._hover_y is None:
            return []
        cell = self.cell_at(x, self._hover_y)
        if cell is None or np.isnan(self._values[cell]):
            return []
        return [self._readout_place(*cell), f"{html.escape(self._value_text)} {number_text(self._values[cell])}"]

    def _readout_place(self, i: int, j: int) -> str:
        x = self._origin[0] + i * self._step[0]
        y = self._origin[1] + j * self._step[1]
        place = f"{self._x_text} {number_text(x)}, {self._y_text} {number_text(y)}"
        return f"<b>{html.escape(place)}</b>"

    def chart(self) -> Chart:
        """Return the image."""
        x, y = self._axis("x", self._x_text), self._axis("y", self._y_text)
        return Chart(self._value_text, x, y, cells=self._cells())

    def _cells(self) -> Cells | None:
        if not self.has_image:
            return None
        x_edges, y_edges = (
            cell_edges(first, step, n)
            for first, step, n in zip(self._origin, self._step, self._values.shape, strict=True)
        )
        scale = self._scale
        return Cells(self._values.copy(), x_edges, y_edges, self._value_text, low=scale.low, high=scale.high,
                     is_log=scale.is_log, palette=self._palette)  # fmt: skip

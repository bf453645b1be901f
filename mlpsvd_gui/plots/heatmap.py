"""A heatmap that grows while training runs: epoch × index of the singular values, or time × frequency."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from mlpsvd_gui.plots.colour_scale import ColourScale, range_of, rounded_range, sequential_table
from mlpsvd_gui.plots.image_plot import ImagePlot

__all__ = ["Heatmap"]


class Heatmap(ImagePlot):
    """Values over a regular grid on a perceptual colour scale."""

    def __init__(self, x_label: str, y_label: str, value_label: str, parent: QWidget | None = None) -> None:
        self._is_log = True
        self._fixed_range: tuple[float, float] | None = None
        self._store: npt.NDArray[np.float64] = np.empty((0, 0))
        self._used = (0, 0)
        super().__init__(x_label, y_label, value_label, parent)
        for name in ("bottom", "left"):
            self.plot_item.getAxis(name).set_integers(True)
        self._redraw_timer = QTimer(self)
        self._redraw_timer.setSingleShot(True)
        self._redraw_timer.setInterval(0)
        self._redraw_timer.timeout.connect(self._redraw)

    def set_image(
        self, values: npt.ArrayLike, x0: float = 0.0, y0: float = 0.0, dx: float = 1.0, dy: float = 1.0
    ) -> None:
        """Show an array.

        Parameters
        ----------
        values : array_like [shape=(nx, ny)]
            Values; NaN is not drawn.
        x0, y0 : float
            Centre of the first cell.
        dx, dy : float
            Distance between cells, above zero.
        """
        array = np.array(values, dtype=np.float64)
        if array.ndim != 2:
            raise ValueError(f"a heatmap needs two dimensions, found {array.ndim}")
        self._place(x0, y0, dx, dy)
        self._store, self._used = array, (array.shape[0], array.shape[1])
        self._redraw()

    def set_grid(self, x0: float = 0.0, y0: float = 0.0, dx: float = 1.0, dy: float = 1.0) -> None:
        """Set the grid of the columns; clears the image."""
        self.clear()
        self._place(x0, y0, dx, dy)

    def _place(self, x0: float, y0: float, dx: float, dy: float) -> None:
        self._origin, self._step = (x0, y0), (dx, dy)
        whole = all(float(v).is_integer() for v in (x0, dx)), all(float(v).is_integer() for v in (y0, dy))
        for name, integers in zip(("bottom", "left"), whole, strict=True):
            self.plot_item.getAxis(name).set_integers(integers)

    def set_column(self, x: float, values: npt.ArrayLike) -> None:
        """Set the column at x, appending as needed; the first column of an empty heatmap sets where x begins.

        Parameters
        ----------
        values : array_like [shape=(ny,)]
            From the first row upwards.
        """
        column = np.asarray(values, dtype=np.float64)
        if self._used[0] == 0:
            self._origin = (float(x), self._origin[1])
        i = round((x - self._origin[0]) / self._step[0])
        if i < 0:
            raise ValueError(f"column {x:g} lies before the first one, {self._origin[0]:g}")
        self._reserve(max(i + 1, self._used[0]), max(column.size, self._used[1]))
        self._store[i, : column.size] = column
        self._store[i, column.size :] = np.nan
        self._redraw_timer.start()

    def _reserve(self, nx: int, ny: int) -> None:
        capacity = self._store.shape
        if nx > capacity[0] or ny > capacity[1]:
            larger = np.full((max(2 * nx, 64), max(ny, capacity[1])), np.nan)
            larger[: self._used[0], : self._used[1]] = self._store[: self._used[0], : self._used[1]]
            self._store = larger
        self._used = (nx, ny)

    def clear(self) -> None:
        """Clear the image; the grid stays."""
        self._redraw_timer.stop()
        self._store, self._used = np.empty((0, 0)), (0, 0)
        super().clear()

    @property
    def is_log_scale(self) -> bool:
        """Whether the colour scale is logarithmic."""
        return self._is_log

    def set_log_scale(self, is_log: bool) -> None:
        """Choose a logarithmic or a linear colour scale."""
        if is_log != self._is_log:
            self._is_log = is_log
            self._redraw()

    def set_value_range(self, low: float | None, high: float | None = None) -> None:
        """Fix the range of the colours; None follows the data."""
        self._fixed_range = None if low is None or high is None else (low, high)
        self._redraw()

    def _redraw(self) -> None:
        self._redraw_timer.stop()
        values = self._store[: self._used[0], : self._used[1]]
        if values.size == 0:
            super().clear()
            return
        # Ends at preferred numbers, so that colours are steady while the image grows.
        low, high = self._fixed_range or rounded_range(*range_of(values, self._is_log), self._is_log)
        if self._is_log and low <= 0.0:
            low = high * 1e-6
        self._show(values, ColourScale(low, high, self._is_log))

    def _table(self) -> npt.NDArray[np.uint8]:
        return sequential_table()

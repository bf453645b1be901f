"""Image of a matrix on a diverging colour scale."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtWidgets import QWidget

from mlpsvd.chart import Chart, Palette
from mlpsvd_gui.plots.base_plot import axis_text
from mlpsvd_gui.plots.colour_scale import ColourScale, diverging_table, symmetric_range_of
from mlpsvd_gui.plots.image_plot import ImagePlot
from mlpsvd_gui.plots.theme import small_font

__all__ = ["MatrixView"]

_NARROW_PX = 150


class MatrixView(ImagePlot):
    """Entries of a matrix on a diverging colour scale."""

    _palette: Palette = "diverging"

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        self._title = title
        self._limit: float | None = None
        super().__init__("Column", "Row", "Value", parent)
        self._bar.getAxis("right").showLabel(False)
        self.view.invertY(True)
        self.set_title(title)

    def _on_view_resized(self, *_: Any) -> None:
        """Hide the colour bar if there is too little space."""
        super()._on_view_resized()
        self._bar.setVisible(self.width() >= _NARROW_PX)

    def set_title(self, title: str) -> None:
        """Set the title above the matrix."""
        self._title = title
        self.setAccessibleName(f"Matrix {title}")
        colour, size = self._theme.foreground.name(), f"{small_font().pointSizeF():g}pt"
        self.plot_item.setTitle(html.escape(title), color=colour, size=size)

    def set_matrix(
        self,
        matrix: npt.ArrayLike,
        x_values: npt.ArrayLike | None = None,
        x_label: str = "Column",
        x_unit: str = "",
        y_label: str = "Row",
    ) -> None:
        """Show a matrix.

        Parameters
        ----------
        matrix : array_like [shape=(rows, columns)]
        x_values : array_like [shape=(columns,)], optional
            Positions of the columns; ignored unless evenly spaced and ascending.
        """
        array = np.atleast_2d(np.asarray(matrix, dtype=np.float64))
        self._place(array.shape[1], x_values)
        self._set_texts(axis_text(x_label, x_unit), y_label)
        self._show(array.T.copy(), self._scale_for(array))

    def set_value_limit(self, largest: float | None) -> None:
        """Fix the largest magnitude of the scale; None follows the data."""
        self._limit = largest
        if self.has_image:
            self._show(self._values, self._scale_for(self._values))

    def _scale_for(self, values: npt.NDArray[np.float64]) -> ColourScale:
        low, high = symmetric_range_of(values) if self._limit is None else (-self._limit, self._limit)
        return ColourScale(low, high)

    def _place(self, n_columns: int, x_values: npt.ArrayLike | None) -> None:
        x0, dx = 1.0, 1.0
        if x_values is not None and n_columns > 1:
            positions = np.asarray(x_values, dtype=np.float64)
            steps = np.diff(positions)
            if positions.size == n_columns and steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-3):
                x0, dx = float(positions[0]), float(steps[0])
        self._origin, self._step = (x0, 1.0), (dx, 1.0)

    def _set_texts(self, x_text: str, y_text: str) -> None:
        self._x_text, self._y_text = x_text, y_text
        self.plot_item.setLabel("bottom", x_text)
        self.plot_item.setLabel("left", y_text)
        for name, step in (("bottom", self._step[0]), ("left", 1.0)):
            self.plot_item.getAxis(name).set_integers(step == 1.0)

    def _table(self) -> npt.NDArray[np.uint8]:
        return diverging_table(self._theme)

    def _paint_theme(self) -> None:
        super()._paint_theme()
        self.set_title(self._title)

    def chart(self) -> Chart:
        """Return the matrix; its table has one row per row of the matrix."""
        x, y = self._axis("x", self._x_text), self._axis("y", self._y_text, is_reversed=True)
        rows = np.arange(1, self._values.shape[1] + 1)
        columns: dict[str, Any] = {self._y_text: rows} if self.has_image else {}
        for position, values in zip(self._cursor_positions(), self._values.copy(), strict=True):
            columns[f"{self._x_text} {position:.9g}"] = values
        return Chart(self._title, x, y, cells=self._cells(), title=self._title, columns=columns)

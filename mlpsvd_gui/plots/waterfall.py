"""Spectrogram as a waterfall: one spectrum per row, newest on top, over a logarithmic frequency axis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QWidget

from mlpsvd.chart import Cells, Chart
from mlpsvd.text import with_minus
from mlpsvd_gui.plots.base_plot import BasePlot, Range
from mlpsvd_gui.plots.colour_scale import ColourScale, sequential_table
from mlpsvd_gui.plots.readout import number_text
from mlpsvd_gui.plots.theme import small_font

__all__ = ["Waterfall", "leave_room_for_bar"]

_BAR_COLUMN_PX = 58
_BAR_PX = 10
_GAP_PX = 6
_N_COLUMNS = 256
_MOST_ROWS = 300
_SPAN_DB = 80.0
_STEP_DB = 10.0
_SLACK_DB = 15.0
_SOFTEST_DB = -60.0
"""Lower limit of the top of the colour scale, so that digital silence is not coloured."""
"""Hysteresis of the colour scale, so that colours do not flicker."""
_CURSOR_COLOUR = "#ff3d7f"


class Waterfall(BasePlot):
    """Levels in dB over frequency and time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._frequencies_hz: npt.NDArray[np.float64] = np.empty(0)
        self._starts: npt.NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._log_range = (1.0, 4.0)
        self._step_s = 1.0
        self._last_row: int | None = None
        self._levels = np.full((_MOST_ROWS, _N_COLUMNS), np.nan, dtype=np.float32)
        self._indices = np.zeros((_MOST_ROWS, _N_COLUMNS), dtype=np.uint8)
        self._scale = ColourScale(-_SPAN_DB, 0.0)
        self._n_rows = 0
        self._n_skipped = 0
        self._is_stale = False
        self._hover_y: float | None = None
        self._image = pg.ImageItem(axisOrder="row-major")
        self._bar = pg.ColorBarItem(width=_BAR_PX, interactive=False, colorMap=pg.colormap.get("viridis"))
        super().__init__("Frequency (Hz)", "Seconds ago", log_x=True, parent=parent)
        self.view.invertY(True)
        self.plot_item.addItem(self._image, ignoreBounds=True)
        self.plot_item.showGrid(x=False, y=False)
        self._place_bar()
        self._paint_theme()

    def _place_bar(self) -> None:
        layout = self.plot_item.layout
        layout.addItem(self._bar, 2, 5)
        layout.setColumnFixedWidth(4, _GAP_PX)
        layout.setColumnFixedWidth(5, _BAR_COLUMN_PX)
        axis = self._bar.getAxis("right")
        axis.enableAutoSIPrefix(False)
        axis.setLabel("dB")

    # -- input

    def begin(self, frequencies_hz: npt.ArrayLike, step_s: float, span_s: float = 30.0) -> None:
        """Start an empty picture.

        Parameters
        ----------
        frequencies_hz : array_like [shape=(n_bins,)]
            Ascending; those at or below zero are not shown.
        step_s
            Time between spectra. If there are more than rows, each row shows the maximum.
        span_s
            Time span.
        """
        frequencies = np.asarray(frequencies_hz, dtype=np.float64)
        self._frequencies_hz = frequencies[frequencies > 0.0]
        self._n_skipped = len(frequencies) - len(self._frequencies_hz)
        self._n_rows = int(min(_MOST_ROWS, max(24, round(span_s / step_s)))) if step_s > 0 else 0
        self._step_s = max(step_s, span_s / max(1, self._n_rows)) if step_s < span_s else step_s
        self._last_row = None
        self._levels.fill(np.nan)
        self._indices.fill(0)
        self._scale = ColourScale(-_SPAN_DB, 0.0)
        self._place_columns()
        self._is_zoomed = False
        self._is_stale = True
        self.redraw()

    def _place_columns(self) -> None:
        """Find the first bin of every column; each column shows its loudest bin, or the nearest below."""
        if not len(self._frequencies_hz):
            self._starts = np.empty(0, dtype=np.intp)
            return
        logs = np.log10(self._frequencies_hz)
        self._log_range = (float(logs[0]), float(logs[-1])) if len(logs) > 1 else (float(logs[0]), float(logs[0]) + 1.0)
        middles = (logs[1:] + logs[:-1]) / 2.0
        edges = np.linspace(*self._log_range, _N_COLUMNS + 1)[:-1]
        self._starts = np.searchsorted(middles, edges, side="right").astype(np.intp)

    def append(self, start_s: float, level_db: npt.NDArray[np.floating[Any]], duration_s: float = 0.0) -> None:
        """Add the spectrum of a window [shape=(n_bins,)]; it fills its duration, at least a row. See :meth:`redraw`."""
        if not len(self._starts):
            return
        column = np.maximum.reduceat(level_db[self._n_skipped :], self._starts).astype(np.float32)
        first = math.floor(start_s / self._step_s + 1e-6)
        last = max(first, math.floor((start_s + duration_s) / self._step_s - 1e-6))
        shift = 1 if self._last_row is None else last - self._last_row
        if shift > 0:
            self._fall(min(shift, _MOST_ROWS))
            self._last_row = last
            n_filled = min(shift, last - first + 1, _MOST_ROWS)
            self._levels[:n_filled] = column
            self._indices[:n_filled] = self._scale.indices(column.astype(np.float64))
        else:
            np.fmax(self._levels[0], column, out=self._levels[0])
            self._indices[0] = self._scale.indices(self._levels[0].astype(np.float64))
        self._is_stale = True

    def _fall(self, n_rows: int) -> None:
        for rows, empty in ((self._levels, np.nan), (self._indices, 0)):
            rows[n_rows:] = rows[:-n_rows].copy() if n_rows < _MOST_ROWS else rows[n_rows:]
            rows[:n_rows] = empty

    def redraw(self) -> None:
        """Draw the appended spectra."""
        if not self._is_stale:
            return
        self._is_stale = False
        self._adapt_scale()
        if self._n_rows and len(self._starts):
            self._image.setImage(self._indices[: self._n_rows], autoLevels=False, levels=(0, 255))
            left, right = self._log_range
            self._image.setRect(QRectF(left, 0.0, right - left, self._n_rows * self._step_s))
        self._fit()
        self._refresh_readout()

    def _adapt_scale(self) -> None:
        shown = self._levels[: self._n_rows]
        if not np.isfinite(shown).any():
            return
        loudest = max(_SOFTEST_DB, float(np.nanmax(shown)))
        if self._scale.high - _SLACK_DB <= loudest <= self._scale.high:
            return
        high = _STEP_DB * math.ceil(loudest / _STEP_DB)
        if high != self._scale.high:
            self._scale = ColourScale(high - _SPAN_DB, high)
            self._indices = self._scale.indices(self._levels.astype(np.float64))
            self._paint_bar()

    # -- display

    @property
    def most_rows(self) -> int:
        """Maximum number of spectra."""
        return _MOST_ROWS

    @property
    def n_rows_filled(self) -> int:
        """Number of rows with a spectrum."""
        return int(np.count_nonzero(np.isfinite(self._levels[: self._n_rows, 0])))

    @property
    def value_range(self) -> tuple[float, float]:
        """Range of the colour scale in dB."""
        return self._scale.low, self._scale.high

    def loudest_hz(self) -> float | None:
        """Return the frequency of the maximum of the newest row; None without one."""
        if not self._n_rows or not np.isfinite(self._levels[0]).any():
            return None
        return float(self._column_hz()[int(np.nanargmax(self._levels[0]))])

    def _column_hz(self) -> npt.NDArray[np.float64]:
        edges = np.linspace(*self._log_range, _N_COLUMNS + 1)
        return np.asarray(10.0 ** ((edges[1:] + edges[:-1]) / 2.0))

    def _paint_theme(self) -> None:
        super()._paint_theme()
        self._cursor_line.setPen(self._pen(_CURSOR_COLOUR, 1.5))
        table = sequential_table()
        self._image.setLookupTable(table)
        self._bar.setColorMap(pg.ColorMap(None, table[1:]))
        self._paint_bar()

    def _paint_bar(self) -> None:
        self._bar.setLevels((self._scale.low, self._scale.high))
        axis = self._bar.getAxis("right")
        axis.setTicks([self._scale.ticks(), []])
        axis.setPen(pg.mkPen(self._theme.grid))
        axis.setTextPen(pg.mkPen(self._theme.muted))
        axis.setTickFont(small_font())
        axis.label.setFont(small_font())
        axis.label.setDefaultTextColor(self._theme.muted)

    # -- methods of BasePlot

    def _data_bounds(self) -> tuple[Range, Range] | None:
        if self._last_row is None or not len(self._starts):
            return None
        return self._log_range, (0.0, self._n_rows * self._step_s)

    def _cursor_positions(self) -> npt.NDArray[np.float64]:
        return self._frequencies_hz

    def _on_mouse_moved(self, scene_position: QPointF) -> None:
        self._hover_y = float(self.view.mapSceneToView(scene_position).y())
        super()._on_mouse_moved(scene_position)

    def _readout_lines(self, x: float) -> list[str]:
        if self._hover_y is None or x <= 0.0:
            return []
        left, right = self._log_range
        column = int((np.log10(x) - left) / (right - left) * _N_COLUMNS)
        row = int(self._hover_y / self._step_s)
        if not (0 <= column < _N_COLUMNS and 0 <= row < self._n_rows):
            return []
        level = self._levels[row, column]
        if np.isnan(level):
            return []
        return [f"<b>{number_text(x, 'Hz')}</b>, {row * self._step_s:.1f} s ago", with_minus(f"{level:.1f} dB")]

    def chart(self) -> Chart:
        """Return the picture; the table has a row for each column of it, with one time in each column."""
        levels = self._levels[: self._n_rows].astype(np.float64)
        is_empty = not (self._n_rows and len(self._starts))
        columns: dict[str, Any] = {} if is_empty else {"Frequency (Hz)": self._column_hz()}
        for row, level in enumerate(() if is_empty else levels):
            if np.isfinite(level).any():
                columns[f"Level (dB) {row * self._step_s:.6g} s ago"] = level
        x, y = self._axis("x", "Frequency", "Hz"), self._axis("y", "Seconds ago", is_reversed=True)
        if self._data_bounds() is None:
            return Chart("Spectrogram", x, y, columns=columns)
        x_edges = 10.0 ** np.linspace(*self._log_range, _N_COLUMNS + 1)
        y_edges = np.arange(self._n_rows + 1) * self._step_s
        cells = Cells(levels.T, x_edges, y_edges, "Level", "dB", low=self._scale.low, high=self._scale.high)
        return Chart("Spectrogram", x, y, cells=cells, columns=columns)


def leave_room_for_bar(plot_item: Any) -> None:
    """Reserve the width of a waterfall's colour bar at the right of a plot, to align both axes."""
    plot_item.layout.setColumnFixedWidth(5, _GAP_PX + _BAR_COLUMN_PX)

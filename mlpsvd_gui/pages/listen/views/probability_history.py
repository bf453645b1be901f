"""History of class probabilities as a scrolling raster, with the latest values as bars."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlpsvd.chart import Axis, Cells, Chart, cell_edges
from mlpsvd.text import one_line, percent
from mlpsvd_gui.plots.picture_menu import offer_picture
from mlpsvd_gui.plots.theme import LIGHT, Theme, class_colour, mix, small_font

__all__ = ["ProbabilityHistory"]

_SPAN_S = 30.0
_FEWEST_COLUMNS = 60
_MOST_COLUMNS = 600
_BAR_WIDTH = 96.0
_VALUE_WIDTH = 50.0
_LONGEST_NAME = 120.0
_LONGEST_TEXT = 40
_LEAST_ROW_GAP_PX = 1.0
_BEFORE, _DECIDED, _QUIET, _GAP = range(4)
_LEAST_LOSS_S = 1e-3
"""Smaller time differences are rounding errors."""
_GAP_COLOUR = QColor("#d13438")
_TICK_STEPS_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)


class ProbabilityHistory(QWidget):
    """Rows of classes: name, raster of the last half minute (newest at its right end), bar and number.

    If there is no space for every class, the most probable ones of the last half minute are shown, in the order of the
    classes, and below them the number of hidden classes.

    Opacity is the probability. Quiet time, which is not classified, is dotted; lost sound is hatched.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._names: tuple[str, ...] = ()
        self._step_s = 0.0
        self._last_column = -1
        self._columns: NDArray[np.float64] = np.zeros((0, 0))
        self._states: NDArray[np.int8] = np.zeros(0, dtype=np.int8)
        self._latest: NDArray[np.float64] | None = None
        self._decided = -1
        self._lost_s = 0.0
        self._empty_text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 84)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # otherwise the parent is redrawn each time too
        self.setAccessibleName("Class probabilities over time")
        offer_picture(self, self.chart)

    def chart(self) -> Chart:
        """Return the probabilities of all classes over time."""
        ticks = tuple((float(index), name) for index, name in enumerate(self._names))
        x, y = Axis("Time", "s"), Axis("Class", is_reversed=True, ticks=ticks)
        filled = np.flatnonzero(self._states != _BEFORE)
        if not filled.size:
            return Chart("Class probabilities", x, y)
        columns = 100.0 * self._columns[filled[0] :]
        first_s = (self._last_column + 1 - len(columns)) * self._step_s
        starts_s = first_s + np.arange(len(columns) + 1) * self._step_s
        edges = cell_edges(0.0, 1.0, len(self._names))
        cells = Cells(columns, starts_s, edges, "Probability", "%", low=0.0, high=100.0, palette="share")
        table: dict[str, Any] = {"Start (s)": starts_s[:-1]}
        table |= {f"{name}: Probability (%)": columns[:, index] for index, name in enumerate(self._names)}
        return Chart("Class probabilities", x, y, cells=cells, columns=table)

    @property
    def shown(self) -> tuple[int, ...]:
        """Indices of the classes with a row: all of them, or the most probable ones that fit."""
        return tuple(self._shown_rows(self._most_rows()).tolist())

    @property
    def step_s(self) -> float:
        """Duration of one column."""
        return self._step_s

    @property
    def latest(self) -> dict[str, float]:
        """The probabilities of the bars, by class."""
        return {} if self._latest is None else dict(zip(self._names, self._latest.tolist(), strict=True))

    @property
    def n_filled(self) -> int:
        """Number of columns with a decision."""
        return int(np.count_nonzero(self._states == _DECIDED))

    @property
    def n_quiet(self) -> int:
        """Number of quiet columns."""
        return int(np.count_nonzero(self._states == _QUIET))

    @property
    def n_gap(self) -> int:
        """Number of columns with lost sound."""
        return int(np.count_nonzero(self._states == _GAP))

    def sizeHint(self) -> QSize:
        """Return a size for ten classes."""
        return QSize(560, 260)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.update()

    def set_empty_text(self, text: str) -> None:
        """Show the empty text."""
        self._empty_text = text
        self.update()

    def begin(self, names: Sequence[str], step_s: float) -> None:
        """Clear the history for these classes, with one column every ``step_s`` seconds."""
        self._names, self._step_s = tuple(names), step_s
        n_columns = int(min(_MOST_COLUMNS, max(_FEWEST_COLUMNS, round(_SPAN_S / step_s)))) if step_s > 0 else 0
        self._columns = np.full((n_columns, len(self._names)), np.nan)
        self._states = np.full(n_columns, _BEFORE, dtype=np.int8)
        self._last_column, self._latest, self._decided, self._lost_s = -1, None, -1, 0.0
        self.update()

    def append(
        self,
        start_s: float,
        probabilities: NDArray[np.floating[Any]],
        duration_s: float | None = None,
        lost_s: float = 0.0,
    ) -> None:
        """Add a decision; NaN probabilities mean a quiet window.

        Parameters
        ----------
        start_s
            Start of the window.
        probabilities : np.ndarray [shape=(n_classes,)]
            Of each class.
        duration_s
            Its duration, if windows differ; the time between them is then quiet. By default each takes one column.
        lost_s
            Sound lost since the start of the source. Its increase since the last decision is a gap; the rest of the
            time is a pause.
        """
        if not len(self._columns):
            return
        first = round(start_s / self._step_s)
        end = first + (1 if duration_s is None else max(1, round(duration_s / self._step_s)))
        newly_lost_s, self._lost_s = max(0.0, lost_s - self._lost_s), lost_s
        n_lost = min(first - self._last_column - 1, max(1, round(newly_lost_s / self._step_s)))
        if n_lost > 0 and newly_lost_s > _LEAST_LOSS_S:
            self._advance(n_lost, _GAP)
            self._last_column += n_lost if self._last_column >= 0 else 0
        self._advance(end - 1 - self._last_column, _QUIET if duration_s is not None else _BEFORE)
        n_filled = min(len(self._columns), max(1, min(end - first, end - 1 - self._last_column)))
        is_quiet = bool(np.isnan(probabilities).any())
        self._columns[-n_filled:] = probabilities
        self._states[-n_filled:] = _QUIET if is_quiet else _DECIDED
        self._last_column = max(end - 1, self._last_column + 1)
        self._latest = np.asarray(probabilities, dtype=np.float64)
        self._decided = -1 if is_quiet else int(np.argmax(self._latest))
        self.update()

    def _advance(self, n_columns: int, state: int) -> None:
        """Advance the raster by at least one column and fill the new columns."""
        shift = min(len(self._columns), max(1, n_columns))
        for kept in (self._columns, self._states):
            kept[:-shift] = kept[shift:].copy()
        self._columns[-shift:] = np.nan
        self._states[-shift:] = state if self._last_column >= 0 else _BEFORE

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw names, raster, bars and time axis."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.background)
        painter.setFont(small_font())
        if self._names:
            self._paint_rows(painter)
        else:
            painter.setFont(self.font())
            painter.setPen(self._theme.muted)
            area = QRectF(self.rect()).adjusted(24.0, 8.0, -24.0, -8.0)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._empty_text)
        painter.end()

    def _paint_rows(self, painter: QPainter) -> None:
        metrics = painter.fontMetrics()
        shown = self._shown_rows(self._most_rows())
        n_left_out = len(self._names) - len(shown)
        names = [one_line(self._names[index], _LONGEST_TEXT) for index in shown]
        longest = max(metrics.horizontalAdvance(name) for name in names)
        left = min(_LONGEST_NAME, longest) + 18.0
        bottom = self.height() - (metrics.height() + 8.0)
        raster = QRectF(left, 6.0, self.width() - left - _BAR_WIDTH - _VALUE_WIDTH - 18.0, bottom - 6.0)
        row_height = raster.height() / len(shown)
        painter.drawImage(raster, self._image(shown))
        self._paint_lines(painter, raster, row_height, len(shown))
        self._paint_intervals(painter, raster)
        for row, (index, name) in enumerate(zip(shown.tolist(), names, strict=True)):
            top = raster.top() + row * row_height
            self._paint_name(painter, index, name, QRectF(6.0, top, left - 14.0, row_height))
            self._paint_bar(painter, index, QRectF(raster.right() + 10.0, top, _BAR_WIDTH, row_height))
        self._paint_time(painter, raster)
        if n_left_out:
            painter.setPen(self._theme.muted)
            area = QRectF(6.0, bottom, left - 14.0, metrics.height() + 8.0)
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"+ {n_left_out} more")

    def _most_rows(self) -> int:
        height = QFontMetricsF(small_font()).height()
        return max(1, int((self.height() - height - 14.0) / (height + _LEAST_ROW_GAP_PX)))

    def _shown_rows(self, most: int) -> NDArray[np.intp]:
        """Return the indices of the classes to show, ascending."""
        n = len(self._names)
        if n <= most:
            return np.arange(n)
        largest = np.nan_to_num(self._columns, nan=0.0).max(axis=0, initial=0.0)
        return np.sort(np.argsort(-largest, kind="stable")[:most])

    def _image(self, shown: NDArray[np.intp]) -> QImage:
        """Return the raster as an image: one row per class, one column per decision, opacity for probability."""
        columns = self._columns.T[shown]
        strength = np.nan_to_num(columns, nan=0.0).clip(0.0, 1.0)[:, :, np.newaxis]
        base = _rgb(mix(self._theme.grid, self._theme.background, 0.55))
        full = np.array([_rgb(class_colour(index, self._theme)) for index in shown.tolist()])
        pixels = base + strength * (full[:, np.newaxis, :] - base)
        pixels[np.isnan(columns)] = _rgb(self._theme.background)
        data = np.ascontiguousarray(pixels.round().astype(np.uint8))
        height, width = data.shape[:2]
        return QImage(data.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()

    def _paint_intervals(self, painter: QPainter, raster: QRectF) -> None:
        """Mark quiet time and lost sound over all rows."""
        width = raster.width() / len(self._states)
        edges = np.flatnonzero(np.diff(self._states)) + 1
        for first, end in pairwise((0, *edges.tolist(), len(self._states))):
            state = int(self._states[first])
            area = QRectF(raster.left() + first * width, raster.top(), (end - first) * width, raster.height())
            if state == _QUIET:
                painter.fillRect(area, QBrush(self._theme.muted, Qt.BrushStyle.Dense7Pattern))
            elif state == _GAP:
                painter.fillRect(area, QBrush(_GAP_COLOUR, Qt.BrushStyle.BDiagPattern))

    def _paint_lines(self, painter: QPainter, raster: QRectF, row_height: float, n_rows: int) -> None:
        painter.setPen(self._theme.background)
        for index in range(1, n_rows):
            y = raster.top() + index * row_height
            painter.drawLine(QPointF(raster.left(), y), QPointF(raster.right(), y))
        painter.setPen(self._theme.grid)
        painter.drawLine(raster.bottomLeft(), raster.bottomRight())

    def _paint_name(self, painter: QPainter, index: int, name: str, area: QRectF) -> None:
        painter.setPen(self._theme.foreground if index == self._decided else self._theme.muted)
        name = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, int(area.width()))
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_bar(self, painter: QPainter, index: int, area: QRectF) -> None:
        height = min(14.0, area.height() * 0.6)
        bar = QRectF(area.left(), area.center().y() - height / 2.0, area.width(), height)
        painter.fillRect(bar, mix(self._theme.grid, self._theme.background, 0.4))
        if self._latest is None or np.isnan(self._latest[index]):
            return
        value = float(self._latest[index])
        filled = QRectF(bar.left(), bar.top(), bar.width() * min(1.0, max(0.0, value)), bar.height())
        painter.fillRect(filled, class_colour(index, self._theme))
        painter.setPen(self._theme.foreground if index == self._decided else self._theme.muted)
        text = QRectF(bar.right() + 4.0, area.top(), _VALUE_WIDTH - 4.0, area.height())
        painter.drawText(text, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, percent(value))

    def _paint_time(self, painter: QPainter, raster: QRectF) -> None:
        n_columns = len(self._columns)
        end_s = (self._last_column + 1) * self._step_s
        span_s = n_columns * self._step_s
        step_s = next((step for step in _TICK_STEPS_S if span_s / step <= raster.width() / 64.0), span_s)
        first = max(0, int(np.ceil((end_s - span_s) / step_s)))
        painter.setPen(self._theme.muted)
        baseline = raster.bottom() + painter.fontMetrics().ascent() + 4.0
        painter.drawText(QPointF(raster.right() + 10.0, baseline), "now")
        for k in range(first, int(end_s / step_s) + 1):
            x = raster.right() - (end_s - k * step_s) / span_s * raster.width()
            text = f"{k * step_s:g} s"
            width = painter.fontMetrics().horizontalAdvance(text)
            painter.drawLine(QPointF(x, raster.bottom()), QPointF(x, raster.bottom() + 3.0))
            if x - width / 2.0 >= raster.left() and x + width / 2.0 <= raster.right():
                painter.drawText(QPointF(x - width / 2.0, baseline), text)


def _rgb(colour: QColor) -> NDArray[np.float64]:
    return np.array([colour.red(), colour.green(), colour.blue()], dtype=np.float64)

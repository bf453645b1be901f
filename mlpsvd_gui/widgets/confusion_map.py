"""Confusion matrix of many classes as a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, cos, pi

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from mlpsvd.chart import Axis, Chart
from mlpsvd.metrics.confusion_chart import confusion_chart
from mlpsvd.text import one_line, percent
from mlpsvd_gui.plots.picture_menu import offer_picture
from mlpsvd_gui.plots.theme import LIGHT, Theme, mix, small_font
from mlpsvd_gui.qt_text import plain_tip

__all__ = ["LONGEST_NAME", "MOST_IN_TABLE", "ConfusionMap", "pooled"]

LONGEST_NAME = 14
"""Characters of a class name beside the matrix; longer ones are elided in the middle."""
MOST_IN_TABLE = 15
"""With more classes, cells are coloured instead of numbered."""

_LEAST_SIDE_PX = 90.0
_LEAST_SIDE_WITH_TOP_PX = 200.0
"""Minimum size of the matrix with names above it, which repeat those beside it."""
_BAR_PX = 10.0
_GAP_PX = 6.0
_SLOPE = cos(pi / 4.0)
_STEPS = {Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0), Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1)}


@dataclass(frozen=True)
class _Place:
    """Layout: the square of the matrix, and space for names at its left and top (0: none)."""

    square: QRectF
    left: float
    top: float


class ConfusionMap(QWidget):
    """Rows are actual classes, columns predicted ones; darker cells have a larger fraction of the row.

    Empty cells are blank; others hold their count where it fits. Mouse or arrow keys show single cells; a click or
    Enter selects one, a double click or Enter opens it.

    Parameters
    ----------
    noun
        The counted items, e.g. "test clips".
    """

    cell_chosen = Signal(int, int)
    """Emits the indices of the actual and the predicted class."""
    cell_opened = Signal(int, int)
    """Emits the same on a double click or Enter."""

    def __init__(self, noun: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._noun = noun
        self._theme = LIGHT
        self._names: tuple[str, ...] = ()
        self._counts: NDArray[np.intp] = np.zeros((0, 0), np.intp)
        self._shares: NDArray[np.float64] = np.zeros((0, 0))
        self._selected: int | None = None
        self._current: tuple[int, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 90)
        self.setAccessibleName("Confusion matrix")
        offer_picture(self, self.chart)

    def chart(self) -> Chart:
        """Return the matrix."""
        if not self._names:
            return Chart("Confusion matrix", Axis(""), Axis(""))
        return confusion_chart(self._counts.copy(), self._names, noun=self._noun)

    def sizeHint(self) -> QSize:
        """Return a size for forty names."""
        return QSize(460, 440)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.update()

    def show_counts(self, counts: NDArray[np.intp], names: Sequence[str]) -> None:
        """Show counts [shape=(n_classes, n_classes)]."""
        self._counts, self._names = counts, tuple(names)
        self._shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
        self._current = None
        self.setAccessibleDescription(f"{len(names)} classes; use the arrow keys to read cells")
        self.update()

    def select_class(self, index: int | None) -> None:
        """Mark the row of a class."""
        self._selected = index
        self.update()

    def cell_at(self, position: QPointF) -> tuple[int, int] | None:
        """Return row and column at a place in pixels, None outside of the matrix."""
        square = self._place().square
        n = len(self._names)
        if not n or not square.contains(position):
            return None
        row = int((position.y() - square.top()) / square.height() * n)
        column = int((position.x() - square.left()) / square.width() * n)
        return min(row, n - 1), min(column, n - 1)

    def cell_text(self, row: int, column: int) -> str:
        """Return the description of a cell."""
        count, total = int(self._counts[row, column]), int(self._counts[row].sum())
        share = percent(self._shares[row, column])
        true, predicted = self._names[row], self._names[column]
        return f"{count:,} of {total:,} {self._noun} of {true} ({share}) were predicted as {predicted}"

    # --- drawing -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw matrix, names and colour bar."""
        painter = QPainter(self)
        painter.setFont(small_font())
        if self._names:
            place = self._place()
            painter.drawImage(place.square, self._image(int(place.square.width())))
            self._paint_counts(painter, place.square)
            painter.setPen(self._theme.grid)
            painter.drawRect(place.square)
            self._paint_names(painter, place)
            self._paint_bar(painter, place.square)
            self._paint_marks(painter, place.square)
        painter.end()

    def _place(self) -> _Place:
        """Fit the square; if it would be too small, omit the names above it, then those beside it."""
        metrics = QFontMetricsF(small_font())
        longest = max((metrics.horizontalAdvance(one_line(name, LONGEST_NAME)) for name in self._names), default=0.0)
        bar = _BAR_PX + 3.0 * _GAP_PX + metrics.horizontalAdvance("100 %")
        slanted = (longest + metrics.height()) * _SLOPE + _GAP_PX
        for left, top in ((longest + 2.0 * _GAP_PX, slanted), (longest + 2.0 * _GAP_PX, 0.0), (0.0, 0.0)):
            right = max(bar, slanted if top else 0.0)
            side = min(self.width() - left - right - 2.0, self.height() - top - 2.0 * _GAP_PX)
            if side >= (_LEAST_SIDE_WITH_TOP_PX if top else _LEAST_SIDE_PX):
                break
        return _Place(QRectF(left + 1.0, top + _GAP_PX, max(1.0, side), max(1.0, side)), left, top)

    def _image(self, side: int) -> QImage:
        shares = pooled(self._shares, max(1, side))
        base, full = (_rgb(one) for one in (self._theme.background, self._theme.accent))
        strength = np.where(shares > 0.0, 0.12 + 0.88 * shares, 0.0)[:, :, np.newaxis]
        data = np.ascontiguousarray((base + strength * (full - base)).round().astype(np.uint8))
        n = len(data)
        return QImage(data.tobytes(), n, n, 3 * n, QImage.Format.Format_RGB888).copy()

    def _paint_counts(self, painter: QPainter, square: QRectF) -> None:
        """Write the counts where the cells have room for all of them."""
        cell, metrics = square.width() / len(self._names), painter.fontMetrics()
        widest = metrics.horizontalAdvance(f"{int(self._counts.max(initial=0)):,}")
        if cell < max(widest, metrics.height()) + _GAP_PX:
            return
        for (row, column), count in np.ndenumerate(self._counts):
            if count:
                is_dark = self._shares[row, column] > 0.5
                painter.setPen(self._theme.background if is_dark else self._theme.foreground)
                area = QRectF(square.left() + column * cell, square.top() + row * cell, cell, cell)
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, f"{int(count):,}")

    def _paint_names(self, painter: QPainter, place: _Place) -> None:
        metrics = QFontMetricsF(small_font())
        square, n = place.square, len(self._names)
        cell, height = square.width() / n, metrics.height()
        for index in range(0, n, every := max(1, ceil(height / cell))) if place.left else ():
            top = square.top() + (index + 0.5) * cell - height / 2.0
            area = QRectF(0.0, top, place.left - _GAP_PX, height)
            painter.setPen(self._name_colour(index, every))
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._short(index))
        for index in range(0, n, every := max(1, ceil(height / _SLOPE / cell))) if place.top else ():
            painter.save()
            painter.translate(square.left() + (index + 0.5) * cell, square.top() - 3.0)
            painter.rotate(-45.0)
            painter.setPen(self._name_colour(index, every))
            painter.drawText(QPointF(0.0, metrics.descent()), self._short(index))
            painter.restore()

    def _short(self, index: int) -> str:
        return one_line(self._names[index], LONGEST_NAME)

    def _name_colour(self, index: int, every: int) -> QColor:
        """Mark the name of the selected class, or the nearest one shown."""
        is_marked = self._selected is not None and index <= self._selected < index + every
        return self._theme.foreground if is_marked else self._theme.muted

    def _paint_bar(self, painter: QPainter, square: QRectF) -> None:
        bar = QRectF(square.right() + 2.0 * _GAP_PX, square.top(), _BAR_PX, square.height())
        steps = 64
        for step in range(steps):
            share = 1.0 - (step + 0.5) / steps
            colour = mix(self._theme.background, self._theme.accent, 0.12 + 0.88 * share)
            top = bar.top() + bar.height() * step / steps
            painter.fillRect(QRectF(bar.left(), top, bar.width(), bar.height() / steps + 1.0), colour)
        painter.setPen(self._theme.muted)
        height = painter.fontMetrics().height()
        for share in (1.0, 0.5, 0.0):
            y = bar.top() + (1.0 - share) * (bar.height() - height)
            area = QRectF(bar.right() + 4.0, y, 60.0, height)
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, percent(share, 0))

    def _paint_marks(self, painter: QPainter, square: QRectF) -> None:
        cell = square.width() / len(self._names)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._selected is not None and self._selected < len(self._names):
            painter.setPen(QPen(self._theme.foreground, 1.0))
            top, height = square.top() + self._selected * cell, max(3.0, cell)
            painter.drawRect(QRectF(square.left(), top + cell / 2.0 - height / 2.0, square.width(), height))
        if self._current is not None and self.hasFocus():
            side = max(5.0, cell)
            row, column = self._current
            middle = QPointF(square.left() + (column + 0.5) * cell, square.top() + (row + 0.5) * cell)
            painter.setPen(QPen(self._theme.foreground, 2.0))
            painter.drawRect(QRectF(middle.x() - side / 2.0, middle.y() - side / 2.0, side, side))

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the cell under the mouse."""
        cell = self.cell_at(event.position())
        if cell is not None:
            self._go_to(*cell)
            self.cell_chosen.emit(*cell)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the cell under the mouse."""
        cell = self.cell_at(event.position())
        if cell is not None:
            self.cell_opened.emit(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move between cells; Enter selects and opens one."""
        key = Qt.Key(event.key())
        if self._names and key in _STEPS:
            row, column = self._current or (self._selected or 0, self._selected or 0)
            down, right = _STEPS[key] if self._current is not None else (0, 0)
            last = len(self._names) - 1
            self._go_to(min(last, max(0, row + down)), min(last, max(0, column + right)))
        elif self._current is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            cell = self._current
            self.cell_chosen.emit(*cell)
            self.cell_opened.emit(*cell)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Describe the cell under the mouse in a tooltip."""
        if isinstance(event, QHelpEvent):
            cell = self.cell_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), plain_tip(self.cell_text(*cell) if cell else ""), self)
            return True
        return super().event(event)

    def _go_to(self, row: int, column: int) -> None:
        self._current = row, column
        self.setAccessibleDescription(self.cell_text(row, column))
        if self.hasFocus():
            centre = self._place().square
            cell = centre.width() / len(self._names)
            at = QPointF(centre.left() + (column + 1.0) * cell, centre.top() + (row + 1.0) * cell).toPoint()
            QToolTip.showText(self.mapToGlobal(at), plain_tip(self.cell_text(row, column)), self)
        self.update()


def pooled(shares: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Return a matrix of at most ``side`` rows and columns; each entry is the largest of those that fall into it.

    Nearest-neighbour scaling of 300 classes to 150 pixels would lose three of four cells.
    """
    n = len(shares)
    if n <= side:
        return shares
    starts = np.arange(side) * n // side
    rows: NDArray[np.float64] = np.maximum.reduceat(shares, starts, axis=0)
    return np.asarray(np.maximum.reduceat(rows, starts, axis=1))


def _rgb(colour: QColor) -> NDArray[np.float64]:
    return np.array([colour.red(), colour.green(), colour.blue()], dtype=np.float64)

"""Waveform of the input over the last seconds, with pre-roll and takes marked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlpsvd.chart import Axis, Chart, Curve
from mlpsvd_gui.plots.chart_parts import print_colour
from mlpsvd_gui.plots.picture_menu import offer_picture
from mlpsvd_gui.plots.theme import LIGHT, Theme, mix, small_font, with_alpha

__all__ = ["RecordScope", "ScopeView", "TakeMark"]

_SCALES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_ROOM = 1.15
_SHRINK_AFTER = 40
"""Number of frames before the scale becomes finer, so that it does not jump."""
_BOTTOM_PX = 16.0
_ASSUMED_S = 6.0


@dataclass(frozen=True)
class TakeMark:
    """A take on the scope: start and end in seconds before now (0 is now), and its pre-roll."""

    begins_s: float
    ends_s: float
    pre_roll_s: float
    colour: QColor
    is_running: bool


@dataclass(frozen=True, eq=False)
class ScopeView:
    """Content of one frame.

    Attributes
    ----------
    low, high : np.ndarray [shape=(n_columns,)]
        Minimum and maximum sample per column, oldest first; NaN without input.
    shown_s
        Total duration of the columns; the last one ends now.
    takes
        The takes.
    pre_roll_s
        Pre-roll of a take that would begin now; 0 marks nothing.
    trigger
        Amplitude of the trigger level (peak of a sine); 0 draws no line.
    """

    low: NDArray[np.float32]
    high: NDArray[np.float32]
    shown_s: float
    takes: tuple[TakeMark, ...] = ()
    pre_roll_s: float = 0.0
    trigger: float = 0.0


class RecordScope(QWidget):
    """Scrolling waveform, scaled to the loudest sample shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._view: ScopeView | None = None
        self._empty_text = ""
        self._scale = _SCALES[0]
        self._n_finer = 0
        self.setMinimumSize(200, 84)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Waveform of the input")
        self.setToolTip(
            "Waveform of the input, newest at the right; the scale follows the loudest sample.\n"
            "Coloured: recorded takes, pre-roll lighter. Hatched: pre-roll of the next take."
        )
        offer_picture(self, self.chart)

    def chart(self) -> Chart:
        """Return the smallest and the largest samples over time."""
        x, y = Axis("Time before now", "s"), Axis("Amplitude", limits=(-self._scale, self._scale))
        view = self._view
        if view is None:
            return Chart("Waveform of the input", x, y)
        times_s = -view.shown_s + (np.arange(len(view.low)) + 0.5) * view.shown_s / max(1, len(view.low))
        colour = print_colour(LIGHT.accent)
        drawn = (Curve(times_s, view.low, "smallest", colour, width=0.6),
                 Curve(times_s, view.high, "largest", colour, width=0.6))  # fmt: skip
        return Chart("Waveform of the input", x, y, drawn)

    @property
    def view(self) -> ScopeView | None:
        """The content; None without input."""
        return self._view

    @property
    def scale(self) -> float:
        """Amplitude at the upper edge."""
        return self._scale

    def sizeHint(self) -> QSize:
        """Return a wide, low size."""
        return QSize(600, 130)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.update()

    def set_empty_text(self, text: str) -> None:
        """Set the text shown without input."""
        self._empty_text = text
        self.update()

    def show_view(self, view: ScopeView | None) -> None:
        """Show the content; None without input."""
        self._view = view
        if view is not None:
            self._follow(view)
        self.update()

    def _follow(self, view: ScopeView) -> None:
        peaks = np.concatenate((np.abs(view.low), np.abs(view.high)))
        peaks = peaks[np.isfinite(peaks)]
        largest = max(float(peaks.max()) if peaks.size else 0.0, view.trigger)
        fitting = next((scale for scale in _SCALES if scale >= _ROOM * largest), _SCALES[-1])
        self._n_finer = self._n_finer + 1 if fitting < self._scale else 0
        if fitting > self._scale or self._n_finer > _SHRINK_AFTER:
            self._scale, self._n_finer = fitting, 0

    # -- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw marks, waveform, trigger lines and time axis."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.background)
        painter.setFont(small_font())
        area = QRectF(0.0, 0.0, self.width(), self.height() - _BOTTOM_PX)
        if self._view is None:
            painter.setPen(self._theme.muted)
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(20, 4, -20, -4), words, self._empty_text)
        else:
            self._paint_seconds(painter, area, self._view)
            self._paint_takes(painter, area, self._view)
            self._paint_wave(painter, area, self._view)
            self._paint_trigger(painter, area, self._view)
        painter.end()

    def _paint_seconds(self, painter: QPainter, area: QRectF, view: ScopeView) -> None:
        middle = area.center().y()
        painter.setPen(self._theme.grid)
        painter.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle))
        for second in range(1, int(view.shown_s) + 1):
            x = self._x(second, area, view)
            painter.setPen(self._theme.grid)
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(self._theme.muted)
            if x < 20.0:
                continue
            painter.drawText(QRectF(x - 20, area.bottom(), 40, _BOTTOM_PX), _CENTRE, f"−{second} s")
        painter.drawText(QRectF(area.right() - 44, area.bottom(), 40, _BOTTOM_PX), _RIGHT, "now")
        painter.drawText(QRectF(4, 1, 90, 14), _LEFT, f"±{self._scale:g}")

    def _paint_takes(self, painter: QPainter, area: QRectF, view: ScopeView) -> None:
        if view.pre_roll_s > 0.0 and not any(take.is_running for take in view.takes):
            left = self._x(view.pre_roll_s, area, view)
            brush = pg.mkBrush(with_alpha(self._theme.muted, 0.35))
            brush.setStyle(Qt.BrushStyle.BDiagPattern)
            painter.fillRect(QRectF(left, area.top(), area.right() - left, area.height()), brush)
        for take in view.takes:
            begin, end = self._x(take.begins_s, area, view), self._x(take.ends_s, area, view)
            sound = min(end, self._x(max(take.ends_s, take.begins_s - take.pre_roll_s), area, view))
            strength = 0.30 if take.is_running else 0.16
            painter.fillRect(QRectF(begin, 0.0, sound - begin, area.height()), with_alpha(take.colour, strength / 2))
            painter.fillRect(QRectF(sound, 0.0, end - sound, area.height()), with_alpha(take.colour, strength))
            painter.fillRect(QRectF(begin, area.bottom() - 3.0, max(2.0, end - begin), 3.0), take.colour)

    def _paint_wave(self, painter: QPainter, area: QRectF, view: ScopeView) -> None:
        columns = np.flatnonzero(np.isfinite(view.low))
        if columns.size < 2:
            return
        x = area.left() + area.width() * (columns + 0.5) / len(view.low)
        middle, half = area.center().y(), area.height() / 2.0
        top = middle - half * np.clip(view.high[columns] / self._scale, -1.0, 1.0) - 0.5
        bottom = middle - half * np.clip(view.low[columns] / self._scale, -1.0, 1.0) + 0.5
        outline = pg.functions.arrayToQPolygonF(np.concatenate((x, x[::-1])), np.concatenate((top, bottom[::-1])))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(self._theme.foreground, self._theme.background, 0.25))
        painter.drawPolygon(outline)

    def _paint_trigger(self, painter: QPainter, area: QRectF, view: ScopeView) -> None:
        if not 0.0 < view.trigger < self._scale:
            return
        painter.setPen(QPen(self._theme.accent, 1.0, Qt.PenStyle.DashLine))
        for side in (-1.0, 1.0):
            y = area.center().y() + side * area.height() / 2.0 * view.trigger / self._scale
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(self._theme.accent)
        y = area.center().y() - area.height() / 2.0 * view.trigger / self._scale
        painter.drawText(QRectF(4, max(14.0, y - 15.0), 90, 14), _LEFT, "trigger")

    def _x(self, before_now_s: float, area: QRectF, view: ScopeView) -> float:
        share = 1.0 - before_now_s / (view.shown_s or _ASSUMED_S)
        return area.left() + area.width() * min(1.0, max(0.0, share))


_CENTRE = Qt.AlignmentFlag.AlignCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

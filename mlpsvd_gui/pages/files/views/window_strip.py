"""Timeline of the windows of one file: colour is the class, height the probability."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from mlpsvd.chart import Axis, Chart, Curve
from mlpsvd.classification.batch.results import FileResult
from mlpsvd_gui.plots.chart_parts import print_colour
from mlpsvd_gui.plots.picture_menu import offer_picture
from mlpsvd_gui.plots.theme import Theme, class_colour, small_font, theme_for, with_alpha
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.decision_table import clock_text

__all__ = ["WindowStrip"]

_BAR_PX = 40
_AXIS_PX = 18
_TICK_PX = 90
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)
_KEYS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageUp: -20,
    Qt.Key.Key_PageDown: 20,
    Qt.Key.Key_Home: -(10**9),
    Qt.Key.Key_End: 10**9,
}


class WindowStrip(QWidget):
    """Draws at most one bar per pixel; arrow keys and clicks select a window."""

    window_chosen = Signal(int)
    """Emits the index of the window selected by mouse or arrow keys."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._result: FileResult | None = None
        self._theme = theme_for(self.palette())
        self._colour_of: Callable[[int], QColor] = lambda index: class_colour(index, self._theme)
        self._current = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Windows of the recording over time")
        self.setMouseTracking(True)
        offer_picture(self, self.chart)

    def chart(self) -> Chart:
        """Return the probability of the predicted class of each window, a colour for each class."""
        x, y = Axis("Time", "s"), Axis("Probability", "%", limits=(0.0, 105.0))
        result = self._result
        if result is None:
            return Chart("Predictions", x, y)
        classes, names = np.asarray(result.window_classes), result.class_names
        shares = 100.0 * result.probabilities[np.arange(len(classes)), classes]
        drawn = tuple(
            Curve(result.starts_s[classes == index], shares[classes == index], names[index],
                  print_colour(self._colour_of(int(index))), "none", marker="dot")
            for index in np.unique(classes)
        )  # fmt: skip
        columns: dict[str, Any] = {
            "Start (s)": result.starts_s,
            "Duration (s)": result.durations_s,
            "Predicted class": [names[index] for index in classes],
            "Probability (%)": shares,
        }
        return Chart("Predictions", x, y, drawn, title=result.path.name, columns=columns)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.update()

    def show_result(self, result: FileResult | None) -> None:
        """Show the windows of a file; None clears."""
        self._result = result if result is not None and result.n_windows else None
        self._current = -1
        self.update()

    def choose(self, window: int) -> None:
        """Mark a window; emits nothing."""
        self._current = window
        self.update()

    @property
    def current(self) -> int:
        """The marked window, -1 for none."""
        return self._current

    def sizeHint(self) -> QSize:
        """Return the height of bars and axis."""
        return QSize(400, _BAR_PX + _AXIS_PX)

    def window_at(self, x: float) -> int:
        """Return the window at a pixel; -1 for none."""
        if self._result is None:
            return -1
        windows = self._windows_at(np.array([x]))
        return int(windows[0])

    def _windows_at(self, xs: np.ndarray) -> np.ndarray:
        """Index of the window at each pixel, -1 outside all of them."""
        result = self._result
        if result is None:
            return np.full(len(xs), -1)
        times_s = xs / max(1, self.width()) * self._end_s
        windows = np.searchsorted(result.starts_s, times_s, side="right") - 1
        ends_s = result.starts_s + result.durations_s
        inside = (windows >= 0) & (times_s <= ends_s[windows] + 1e-9)
        return np.where(inside, windows, -1)

    @property
    def _end_s(self) -> float:
        result = self._result
        return float(result.starts_s[-1] + result.durations_s[-1]) if result is not None else 1.0

    # --- drawing -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw bars, axis and the mark."""
        painter = QPainter(self)
        painter.fillRect(QRectF(0, 0, self.width(), _BAR_PX), self._theme.background)
        if self._result is not None:
            self._draw_bars(painter, self._result)
            self._draw_axis(painter)
            self._draw_current(painter, self._result)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.accent, 1))
            painter.drawRect(QRectF(0.5, 0.5, self.width() - 1, _BAR_PX - 1))
        painter.end()

    def _draw_bars(self, painter: QPainter, result: FileResult) -> None:
        windows = self._windows_at(np.arange(self.width()) + 0.5)
        edges = np.flatnonzero(np.diff(windows, prepend=-2, append=-2))
        for start, end in pairwise(edges.tolist()):
            window = int(windows[start])
            if window < 0:
                continue
            probability = float(result.probabilities[window].max())
            colour = self._colour_of(int(result.window_classes[window]))
            height = max(2.0, _BAR_PX * probability)
            gap = 1 if end - start > 4 else 0
            painter.fillRect(QRectF(start, 0, end - start - gap, _BAR_PX), with_alpha(colour, 0.18))
            painter.fillRect(QRectF(start, _BAR_PX - height, end - start - gap, height), colour)

    def _draw_axis(self, painter: QPainter) -> None:
        painter.setFont(small_font())
        painter.setPen(self._theme.muted)
        wanted_s = self._end_s * _TICK_PX / max(1, self.width())
        step_s = next((step for step in _STEPS_S if step >= wanted_s), _STEPS_S[-1])
        for number in range(int(self._end_s / step_s) + 1):
            x = number * step_s / self._end_s * self.width()
            painter.drawLine(QPointF(x, _BAR_PX), QPointF(x, _BAR_PX + 3))
            text = _tick(number * step_s)
            if x + 3 + painter.fontMetrics().horizontalAdvance(text) <= self.width():
                painter.drawText(QRectF(x + 3, _BAR_PX, _TICK_PX, _AXIS_PX), Qt.AlignmentFlag.AlignVCenter, text)

    def _draw_current(self, painter: QPainter, result: FileResult) -> None:
        if not 0 <= self._current < result.n_windows:
            return
        scale = self.width() / self._end_s
        start, width = result.starts_s[self._current] * scale, result.durations_s[self._current] * scale
        painter.setPen(QPen(self._theme.foreground, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(start, 1, max(3.0, width) - 1, _BAR_PX - 2))

    # --- mouse and keys ----------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the window under the mouse."""
        self._go_to(self.window_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Select windows while the mouse is dragged."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(self.window_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Select the next or previous window."""
        step = _KEYS.get(Qt.Key(event.key()))
        if step is None or self._result is None:
            super().keyPressEvent(event)
            return
        self._go_to(min(self._result.n_windows - 1, max(0, self._current + step)))

    def event(self, event: QEvent) -> bool:
        """Show the prediction of the window under the mouse."""
        if isinstance(event, QHelpEvent):
            window = self.window_at(event.pos().x())
            QToolTip.showText(event.globalPos(), plain_tip(self._tip(window)), self)
            return True
        return super().event(event)

    def _tip(self, window: int) -> str:
        result = self._result
        if result is None or window < 0:
            return ""
        best = int(result.window_classes[window])
        share = 100.0 * result.probabilities[window][best]
        return f"{clock_text(float(result.starts_s[window]))}: {result.class_names[best]}, {share:.1f} %"

    def _go_to(self, window: int) -> None:
        if window >= 0 and window != self._current:
            self.choose(window)
            self.window_chosen.emit(window)


def _tick(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"

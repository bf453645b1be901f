"""A level meter: bar, peak hold and clipping lamp, in dB relative to full scale."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlpsvd_gui.plots.theme import LIGHT, Theme, mix, small_font

__all__ = ["LevelMeter"]

_LOWEST_DBFS = -80.0
_WARM_DBFS = -6.0
_TICKS_DBFS = (-80, -60, -40, -20, 0)
_HOLD_S = 1.5
_FALL_DB_PER_S = 24.0
_CLIP_COLOUR = QColor("#d13438")
_WARM_COLOUR = QColor("#d98c00")


class LevelMeter(QWidget):
    """Bar: root mean square (a full-scale sine is 0 dBFS). Tick: peak, held. Lamp: full scale was reached."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._rms_dbfs: float | None = None
        self._hold_dbfs = _LOWEST_DBFS
        self._held_s = 0.0
        self._at_s = 0.0
        self._clipped = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Level meter")
        self.setToolTip(
            "Level in dB relative to full scale (dBFS). Bar: root mean square, where a full-scale sine is 0 dBFS. "
            "Mark: the peak of the last moments. The lamp lights when a sample reaches full scale; click to reset it."
        )

    @property
    def clipped(self) -> bool:
        """Whether the lamp is on."""
        return self._clipped

    @property
    def rms_dbfs(self) -> float | None:
        """The level that the bar shows, None while nothing is heard."""
        return self._rms_dbfs

    @property
    def hold_dbfs(self) -> float:
        """The held peak."""
        return self._hold_dbfs

    def sizeHint(self) -> QSize:
        """Wide, and as high as bar and scale."""
        return QSize(260, 50)

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self.update()

    def show_level(self, rms_dbfs: float, peak_dbfs: float, clipped: bool, now_s: float) -> None:
        """Show a level; ``now_s`` is a clock in seconds, by which the held peak falls."""
        self._rms_dbfs = rms_dbfs
        overdue_s = min(now_s - self._at_s, now_s - self._held_s - _HOLD_S)
        if overdue_s > 0.0:
            self._hold_dbfs -= _FALL_DB_PER_S * overdue_s
        if peak_dbfs >= self._hold_dbfs:
            self._hold_dbfs, self._held_s = peak_dbfs, now_s
        self._hold_dbfs = max(_LOWEST_DBFS, self._hold_dbfs)
        self._at_s = now_s
        self._clipped = self._clipped or clipped
        self.update()

    def reset(self) -> None:
        """Show nothing."""
        self._rms_dbfs, self._hold_dbfs, self._clipped = None, _LOWEST_DBFS, False
        self._at_s = self._held_s = 0.0
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put the clipping lamp out."""
        self._clipped = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw lamp, bar, mark, scale and numbers."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small_font())
        line = painter.fontMetrics().height()
        bar = QRectF(6.0, line + 5.0, self.width() - 34.0, 10.0)
        self._paint_words(painter, line)
        self._paint_bar(painter, bar)
        self._paint_lamp(painter, QRectF(self.width() - 19.0, bar.top() - 1.0, 12.0, 12.0))
        self._paint_scale(painter, bar, line)
        painter.end()

    def _paint_words(self, painter: QPainter, line: int) -> None:
        painter.setPen(self._theme.muted)
        area = QRectF(6.0, 0.0, self.width() - 12.0, line + 2.0)
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "Level")
        text = "–"
        if self._rms_dbfs is not None:
            text = f"{self._rms_dbfs:.1f} dBFS, peak {self._hold_dbfs:.1f}".replace("-", "−")
            painter.setPen(self._theme.foreground)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_bar(self, painter: QPainter, bar: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.grid)
        painter.drawRoundedRect(bar, 3.0, 3.0)
        if self._rms_dbfs is None:
            return
        end = self._x(self._rms_dbfs, bar)
        if end > bar.left():
            painter.setBrush(_WARM_COLOUR if self._rms_dbfs > _WARM_DBFS else self._theme.accent)
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), end - bar.left(), bar.height()), 3.0, 3.0)
        hold = self._x(self._hold_dbfs, bar)
        painter.setBrush(_WARM_COLOUR if self._hold_dbfs > _WARM_DBFS else self._theme.foreground)
        painter.drawRect(QRectF(min(hold, bar.right() - 2.0), bar.top() - 2.0, 2.0, bar.height() + 4.0))

    def _paint_lamp(self, painter: QPainter, lamp: QRectF) -> None:
        painter.setPen(mix(self._theme.muted, self._theme.background, 0.4))
        painter.setBrush(_CLIP_COLOUR if self._clipped else self._theme.background)
        painter.drawEllipse(lamp)

    def _paint_scale(self, painter: QPainter, bar: QRectF, line: int) -> None:
        painter.setPen(self._theme.muted)
        for tick in _TICKS_DBFS:
            x = self._x(tick, bar)
            painter.drawLine(QPointF(x, bar.bottom() + 2.0), QPointF(x, bar.bottom() + 5.0))
            text = f"{tick}".replace("-", "−")
            width = painter.fontMetrics().horizontalAdvance(text)
            left = min(max(0.0, x - width / 2.0), bar.right() + 6.0 - width)
            painter.drawText(QPointF(left, bar.bottom() + line + 2.0), text)

    @staticmethod
    def _x(level_dbfs: float, bar: QRectF) -> float:
        share = (level_dbfs - _LOWEST_DBFS) / -_LOWEST_DBFS
        return bar.left() + bar.width() * min(1.0, max(0.0, share))

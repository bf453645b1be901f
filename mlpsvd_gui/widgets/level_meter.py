"""Level meter: bar, peak hold, clipping indicator and draggable trigger mark."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlpsvd.text import with_minus
from mlpsvd_gui.plots.theme import LIGHT, Theme, mix, small_font

__all__ = ["LevelMeter"]

_LOWEST_DBFS = -80.0
_WARM_DBFS = -6.0
_TICKS_DBFS = (-80, -60, -40, -20, 0)
_HOLD_S = 1.5
_FALL_DB_PER_S = 24.0
_OFF_DBFS = -120.0
"""Level of silence, and of a disabled trigger."""
_GRIP_PX = 9.0
_CLIP_COLOUR = QColor("#d13438")
_WARM_COLOUR = QColor("#d98c00")


class LevelMeter(QWidget):
    """Bar: RMS (full-scale sine: 0 dBFS). Tick: held peak. Lamp: clipping.

    The triangle above the bar is the trigger level; at the left end it is off.
    """

    trigger_dragged = Signal(float)
    """Emits the trigger level in dBFS while its mark is dragged, or moved with the arrow keys; -120 is off."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._rms_dbfs: float | None = None
        self._hold_dbfs = _OFF_DBFS
        self._held_s = 0.0
        self._at_s = 0.0
        self._clipped = False
        self._trigger_dbfs = _OFF_DBFS
        self._has_trigger = False
        self._is_dragging = False
        self._level_db_spl: float | None = None
        self._note = ""
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # otherwise the parent is redrawn each time too
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Level meter")
        self.setToolTip(
            "Level in dBFS. Bar: RMS, where a full-scale sine is 0 dBFS. Mark: recent peak. The clipping indicator "
            "lights when a sample reaches full scale; click to reset it. Triangle: trigger level, below which nothing "
            "is classified; drag to change it, to the left end to disable it."
        )

    @property
    def clipped(self) -> bool:
        """Whether the lamp is on."""
        return self._clipped

    @property
    def rms_dbfs(self) -> float | None:
        """The level of the bar; None without input."""
        return self._rms_dbfs

    @property
    def hold_dbfs(self) -> float:
        """The held peak."""
        return self._hold_dbfs

    @property
    def trigger_dbfs(self) -> float:
        """The trigger level that the mark shows; -120 is off."""
        return self._trigger_dbfs

    @property
    def note(self) -> str:
        """The description of the conditioning."""
        return self._note

    def show_note(self, text: str) -> None:
        """Show the active conditioning beside the heading."""
        self._note = text
        self.update()

    @property
    def level_text(self) -> str:
        """The level as text."""
        if self._rms_dbfs is None:
            return "–"
        text = f"{self._rms_dbfs:.1f} dBFS, peak {self._hold_dbfs:.1f}"
        if self._level_db_spl is not None:
            text += f"   {self._level_db_spl:.1f} dB SPL"
        return with_minus(text)

    def sizeHint(self) -> QSize:
        """Return a wide size with the height of bar and scale."""
        return QSize(260, 50)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.update()

    def show_trigger(self, trigger_dbfs: float) -> None:
        """Show the trigger level and enable dragging; emits nothing."""
        self._has_trigger = True
        if not self._is_dragging:
            self._trigger_dbfs = trigger_dbfs
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.update()

    def hide_trigger(self) -> None:
        """Show no trigger level."""
        self._has_trigger = self._is_dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.update()

    def show_level(
        self, rms_dbfs: float, peak_dbfs: float, clipped: bool, now_s: float, level_db_spl: float | None = None
    ) -> None:
        """Show a level, if calibrated also in dB SPL; ``now_s`` is the time for the decay of the held peak."""
        self._rms_dbfs, self._level_db_spl = rms_dbfs, level_db_spl
        overdue_s = min(now_s - self._at_s, now_s - self._held_s - _HOLD_S)
        if overdue_s > 0.0:
            self._hold_dbfs -= _FALL_DB_PER_S * overdue_s
        if peak_dbfs >= self._hold_dbfs:
            self._hold_dbfs, self._held_s = peak_dbfs, now_s
        self._hold_dbfs = max(_OFF_DBFS, self._hold_dbfs)
        self._at_s = now_s
        self._clipped = self._clipped or clipped
        self.update()

    def show_silence(self) -> None:
        """Clear the level because there is no input; the lamp is unchanged."""
        self._rms_dbfs, self._level_db_spl = None, None
        self.update()

    def reset(self) -> None:
        """Clear the meter."""
        self._rms_dbfs, self._hold_dbfs, self._clipped = None, _OFF_DBFS, False
        self._at_s = self._held_s = 0.0
        self._level_db_spl = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Grab the trigger mark, or reset the clipping lamp."""
        if self._is_on_mark(event.position()):
            self._is_dragging = True
            self._drag(event.position().x())
        else:
            self._clipped = False
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the trigger mark."""
        if self._is_dragging:
            self._drag(event.position().x())
        else:
            shape = Qt.CursorShape.SizeHorCursor if self._is_on_mark(event.position()) else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Release the trigger mark."""
        self._is_dragging = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the trigger mark by one dB with the arrow keys."""
        step = {Qt.Key.Key_Left: -1.0, Qt.Key.Key_Right: 1.0}.get(Qt.Key(event.key()))
        if step is None or not self._has_trigger:
            super().keyPressEvent(event)
        else:
            self._move_trigger(max(_LOWEST_DBFS, self._trigger_dbfs) + step)

    def trigger_position(self) -> QPointF:
        """Return where the trigger mark is, in pixels."""
        bar = self._bar_area()
        return QPointF(self._x(self._trigger_dbfs, bar), bar.top() - 3.0)

    def position_of(self, level_dbfs: float) -> QPointF:
        """Return the position of a level on the bar, in pixels."""
        bar = self._bar_area()
        return QPointF(self._x(level_dbfs, bar), bar.center().y())

    def _is_on_mark(self, at: QPointF) -> bool:
        mark = self.trigger_position()
        return self._has_trigger and abs(at.x() - mark.x()) <= _GRIP_PX and abs(at.y() - mark.y()) <= 16.0

    def _drag(self, x: float) -> None:
        bar = self._bar_area()
        share = min(1.0, max(0.0, (x - bar.left()) / bar.width()))
        self._move_trigger(round(_LOWEST_DBFS * (1.0 - share)))

    def _move_trigger(self, level_dbfs: float) -> None:
        self._trigger_dbfs = _OFF_DBFS if level_dbfs <= _LOWEST_DBFS else min(0.0, level_dbfs)
        self.update()
        self.trigger_dragged.emit(self._trigger_dbfs)

    def _bar_area(self) -> QRectF:
        line = QFontMetrics(small_font()).height()
        return QRectF(6.0, line + 7.0, self.width() - 34.0, 10.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw lamp, bar, mark, scale and numbers."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Window))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small_font())
        line = painter.fontMetrics().height()
        bar = self._bar_area()
        self._paint_caption(painter, line)
        self._paint_bar(painter, bar)
        self._paint_lamp(painter, QRectF(self.width() - 19.0, bar.top() - 1.0, 12.0, 12.0))
        self._paint_scale(painter, bar, line)
        if self._has_trigger:
            self._paint_trigger(painter, bar)
        painter.end()

    def _paint_caption(self, painter: QPainter, line: int) -> None:
        painter.setPen(self._theme.muted)
        area = QRectF(20.0, 0.0, self.width() - 26.0, line + 2.0)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, left, "Level")
        self._paint_note(painter, area)
        painter.setPen(self._theme.muted)
        if self._rms_dbfs is not None:
            painter.setPen(self._theme.foreground)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.level_text)

    def _paint_note(self, painter: QPainter, area: QRectF) -> None:
        metrics = painter.fontMetrics()
        room = area.adjusted(metrics.horizontalAdvance("Level") + 16.0, 0.0, 0.0, 0.0)
        room.setRight(area.right() - metrics.horizontalAdvance(self.level_text) - 16.0)
        painter.setPen(self._theme.accent)
        text = metrics.elidedText(self._note, Qt.TextElideMode.ElideRight, max(0, int(room.width())))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

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
        if self._hold_dbfs <= _LOWEST_DBFS:
            return
        hold = self._x(self._hold_dbfs, bar)
        painter.setBrush(_WARM_COLOUR if self._hold_dbfs > _WARM_DBFS else self._theme.foreground)
        painter.drawRect(QRectF(min(hold, bar.right() - 2.0), bar.top() - 2.0, 2.0, bar.height() + 4.0))

    def _paint_lamp(self, painter: QPainter, lamp: QRectF) -> None:
        painter.setPen(mix(self._theme.muted, self._theme.background, 0.4))
        painter.setBrush(_CLIP_COLOUR if self._clipped else self._theme.background)
        painter.drawEllipse(lamp)

    def _paint_trigger(self, painter: QPainter, bar: QRectF) -> None:
        is_on = self._trigger_dbfs > _LOWEST_DBFS
        x = self._x(self._trigger_dbfs, bar)
        colour = self._theme.foreground if is_on else mix(self._theme.muted, self._theme.background, 0.3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour if is_on else self._theme.background)
        if not is_on:
            painter.setPen(colour)
        top = bar.top() - 8.0
        painter.drawPolygon(QPolygonF([QPointF(x - 5.0, top), QPointF(x + 5.0, top), QPointF(x, top + 7.0)]))
        if is_on:
            painter.setPen(colour)
            painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()))

    def _paint_scale(self, painter: QPainter, bar: QRectF, line: int) -> None:
        painter.setPen(self._theme.muted)
        for tick in _TICKS_DBFS:
            x = self._x(tick, bar)
            painter.drawLine(QPointF(x, bar.bottom() + 2.0), QPointF(x, bar.bottom() + 5.0))
            text = with_minus(f"{tick}") if tick else "0 dBFS"
            width = painter.fontMetrics().horizontalAdvance(text)
            left = min(max(0.0, x - width / 2.0), self.width() - 2.0 - width)
            painter.drawText(QPointF(left, bar.bottom() + line + 2.0), text)

    @staticmethod
    def _x(level_dbfs: float, bar: QRectF) -> float:
        share = (level_dbfs - _LOWEST_DBFS) / -_LOWEST_DBFS
        return bar.left() + bar.width() * min(1.0, max(0.0, share))

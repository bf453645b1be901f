"""One image with its rows and columns numbered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from mlpsvd.chart import Axis, Chart
from mlpsvd_gui.plots.chart_parts import image_chart
from mlpsvd_gui.plots.image_grid import paint_image, pixel_text
from mlpsvd_gui.plots.picture_menu import offer_picture
from mlpsvd_gui.plots.theme import Theme, small_font, theme_for
from mlpsvd_gui.qt_text import plain_tip

__all__ = ["PixelView"]

_LEFT_PX, _TOP_PX, _RIGHT_PX, _BOTTOM_PX = 40, 22, 10, 34
_TICK_STEP = 5
_CLOSEST_TICKS_PX = 26


class PixelView(QWidget):
    """Square pixels from 0, the background, to 1; the tooltip is the value under the mouse."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme_for(self.palette())
        self._title = ""
        self.pixels: npt.NDArray[np.floating] = np.empty((0, 0))
        self.opacity = 1.0
        offer_picture(self, self.chart)

    def chart(self) -> Chart:
        """Return the image."""
        if not self.pixels.size:
            return Chart("Image", Axis("Column"), Axis("Row"))
        return image_chart(self._title or "Image", self.pixels, self._title)

    def minimumSizeHint(self) -> QSize:
        """Return the least useful size."""
        return QSize(120, 120)

    def show_pixels(self, title: str, pixels: npt.NDArray[np.floating]) -> None:
        """Show an image [shape=(height, width)]."""
        self._title, self.pixels = title, pixels
        self.setAccessibleName(f"Image {title}")
        self.update()

    def clear(self) -> None:
        """Remove the image."""
        self.show_pixels("", np.empty((0, 0)))

    def set_dimmed(self, dimmed: bool) -> None:
        """Dim the image while another one is computed."""
        self.opacity = 0.45 if dimmed else 1.0
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.update()

    def place(self) -> QRectF:
        """Return the rectangle of the image."""
        height, width = self.pixels.shape
        room_x, room_y = self.width() - _LEFT_PX - _RIGHT_PX, self.height() - _TOP_PX - _BOTTOM_PX
        side = max(1.0, min(room_x / width, room_y / height))
        side = float(int(side)) if side > 4.0 else side
        left = _LEFT_PX + (room_x - side * width) / 2.0
        top = _TOP_PX + (room_y - side * height) / 2.0
        return QRectF(float(int(left)), float(int(top)), side * width, side * height)

    def text_at(self, position: QPointF) -> str:
        """Return the pixel at a point in words; empty outside."""
        return pixel_text(self.place(), self.pixels, position) if self.pixels.size else ""

    def event(self, event: QEvent) -> bool:
        """Show the value under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), plain_tip(self.text_at(QPointF(event.pos()))), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the image, its title and its axes."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.background)
        if self.pixels.size:
            painter.setFont(small_font())
            painter.setOpacity(self.opacity)
            place = self.place()
            paint_image(painter, place, self.pixels, self._theme, is_signed=False)
            painter.setPen(QPen(self._theme.grid, 1.0))
            painter.drawRect(place.adjusted(-1, -1, 1, 1))
            painter.setPen(self._theme.foreground)
            above = QRectF(0, place.top() - 20, self.width(), 18)
            painter.drawText(above, Qt.AlignmentFlag.AlignCenter, self._title)
            self._paint_axes(painter, place)
        painter.end()

    def _paint_axes(self, painter: QPainter, place: QRectF) -> None:
        height, width = self.pixels.shape
        centre = Qt.AlignmentFlag.AlignCenter
        painter.setPen(self._theme.muted)
        for column in _ticks(width, place.width()):
            x = place.left() + (column - 0.5) / width * place.width()
            painter.drawText(QRectF(x - 15, place.bottom() + 2, 30, 13), centre, str(column))
        painter.drawText(QRectF(place.left(), place.bottom() + 16, place.width(), 15), centre, "Column")
        for row in _ticks(height, place.height()):
            y = place.top() + (row - 0.5) / height * place.height()
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(place.left() - 26, y - 8, 22, 16), right, str(row))
        painter.save()
        painter.translate(place.left() - 32, place.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-60, -8, 120, 16), centre, "Row")
        painter.restore()


def _ticks(n: int, length_px: float) -> list[int]:
    step = _TICK_STEP if length_px * _TICK_STEP >= n * _CLOSEST_TICKS_PX else 2 * _TICK_STEP
    return [1, *range(step, n + 1, step)]

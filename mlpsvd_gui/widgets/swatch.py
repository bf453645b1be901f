"""Small squares in the colour of a class, for tables and menus."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

__all__ = ["SWATCH_PX", "swatch", "swatch_icon"]

SWATCH_PX = 11
_CORNER_PX = 2
_PIXEL_RATIO = 2.0


def swatch(colour: QColor | None) -> QPixmap:
    """Return a square with round corners in a colour; a transparent one for None. Copy it before painting on it."""
    return _drawn(colour.rgba() if colour is not None else 0)


@lru_cache(maxsize=256)
def _drawn(rgba: int) -> QPixmap:
    pixels = round(SWATCH_PX * _PIXEL_RATIO)
    pixmap = QPixmap(pixels, pixels)
    pixmap.setDevicePixelRatio(_PIXEL_RATIO)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor.fromRgba(rgba))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRoundedRect(QRect(0, 0, SWATCH_PX, SWATCH_PX), _CORNER_PX, _CORNER_PX)
    painter.end()
    return pixmap


def swatch_icon(colour: QColor) -> QIcon:
    """Return a swatch as an icon that a selected row does not tint."""
    pixmap = swatch(colour)
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)
    return icon

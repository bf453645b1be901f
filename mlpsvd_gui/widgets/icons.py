"""Icons of the window, tinted for the light or dark theme.

``icon(name, colour) -> QIcon``: one of ``ICON_NAMES`` in a colour, faint where disabled; sharp at any scale.
``app_icon() -> QIcon``: the program's own, in its own colours.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

__all__ = ["ICON_NAMES", "app_icon", "icon", "svg_text"]

ICON_NAMES = (
    "live",
    "microphone",
    "open",
    "pause",
    "play",
    "reset",
    "save",
    "speaker",
    "stop",
    "train",
)
_SIZES = (16, 20, 24, 32, 48, 64)
_APP_SIZES = (16, 24, 32, 48, 64, 128, 256)


def svg_text(name: str) -> str:
    """Return the drawing of an icon; ``KeyError`` lists the available names."""
    file = files("mlpsvd_resources") / "icons" / f"{name}.svg"
    if not file.is_file():
        raise KeyError(f"there is no icon {name!r}; there are {', '.join(ICON_NAMES)}")
    return file.read_text(encoding="utf-8")


def icon(name: str, colour: QColor) -> QIcon:
    """Return an icon in a colour (the foreground of the palette, usually); each is drawn once.

    It holds several sizes, from which Qt selects the one for the screen's scale.
    """
    return QIcon(_icon(name, colour.rgba()))


@cache
def _icon(name: str, rgba: int) -> QIcon:
    drawing = svg_text(name)
    colour = QColor.fromRgba(rgba)
    faint = QColor(colour)
    faint.setAlphaF(0.35)
    result = QIcon()
    for size in _SIZES:
        result.addPixmap(_pixmap(_tinted(drawing, colour), size), QIcon.Mode.Normal)
        result.addPixmap(_pixmap(_tinted(drawing, faint), size), QIcon.Mode.Disabled)
    return result


def app_icon() -> QIcon:
    """Return the icon of the program."""
    result = QIcon()
    for size in _APP_SIZES:
        result.addPixmap(_pixmap(svg_text("app"), size))
    return result


def _tinted(drawing: str, colour: QColor) -> str:
    tint = f'color="{colour.name()}" opacity="{colour.alphaF():.2f}"'
    return drawing.replace("<svg ", f"<svg {tint} ", 1).replace("currentColor", colour.name())


def _pixmap(drawing: str, size: int) -> QPixmap:
    pixmap = QPixmap(QSize(size, size))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap

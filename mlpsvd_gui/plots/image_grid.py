"""Grid of small images with captions, one of them highlighted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from mlpsvd.chart import Chart
from mlpsvd_gui.plots.chart_parts import images_chart
from mlpsvd_gui.plots.colour_scale import ColourScale, diverging_table, ink_table, symmetric_range_of
from mlpsvd_gui.plots.picture_menu import offer_picture
from mlpsvd_gui.plots.readout import number_text
from mlpsvd_gui.plots.theme import Theme, small_font, theme_for
from mlpsvd_gui.qt_text import plain_tip

__all__ = ["ImageGrid", "paint_image", "pixel_text"]

_GAP_PX = 6
_CAPTION_PX = 14
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}

Floats = npt.NDArray[np.floating]


def paint_image(painter: QPainter, place: QRectF, pixels: Floats, theme: Theme, is_signed: bool) -> None:
    """Paint an image into a rectangle.

    Parameters
    ----------
    pixels : np.ndarray [shape=(height, width)]
        Values. If ``is_signed``, the colours diverge from 0; otherwise they go from 0 to 1 or the largest value.
    """
    values = np.asarray(pixels, np.float64)
    table = diverging_table(theme) if is_signed else ink_table(theme)
    scale = ColourScale(*(symmetric_range_of(values) if is_signed else (0.0, max(1.0, float(values.max(initial=0.0))))))
    colours = np.ascontiguousarray(table[scale.indices(values)])
    height, width = values.shape
    image = QImage(colours.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
    painter.drawImage(place, image)


def pixel_text(place: QRectF, pixels: Floats, position: QPointF) -> str:
    """Return the pixel at a point of an image [shape=(height, width)] in words; empty outside its rectangle."""
    if not place.contains(position):
        return ""
    height, width = pixels.shape
    row = min(int((position.y() - place.top()) / place.height() * height), height - 1)
    column = min(int((position.x() - place.left()) / place.width() * width), width - 1)
    return f"Row {row + 1}, column {column + 1}: {number_text(float(pixels[row, column]))}"


class ImageGrid(QWidget):
    """Images in rows, as large as fit; a click or the arrow keys choose one."""

    image_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme_for(self.palette())
        self._images: tuple[Floats, ...] = ()
        self._captions: tuple[str, ...] = ()
        self._tips: tuple[str, ...] = ()
        self._chosen: int | None = None
        self._empty_text = ""
        self.opacity = 1.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        offer_picture(self, self.chart)

    def chart(self) -> Chart:
        """Return the images with their captions."""
        return images_chart("Images", self._images, self._captions)

    @property
    def images(self) -> tuple[Floats, ...]:
        """The images shown, each [shape=(height, width)]."""
        return self._images

    def sizeHint(self) -> QSize:
        """Return a size for a few rows."""
        return QSize(320, 200)

    def minimumSizeHint(self) -> QSize:
        """Return the least useful size."""
        return QSize(120, 80)

    def show_images(self, images: Sequence[Floats], captions: Sequence[str], tips: Sequence[str] = ()) -> None:
        """Show images of one shape with a caption and a tooltip each."""
        self._images, self._captions, self._tips = tuple(images), tuple(captions), tuple(tips) or tuple(captions)
        self.setAccessibleDescription(", ".join(self._tips))
        self.update()

    def clear(self, why: str) -> None:
        """Remove the images and show a message."""
        self._empty_text = why
        self.show_images((), ())

    def choose(self, index: int | None) -> None:
        """Highlight one image; emits nothing."""
        self._chosen = index
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.update()

    # -- places

    def _grid(self) -> tuple[int, float]:
        """Return the number of columns and the side of an image for which the images are largest."""
        best = (1, 1.0)
        for n_columns in range(1, len(self._images) + 1):
            n_rows = -(-len(self._images) // n_columns)
            side = min(
                (self.width() - _GAP_PX) / n_columns - _GAP_PX,
                (self.height() - _GAP_PX) / n_rows - _GAP_PX - _CAPTION_PX,
            )
            if side > best[1]:
                best = n_columns, float(int(side))
        return best

    def place_of(self, index: int) -> QRectF:
        """Return the rectangle of an image, without its caption."""
        n_columns, side = self._grid()
        left = (self.width() - n_columns * (side + _GAP_PX) + _GAP_PX) / 2.0
        row, column = divmod(index, n_columns)
        return QRectF(
            float(int(left + column * (side + _GAP_PX))), _GAP_PX + row * (side + _GAP_PX + _CAPTION_PX), side, side
        )

    def _index_at(self, position: QPointF) -> int | None:
        found = (k for k in range(len(self._images)) if self._with_caption(k).contains(position))
        return next(found, None)

    def _with_caption(self, index: int) -> QRectF:
        return self.place_of(index).adjusted(0, 0, 0, _CAPTION_PX)

    # -- events

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the images."""
        painter = QPainter(self)
        painter.setFont(small_font())
        if not self._images:
            painter.setPen(self._theme.muted)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(20, 20, -20, -20), flags, self._empty_text)
        painter.setOpacity(self.opacity)
        for index, (image, caption) in enumerate(zip(self._images, self._captions, strict=True)):
            place, is_chosen = self.place_of(index), index == self._chosen
            paint_image(painter, place, image, self._theme, is_signed=False)
            painter.setPen(QPen(self._theme.accent if is_chosen else self._theme.grid, 2.0 if is_chosen else 1.0))
            painter.drawRect(place.adjusted(-1, -1, 1, 1))
            painter.setPen(self._theme.accent if is_chosen else self._theme.foreground)
            below = QRectF(place.left() - _GAP_PX / 2, place.bottom() + 1, place.width() + _GAP_PX, _CAPTION_PX)
            shown = painter.fontMetrics().elidedText(caption, Qt.TextElideMode.ElideRight, int(below.width()))
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, shown)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the image under the mouse."""
        index = self._index_at(event.position())
        if index is not None:
            self.image_chosen.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose a neighbour."""
        steps = {**_STEPS, Qt.Key.Key_Up: -self._grid()[0], Qt.Key.Key_Down: self._grid()[0]}
        step = steps.get(Qt.Key(event.key()))
        index = (self._chosen if self._chosen is not None else -1) + (step or 0)
        if step is None or not 0 <= index < len(self._images):
            super().keyPressEvent(event)
            return
        self.image_chosen.emit(index)

    def event(self, event: QEvent) -> bool:
        """Show what is under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self._index_at(QPointF(event.pos()))
            text = "" if index is None else self._tips[index]
            QToolTip.showText(event.globalPos(), plain_tip(text), self)
            return True
        return super().event(event)

"""Labelled stretches along the horizontal axis, drawn over an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from mlpsvd_gui.plots.theme import small_font

__all__ = ["SpanItem", "Spans"]

_BAND_PX = 16
_LEAST_TEXT_PX = 26
_LEAST_LINE_PX = 14
_DARK, _WHITE = QColor("#10131a"), QColor("white")


@dataclass(frozen=True, eq=False)
class Spans:
    """Stretches in ascending order.

    Attributes
    ----------
    starts, ends : np.ndarray [shape=(n,)]
        Where they begin and end.
    kinds : np.ndarray [shape=(n,)]
        Index of the colour of each.
    colours
        Colour of each kind.
    text_of
        Returns the text of a stretch, and a shorter one for narrow stretches.
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    kinds: NDArray[np.intp]
    colours: tuple[QColor, ...]
    text_of: Callable[[int], tuple[str, str]]

    def at(self, x: float) -> int:
        """Return the index of the stretch at a place; -1 if there is none."""
        index = int(np.searchsorted(self.starts, x, side="right")) - 1
        return index if index >= 0 and x <= self.ends[index] else -1


class SpanItem(pg.GraphicsObject):  # type: ignore[misc] # pyqtgraph carries no types
    """A band at the top of the view with a coloured box for each stretch, and a frame around the selected one."""

    def __init__(self) -> None:
        super().__init__()
        self.spans: Spans | None = None
        self.selected = -1
        self.setZValue(30)

    def show_spans(self, spans: Spans | None) -> None:
        """Show other stretches; none is selected."""
        self.spans, self.selected = spans, -1
        self.update()

    def select(self, index: int) -> None:
        """Frame a stretch, -1 for none."""
        self.selected = index
        self.update()

    def viewRangeChanged(self) -> None:
        """Follow the view."""
        self.prepareGeometryChange()
        self.update()

    def boundingRect(self) -> QRectF:
        """Return what the view shows."""
        return QRectF(self.viewRect())

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw boxes, texts and the frame, in pixels."""
        spans = self.spans
        if spans is None or not len(spans.starts):
            return
        area, to_pixels = QRectF(self.viewRect()), painter.worldTransform()
        top = to_pixels.map(QPointF(area.left(), area.bottom())).y()
        bottom = to_pixels.map(QPointF(area.left(), area.top())).y()
        x0, x1 = (to_pixels.map(QPointF(x, area.top())).x() for x in (area.left(), area.right()))
        scale = (x1 - x0) / max(area.width(), 1e-12)
        visible = self._visible(spans, area.left(), area.right(), scale)
        painter.save()
        painter.resetTransform()
        painter.setClipRect(QRectF(x0, top, x1 - x0, bottom - top))
        painter.setFont(small_font())
        for index in visible:
            left, right = (x0 + (float(x) - area.left()) * scale for x in (spans.starts[index], spans.ends[index]))
            self._draw(painter, spans, int(index), QRectF(left, top, right - left, bottom - top))
        self._draw_frame(painter, spans, lambda x: x0 + (x - area.left()) * scale, top, bottom)
        painter.restore()

    @staticmethod
    def _visible(spans: Spans, low: float, high: float, scale: float) -> NDArray[np.intp]:
        """Return the stretches in the view, at most one in a pixel."""
        first = max(0, int(np.searchsorted(spans.starts, low, side="right")) - 1)
        last = int(np.searchsorted(spans.starts, high, side="left"))
        pixels = np.floor((spans.starts[first:last] - low) * scale)
        return first + np.unique(pixels, return_index=True)[1]

    @staticmethod
    def _draw(painter: QPainter, spans: Spans, index: int, area: QRectF) -> None:
        colour = spans.colours[int(spans.kinds[index])]
        gap = 1.0 if area.width() > 4.0 else 0.0
        box = QRectF(area.left(), area.top(), max(1.0, area.width() - gap), _BAND_PX)
        painter.fillRect(box, colour)
        if area.width() >= _LEAST_LINE_PX:
            painter.setPen(QPen(QColor(255, 255, 255, 90), 1.0))
            painter.drawLine(QPointF(area.left(), box.bottom()), QPointF(area.left(), area.bottom()))
        if area.width() < _LEAST_TEXT_PX:
            return
        metrics, room = QFontMetricsF(painter.font()), box.width() - 4.0
        text, short = spans.text_of(index)
        if metrics.horizontalAdvance(text) > room:
            text = metrics.elidedText(short, Qt.TextElideMode.ElideRight, room)
        painter.setPen(_DARK if colour.lightnessF() > 0.5 or colour.greenF() > 0.55 else _WHITE)
        painter.drawText(box.adjusted(2.0, 0.0, -2.0, 0.0), Qt.AlignmentFlag.AlignVCenter, text)

    def _draw_frame(
        self, painter: QPainter, spans: Spans, to_px: Callable[[float], float], top: float, bottom: float
    ) -> None:
        if not 0 <= self.selected < len(spans.starts):
            return
        left, right = (to_px(float(x)) for x in (spans.starts[self.selected], spans.ends[self.selected]))
        frame = QRectF(left + 1.0, top + 1.0, max(3.0, right - left - 2.0), bottom - top - 2.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((_DARK, 4.0), (_WHITE, 2.0)):  # legible on every colour of the image
            painter.setPen(QPen(colour, width))
            painter.drawRect(frame)

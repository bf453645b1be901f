"""Figure drawn from SVG, sharp at any size, on white paper."""

from __future__ import annotations

import re

from PySide6.QtCore import QByteArray, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from mlpsvd_gui.plots.picture_menu import offer_picture
from mlpsvd_gui.plots.theme import Theme

__all__ = ["SvgPicture"]

_PAPER = QColor("#ffffff")
_PAPER_IN_THE_DARK = QColor("#dcdde1")
_MARGIN_PX = 10
_LARGEST_SCALE = 2.4
"""Maximum scale; larger lines and text look coarse."""
_WHITE_GROUND = re.compile(rb'style="fill: #ffffff"\s*/>')


class SvgPicture(QWidget):
    """Scales the figure to the available space; on white paper, dimmed in the dark theme, never inverted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._renderer = QSvgRenderer(self)
        self._is_dark = False
        self._svg = b""
        offer_picture(self, lambda: self._svg, self.accessibleName)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 120)

    @property
    def has_picture(self) -> bool:
        """Whether there is something to draw."""
        return self._renderer.isValid()

    def show_picture(self, svg: bytes, caption: str) -> None:
        """Show the content of an SVG file."""
        self._svg = svg
        # The paper is drawn here, so that it can be dimmed: white backgrounds become transparent.
        self._renderer.load(QByteArray(_WHITE_GROUND.sub(b'style="fill: none"/>', svg)))
        self.setAccessibleName(caption)
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._is_dark = theme.is_dark
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size at which the figure is easy to read."""
        return QSize(640, 360)

    def paper(self) -> QRectF:
        """Return the rectangle of the paper in pixels of the widget."""
        size = self._renderer.viewBoxF().size()
        margin = 2 * _MARGIN_PX
        if size.isEmpty():
            return QRectF()
        scale = min((self.width() - margin) / size.width(), (self.height() - margin) / size.height(), _LARGEST_SCALE)
        width, height = size.width() * scale + margin, size.height() * scale + margin
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw paper and figure."""
        if not self.has_picture:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.setBrush(_PAPER_IN_THE_DARK if self._is_dark else _PAPER)
        paper = self.paper()
        painter.drawRoundedRect(paper.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        inner = paper.adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        painter.setClipRect(inner)
        self._renderer.render(painter, inner)
        painter.end()

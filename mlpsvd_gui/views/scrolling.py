"""A page in a scroll area, so that a window can be smaller than the page."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

__all__ = ["scrolling"]


class _Area(QScrollArea):
    def minimumSizeHint(self) -> QSize:
        return QSize(200, 150)


def scrolling(page: QWidget) -> QScrollArea:
    """Return a frameless scroll area that holds ``page``; scroll bars come where there is less room than it needs."""
    area = _Area()
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    return area

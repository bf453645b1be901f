"""Scroll area for a page, so that the window can be smaller than it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

__all__ = ["scrolling"]

_LEAST = QSize(200, 150)


class _Area(QScrollArea):
    """Gives the page all available space, and scrolls below its minimum size.

    Qt's resizable area uses the preferred height of a page with wrapped texts as its minimum.
    """

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self._page = page
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(page)
        page.installEventFilter(self)

    def minimumSizeHint(self) -> QSize:
        """Return a zero minimum size."""
        return _LEAST

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the page."""
        self._fit()
        super().resizeEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit the page when its size hint has changed."""
        if watched is self._page and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return False

    def _fit(self) -> None:
        page, room = self._page, self.maximumViewportSize()
        least = page.minimumSizeHint().expandedTo(page.minimumSize())
        if least.width() > room.width():
            room.setHeight(room.height() - self.horizontalScrollBar().sizeHint().height())
        if least.height() > room.height():
            room.setWidth(room.width() - self.verticalScrollBar().sizeHint().width())
        page.resize(room.expandedTo(least))


def scrolling(page: QWidget) -> QScrollArea:
    """Return a frameless scroll area with ``page``; scroll bars appear if there is too little space."""
    return _Area(page)

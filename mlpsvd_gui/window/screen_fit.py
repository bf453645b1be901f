"""Placement of the window on the available screens."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize

__all__ = ["first_place", "fitted"]

_FRAME = QSize(16, 40)
"""Space for the window frame and title bar."""


def first_place(wanted: QSize, screen: QRect) -> QRect:
    """Return the initial place of a window: centred on the screen, no larger than it."""
    return fitted(QRect(screen.topLeft(), wanted), [screen], centred=True)


def fitted(place: QRect, screens: Sequence[QRect], centred: bool = False) -> QRect:
    """Return a place on one of the screens.

    Parameters
    ----------
    place
        The last place of the window, without its frame.
    screens
        The available areas of the screens, the main one first.
    centred
        Whether to centre it in any case.

    Returns
    -------
    QRect
        ``place`` itself if it lies on a screen; otherwise reduced and moved to the screen with its largest part, or to
        the main one.
    """
    shares = [_area(screen.intersected(place)) for screen in screens]
    best = max(range(len(screens)), key=lambda index: shares[index])
    screen = screens[best]
    width = min(place.width(), screen.width() - _FRAME.width())
    height = min(place.height(), screen.height() - _FRAME.height())
    if centred or shares[best] == 0:
        left = screen.left() + (screen.width() - width) // 2
        top = screen.top() + (screen.height() - height) // 2 + _FRAME.height() // 2
        return QRect(left, top, width, height)
    left = min(max(place.left(), screen.left()), screen.right() + 1 - width)
    top = min(max(place.top(), screen.top()), screen.bottom() + 1 - height)
    return QRect(left, top, width, height)


def _area(part: QRect) -> int:
    return max(0, part.width()) * max(0, part.height())

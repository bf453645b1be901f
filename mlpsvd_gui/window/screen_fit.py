"""Where a window goes so that all of it is on a screen that is there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize

__all__ = ["first_place", "fitted"]

_FRAME = QSize(16, 40)
"""Room for the frame and the title that the desktop adds."""


def first_place(wanted: QSize, screen: QRect) -> QRect:
    """Return where a window of this size goes on the screen at first: in its middle, no larger than it is."""
    return fitted(QRect(screen.topLeft(), wanted), [screen], centred=True)


def fitted(place: QRect, screens: Sequence[QRect], centred: bool = False) -> QRect:
    """Return a place on one of the screens.

    Parameters
    ----------
    place
        Where the window was, without its frame.
    screens
        The available areas of the screens that are there, the main one first.
    centred
        Whether it goes to the middle of the screen in any case.

    Returns
    -------
    QRect
        ``place`` itself where it lies on a screen; otherwise made smaller and moved onto the screen on which most of it
        was, the main one if it was on none.
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

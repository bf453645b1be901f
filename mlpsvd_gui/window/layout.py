"""Size and place of the window, and of its panels: restored, reset and stored."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QByteArray, QRect, QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from mlpsvd_gui.log import LOGGER
from mlpsvd_gui.pages.explore.views.page import ExplorePage
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.window.screen_fit import first_place, fitted

__all__ = ["WindowLayout"]

_FIRST_SIZE = QSize(1600, 1000)
_WINDOW = "window"


class WindowLayout:
    """Layout of a window.

    Parameters
    ----------
    window
        The window.
    explore
        The page with movable panels.
    preferences
        Where the layout is stored.
    """

    def __init__(self, window: QMainWindow, explore: ExplorePage, preferences: Preferences) -> None:
        self._window, self._explore, self._preferences = window, explore, preferences

    def restore(self) -> None:
        """Restore the stored layout, on a screen that exists."""
        window = self._window
        window.setGeometry(first_place(_FIRST_SIZE, window.screen().availableGeometry()))
        names = (_WINDOW, *self._explore.states())
        stored = {name: state for name in names if (state := self._preferences.layout(name)) is not None}
        self.show(stored)

    def states(self) -> dict[str, QByteArray]:
        """Return the layout: states of the window and of the panels, by name."""
        return {_WINDOW: QByteArray(self._window.saveGeometry()), **self._explore.states()}

    def show(self, states: Mapping[str, QByteArray]) -> None:
        """Show a layout; states that are invalid or of unknown panels are ignored."""
        window = self._window
        for name in (_WINDOW, *self._explore.states()):
            state = states.get(name)
            if state is None:
                continue
            is_valid = window.restoreGeometry(state) if name == _WINDOW else self._explore.restore(name, state)
            if not is_valid:
                LOGGER.warning("The stored layout of %s is invalid and ignored.", name)
        if not window.isMaximized() and not window.isFullScreen():
            window.setGeometry(fitted(window.geometry(), _available_areas()))

    def remember(self) -> None:
        """Store the layout in the preferences."""
        for name, state in self.states().items():
            self._preferences.set_layout(name, state)

    def reset(self) -> None:
        """Show the first layout of the panels, and forget the stored one."""
        self._preferences.forget_layout()
        self._explore.reset()


def _available_areas() -> list[QRect]:
    """Return the available areas of the screens, the main screen first."""
    primary = QGuiApplication.primaryScreen()
    others = [screen for screen in QGuiApplication.screens() if screen is not primary]
    return [screen.availableGeometry() for screen in (primary, *others)]

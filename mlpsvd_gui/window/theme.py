"""Theme of the window: light, dark or as the system."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from mlpsvd_gui.plots.theme import Theme, theme_for
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.widgets.palettes import palette_of

__all__ = ["ThemeController"]

_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


class ThemeController(QObject):
    """Applies the theme to every panel when the window's palette changes."""

    def __init__(
        self,
        window: QWidget,
        takers: Sequence[Callable[[Theme], None]],
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._takers = takers
        self._preferences = preferences
        self._given: Theme | None = None
        self._later = QTimer(self)  # the palette follows the scheme with a delay
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.apply)
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._soon)
        window.installEventFilter(self)
        if preferences.theme != "system":
            self.choose(preferences.theme)
        self.apply()

    @property
    def is_dark(self) -> bool:
        """Whether the window is dark."""
        return self._given is not None and self._given.is_dark

    def choose(self, name: str) -> None:
        """Use the system theme, light or dark, and store the choice."""
        self._preferences.theme = name
        hints = QGuiApplication.styleHints()
        if name == "system":
            hints.unsetColorScheme()
        else:
            hints.setColorScheme(_SCHEMES[name])
        # A bare X11 desktop ignores the scheme: the palette is then set here.
        is_taken = name == "system" or hints.colorScheme() == _SCHEMES[name]
        QApplication.setPalette(palette_of(dark=name == "dark" and not is_taken))
        self._soon()

    def apply(self) -> None:
        """Apply the theme of the window's palette to every panel, if it has changed."""
        theme = theme_for(self._window.palette())
        if theme != self._given:
            self._given = theme
            for take in self._takers:
                take(theme)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Detect a change of the window's palette."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationPaletteChange):
            self._soon()
        return False

    def _soon(self, *_: object) -> None:
        self._later.start(0)

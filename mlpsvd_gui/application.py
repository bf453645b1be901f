"""The Qt application and its display."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

import mlpsvd

__all__ = ["Application", "has_screen", "make_application"]


def has_screen() -> bool:
    """Whether a window can be opened: always on Windows and macOS, elsewhere if a display is set and responds."""
    if not sys.platform.startswith("linux"):
        return True
    if any(os.environ.get(name) for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return True
    return _x_answers(os.environ.get("DISPLAY", ""))


def _x_answers(display: str) -> bool:
    """Whether a local display has an X server; Qt would abort the program without one.

    A remote display (``host:0``) is not checked: Qt reports if it cannot be reached.
    """
    host, _, number = display.partition(":")
    if not number or host not in ("", "unix"):
        return bool(display)
    path = f"/tmp/.X11-unix/X{number.partition('.')[0]}"
    for address in (path, f"\0{path}"):  # a file, or its abstract name on Linux
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            if probe.connect_ex(address) == 0:
                return True
    return False


class Application(QApplication):
    """The Qt application; opens the files that macOS passes to it.

    The Finder, the Dock and ``open`` pass a file as an event, also at the start, and not as an argument.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__(arguments)
        self._waiting: list[Path] = []
        self._open: Callable[[Path], None] = self._waiting.append

    def open_files_with(self, opener: Callable[[Path], None]) -> None:
        """Pass the files that have arrived, and all later ones, to ``opener``."""
        self._open = opener
        while self._waiting:
            opener(self._waiting.pop(0))

    def event(self, event: QEvent) -> bool:
        """Take the events that name a file."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self._open(Path(event.file()))
            return True
        return super().event(event)


def make_application() -> QApplication:
    """Return the application, with the names that determine the paths of settings and log.

    Inside another program, which has an application already, this is that one.
    """
    from mlpsvd_gui.plots.options import configure_pyqtgraph

    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else Application(sys.argv[:1])
    app.setApplicationName("MLP-SVD")
    app.setApplicationDisplayName("MLP-SVD")
    app.setOrganizationName("MLP-SVD")
    app.setApplicationVersion(mlpsvd.__version__)
    app.setDesktopFileName("mlpsvd")
    configure_pyqtgraph()
    return app

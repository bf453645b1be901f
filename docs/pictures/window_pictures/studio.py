"""The window that is photographed, and what a scene does with it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from mlpsvd.experiments.presets import new_experiment
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunPhase
from window_pictures.picture_file import write_picture
from window_pictures.static_texts import TextRecord, visible_texts

__all__ = ["Studio", "close_window", "live_page", "new_window", "tab_page"]

_WIDTH = 1280


def new_window(settings: Path) -> MainWindow:
    """Return a window as it is at the first start, with its settings in a file."""
    preferences = Preferences(QSettings(str(settings), QSettings.Format.IniFormat))
    return MainWindow(preferences, None if preferences.experiment() else new_experiment())


def close_window(window: MainWindow) -> None:
    """Close a window and free what it holds."""
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def tab_page(window: MainWindow, title: str) -> QWidget:
    """Return the tabs with the page of a title in front."""
    window.tabs.setCurrentIndex([window.tabs.tabText(index) for index in range(window.tabs.count())].index(title))
    return window.tabs


def live_page(window: MainWindow, page: QWidget) -> QWidget:
    """Return the tabs with one of the pages of Live audio in front."""
    window.tabs.setCurrentWidget(window.live_tab)
    window.live_tab.show_page(page)
    return window.tabs


class Studio:
    """One window, and the ways to bring it into a state.

    Parameters
    ----------
    app
        The application.
    height
        Height of the window.
    digits
        The folder of spoken digits; None without one.
    """

    def __init__(self, app: QApplication, height: int, digits: Path | None = None) -> None:
        self.app, self.digits = app, digits
        store = QSettings("window.ini", QSettings.Format.IniFormat)
        store.clear()
        self.preferences = Preferences(store)
        windows = {"windows": "whole sounds", "trigger_dbfs": -50.0, "hang_s": 0.25}
        self.preferences.set_table("live/settings", windows)
        self.preferences.set_table("live/windows", {"chosen": "whole sounds"})
        recording = {"mode": "triggered", "trigger_dbfs": -50.0, "pre_roll_s": 0.05, "hang_s": 0.25, "shortest_s": 0.15}
        self.preferences.set_table("record settings", recording)
        self.window = MainWindow(self.preferences)
        self.window.resize(_WIDTH, height)
        self.window.show()
        self.theme("light")
        self.wait(0.5)

    # -- what a person does

    def theme(self, name: str) -> None:
        """Choose a theme in the menu."""
        next(one for one in self.window.actions_.themes.actions() if one.data() == name).trigger()

    def train(self) -> None:
        """Train all networks."""
        self.window.actions_.train.trigger()
        self.until_trained()

    def use_recordings(self, folder: Path, n_classes: int) -> None:
        """Use a folder of recordings, with the settings that fit it."""
        tab_page(self.window, "Explore")
        self.window.data.use_recordings(str(folder))
        self.until(lambda: f"{n_classes} classes" in self.window.data_panel.form.status.text())
        self.wait(0.5)

    # -- waiting

    def wait(self, duration_s: float) -> None:
        """Run the event loop for some time."""
        end_s = time.monotonic() + duration_s
        while time.monotonic() < end_s:
            self.app.processEvents()
            time.sleep(0.005)

    def until(self, condition: Callable[[], bool], timeout_s: float = 180.0) -> None:
        """Run the event loop until a condition holds."""
        end_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end_s:
                path = Path(tempfile.gettempdir(), "mlpsvd-stuck.png")
                self.window.grab().save(str(path))
                raise SystemExit(f"The window did not get there in time; see {path}.")
            self.wait(0.005)

    def until_trained(self) -> None:
        """Wait until all networks are trained."""
        self.until(lambda: self.window.run.state is RunPhase.FINISHED)

    # -- the picture

    def shoot(self, path: Path, part: QWidget, new: QWidget, margin: int = 0, settle_s: float = 2.0) -> None:
        """Write a picture of a part of the window once it is up to date.

        Parameters
        ----------
        path
            Where to.
        part
            The part.
        new
            The same part of a window that was only just made.
        margin
            Width of the margin to add, in the units of the window.
        settle_s
            How long to wait.
        """
        self.wait(settle_s)
        self.window.messages.clear()  # a slow machine has cleared it already
        self.app.processEvents()
        picture = part.grab()
        around = round(margin * picture.devicePixelRatio())
        pixels = np.pad(_pixels(picture), ((around, around), (around, around), (0, 0)), mode="edge")
        write_picture(path, pixels, TextRecord.of(new, visible_texts(part)))
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB", flush=True)


def _pixels(pixmap: QPixmap) -> NDArray[np.uint8]:
    """Return the pixels of a picture, shape (height, width, 3)."""
    image = pixmap.toImage().convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()  # the image goes

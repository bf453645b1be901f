"""``mlpsvd-gui --self-test``: the checks of the core, and every page of the window."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings, qInstallMessageHandler, qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication, QTabWidget, QWidget

from mlpsvd.cli.self_test import Check, core_checks, run_checks, scratch_folder
from mlpsvd.cli.self_test_checks import load_all_modules
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.text import counted
from mlpsvd_gui.application import has_screen, make_application
from mlpsvd_gui.help_pages import help_page
from mlpsvd_gui.help_topics import TOPICS
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.widgets.icons import ICON_NAMES, app_icon, svg_text

__all__ = ["self_test"]

_FEWEST_COLOURS = 20
"""A page that is not drawn has fewer."""


def self_test() -> int:
    """Run all checks, off screen if there is no display; return the exit code: 0, or 1 if a check has failed."""
    if not has_screen():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    qInstallMessageHandler(lambda *_: None)  # the platform off screen reports what it does not support
    app = make_application()
    with scratch_folder() as folder:
        window = _Window(app, folder)
        try:
            return run_checks([*core_checks(folder), *window.checks()])
        finally:
            window.close()


class _Window:
    """A main window with settings of its own, and its checks."""

    def __init__(self, app: QApplication, folder: Path) -> None:
        self._app = app
        # The fixed experiment keeps the window from restoring the user's last run.
        store = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
        self._window = MainWindow(Preferences(store), Experiment())
        self._window.resize(1280, 800)

    def checks(self) -> list[Check]:
        """Return the checks."""
        pages = [Check(f"Page {name}", partial(self._drawn, show)) for name, show in self._pages()]
        return [
            Check("Modules of the window", lambda: counted(load_all_modules("mlpsvd_gui"), "module")),
            Check("Qt", _qt),
            Check("Fonts", _fonts),
            Check("Icons", _icons),
            Check("Documentation", _documentation),
            *pages,
        ]

    def close(self) -> None:
        """Close the window and its threads."""
        self._window.close()
        self._app.processEvents()

    def _pages(self) -> list[tuple[str, Callable[[], None]]]:
        """Return name and function of every page: the tabs, or what is in them if they hold the pages of live audio."""
        tabs, live = self._window.tabs, self._window.live_tab
        found: list[tuple[str, Callable[[], None]]] = []
        for tab in range(tabs.count()):
            if tabs.widget(tab) is live:
                found += [(live.pages.tabText(page), partial(_show, tabs, tab, live.pages, page))
                          for page in range(live.pages.count())]  # fmt: skip
            else:
                found.append((tabs.tabText(tab), partial(tabs.setCurrentIndex, tab)))
        return found

    def _drawn(self, show: Callable[[], None]) -> str:
        """Show a page and draw it."""
        self._window.show()
        show()
        self._app.processEvents()
        return _picture(self._window)


def _show(outer: QTabWidget, tab: int, inner: QTabWidget, page: int) -> None:
    outer.setCurrentIndex(tab)
    inner.setCurrentIndex(page)


def _picture(widget: QWidget) -> str:
    image = widget.grab().toImage()
    colours = {image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)}
    if len(colours) < _FEWEST_COLOURS:
        raise ValueError(f"the page is empty: {counted(len(colours), 'colour')}")
    return f"{image.width()} × {image.height()} pixels, {counted(len(colours), 'colour')}"


def _qt() -> str:
    return f"Qt {qVersion()}, platform {QGuiApplication.platformName()}"


def _fonts() -> str:
    n = len(QFontDatabase.families())
    if n == 0:
        raise FileNotFoundError("no font is installed; on Debian and Ubuntu install fonts-dejavu-core")
    return f"{n} families"


def _documentation() -> str:
    missing = [name for name in ("", *TOPICS) if help_page(name) is None]
    if missing:
        raise FileNotFoundError("the documentation is not part of this copy; packaging/build docs makes it")
    return counted(len(TOPICS), "topic")


def _icons() -> str:
    for name in ICON_NAMES:
        svg_text(name)
    if app_icon().isNull():
        raise FileNotFoundError("the program's icon is missing")
    return counted(len(ICON_NAMES) + 1, "icon")

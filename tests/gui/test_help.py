"""Help: F1 opens the page of the panel with the focus, and *What is this?* tells what a panel is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from main_window import open_main_window
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QWhatsThisClickedEvent
from PySide6.QtWidgets import QApplication, QTabWidget, QWhatsThis, QWidget
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.experiment import Experiment
from mlpsvd_gui import help_pages
from mlpsvd_gui.help_topics import TOPICS
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.widgets.help_mark import topic_of


class Browser(QObject):
    """Takes the place of the system's browser."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[Path] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(Path(url.toLocalFile()))


@pytest.fixture
def browser(qapp: QApplication) -> Iterator[Browser]:
    browser = Browser()
    QDesktopServices.setUrlHandler("file", browser, "open")
    yield browser
    QDesktopServices.unsetUrlHandler("file")


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    window = open_main_window(qtbot, tmp_path, Experiment())
    yield window
    window.close()


def test_f1_opens_the_page_of_the_panel_with_the_focus(qtbot: QtBot, window: MainWindow, browser: Browser) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for widget, topic in (
        (window.settings_panel.rows["seed"].editor, "settings"),
        (window.filters_panel.view.response_plot, "filters"),
        (window.race_panel.table, "comparison"),
    ):
        widget.setFocus()
        qtbot.keyClick(widget, Qt.Key.Key_F1)
        assert browser.opened.pop().name == f"{topic}.html", topic
    window.tabs.setCurrentWidget(window.live_tab)
    window.tabs.tabBar().setFocus()
    qtbot.keyClick(window.tabs.tabBar(), Qt.Key.Key_F1)
    assert browser.opened.pop().name == "listen.html", "the focus is on a tab: the page in front"
    window.actions_.contents.trigger()
    assert browser.opened.pop().name == "index.html"


def test_what_is_this_tells_what_a_panel_is_for_and_leads_on(
    qtbot: QtBot, window: MainWindow, browser: Browser
) -> None:
    window.actions_.what_is_this.trigger()
    qtbot.mouseClick(window.training_panel, Qt.MouseButton.LeftButton)
    shown = [one for one in QApplication.topLevelWidgets() if one.inherits("QWhatsThat") and one.isVisible()]
    assert len(shown) == 1
    QWhatsThis.hideText()
    for topic in TOPICS.keys() - {"sweep"}:  # the window of sweeps is made when it is opened
        panels = [one for one in window.findChildren(QWidget) if topic_of(one) == topic]
        panel = next(one for one in panels if one.whatsThis())
        assert TOPICS[topic].text[:20] in panel.whatsThis()
        QApplication.sendEvent(panel, QWhatsThisClickedEvent(topic))
        assert browser.opened.pop().name == f"{topic}.html"


def test_every_page_has_help(window: MainWindow) -> None:
    found = {topic_of(one) for tabs in window.findChildren(QTabWidget) for one in tabs.findChildren(QWidget)} - {""}
    assert found == TOPICS.keys() - {"sweep"}


def test_a_copy_without_documentation_says_so(
    qtbot: QtBot, window: MainWindow, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(help_pages, "SITE", tmp_path / "nothing")
    window.actions_.contents.trigger()
    assert "not part of this copy" in window.messages.text and browser.opened == []

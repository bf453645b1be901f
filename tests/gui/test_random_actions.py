"""Random actions in the real window: whatever a person does, nothing is logged as an error and nothing hangs.

Longer by hand: ``MLPSVD_RANDOM_S=600 MLPSVD_RANDOM_SEED=7 ./test tests/gui/test_random_actions.py``.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSettings, Qt, QTimer
from PySide6.QtGui import QAction, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QMenu,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from mlpsvd import settings
from mlpsvd.experiments.experiment import Experiment
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.plots.base_plot import BasePlot
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.widgets.number_field import NumberField

SECONDS = float(os.environ.get("MLPSVD_RANDOM_S", "20"))
SEED = int(os.environ.get("MLPSVD_RANDOM_SEED", "1"))
TEXTS = (
    "0",
    "-1",
    "1e999",
    "12,000",
    "50 ms",
    "nan",
    "",
    "abc",
    "<b>x</b>",
    "65537",
    "0.5",
    "3",
    "1 kHz",
    "ä\u202eb",
    "40, 20",
)
KEYS = (Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left,
        Qt.Key.Key_Right, Qt.Key.Key_PageUp, Qt.Key.Key_Home, Qt.Key.Key_Delete, Qt.Key.Key_Space)  # fmt: skip
OUTSIDE = ("quit", "log file", "folder", "report", "about", "shortcuts")
"""Words in actions that open other programs, close the window, or are tested elsewhere."""
LONG_RUNNING = ("Run", "Run this result")
"""Reproductions take minutes of all cores."""


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Logged errors and uncaught exceptions."""
    found: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(self.format(record))

    handler = Handler(logging.ERROR)
    logging.getLogger().addHandler(handler)
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, _trace: found.append(f"{kind.__name__}: {error}"))
    monkeypatch.setattr(threading, "excepthook", lambda args: found.append(f"{args.exc_type}: {args.exc_value}"))
    yield found
    logging.getLogger().removeHandler(handler)


def _press(widget: QWidget, key: int, text: str = "") -> None:
    """Press and release a key; the widget may be gone after the first (Return in a dialog), which QTest aborts on."""
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        if isValid(widget):
            QApplication.sendEvent(widget, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text))


class Person:
    """Does one random thing after another, and remembers what."""

    def __init__(self, window: MainWindow, qtbot: QtBot, seed: int) -> None:
        self.window = window
        self.qtbot = qtbot
        self.random = random.Random(seed)
        self.done: list[str] = []
        self.slowest_s = 0.0
        self._begun_s = time.monotonic()

    def is_acting_for(self) -> float:
        """Return for how many seconds the present action has lasted."""
        return time.monotonic() - self._begun_s

    def act(self) -> None:
        """Do one thing."""
        ways: tuple[Callable[[], str], ...] = (
            self.click, self.click, self.choose, self.type_number, self.type_number, self.type_text, self.press_key,
            self.turn_wheel, self.trigger, self.turn_page, self.use_plot, self.drag_filter, self.resize, self.close_all,
        )  # fmt: skip
        way = self.random.choice(ways)
        begun = self._begun_s = time.monotonic()
        self.done.append(way.__name__)
        self.done[-1] = f"{way.__name__} {way()}"
        QApplication.processEvents()
        self.slowest_s = max(self.slowest_s, time.monotonic() - begun)

    def _one(self, kind: type[QWidget]) -> QWidget | None:
        popup = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        area = popup or self.window
        found = [one for one in area.findChildren(kind) if one.isVisible() and one.isEnabled()]
        return self.random.choice(found) if found else None

    def click(self) -> str:
        """Click a button that opens nothing outside."""
        button = self._one(QAbstractButton)
        if not isinstance(button, QAbstractButton):
            return "nothing"
        text = f"{button.text()} {button.toolTip()}".lower()
        if any(word in text for word in OUTSIDE) or button.text() in LONG_RUNNING:
            return "left out"
        if button.menu() is not None if hasattr(button, "menu") else False:
            return "menu"  # its loop would wait for a person
        button.click()
        return button.text() or button.accessibleName()

    def choose(self) -> str:
        """Choose another entry of a combo box."""
        box = self._one(QComboBox)
        if not isinstance(box, QComboBox) or not box.count():
            return "nothing"
        index = self.random.randrange(box.count())
        box.setCurrentIndex(index)
        box.activated.emit(index)
        return f"{box.accessibleName()} {box.currentText()}"

    def type_number(self) -> str:
        """Type into a number field."""
        field = self._one(NumberField)
        if not isinstance(field, NumberField):
            return "nothing"
        text = self.random.choice(TEXTS)
        field.setFocus()
        field.lineEdit().setText(text)
        field.commit()
        return f"{field.objectName()} {text!r}"

    def type_text(self) -> str:
        """Type into a line of text."""
        line = self._one(QLineEdit)
        if not isinstance(line, QLineEdit) or isinstance(line.parent(), NumberField):
            return "nothing"
        text, name = self.random.choice(TEXTS), line.objectName()
        line.setFocus()
        line.selectAll()
        for character in text:
            _press(line, 0, character)
        _press(line, Qt.Key.Key_Return)
        return f"{name} {text!r}"

    def press_key(self) -> str:
        """Press a key where the focus is."""
        widget = QApplication.focusWidget()
        if widget is None:
            return "nowhere"
        key, kind = self.random.choice(KEYS), type(widget).__name__
        _press(widget, key)
        return f"{key.name} in {kind}"

    def turn_wheel(self) -> str:
        """Turn the wheel over anything."""
        widget = self._one(QWidget)
        if widget is None:
            return "nothing"
        at = QPointF(widget.rect().center())
        place = QPointF(widget.mapToGlobal(widget.rect().center()))
        none = (Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase)
        event = QWheelEvent(at, place, QPoint(), QPoint(0, self.random.choice((-120, 120))), *none, False)
        QApplication.sendEvent(widget, event)
        return type(widget).__name__

    def trigger(self) -> str:
        """Trigger an entry of a menu."""
        actions = [one for one in self.window.findChildren(QAction) if one.isEnabled() and one.menu() is None]
        actions = [one for one in actions if not any(word in one.text().lower().replace("&", "") for word in OUTSIDE)]
        action = self.random.choice(actions)
        action.trigger()
        return action.text()

    def turn_page(self) -> str:
        """Bring another page or tab to the front."""
        bar = self._one(QTabBar)
        if not isinstance(bar, QTabBar):
            return "nothing"
        bar.setCurrentIndex(self.random.randrange(max(1, bar.count())))
        return bar.tabText(bar.currentIndex())

    def use_plot(self) -> str:
        """Move over a plot, click it, and walk with the keys."""
        plot = self._one(BasePlot)
        if not isinstance(plot, BasePlot):
            return "nothing"
        viewport = plot.canvas.viewport()
        size = viewport.size()
        at = QPoint(self.random.randrange(1, max(2, size.width())), self.random.randrange(1, max(2, size.height())))
        self.qtbot.mouseMove(viewport, at)
        self.qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=at)
        self.qtbot.keyClick(plot, self.random.choice(KEYS))
        return plot.accessibleName()

    def drag_filter(self) -> str:
        """Change a filter as the keys of its plot do."""
        plot = self.window.filters_panel.view.response_plot
        if not plot.isVisible() or not plot.filters():
            return "nothing"
        self.window.selection.select_class(self.random.randrange(len(plot.filters())))
        for key in self.random.choices(KEYS, k=3):
            self.qtbot.keyClick(plot, key)
        return ""

    def resize(self) -> str:
        """Make the window another size."""
        self.window.resize(self.random.randrange(700, 1600), self.random.randrange(500, 1000))
        return f"{self.window.width()} x {self.window.height()}"

    def close_all(self) -> str:
        """Close menus and dialogs."""
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QMenu | QDialog) and widget.isVisible():
                widget.close()
        return ""


@pytest.mark.slow
def test_random_actions_end_in_no_error(
    qtbot: QtBot,
    tmp_path: Path,
    errors: list[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    logger = logging.getLogger("mlpsvd_gui")
    request.addfinalizer(partial(logger.setLevel, logger.level))  # for the tests that follow
    logger.setLevel(logging.ERROR)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    experiment = Experiment()
    for key, value in {
        "data.synthetic.train_per_class": 20,
        "data.synthetic.test_per_class": 10,
        "training.epochs": 5,
        "training.engine": "reference",
    }.items():
        experiment = settings.with_value(experiment, key, value)
    window = MainWindow(Preferences(QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat)), experiment)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    person = Person(window, qtbot, SEED)
    nobody = QTimer()  # ends the loop of a menu or dialog that waits for a person inside an action
    nobody.timeout.connect(lambda: person.is_acting_for() > 2.0 and person.close_all())
    nobody.start(500)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        person.act()
        last = "\n".join(person.done[-8:])
        assert not errors, f"seed {SEED}, after {len(person.done)} actions:\n{last}\n{errors[0]}"
        assert window.isVisible(), f"the window is gone after:\n{last}"
    nobody.stop()
    person.close_all()
    window.session.stop_and_close()  # a run that is active would make close() ask
    qtbot.waitUntil(lambda: person.close_all() == "" and not window.isVisible(), timeout=60_000)
    qtbot.wait(500)  # what is still drawn for the last epochs
    print(f"{len(person.done)} actions, the slowest took {person.slowest_s:.2f} s")
    assert not errors, f"seed {SEED}, while the window closed:\n{last}\n{errors[0]}"
    assert len(person.done) > 50

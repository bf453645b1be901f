"""Screen sizes, keyboard, wheel and messages on all pages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QSettings, QSize, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QTableView,
    QTabWidget,
    QToolBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from mlpsvd_gui import file_dialogs
from mlpsvd_gui.file_dialogs import LAST_FOLDERS, ask_for_path
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.widgets.messages import MessageKind
from mlpsvd_gui.window.screen_fit import first_place, fitted

SMALL, LARGE = QRect(0, 0, 1280, 720), QRect(1280, 0, 1920, 1080)
LEAST = QSize(900, 560)


def _preferences(folder: Path) -> Preferences:
    return Preferences(QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    window = MainWindow(_preferences(tmp_path))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    yield window
    window.close()


def _pages(window: MainWindow) -> Iterator[str]:
    """Bring each page to the front in turn."""
    for index in range(window.tabs.count()):
        window.tabs.setCurrentIndex(index)
        inner = window.live_tab.pages if window.tabs.tabText(index) == "Live audio" else None
        for number in range(inner.count() if inner else 1):
            if inner:
                inner.setCurrentIndex(number)
            QApplication.processEvents()
            yield inner.tabText(number) if inner else window.tabs.tabText(index)


# -- screens


@pytest.mark.parametrize(
    ("place", "screens"),
    [
        (QRect(0, 0, 1600, 1000), [SMALL]),
        (QRect(1400, 50, 1000, 700), [SMALL]),  # on a second screen that is gone
        (QRect(-3000, -3000, 800, 600), [SMALL, LARGE]),
        (QRect(1000, 600, 900, 600), [SMALL, LARGE]),
        (QRect(0, 0, 40_000, 40_000), [LARGE]),
        (QRect(1300, 40, 3000, 400), [SMALL, LARGE]),
    ],
)
def test_a_window_is_brought_onto_a_screen_that_is_there(place: QRect, screens: list[QRect]) -> None:
    found = fitted(place, screens)
    assert any(screen.contains(found) for screen in screens)
    assert found.width() <= place.width() and found.height() <= place.height()
    assert fitted(found, screens) == found


def test_a_window_that_lies_on_a_screen_stays_where_it_is() -> None:
    place = QRect(1500, 100, 1200, 800)
    assert fitted(place, [SMALL, LARGE]) == place
    assert first_place(QSize(1600, 1000), SMALL).height() < 720


@pytest.mark.parametrize("size", [(1280, 720, 1.0), (1920, 1080, 1.5), (1366, 768, 1.0), (1920, 1080, 2.0)])
def test_the_first_window_fits_the_screen(tmp_path: Path, size: tuple[int, int, float]) -> None:
    screen = {"name": "s", "x": 0, "y": 0, "width": size[0], "height": size[1], "logicalDpi": 96, "logicalBaseDpi": 96}
    (tmp_path / "screens.json").write_text(json.dumps({"screens": [screen]}))
    script = (
        "from PySide6.QtCore import QSettings\nfrom mlpsvd_gui.application import make_application\n"
        "app = make_application()\n"
        "from mlpsvd_gui.main_window import MainWindow\nfrom mlpsvd_gui.state.preferences import Preferences\n"
        f"store = QSettings({str(tmp_path / 'w.ini')!r}, QSettings.Format.IniFormat)\n"
        "window = MainWindow(Preferences(store))\nwindow.show()\napp.processEvents()\n"
        "area = window.screen().availableGeometry()\n"
        "print(area.width(), area.height(), area.contains(window.geometry()), window.geometry(), area)\n"
        "window.close()\n"
    )
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": f"offscreen:configfile={tmp_path / 'screens.json'}",
        "QT_SCALE_FACTOR": str(size[2]),
    }
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    width, height, is_inside, *_ = done.stdout.splitlines()[-1].split()
    assert (int(width), int(height)) == (round(size[0] / size[2]), round(size[1] / size[2]))
    assert is_inside == "True", done.stdout


def test_a_remembered_place_on_a_screen_that_is_gone_is_corrected(qtbot: QtBot, tmp_path: Path) -> None:
    first = MainWindow(_preferences(tmp_path))
    qtbot.addWidget(first)
    first.setGeometry(20_000, 9_000, 5_000, 3_000)
    first.close()
    second = MainWindow(_preferences(tmp_path))
    qtbot.addWidget(second)
    assert second.screen().availableGeometry().contains(second.geometry())
    second.close()


def test_every_page_can_be_made_small(qtbot: QtBot, window: MainWindow) -> None:
    for page in _pages(window):
        hint = window.minimumSizeHint()
        assert hint.width() <= LEAST.width() and hint.height() <= LEAST.height(), (page, hint)
    window.resize(LEAST)
    qtbot.waitUntil(lambda: window.size() == LEAST)


# -- messages


def _places(window: MainWindow) -> list[tuple[QWidget, QPoint, QSize]]:
    shown = [one for one in window.tabs.currentWidget().findChildren(QWidget) if one.isVisible()]
    return [(one, one.mapTo(window, QPoint()), one.size()) for one in shown]


def _wait_until_still(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until nothing on the page has moved for thirty looks."""
    last, n_same = _places(window), 0

    def is_still() -> bool:
        nonlocal last, n_same
        now = _places(window)
        last, n_same = now, n_same + 1 if now == last else 0
        return n_same >= 30

    qtbot.waitUntil(is_still, timeout=10_000)


def test_a_message_moves_nothing(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1200, 700)
    for page in _pages(window):
        _wait_until_still(qtbot, window)  # a list of devices may still arrive
        before = _places(window)
        window.report_error("Something could not be read, and this sentence about it is long. " * 3)
        QApplication.processEvents()
        assert window.messages.isVisible() and window.messages.text
        moved = [(one, at, size) for one, at, size in before if one.mapTo(window, QPoint()) != at or one.size() != size]
        assert not moved, page
        window.messages.clear()


def test_a_message_lies_in_the_corner_and_inside_the_window(qtbot: QtBot, window: MainWindow) -> None:
    for width in (900, 1600, 1000):
        window.resize(width, 700)
        window.messages.show_message(MessageKind.WARNING, "A sentence of some length. " * 6, "go back", "Back")
        QApplication.processEvents()
        assert window.centralWidget().rect().contains(window.messages.geometry())
        if width >= 1000:
            bar = window.tabs.tabBar()
            assert not window.messages.geometry().intersects(bar.tabRect(bar.count() - 1))


# -- keyboard and wheel


def test_tab_leads_out_of_every_table(window: MainWindow) -> None:
    tables = window.findChildren(QTableView)
    assert len(tables) >= 8
    assert [one.accessibleName() or type(one).__name__ for one in tables if one.tabKeyNavigation()] == []


def test_everything_that_can_be_clicked_is_reached_by_tab(window: MainWindow) -> None:
    kinds = (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox, QAbstractItemView)
    for page in _pages(window):
        chain, at = set(), window.nextInFocusChain()
        while at is not window:
            chain.add(at)
            at = at.nextInFocusChain()
        wanted = [one for one in window.centralWidget().findChildren(QWidget) if isinstance(one, kinds)]
        missing = [
            (type(one).__name__, one.objectName(), one.accessibleName(), getattr(one, "text", str)())
            for one in wanted
            if one.isVisible() and one.isEnabled() and not _is_part(one) and not _is_only_read(one)
            if not (one.focusPolicy() & Qt.FocusPolicy.TabFocus and one in chain)
        ]
        assert missing == [], page


def _is_part(widget: QWidget) -> bool:
    """Whether a widget is part of a larger one that handles the keys."""
    parents, at = [], widget.parentWidget()
    while at is not None:
        parents.append(at)
        at = at.parentWidget()
    whole = (QAbstractSpinBox, QComboBox, QAbstractItemView, QToolBar, QLineEdit)
    return any(isinstance(one, whole) for one in parents) or widget.objectName() in (
        "ScrollLeftButton",
        "ScrollRightButton",
    )


def _is_only_read(widget: QWidget) -> bool:
    none = QAbstractItemView.SelectionMode.NoSelection
    return isinstance(widget, QTableView) and widget.selectionMode() == none


def test_the_wheel_over_a_chooser_without_focus_changes_nothing(qtbot: QtBot, window: MainWindow) -> None:
    n_tried = 0
    for page in _pages(window):
        window.setFocus()
        for one in window.centralWidget().findChildren(QWidget):
            if not one.isVisible() or not isinstance(one, QComboBox | QAbstractSpinBox | QTabWidget):
                continue
            target = one.tabBar() if isinstance(one, QTabWidget) else one
            before = _value(one)
            for delta in (120, -120, -120):
                _turn_wheel(target, delta)
            assert _value(one) == before and not one.hasFocus(), (page, one.objectName(), one.accessibleName())
            n_tried += 1
    assert n_tried > 20


def _value(widget: QWidget) -> object:
    if isinstance(widget, QAbstractSpinBox):
        return widget.text()
    assert isinstance(widget, QComboBox | QTabWidget)
    return widget.currentIndex()


def _turn_wheel(widget: QWidget, delta: int) -> None:
    centre = QPointF(widget.rect().center())
    place = QPointF(widget.mapToGlobal(widget.rect().center()))
    none = (Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase)
    QApplication.sendEvent(widget, QWheelEvent(centre, place, QPoint(), QPoint(0, delta), *none, False))


# -- file dialogs


def test_thirty_file_dialogs_leave_no_thread_and_no_handle_behind(qtbot: QtBot, tmp_path: Path) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    page.show()

    def open_one() -> None:
        dialog = ask_for_path(page, "test", "Choose", print, start=str(tmp_path))
        qtbot.waitUntil(dialog.isVisible)
        dialog.reject()
        qtbot.waitUntil(lambda: not page.findChildren(QFileDialog))

    open_one()
    before = _used()
    for _ in range(30):
        open_one()
    qtbot.waitUntil(lambda: _used()[0] <= before[0] + 1 and _used()[1] <= before[1] + 4)


def _used() -> tuple[int, int]:
    if not Path("/proc/self/task").is_dir():
        pytest.skip("this system does not tell threads and handles")
    return len(list(Path("/proc/self/task").iterdir())), len(list(Path("/proc/self/fd").iterdir()))


def test_a_dialog_opens_where_one_of_its_kind_was_last(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.toml").write_text("")
    dialog = ask_for_path(window, "experiment", "Open", lambda _: None)
    dialog.selectFile(str(tmp_path / "one" / "a.toml"))
    dialog.accept()
    again = ask_for_path(window, "experiment", "Open", lambda _: None)
    assert Path(again.directory().absolutePath()) == tmp_path / "one"
    other = ask_for_path(window, "another kind", "Open", lambda _: None)
    assert Path(other.directory().absolutePath()) not in (tmp_path / "one", Path.cwd())
    for one in (again, other):
        one.reject()
    window.close()
    LAST_FOLDERS.restore({})
    second = MainWindow(_preferences(tmp_path))
    qtbot.addWidget(second)
    assert LAST_FOLDERS.of("experiment") == str(tmp_path / "one"), "it is remembered over a restart"
    second.close()


def test_every_file_dialog_of_the_program_is_one_of_these(project_root: Path) -> None:
    own = Path(file_dialogs.__file__).name
    sources = [path for path in (project_root / "mlpsvd_gui").rglob("*.py") if path.name != own]
    found = [
        path.name
        for path in sources
        if any(word in path.read_text("utf-8") for word in ("QFileDialog(", ".getOpenFileName", ".getSaveFileName"))
    ]
    assert found == []


def test_every_chooser_of_the_program_leaves_the_wheel_alone(project_root: Path) -> None:
    sources = [path for path in (project_root / "mlpsvd_gui").rglob("*.py") if path.name != "choosers.py"]
    words = ("QComboBox(", "QTabWidget(", "QSlider(", "QDial(")
    found = [(path.name, word) for path in sources for word in words if f" {word}" in path.read_text("utf-8")]
    assert found == []

"""The first start: a welcome with three ways in, and a tour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from dialogs import choose_path
from main_window import open_main_window
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.example_recordings import EXAMPLE_CLASSES, write_example_recordings
from mlpsvd_gui.app import open_at_start
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.window.welcome import EXAMPLES

LEFT = Qt.MouseButton.LeftButton
_WAIT_MS = 30_000


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    window = open_main_window(qtbot, tmp_path / "window")
    open_at_start(window, None)
    yield window
    window.close()


def is_welcoming(window: MainWindow) -> bool:
    return window.explore.welcome.isVisible()


def test_only_the_first_start_welcomes(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    assert is_welcoming(window) and window.focusWidget() is window.explore.welcome.task_button
    qtbot.mouseClick(window.explore.welcome.task_button, LEFT)
    assert not is_welcoming(window) and window.settings_panel.isVisible()
    assert "Press Train (F5)" in window.messages.text
    window.close()
    again = open_main_window(qtbot, tmp_path / "window")
    open_at_start(again, None)
    assert not is_welcoming(again)
    again.actions_.welcome.trigger()
    assert is_welcoming(again)
    again.experiments.set_value("seed", 3)
    assert not is_welcoming(again), "a change of the experiment shows the panels"
    again.close()


def test_the_example_recordings_are_made_and_chosen(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    qtbot.mouseClick(window.explore.welcome.examples_button, LEFT)
    qtbot.waitUntil(lambda: window.experiments.experiment.data.source == "recordings", timeout=_WAIT_MS)
    folder = tmp_path / "data" / "mlpsvd" / EXAMPLES
    assert window.experiments.experiment.data.recordings.path == str(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(EXAMPLE_CLASSES)
    assert not is_welcoming(window)


def test_examples_that_cannot_be_written_say_why(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    welcome = window.explore.welcome
    qtbot.mouseClick(welcome.examples_button, LEFT)
    qtbot.waitUntil(welcome.status.isVisible)
    qtbot.waitUntil(lambda: "cannot be written" in welcome.status.text(), timeout=_WAIT_MS)
    assert welcome.examples_button.isEnabled() and is_welcoming(window)


def test_own_recordings_are_asked_for(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    own = write_example_recordings(tmp_path / "own", n_per_class=3)
    qtbot.mouseClick(window.explore.welcome.recordings_button, LEFT)
    choose_path(qtbot, window, own)
    qtbot.waitUntil(lambda: window.experiments.experiment.data.recordings.path == str(own), timeout=_WAIT_MS)


def test_the_tour_leads_through_the_panels_by_keys_and_ends_by_escape(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.mouseClick(window.explore.welcome.tour_button, LEFT)
    tour = window.welcome.tour
    assert tour is not None and tour.stop.target is window.filters_panel
    seen = [tour.stop.title]
    for _ in range(7):
        qtbot.keyClick(tour, Qt.Key.Key_Right)
        seen.append(tour.stop.title)
        assert tour.text
    assert seen == ["Filters", "Data", "Train", "Accuracy", "Singular values", "Comparison", "Settings", "Pages"]
    qtbot.keyClick(tour, Qt.Key.Key_Left)
    assert tour.stop.title == "Settings"
    window.resize(900, 600)
    assert tour.size() == window.size()
    qtbot.keyClick(tour, Qt.Key.Key_Escape)
    assert window.welcome.tour is None and not tour.isVisible()
    window.actions_.tour.trigger()
    again = window.welcome.tour
    assert again is not None
    for _ in range(8):
        qtbot.mouseClick(again.next_button, LEFT)
    assert window.welcome.tour is None

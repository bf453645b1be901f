"""The main window: size, theme, menus, messages, damaged preferences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFileDialog,
    QLabel,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from mlpsvd_gui.log import catch_everything, log_path, start_logging
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunPhase
from mlpsvd_gui.widgets.messages import MessageKind
from mlpsvd_gui.window.about import AboutDialog


def _store(folder: Path) -> QSettings:
    return QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    window = MainWindow(Preferences(_store(tmp_path)))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    yield window
    window.close()


def test_a_small_screen_is_enough(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1280, 720)
    QApplication.processEvents()  # the layout, which could make it larger
    assert (window.width(), window.height()) == (1280, 720)
    assert window.minimumSizeHint().width() <= 1280 and window.minimumSizeHint().height() <= 720


def test_the_status_line_describes_the_current_tab(qtbot: QtBot, window: MainWindow) -> None:
    assert "Press Train" in window.status_text
    window.tabs.setCurrentIndex(3)
    qtbot.waitUntil(lambda: window.status_text.startswith("Run computes"), timeout=10_000)
    assert window.status_text == window.papers_panel.form.status.text()
    window.tabs.setCurrentWidget(window.live_tab)
    assert "Press Train" in window.status_text


def test_before_there_is_a_network_a_click_leads_to_recording(qtbot: QtBot, window: MainWindow) -> None:
    window.tabs.setCurrentWidget(window.live_tab)
    qtbot.mouseClick(window.listen_panel.welcome.record_button, Qt.MouseButton.LeftButton)
    assert window.record_panel.isVisible()


def test_light_and_dark_reach_every_panel_and_are_remembered(qtbot: QtBot, window: MainWindow) -> None:
    actions = {action.data(): action for action in window.actions_.themes.actions()}
    actions["dark"].trigger()
    qtbot.waitUntil(lambda: window.theme.is_dark)
    assert window.training_panel.accuracy.theme.is_dark
    assert window.singular_values_panel.heatmap.theme.is_dark
    assert window.preferences.theme == "dark"
    actions["light"].trigger()
    qtbot.waitUntil(lambda: not window.theme.is_dark)
    actions["system"].trigger()
    QApplication.processEvents()


def test_the_banner_of_earlier_results_follows_the_theme(qtbot: QtBot, window: MainWindow) -> None:
    window.race_panel.show_stale("Seed")
    parts = [window.race_panel.restore_button, window.race_panel.again_button]
    parts += window.race_panel.banner.findChildren(QLabel)
    roles = (QPalette.ColorRole.WindowText, QPalette.ColorRole.Button, QPalette.ColorRole.ButtonText)

    def colours(widget: QWidget) -> list[str]:
        return [widget.palette().color(role).name() for role in roles]

    actions = {action.data(): action for action in window.actions_.themes.actions()}
    for name in ("dark", "light", "dark"):
        actions[name].trigger()
        qtbot.waitUntil(lambda name=name: window.theme.is_dark == (name == "dark"))
        assert [colours(part) for part in parts] == [colours(window)] * 3
    actions["system"].trigger()


def test_the_tab_key_leads_out_of_every_table_that_is_only_read(window: MainWindow) -> None:
    read_only = QAbstractItemView.EditTrigger.NoEditTriggers
    tables = [one for one in window.findChildren(QTableView) if one.editTriggers() == read_only]
    assert len(tables) >= 5
    assert [one.accessibleName() or type(one).__name__ for one in tables if one.tabKeyNavigation()] == []


def test_lists_and_tables_take_another_theme_even_where_they_are_not_seen(qtbot: QtBot, window: MainWindow) -> None:
    """A view with a style sheet keeps its palette until the sheet is set again."""
    for name, is_dark in (("dark", True), ("light", False), ("dark", True)):
        window.theme.choose(name)
        qtbot.waitUntil(lambda is_dark=is_dark: window.theme.is_dark is is_dark)
        for view in window.findChildren(QAbstractItemView):
            base = view.palette().color(QPalette.ColorRole.Base)
            assert (base.lightness() < 128) is is_dark, (type(view).__name__, view.accessibleName(), name)


def test_damaged_memory_does_not_keep_the_window_from_opening(
    qtbot: QtBot, tmp_path: Path, expect_log: Callable[[str], None]
) -> None:
    store = _store(tmp_path)
    store.setValue("experiment", "format_version = 99\n")
    store.setValue("layout/outer", "nonsense")
    store.sync()
    expect_log("format_version is 99")
    expect_log("layout of outer")
    window = MainWindow(Preferences(store))
    qtbot.addWidget(window)
    window.show()
    assert window.experiments.experiment.training.epochs == 100
    window.close()


def test_every_menu_entry_has_a_shortcut_or_words_and_none_is_doubled(window: MainWindow) -> None:
    shortcuts = [action.shortcut().toString() for action in window.actions_.children() if hasattr(action, "shortcut")]
    used = [text for text in shortcuts if text]
    assert len(used) == len(set(used))
    assert {"F5", "F6", "F7", "Ctrl+O", "Ctrl+S"} <= set(used)


def test_dialogs_do_not_block(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_.open.trigger()
    window.actions_.about.trigger()
    dialogs = [*window.findChildren(QFileDialog), *window.findChildren(AboutDialog)]
    assert len(dialogs) == 2
    for dialog in dialogs:
        dialog.close()


def test_a_run_can_be_saved_under_the_name_of_a_folder_that_is_not_there(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requested: list[Path] = []
    monkeypatch.setattr(window.documents, "save_run", requested.append)
    window.dialogs.ask_save_run()
    (dialog,) = window.findChildren(QFileDialog)
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile("my run")
    dialog.accept()
    assert requested == [tmp_path / "my run"]


def test_a_failed_run_is_reported_in_the_window(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, expect_log: Callable[[str], None]
) -> None:
    expect_log("Training failed")
    window.experiments.set_value("data.recordings.path", str(tmp_path / "nowhere"))
    window.experiments.set_value("data.source", "recordings")
    window.actions_.train.trigger()
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FAILED, timeout=20_000)
    assert "nowhere" in window.messages.text and window.messages.kind is MessageKind.ERROR
    assert window.actions_.train.isEnabled()
    for plot in (window.training_panel.accuracy, window.singular_values_panel.heatmap):
        assert not plot.canvas.isVisibleTo(window), "axes that were got ready for a run that never came"


def test_what_nobody_caught_goes_to_the_log_and_is_one_sentence(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect_log: Callable[[str], None]
) -> None:
    import sys
    import threading

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    expect_log("Unexpected ZeroDivisionError")
    start_logging(tmp_path / "log")
    catch_everything(window.unexpected.emit)
    thread = threading.Thread(target=lambda: 1 / 0)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: "ZeroDivisionError" in window.messages.text)
    path = log_path()
    assert path is not None and str(path) in window.messages.text
    assert "Traceback" in path.read_text()


def test_a_log_that_cannot_be_written_is_no_reason_not_to_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert start_logging(tmp_path / "file" / "log") is None
    assert "No log file" in capsys.readouterr().err

"""The window on a small screen: no horizontal scrolling, elided texts have tooltips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.pages.explore.views.data_panel import DataPanel
from mlpsvd_gui.plots.theme import DARK, class_colour
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.widgets.eliding import ElidedLabel, ElidingComboBox

SMALL = (1280, 720)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> MainWindow:
    preferences = Preferences(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    window = MainWindow(preferences)
    qtbot.addWidget(window)
    window.resize(*SMALL)
    with qtbot.waitExposed(window):
        window.show()
    return window


@pytest.mark.parametrize("source", ["synthetic", "recordings"])
def test_the_explore_page_fits_a_small_screen(window: MainWindow, source: str, tmp_path: Path) -> None:
    window.experiments.set_value("data.recordings.path", str(tmp_path))
    window.experiments.set_value("data.source", source)
    window.explore.layout().activate()
    assert window.explore.minimumSizeHint().width() <= SMALL[0]


def test_the_settings_column_takes_a_share_of_the_page_until_it_is_dragged(window: MainWindow, qtbot: QtBot) -> None:
    narrow = window.settings_panel.width()
    window.resize(1600, 900)
    qtbot.waitUntil(lambda: window.settings_panel.width() > narrow)
    window.explore._outer.moveSplitter(320, 1)
    window.resize(*SMALL)
    qtbot.waitUntil(lambda: window.explore.width() == SMALL[0])
    assert window.settings_panel.width() == pytest.approx(320, abs=3)


def test_a_chooser_shortens_its_text_only_where_it_must(qtbot: QtBot) -> None:
    box = ElidingComboBox()
    qtbot.addWidget(box)
    box.addItem("training maximum")
    wide = QFontMetrics(box.font()).horizontalAdvance("training maximum")
    box.resize(wide + 60, 24)
    assert box.shown_text() == "training maximum"
    box.resize(wide // 2 + 30, 24)
    assert box.shown_text().endswith("…")
    assert "training maximum".startswith(box.shown_text()[:-1])


def test_a_label_requests_no_width_and_elides_its_text(qtbot: QtBot) -> None:
    label = ElidedLabel(least_px=60)
    qtbot.addWidget(label)
    label.setText("a rather long sentence about a clip of a recording")
    assert label.minimumSizeHint().width() == 0
    label.resize(100, 20)
    assert label.shown_text().endswith("…")
    label.resize(40, 20)
    assert label.shown_text() == ""
    assert label.toolTip() == label.text()


def test_a_dark_window_paints_the_waveform_in_the_dark_colour_of_its_class(qtbot: QtBot) -> None:
    panel = DataPanel()
    qtbot.addWidget(panel)
    panel.show_waveform(1, np.sin(np.arange(100.0)).astype(np.float32), 8000.0)
    panel.set_theme(DARK)
    shown = panel.waveform._curves["clip"].pen.color()
    assert shown == class_colour(1, DARK)


def test_filters_that_make_no_clips_leave_their_room_to_the_recordings(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    before = window.filters_panel.height()
    window.experiments.set_value("data.recordings.path", str(tmp_path))
    window.experiments.set_value("data.source", "recordings")
    qtbot.waitUntil(lambda: window.filters_panel.height() < 90)
    assert window.filters_panel.use_filters_button.isVisible()
    qtbot.mouseClick(window.filters_panel.use_filters_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.filters_panel.height() == pytest.approx(before, abs=20))
    assert window.filters_panel.table.isVisible()

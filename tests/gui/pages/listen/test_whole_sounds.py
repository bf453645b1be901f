"""Event mode on the Listen page: suggested trigger level, last word, quiet time in one row."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable
from dataclasses import replace
from math import nan
from pathlib import Path

import numpy as np
import pytest
import soundfile
from listen_tab import Tab
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from trained import Trained

from mlpsvd.classification.live.verdict import VerdictKind
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.models.input_contract import InputContract
from mlpsvd.models.model_file import save_model
from mlpsvd_gui.pages.listen.views.decision_display import DecisionDisplay
from mlpsvd_gui.pages.listen.views.device_chooser import DeviceChooser
from mlpsvd_gui.pages.listen.views.source_chooser import FILE_SOURCE
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.widgets.decision_table import DecisionRow, DecisionTable
from mlpsvd_gui.widgets.level_meter import LevelMeter

GREY = QColor("grey")
LEFT = Qt.MouseButton.LeftButton


def row(start_s: float, kind: VerdictKind, duration_s: float = 0.5, level_dbfs: float = -70.0) -> DecisionRow:
    label = "a" if kind is VerdictKind.CLASS else ""
    probability = 0.9 if label else nan
    shown = label or kind.value
    return DecisionRow(start_s, label, probability, level_dbfs, GREY, shown, kind, 1e9 + start_s, duration_s)


def test_consecutive_quiet_windows_share_one_row(qtbot: QtBot) -> None:
    table = DecisionTable()
    qtbot.addWidget(table)
    quiet = VerdictKind.QUIET
    table.extend([row(0.0, quiet), row(0.5, quiet, level_dbfs=-60.0)])
    table.extend([row(1.0, quiet)])
    assert [(one.start_s, one.duration_s, one.level_dbfs) for one in table.rows] == [(0.0, 1.5, -60.0)]
    assert table.model().index(0, 2).data() == "quiet for 1.5 s"
    table.extend([row(1.5, quiet), row(2.0, VerdictKind.CLASS), row(2.5, quiet)])
    assert [one.duration_s for one in table.rows] == [2.0, 0.5, 0.5]


def test_quiet_on_both_sides_of_a_gap_is_two_rows(qtbot: QtBot) -> None:
    table = DecisionTable()
    qtbot.addWidget(table)
    table.extend([row(0.0, VerdictKind.QUIET), row(5.0, VerdictKind.QUIET)])
    table.extend([row(5.5, VerdictKind.QUIET)])
    assert [(one.start_s, one.duration_s) for one in table.rows] == [(0.0, 0.5), (5.0, 1.0)]


def test_unknown_windows_keep_lines_of_their_own(qtbot: QtBot) -> None:
    table = DecisionTable()
    qtbot.addWidget(table)
    table.extend([row(0.0, VerdictKind.UNKNOWN), row(0.5, VerdictKind.UNKNOWN)])
    assert len(table.rows) == 2


def test_the_last_word_stays_readable_while_it_is_quiet(qtbot: QtBot) -> None:
    display = DecisionDisplay()
    qtbot.addWidget(display)
    display.resize(300, 110)
    display.show_decision("quiet", nan, GREY, VerdictKind.QUIET, "−70 dBFS")
    nothing_before = display.grab().toImage()
    assert display.before == ""
    display.show_decision("seven", 0.99, GREY)
    assert display.before == ""
    display.show_decision("quiet", nan, GREY, VerdictKind.QUIET, "−70 dBFS")
    assert (display.label, display.before) == ("quiet", "seven (99 %)")
    assert "seven" in display.accessibleDescription()
    assert display.grab().toImage() != nothing_before
    display.show_hint("No input.")
    display.show_decision("quiet", nan, GREY, VerdictKind.QUIET, "−70 dBFS")
    assert display.before == "", "what was said before the sound broke off says nothing of now"


def test_the_peak_is_never_said_to_be_louder_than_it_is(qtbot: QtBot) -> None:
    meter = LevelMeter()
    qtbot.addWidget(meter)
    meter.show_level(-120.0, -120.0, False, 1.0)
    assert meter.level_text == "−120.0 dBFS, peak −120.0"
    meter.show_level(-100.0, -95.0, False, 1.1)
    assert meter.level_text == "−100.0 dBFS, peak −95.0"


def test_a_key_opens_the_list_of_devices_but_not_while_one_is_heard(qtbot: QtBot) -> None:
    chooser = DeviceChooser()
    qtbot.addWidget(chooser)
    with qtbot.waitActive(chooser):
        chooser.show()
        chooser.activateWindow()
    keys = (Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    chooser.show_running(True)
    qtbot.keyClick(chooser, *keys)
    assert not chooser.box.view().isVisible()
    chooser.show_running(False)
    qtbot.keyClick(chooser, *keys)
    qtbot.waitUntil(chooser.box.view().isVisible)
    chooser.box.hidePopup()


# --- settings


def choose_event_mode(tab: Tab) -> None:
    tab.panel.settings_form.editors["windows"].edited.emit("whole sounds")


def note(tab: Tab) -> str:
    return tab.panel.settings_form.problem("trigger_dbfs")


def test_event_mode_sets_a_trigger_level_above_the_background(tab: Tab) -> None:
    for level_dbfs in [*[-62.0] * 80, *[-20.0] * 20]:  # a fifth of the time somebody speaks
        tab.controller.settings.add_level(level_dbfs)
    choose_event_mode(tab)
    assert tab.controller.settings.settings.windows == "whole sounds"
    assert tab.panel.meter.trigger_dbfs == -50.0
    assert "12 dB above the background" in note(tab) and "−62 dBFS" in note(tab)
    tab.panel.meter.trigger_dragged.emit(-44.0)
    assert note(tab) == ""


@pytest.mark.parametrize("levels", [[], [-120.0] * 50])
def test_without_a_background_the_trigger_level_is_a_guess_and_said_to_be_one(tab: Tab, levels: list[float]) -> None:
    for level_dbfs in levels:
        tab.controller.settings.add_level(level_dbfs)
    choose_event_mode(tab)
    assert tab.panel.meter.trigger_dbfs == -50.0
    assert "set to −50 dBFS because" in note(tab)


def test_a_trigger_level_that_was_set_stays(tab: Tab) -> None:
    tab.panel.meter.trigger_dragged.emit(-30.0)
    choose_event_mode(tab)
    assert tab.panel.meter.trigger_dbfs == -30.0
    assert note(tab) == ""


@pytest.fixture
def recording_model(trained: Trained, tmp_path: Path) -> Path:
    """A model whose input contract says that it was trained on whole recordings."""
    model = model_of(trained.prepared, trained.outcomes["mlp-svd"])
    contract = InputContract.of_recordings(RecordingsSettings(), model.features.sample_rate_hz, model.clip_s)
    path = tmp_path / "Knocks.safetensors"
    save_model(path, replace(model, contract=contract))
    return path


@pytest.fixture
def sounds(trained: Trained, tmp_path: Path) -> Path:
    """Four test clips, each after half a second of faint noise, and noise after the last."""
    prepared = trained.prepared
    clips = one_class(prepared.experiment.data.synthetic, prepared.experiment.seed, "test", 1)
    rate_hz = int(prepared.experiment.data.synthetic.sample_rate_hz)
    rest = 1e-4 * np.random.default_rng(1).standard_normal((5, rate_hz // 2))
    parts = itertools.chain.from_iterable((rest[index], clips[index] / np.abs(clips).max()) for index in range(4))
    path = tmp_path / "sounds.wav"
    soundfile.write(path, np.concatenate([*parts, rest[4]]), rate_hz, subtype="FLOAT")
    return path


def play(qtbot: QtBot, tab: Tab, path: Path) -> None:
    controls = tab.panel.controls
    controls.source.show_kind(FILE_SOURCE)
    controls.source.path_edit.setText(str(path))
    controls.source.pace_box.setCurrentIndex(1)
    qtbot.mouseClick(controls.start_button, LEFT)
    qtbot.waitUntil(lambda: controls.start_button.text() == "Start", timeout=10_000)


def open_model(qtbot: QtBot, tab: Tab, path: Path) -> None:
    tab.models.open_model(str(path))
    qtbot.waitUntil(lambda: path.name in tab.panel.controls.model_box.currentText(), timeout=5_000)


def offer_button(tab: Tab) -> QPushButton:
    return next(one for one in tab.panel.messages.findChildren(QPushButton) if one.text() == "Use event mode")


def test_a_network_of_whole_recordings_suggests_event_mode_once(
    qtbot: QtBot, open_tab: Callable[[], Tab], recording_model: Path, sounds: Path, tmp_path: Path
) -> None:
    tab = open_tab()
    open_model(qtbot, tab, recording_model)
    play(qtbot, tab, sounds)
    assert "whole recordings" in tab.panel.messages.text
    qtbot.mouseClick(offer_button(tab), LEFT)
    assert tab.controller.settings.settings.windows == "whole sounds"
    assert tab.panel.messages.text == ""
    play(qtbot, tab, sounds)
    kinds = [one.kind for one in tab.panel.log.rows]
    assert kinds.count(VerdictKind.CLASS) == 4
    assert all(first is not second for first, second in itertools.pairwise(kinds)), "each rest is one line"
    exported = tmp_path / "decisions.csv"
    tab.panel.log.export_requested.emit("csv", str(exported))
    qtbot.waitUntil(exported.is_file, timeout=5_000)
    with exported.open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) > len(kinds), "each quiet window is in what is exported"


def test_users_who_chose_running_windows_get_no_suggestion(
    qtbot: QtBot, tab: Tab, recording_model: Path, sounds: Path
) -> None:
    choose_event_mode(tab)
    tab.panel.settings_form.editors["windows"].edited.emit("running")
    open_model(qtbot, tab, recording_model)
    play(qtbot, tab, sounds)
    assert tab.panel.messages.text == ""


def test_a_network_trained_on_the_bank_suggests_no_event_mode(qtbot: QtBot, ready_tab: Tab, sounds: Path) -> None:
    play(qtbot, ready_tab, sounds)
    assert ready_tab.panel.messages.text == ""


def test_a_start_that_fails_does_not_take_the_log_away(
    qtbot: QtBot, ready_tab: Tab, sounds: Path, tmp_path: Path
) -> None:
    play(qtbot, ready_tab, sounds)
    rows = ready_tab.panel.log.rows
    assert rows
    wrong = tmp_path / "wrong.wav"
    wrong.write_text("not a sound")
    play(qtbot, ready_tab, wrong)
    assert "wrong.wav" in ready_tab.panel.messages.text
    assert ready_tab.panel.log.rows == rows
    exported = tmp_path / "labels.txt"
    ready_tab.panel.log.export_requested.emit("audacity", str(exported))
    qtbot.waitUntil(exported.is_file, timeout=5_000)
    assert exported.read_text(encoding="utf-8")
    play(qtbot, ready_tab, sounds)
    assert len(ready_tab.panel.log.rows) == len(rows), "what the new session decides takes its place"


def test_the_choice_is_remembered(tab: Tab, tmp_path: Path) -> None:
    choose_event_mode(tab)
    store = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    assert Preferences(store).table("live/windows")
    assert tab.controller.settings.chose_windows

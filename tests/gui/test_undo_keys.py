"""Undo and redo by the keys, on every page with edits, and in text fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from kept_runs import fill, small_run
from main_window import open_main_window
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QLineEdit, QTableView, QWidget
from pytestqt.qtbot import QtBot

from mlpsvd.audio.calibration import Calibration
from mlpsvd.collection.collection import Collection
from mlpsvd.collection.take import Take
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.runs.about import About, read_about
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.run import Run
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.sound_memory import DeviceSound, SoundMemory
from mlpsvd_gui.widgets.number_field import NumberField
from mlpsvd_gui.widgets.setting_editors import SeveralChoicesEditor

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Hands:
    """A person at the keyboard of the window."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self.qtbot, self.window = qtbot, window

    def type_into(self, field: QWidget, text: str, confirm: bool = True) -> None:
        self.go_to(field)
        self.qtbot.keyClick(field, Qt.Key.Key_A, CTRL)
        self.qtbot.keyClicks(field, text)
        if confirm:
            self.qtbot.keyClick(field, Qt.Key.Key_Return)

    def go_to(self, widget: QWidget) -> None:
        """Give a widget the focus, in the active window."""
        self.window.activateWindow()
        widget.setFocus()
        self.wait(widget.hasFocus)

    def select_first(self, table: QTableView) -> None:
        """Select the first row only, whatever keys an earlier test pressed last."""
        flags = QItemSelectionModel.SelectionFlag
        table.selectionModel().select(table.model().index(0, 0), flags.ClearAndSelect | flags.Rows)

    def undo(self) -> None:
        self.qtbot.keyClick(self.window.focusWidget() or self.window, Qt.Key.Key_Z, CTRL)

    def redo(self) -> None:
        self.qtbot.keyClick(self.window.focusWidget() or self.window, Qt.Key.Key_Z, CTRL | SHIFT)

    def wait(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=10_000)

    @property
    def undo_text(self) -> str:
        return self.window.actions_.undo.text().replace("&", "", 1)


@pytest.fixture(scope="module")
def run() -> Run:
    return small_run()


@pytest.fixture
def two_runs(run: Run, tmp_path: Path) -> None:
    """Save two runs for the Runs page of the window, which is opened after it."""
    fill(RunLibrary(tmp_path / "runs"), run, 2)


@pytest.fixture
def hands(qtbot: QtBot, tmp_path: Path) -> Iterator[Hands]:
    window = open_main_window(qtbot, tmp_path, Experiment())
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield Hands(qtbot, window)
    window.close()


def test_settings_presets_and_filters_are_undone_step_by_step(hands: Hands) -> None:
    window, model, first = hands.window, hands.window.experiments, Experiment()
    seen = [first]
    hands.type_into(window.findChild(NumberField, "training.learning_rate"), "0.0123")
    seen.append(model.experiment)
    assert model.experiment.training.learning_rate == 0.0123 and hands.undo_text == "Undo change of learning rate"
    hands.type_into(window.findChild(QLineEdit, "network.hidden"), "12, 9")
    seen.append(model.experiment)
    assert model.experiment.network.hidden == (12, 9) and hands.undo_text == "Undo change of hidden neurons"
    window.settings_panel.rows["training.learning_rate"]._reset.click()
    seen.append(model.experiment)
    assert hands.undo_text == "Undo reset of learning rate"
    contenders = window.settings_panel.rows["training.contenders"].editor
    assert isinstance(contenders, SeveralChoicesEditor)
    next(action for action in contenders.actions_by_value.values() if not action.isChecked()).trigger()
    seen.append(model.experiment)
    assert hands.undo_text == "Undo change of networks"
    window.filters_panel.add_requested.emit()
    seen.append(model.experiment)
    assert len(model.experiment.data.synthetic.filters) == 6 and hands.undo_text == "Undo add filter"
    (preset,) = [one for one in window.actions_.presets if "digits" in one.text()]
    preset.trigger()
    seen.append(model.experiment)
    assert len(set(map(repr, seen))) == len(seen) == 7
    for earlier in reversed(seen[:-1]):
        hands.undo()
        assert model.experiment == earlier
    assert not window.actions_.undo.isEnabled()
    for later in seen[1:]:
        hands.redo()
        assert model.experiment == later
    assert not window.actions_.redo.isEnabled()


def test_a_text_field_undoes_its_typing_first(hands: Hands) -> None:
    window, model = hands.window, hands.window.experiments
    field = window.findChild(NumberField, "training.epochs")
    hands.type_into(field, "42")
    hands.type_into(field, "7", confirm=False)
    hands.undo()
    assert field.lineEdit().text() == "42" and model.experiment.training.epochs == 42
    hands.undo()
    assert model.experiment == Experiment() and field.lineEdit().text() == "100"


@pytest.mark.usefixtures("two_runs")
def test_runs_are_starred_noted_and_deleted_with_undo(hands: Hands, tmp_path: Path) -> None:
    window = hands.window
    hands.type_into(window.findChild(NumberField, "training.epochs"), "42")
    window.tabs.setCurrentIndex(1)
    table, details = window.runs_panel.table, window.runs_panel.details
    hands.wait(lambda: len(table.rows.shown) == 2 and not window.runs.is_busy)
    folder = table.rows.shown[0].folder
    hands.go_to(table)
    hands.select_first(table)
    hands.qtbot.keyClick(table, Qt.Key.Key_S)
    hands.wait(lambda: read_about(folder).is_starred)
    assert hands.undo_text == "Undo mark with a star", "not what was last done on Explore"
    hands.go_to(details.note_edit)
    hands.qtbot.keyClicks(details.note_edit, "good")
    hands.undo()
    assert details.note_edit.toPlainText() == "", "the typing"
    hands.qtbot.keyClicks(details.note_edit, "best")
    hands.go_to(table)
    hands.wait(lambda: read_about(folder).note == "best")
    hands.qtbot.keyClick(table, Qt.Key.Key_Delete)
    hands.wait(lambda: not folder.exists() and not window.runs.is_busy)
    assert hands.undo_text == "Undo delete 1 run"
    hands.go_to(table)
    for _ in range(3):
        hands.undo()
    hands.wait(lambda: folder.exists() and read_about(folder) == About())
    assert not window.actions_.undo.isEnabled() and window.experiments.experiment.training.epochs == 42
    for _ in range(3):
        hands.redo()
    hands.wait(lambda: not folder.exists() and not window.runs.is_busy)


@pytest.mark.usefixtures("two_runs")
def test_a_change_of_a_run_that_fails_leaves_no_step(hands: Hands) -> None:
    window = hands.window
    window.tabs.setCurrentIndex(1)
    table = window.runs_panel.table
    hands.wait(lambda: len(table.rows.shown) == 2 and not window.runs.is_busy)
    folder = table.rows.shown[0].folder
    (folder / "about.json").write_text("not JSON")
    hands.go_to(table)
    hands.select_first(table)
    assert window.runs_panel.actions_.star.isEnabled()
    with hands.qtbot.waitSignal(window.runs.history.failed, timeout=10_000) as failed:
        hands.qtbot.keyClick(table, Qt.Key.Key_S)
    assert "about.json" in failed.args[0]
    assert not window.actions_.undo.isEnabled() and (folder / "about.json").read_text() == "not JSON"


def test_clips_of_the_collection_are_relabelled_with_undo(hands: Hands, tmp_path: Path) -> None:
    window, folder = hands.window, tmp_path / "collection"
    with Collection.create(folder) as collection:
        for label in ("dog", "cow"):
            collection.add(Take(np.full(4000, 0.1, np.float32), 8000.0, label), label)
    window.tabs.setCurrentWidget(window.live_tab)
    window.live_tab.show_page(window.record_panel)
    window.record.collection.open(folder)
    hands.wait(lambda: window.record.collection.content is not None)
    window.record_panel.classes.rename_requested.emit("dog", "wolf")
    hands.wait(lambda: window.record.collection.content.counts == {"cow": 1, "wolf": 1})
    assert hands.undo_text == "Undo class dog renamed to wolf"
    for _ in range(2):
        hands.undo()
    hands.wait(lambda: window.record.collection.content.counts == {"dog": 1})
    for _ in range(2):
        hands.redo()
    hands.wait(lambda: window.record.collection.content.counts == {"cow": 1, "wolf": 1})
    assert not window.actions_.redo.isEnabled()


def test_settings_goal_and_classes_are_undone_on_record(hands: Hands, tmp_path: Path) -> None:
    window, folder = hands.window, tmp_path / "collection"
    with Collection.create(folder) as collection:
        collection.add(Take(np.full(4000, 0.1, np.float32), 8000.0, "dog"), "dog")
    window.tabs.setCurrentWidget(window.live_tab)
    window.live_tab.show_page(window.record_panel)
    window.record.collection.open(folder)
    hands.wait(lambda: window.record.collection.content is not None)
    panel, before = window.record_panel, window.record.takes.settings
    n_steps = window.record.collection.steps.stack.count()
    hands.type_into(panel.controls.editors["pre_roll_s"].editor, "0.5")
    assert window.record.takes.settings.pre_roll_s == 0.5 and hands.undo_text == "Undo change of pre-roll"
    hands.type_into(panel.classes.name_edit, "cow")
    assert hands.undo_text == "Undo new class cow"
    hands.type_into(panel.classes.goal_box, "12")
    panel.controls.settings_edited.emit("mode", "triggered")
    panel.bar.meter.trigger_dragged.emit(-33.0)
    panel.bar.meter.trigger_dragged.emit(-30.0)  # of the same drag
    assert hands.undo_text == "Undo change of trigger level"
    assert window.record.collection.steps.stack.count() == n_steps + 5
    after = window.record.takes.settings
    hands.go_to(panel.review.table)
    for _ in range(5):
        hands.undo()
    assert window.record.takes.settings == before != after
    assert panel.classes.goal == 0 and [row.name for row in panel.classes.rows] == ["dog"]
    for _ in range(5):
        hands.redo()
    assert window.record.takes.settings == after and panel.classes.goal == 12
    assert [row.name for row in panel.classes.rows] == ["dog", "cow"]


def test_the_choices_are_undone_on_papers(hands: Hands, tmp_path: Path) -> None:
    window, panel = hands.window, hands.window.papers_panel
    window.tabs.setCurrentIndex(3)
    hands.wait(panel.isVisible)
    before = panel.list.ticked_names(), panel.form.trials.value(), window.papers.folder
    panel.list.entry(before[0][0]).check.click()
    hands.type_into(panel.form.trials, "3")
    panel.folder_chosen.emit(str(tmp_path / "papers"))
    assert hands.undo_text == "Undo change of folder" and panel.form.folder.text() == str(tmp_path / "papers")
    window.setFocus()
    for _ in range(3):
        hands.undo()
    assert (panel.list.ticked_names(), panel.form.trials.value(), window.papers.folder) == before
    assert not window.actions_.undo.isEnabled()
    for _ in range(3):
        hands.redo()
    assert (panel.form.trials.value(), window.papers.folder) == (3, tmp_path / "papers")
    assert panel.list.ticked_names() == before[0][1:]


def test_the_live_settings_are_undone_on_listen(hands: Hands) -> None:
    window = hands.window
    window.tabs.setCurrentWidget(window.live_tab)
    before = window.listen.settings.settings
    window.listen_panel.settings_form.edited.emit("smoothing", "mean")
    window.listen_panel.settings_form.edited.emit("hop_share", 0.5)
    after = window.listen.settings.settings
    assert hands.undo_text == "Undo change of hop"
    hands.undo()
    hands.undo()
    assert window.listen.settings.settings == before != after
    hands.redo()
    hands.redo()
    assert window.listen.settings.settings == after


def test_what_was_measured_for_a_microphone_comes_back(hands: Hands) -> None:
    window = hands.window
    window.tabs.setCurrentWidget(window.live_tab)
    one, form = window.listen.conditioning, window.listen_panel.sound_form
    one.use_device("usb microphone", "USB microphone")
    samples = np.full(8000, 0.01, np.float32)
    one._measuring.measured.emit(samples, 8000.0)
    form.subtract_chosen.emit(True)
    one.set_calibration(Calibration(offset_db=94.0, tone_hz=1000.0, reference_db_spl=94.0))
    form.calibration_forgotten.emit()
    assert hands.undo_text == "Undo removal of the calibration"
    form.background_forgotten.emit()
    memory = SoundMemory(window.preferences)
    assert memory.load("usb microphone") == DeviceSound()
    for _ in range(2):
        hands.undo()
    stored = memory.load("usb microphone")
    assert stored.subtracts and stored.calibration is not None and stored.calibration.offset_db == 94.0
    assert stored.background is not None
    np.testing.assert_array_equal(stored.background.samples, samples)
    assert one.subtracts and one.calibration == stored.calibration
    one.use_device("another", "Another")
    hands.redo()
    assert memory.load("usb microphone").calibration is None and one.calibration is None

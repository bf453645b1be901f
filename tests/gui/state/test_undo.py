"""Undo and redo of the experiment, in the model and through the Edit menu."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from main_window import open_main_window
from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.presets import new_experiment
from mlpsvd.settings import with_value
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.pages.record.controllers.journal_steps import JournalSteps
from mlpsvd_gui.pages.runs.controllers.history import StepHistory
from mlpsvd_gui.pages.runs.workers.steps import Step
from mlpsvd_gui.state import undo_steps
from mlpsvd_gui.state.experiment_state import ExperimentState

FORGOTTEN = """
import gc
from PySide6.QtWidgets import QApplication
from mlpsvd_gui.pages.explore.controllers.settings import SettingsController
from mlpsvd_gui.pages.explore.views.settings_panel import SettingsPanel
from mlpsvd_gui.state.experiment_state import ExperimentState
app = QApplication([])
def use():
    panel, model = SettingsPanel(), ExperimentState()
    controller = SettingsController(panel, model)
    panel.show()
    app.processEvents()
    model.set_value("training.epochs", 7)
    controller.close()
use()
gc.collect()
print("collected")
"""


def test_a_history_that_only_the_garbage_collector_finds_is_deleted_once() -> None:
    done = subprocess.run([sys.executable, "-c", FORGOTTEN], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "collected\n", "")


class _Nothing(Step):
    name = "nothing"

    def do(self) -> None:
        pass

    def undo(self) -> None:
        pass


def _experiment_with_a_step() -> QObject:
    owner = ExperimentState()
    owner.set_value("seed", 5)
    return owner


def _runs_with_a_step() -> QObject:
    owner = StepHistory()
    owner.make(_Nothing())
    owner.close()
    return owner


def _journal_with_a_step() -> QObject:
    owner = JournalSteps(lambda: None, lambda: None)
    owner.show(["delete"], ["trim"])
    return owner


def _texts(stack: QUndoStack) -> tuple[list[str], int]:
    return [stack.text(number) for number in range(stack.count())], stack.index()


def test_steps_of_a_journal_and_of_a_setting_are_undone_in_their_order() -> None:
    requests: list[str] = []
    shown: list[int] = []
    owner = JournalSteps(lambda: requests.append("undo"), lambda: requests.append("redo"))
    owner.show(["add", "add"], [])
    setting = undo_steps.ValueHistory(shown.append, owner, owner.stack)
    setting.add("level", -40, -30)
    owner.show(["add", "add", "trim"], [])
    assert _texts(owner.stack) == (["add", "add", "level", "trim"], 4) and not requests
    for _ in range(3):  # faster than the journal answers
        owner.stack.undo()
    assert requests == ["undo", "undo"] and shown == [-30, -40]
    owner.show(["add", "add"], ["trim"])
    owner.show(["add"], ["trim", "add"])
    assert _texts(owner.stack) == (["add", "add", "level", "trim"], 1) and shown == [-30, -40]
    owner.stack.redo()
    owner.show(["add"], ["trim", "add"])  # the journal could not
    assert owner.stack.index() == 1
    owner.stack.redo()
    owner.show(["add", "add"], ["trim"])
    setting.add("level", -40, -20)  # ends redo on the stack; the journal still has its step
    owner.show(["add", "add"], ["trim"])
    assert _texts(owner.stack) == (["add", "add", "level"], 3)
    owner.show(["add", "add", "delete"], [])
    assert _texts(owner.stack) == (["add", "add", "level", "delete"], 4)
    owner.show(["other"], ["one"])
    assert _texts(owner.stack) == (["other", "one"], 1)
    owner.forget()
    assert _texts(owner.stack) == ([], 0) and requests == ["undo", "undo", "redo", "redo"]


@pytest.mark.parametrize("make", [_experiment_with_a_step, _runs_with_a_step, _journal_with_a_step])
def test_steps_do_not_keep_their_owner(qapp: QApplication, make: Callable[[], QObject]) -> None:
    owner = make()
    qapp.processEvents()  # answers of jobs
    gone = weakref.ref(owner)
    del owner
    gc.collect()
    assert gone() is None


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    window = open_main_window(qtbot, tmp_path)
    yield window
    window.close()


def test_every_change_can_be_undone_and_repeated() -> None:
    model = ExperimentState()
    model.set_value("seed", 5)
    model.set_value("training.epochs", 7)
    changed = model.experiment
    assert model.undo_name == "change of epochs"
    model.undo()
    assert (model.experiment.seed, model.experiment.training.epochs) == (5, new_experiment().training.epochs)
    model.undo()
    assert model.experiment == new_experiment() and model.undo_name == "" and model.redo_name == "change of seed"
    model.undo()
    model.redo()
    model.redo()
    model.redo()
    assert model.experiment == changed


def test_a_new_change_after_undo_ends_redo() -> None:
    model = ExperimentState()
    model.set_value("seed", 5)
    model.undo()
    model.set_value("training.epochs", 9)
    assert model.redo_name == ""
    model.undo()
    assert model.experiment == new_experiment()


def test_quick_changes_of_one_setting_are_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ExperimentState()
    for seed in range(1, 20):
        model.set_value("seed", seed)
    model.set_value("training.epochs", 9)
    monkeypatch.setattr(undo_steps, "_MERGE_S", 0.0)
    model.set_value("training.epochs", 10)
    model.undo()
    assert model.experiment.training.epochs == 9
    model.undo()
    assert model.experiment.seed == 19
    model.undo()
    assert model.experiment == new_experiment()


def test_a_named_step_has_its_name_in_the_edit_menu(window: MainWindow) -> None:
    assert not window.actions_.undo.isEnabled() and not window.actions_.redo.isEnabled()
    window.experiments.replace(with_value(new_experiment(), "seed", 3), "settings for A & B")
    assert window.actions_.undo.text() == "&Undo settings for A && B"
    window.actions_.undo.trigger()
    assert window.experiments.experiment == new_experiment()
    assert window.actions_.redo.text() == "&Redo settings for A && B" and window.actions_.redo.isEnabled()


def test_undoing_an_open_restores_the_file_as_well(window: MainWindow, tmp_path: Path) -> None:
    """Otherwise Save would write the old experiment over the file that was opened."""
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    window.experiments.set_value("seed", 11)
    assert window.documents.save(second)
    window.experiments.set_value("seed", 22)
    assert window.documents.save(first)
    window.documents.open(second)
    assert window.documents.path == second and window.experiments.experiment.seed == 11
    window.actions_.undo.trigger()
    assert window.documents.path == first and window.experiments.experiment.seed == 22
    assert not window.documents.is_modified
    window.actions_.redo.trigger()
    assert window.documents.path == second and window.experiments.experiment.seed == 11


def test_what_a_message_offers_stays_in_the_edit_menu(qtbot: QtBot, window: MainWindow) -> None:
    assert not window.actions_.go_back.isEnabled()
    window.experiments.set_value("training.epochs", 7)
    mine = window.experiments.experiment
    window.use_preset("Recordings: spoken digits")
    window.messages.clear()
    assert window.actions_.go_back.isEnabled()
    window.experiments.set_value("seed", 99)
    window.actions_.go_back.trigger()
    assert window.experiments.experiment == mine
    assert not window.actions_.go_back.isEnabled()
    window.actions_.undo.trigger()
    assert window.experiments.experiment.seed == 99, "going back is a step as well"


def test_the_undo_keys_are_the_same_on_every_page(window: MainWindow) -> None:
    for index in range(window.tabs.count()):
        window.tabs.setCurrentIndex(index)
        assert [one.toString() for one in window.actions_.undo.shortcuts()] == ["Ctrl+Z"]
        assert "Ctrl+Shift+Z" in [one.toString() for one in window.actions_.redo.shortcuts()]

"""Projects in the window: the path from two runs to the reopened project, moved recordings, refusals."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from dialogs import choose_path
from main_window import open_main_window
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from mlpsvd.chart_files import write_picture
from mlpsvd.draw_chart import PictureSize
from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import new_experiment
from mlpsvd.experiments.projects.project import PROJECT, read_project
from mlpsvd.experiments.projects.project_folder import ProjectFolder, create_project
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.settings import with_value
from mlpsvd_gui.app import experiment_at_start, open_at_start
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.run_state import RunPhase
from mlpsvd_gui.widgets.messages import MessageKind
from mlpsvd_gui.widgets.number_field import NumberField

CTRL = Qt.KeyboardModifier.ControlModifier
OpenWindow = Callable[[], MainWindow]


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path) -> OpenWindow:
    """Return a function that starts the program again, with the same preferences."""

    def start() -> MainWindow:
        window = open_main_window(qtbot, tmp_path / "preferences")
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        return window

    return start


def choose(qtbot: QtBot, window: MainWindow, action: QAction, path: Path) -> None:
    """Trigger an action and answer its file dialog."""
    action.trigger()
    choose_path(qtbot, window, path)


def enter(qtbot: QtBot, window: MainWindow, key: str, text: str) -> None:
    field = window.findChild(NumberField, key)
    assert field is not None
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def train(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_.train.trigger()
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FINISHED, timeout=60_000)


def test_from_two_runs_to_the_reopened_project(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    window, folder = open_window(), tmp_path / "study"
    assert not window.actions_.save_project.isEnabled()
    choose(qtbot, window, window.actions_.new_project, folder)
    qtbot.waitUntil(lambda: window.project.project is not None, timeout=10_000)
    assert "study – MLP-SVD" in window.windowTitle() and not window.isWindowModified()
    enter(qtbot, window, "data.synthetic.train_per_class", "20")
    enter(qtbot, window, "data.synthetic.test_per_class", "40")
    enter(qtbot, window, "training.epochs", "3")
    window.experiments.set_value("training.engine", "reference")  # nothing to compile
    train(qtbot, window)
    enter(qtbot, window, "training.learning_rate", "0.01")
    train(qtbot, window)
    experiment, run_id = window.experiments.experiment, window.run.run_id
    assert not (tmp_path / "preferences" / "runs").exists() and len(RunLibrary(folder / "runs").folders()) == 2

    window.tabs.setCurrentIndex(1)
    table = window.runs_panel.table
    qtbot.waitUntil(lambda: len(table.rows.shown) == 2 and not window.runs.is_busy, timeout=10_000)
    window.activateWindow()
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    flags = QItemSelectionModel.SelectionFlag
    for row in range(2):
        table.selectionModel().select(table.rows.index(row, 0), flags.Select | flags.Rows)
    qtbot.keyClick(table, Qt.Key.Key_C)
    comparison = window.runs_panel.comparison
    qtbot.waitUntil(comparison.isVisible, timeout=20_000)
    verdicts = [comparison.tests.item(row, 3).text() for row in range(comparison.tests.rowCount())]
    assert len(verdicts) == len(experiment.training.contenders) and all(verdicts)
    figure = write_picture(tmp_path / "accuracy.pdf", comparison.plots["accuracy"].chart(), PictureSize())
    assert figure.read_bytes().startswith(b"%PDF")

    choose(qtbot, window, window.actions_.exports["mlp-svd"], tmp_path / "model.onnx")
    qtbot.waitUntil(lambda: (tmp_path / "model.onnx").exists() and not window.documents.is_busy, timeout=20_000)
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    (model,) = (one.classifier for one in window.models.entries() if one.key == "mlp-svd")
    clips = np.random.default_rng(3).normal(0, 0.1, (2, model.n_samples)).astype(np.float32)
    (name,) = (one.name for one in session.get_inputs())
    np.testing.assert_allclose(session.run(None, {name: clips})[0], model.probabilities_many(clips), atol=1e-5)
    window.close()

    again = open_window()
    assert again.project.project is None and again.experiments.experiment == new_experiment()
    again.documents.open(folder)
    assert again.experiments.experiment == experiment and again.tabs.tabText(again.tabs.currentIndex()) == "Runs"
    qtbot.waitUntil(lambda: again.run.run_id == run_id, timeout=10_000)
    qtbot.waitUntil(lambda: len(again.runs_panel.table.rows.shown) == 2, timeout=10_000)
    assert again.preferences.recent_projects() == [str(folder)] and again.preferences.project == str(folder)
    again.tabs.setCurrentIndex(0)
    enter(qtbot, again, "training.epochs", "9")
    qtbot.waitUntil(lambda: read_project(folder / PROJECT).experiment.training.epochs == 9, timeout=5000)
    qtbot.keyClick(again.focusWidget(), Qt.Key.Key_Z, CTRL)
    assert again.experiments.experiment == experiment
    qtbot.waitUntil(lambda: read_project(folder / PROJECT).experiment == experiment, timeout=5000)
    again.actions_.close_project.trigger()
    assert again.experiments.experiment == new_experiment() and again.run.state is RunPhase.EMPTY
    again.close()


def test_moved_recordings_are_asked_for_once(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    birds = tmp_path / "data" / "birds"
    for name in ("redshank", "knot"):
        (birds / name).mkdir(parents=True)
        for number in range(4):
            noise = np.random.default_rng(number).normal(0, 0.1, 4000)
            soundfile.write(birds / name / f"{number}.wav", noise, 8000)
    experiment = with_value(Experiment(), "data.source", "recordings")
    create_project(tmp_path / "study", with_value(experiment, "data.recordings.path", str(birds)))
    shutil.move(tmp_path / "data", tmp_path / "archive")

    window = open_window()
    window.project.open(tmp_path / "study")
    (dialog,) = window.findChildren(QFileDialog)
    assert dialog.windowTitle() == "Where is the folder “birds”?"
    choose_path(qtbot, window, tmp_path / "archive" / "birds")
    assert window.experiments.experiment.data.recordings.path == str(tmp_path / "archive" / "birds")
    qtbot.waitUntil(lambda: "2 classes" in window.data_panel.form.status.text(), timeout=20_000)
    assert not window.actions_.undo.isEnabled()
    window.close()

    again = open_window()
    open_at_start(again, None)  # the project of the last time
    assert again.experiments.experiment.data.recordings.path == str(tmp_path / "archive" / "birds")
    assert not again.findChildren(QFileDialog)
    again.close()
    shutil.move(tmp_path / "study", tmp_path / "study elsewhere")
    third = open_window()
    open_at_start(third, None)
    assert "is not a project" in third.messages.text and third.project.project is None
    open_at_start(third, tmp_path / "study elsewhere" / PROJECT)
    assert third.experiments.experiment.data.recordings.path == str(tmp_path / "archive" / "birds")
    third.close()


def test_a_project_that_cannot_be_opened_changes_nothing(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    for name in ("held", "newer", "mine"):
        create_project(tmp_path / name, Experiment(seed=5))
    newer = tmp_path / "newer" / PROJECT
    newer.write_text(newer.read_text("utf-8").replace("format_version = 1", "format_version = 2"), "utf-8")
    held = ProjectFolder(tmp_path / "held")
    window = open_window()
    window.project.open(tmp_path / "mine")
    enter(qtbot, window, "training.epochs", "77")
    for name, reason in (("held", "is open in this program already"), ("newer", "from a newer MLP-SVD"),
                         ("none", "is not a project")):  # fmt: skip
        window.project.open(tmp_path / name)
        assert reason in window.messages.text and window.messages.kind is MessageKind.ERROR
        assert window.project.project is not None and window.project.project.name == "mine"
        assert window.experiments.experiment.training.epochs == 77
    held.close()
    window.project.open(tmp_path / "held")
    assert read_project(tmp_path / "mine" / PROJECT).experiment.training.epochs == 77, "saved when it was left"
    assert window.project.project.name == "held" and window.experiments.experiment == Experiment(seed=5)
    ProjectFolder(tmp_path / "mine").close()
    shutil.move(tmp_path / "held", tmp_path / "unplugged")
    enter(qtbot, window, "training.epochs", "33")
    qtbot.waitUntil(lambda: window.messages.text.startswith("The project is not saved:"), timeout=5000)
    window.close()
    assert open_window().experiments.experiment.training.epochs == 33, "what could not be saved is not lost"


def test_unsaved_settings_outlive_a_project(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    for name in ("mine", "other"):
        create_project(tmp_path / name, Experiment(seed=5))
    window = open_window()
    enter(qtbot, window, "training.epochs", "41")
    window.project.open(tmp_path / "mine")
    window.actions_.close_project.trigger()
    assert window.experiments.experiment.training.epochs == 41, "what was edited before the project was opened"
    assert not window.actions_.go_back.isEnabled()
    for leave in (lambda: window.project.open(tmp_path / "other"), window.actions_.close_project.trigger):
        window.project.open(tmp_path / "mine")
        enter(qtbot, window, "training.epochs", "42")
        shutil.move(tmp_path / "mine", tmp_path / "unplugged")
        leave()
        assert "previous settings are not saved" in window.messages.text
        window.actions_.go_back.trigger()
        assert window.experiments.experiment.training.epochs == 42, "those of a project that could not be saved"
        shutil.move(tmp_path / "unplugged", tmp_path / "mine")
    window.close()


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no permissions there")
def test_a_read_only_project_leaves_the_other_settings(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = create_project(tmp_path / "study", Experiment(seed=5))
    monkeypatch.setattr(os, "access", lambda path, mode: file.parent not in (Path(path), *Path(path).parents))
    window = open_window()
    window.project.open(tmp_path / "study")
    assert window.project.is_read_only and window.experiments.experiment.seed == 5
    enter(qtbot, window, "training.epochs", "43")
    window.close()
    assert open_window().experiments.experiment == new_experiment()


def test_a_project_is_not_opened_once_training_has_begun(qtbot: QtBot, open_window: OpenWindow, tmp_path: Path) -> None:
    create_project(tmp_path / "study", Experiment(seed=5))
    window = open_window()
    for key, value in {"data.synthetic.train_per_class": 20, "data.synthetic.test_per_class": 20, "training.epochs": 2,
                       "training.engine": "reference"}.items():  # fmt: skip
        window.experiments.set_value(key, value)
    train(qtbot, window)
    window.experiments.set_value("training.epochs", 5000)
    window.documents.export_model(tmp_path / "model.npz", "mlp")
    assert window.documents.is_busy
    with qtbot.waitSignal(window.project.failed, timeout=20_000) as failed:
        window.project.open(tmp_path / "study")  # waits until the file is written
        window.actions_.train.trigger()
    assert "A run is active" in failed.args[0] and window.project.project is None
    window.training.stop_and_keep()
    qtbot.waitUntil(lambda: not window.run.state.is_active, timeout=20_000)
    window.close()


def test_a_project_with_incompatible_settings_opens_at_the_start(open_window: OpenWindow, tmp_path: Path) -> None:
    wrong = with_value(Experiment(), "data.synthetic.sample_rate_hz", 100.0)
    file = create_project(tmp_path / "study", wrong)
    assert experiment_at_start(file) is experiment_at_start(file.parent) is None
    window = open_window()
    open_at_start(window, file)
    assert window.experiments.experiment == wrong
    window.close()
    file.write_text("not a project")
    with pytest.raises(FileFormatError):
        experiment_at_start(file)


def test_a_project_that_another_window_has_open_is_tried_again(open_window: OpenWindow, tmp_path: Path) -> None:
    file = create_project(tmp_path / "study", Experiment(seed=5))
    held = ProjectFolder(file)
    window = open_window()
    window.preferences.project = str(file.parent)
    open_at_start(window, None)
    assert window.project.project is None and window.preferences.project == str(file.parent)
    window.close()
    held.close()
    again = open_window()
    open_at_start(again, None)
    assert again.project.project is not None
    again.close()

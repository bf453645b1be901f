"""Workflows in a real window: choose, change, train, read, pause, stop, save."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from main_window import open_main_window
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from mlpsvd.contenders import DEFAULT_CONTENDERS, FAIR_CONTENDERS
from mlpsvd.experiments.experiment_file import load_experiment
from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.run_state import RunPhase
from mlpsvd_gui.widgets.number_field import NumberField

PRESET = "Paper: 2 classes, 10 Hz"


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    window = open_main_window(qtbot, tmp_path, size=(1280, 720))
    yield window
    window.close()


def _press(qtbot: QtBot, window: MainWindow, action: QAction) -> None:
    """Click an action's button in the toolbar with the mouse."""
    button = window.toolbar.widgetForAction(action)
    assert button.isEnabled(), f"{action.text()} cannot be pressed: {action.toolTip()}"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def _type(qtbot: QtBot, window: MainWindow, key: str, text: str) -> None:
    """Type a number into its field and leave it there unconfirmed, as people do."""
    box = window.settings_panel.rows[key].editor.editor
    assert isinstance(box, NumberField)
    window.settings_panel.ensureWidgetVisible(box)
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)


def _choose_preset(qtbot: QtBot, window: MainWindow, name: str) -> None:
    menu = window.toolbar.preset_button.menu()
    action = next(action for action in menu.actions() if action.text() == name)
    menu.popup(window.mapToGlobal(window.rect().topLeft()))
    qtbot.waitUntil(menu.isVisible)
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    qtbot.waitUntil(lambda: not menu.isVisible())


def _make_small(
    qtbot: QtBot, window: MainWindow, epochs: str, contenders: tuple[str, ...] = DEFAULT_CONTENDERS
) -> None:
    _choose_preset(qtbot, window, PRESET)
    window.experiments.set_value("training.contenders", contenders)
    _type(qtbot, window, "data.synthetic.train_per_class", "60")
    _type(qtbot, window, "data.synthetic.test_per_class", "60")
    _type(qtbot, window, "training.epochs", epochs)


def _wait_for(qtbot: QtBot, window: MainWindow, *states: RunPhase) -> None:
    qtbot.waitUntil(lambda: window.run.state in states, timeout=60_000)


def _percent(window: MainWindow, contender: str) -> float:
    return float(window.race_panel.cell(contender, "Test accuracy").partition(" %")[0])


def test_choose_a_preset_change_train_and_read_the_accuracies(qtbot: QtBot, window: MainWindow) -> None:
    _make_small(qtbot, window, "8", FAIR_CONTENDERS)
    _press(qtbot, window, window.actions_.train)
    _wait_for(qtbot, window, RunPhase.FINISHED)
    experiment = window.run.experiment
    assert experiment is not None and experiment.name == PRESET
    assert (experiment.training.epochs, experiment.data.synthetic.train_per_class) == (8, 60)
    for contender in FAIR_CONTENDERS:
        assert 40 <= _percent(window, contender) <= 100
        assert window.race_panel.cell(contender, "Epoch") == "8 of 8"
        assert window.race_panel.cell(contender, "Training time").endswith(" s")
    assert _percent(window, "mlp") == pytest.approx(100 * window.run.outcomes["mlp"].last.test_accuracy, abs=0.05)
    assert window.confusion_panel.table.rowCount() == 2
    assert window.toolbar.left_text == "finished"
    assert f"{PRESET} (modified)" in window.race_panel._caption.text(), "fewer clips and epochs: no longer that preset"
    assert len(window.training_panel.accuracy.curve_data("mlp-svd/test")[0]) == 9


def test_pause_resume_stop_and_keep(qtbot: QtBot, window: MainWindow) -> None:
    _make_small(qtbot, window, "100000")
    _press(qtbot, window, window.actions_.train)
    _wait_for(qtbot, window, RunPhase.TRAINING)
    assert not window.actions_.train.isEnabled()
    qtbot.waitUntil(lambda: len(window.run.histories["mlp-svd"]) > 3, timeout=30_000)
    _press(qtbot, window, window.actions_.pause)
    assert window.run.state is RunPhase.PAUSED and "Resume" in window.actions_.pause.text()
    qtbot.wait(200)  # an epoch under way may end
    epochs = len(window.run.histories["mlp"])
    qtbot.wait(300)  # time in which no other may come
    assert len(window.run.histories["mlp"]) == epochs
    _press(qtbot, window, window.actions_.pause)
    qtbot.waitUntil(lambda: len(window.run.histories["mlp"]) > epochs, timeout=30_000)
    qtbot.waitUntil(lambda: window.toolbar.left_text.endswith("left"), timeout=5000)
    _press(qtbot, window, window.actions_.stop)
    _wait_for(qtbot, window, RunPhase.STOPPED)
    assert set(window.run.outcomes) == {"mlp", "mlp-svd"}
    assert window.actions_.save_run.isEnabled() and window.actions_.train.isEnabled()
    assert _percent(window, "mlp") > 0


def test_results_that_no_longer_match_say_so_and_can_be_made_again(qtbot: QtBot, window: MainWindow) -> None:
    _make_small(qtbot, window, "3")
    _press(qtbot, window, window.actions_.train)
    _wait_for(qtbot, window, RunPhase.FINISHED)
    assert window.race_panel.stale_text == ""
    _type(qtbot, window, "training.batch_size", "32")
    window.settings.commit()
    assert "(Batch size changed)" in window.race_panel.stale_text
    qtbot.mouseClick(window.race_panel.again_button, Qt.MouseButton.LeftButton)
    _wait_for(qtbot, window, RunPhase.FINISHED)
    assert window.race_panel.stale_text == ""
    _type(qtbot, window, "seed", "7")
    window.settings.commit()
    qtbot.mouseClick(window.race_panel.restore_button, Qt.MouseButton.LeftButton)
    assert window.experiments.experiment.seed == 1 and window.race_panel.stale_text == ""


def test_an_impossible_value_is_explained_and_forbids_training(qtbot: QtBot, window: MainWindow) -> None:
    _type(qtbot, window, "training.batch_size", "0")
    window.settings.commit()
    assert not window.actions_.train.isEnabled()
    assert "Batch size" in window.actions_.train.toolTip()
    assert window.settings_panel.rows["training.batch_size"].problem
    window.settings_panel.rows["training.batch_size"]._reset.click()
    assert window.actions_.train.isEnabled()


def test_save_change_and_open_again(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    _type(qtbot, window, "training.epochs", "12")
    window.settings.commit()
    assert window.isWindowModified()
    assert window.documents.save(path)
    assert not window.isWindowModified() and "mine.toml" in window.windowTitle()
    assert load_experiment(path).training.epochs == 12
    _type(qtbot, window, "training.epochs", "13")
    window.settings.commit()
    window.documents.open(path)
    assert window.experiments.experiment.training.epochs == 12
    assert "Back to my unsaved settings" in window.messages._button.text()
    window.messages._button.click()
    assert window.experiments.experiment.training.epochs == 13


def test_an_unreadable_file_gives_a_clear_error(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    before = window.experiments.experiment
    bad = tmp_path / "bad.toml"
    bad.write_text("format_version = 1\n[training]\nepochs = -3\n")
    for path in (bad, tmp_path / "absent.toml", tmp_path):
        window.documents.open(path)
        assert str(path) in window.messages.text or "training.epochs" in window.messages.text
    assert window.experiments.experiment == before


def test_a_run_and_a_model_are_saved_and_opened(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    _make_small(qtbot, window, "3")
    _press(qtbot, window, window.actions_.train)
    _wait_for(qtbot, window, RunPhase.FINISHED)
    window.documents.export_model(tmp_path / "mine", "mlp-svd")
    qtbot.waitUntil((tmp_path / "mine.safetensors").is_file, timeout=10_000)
    window.documents.export_model(tmp_path / "words.npz", "mlp")
    qtbot.waitUntil((tmp_path / "words_classify.py").is_file, timeout=10_000)
    trained = window.experiments.experiment
    _choose_preset(qtbot, window, "Paper: 10 classes, 100 Hz")
    qtbot.waitUntil(lambda: not window.documents.is_busy, timeout=10_000)
    window.documents.open(tmp_path / "mine.safetensors")
    assert window.experiments.experiment == trained


@pytest.mark.slow
def test_a_run_is_saved_to_a_folder_while_the_window_lives(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    _make_small(qtbot, window, "3")
    _press(qtbot, window, window.actions_.train)
    _wait_for(qtbot, window, RunPhase.FINISHED)
    window.documents.save_run(tmp_path / "run")
    qtbot.waitUntil(lambda: not window.documents.is_busy, timeout=60_000)
    qtbot.waitUntil(lambda: window.messages.text.startswith("Saved"), timeout=5000)
    assert (tmp_path / "run" / "results.json").is_file()
    assert (tmp_path / "run" / "model-mlp-svd.safetensors").is_file()
    window.documents.open(tmp_path / "run")
    assert window.experiments.experiment == window.run.experiment


def test_the_last_settings_come_back_after_a_restart(qtbot: QtBot, tmp_path: Path) -> None:
    first = open_main_window(qtbot, tmp_path)
    _type(qtbot, first, "training.epochs", "77")
    first.explore._outer.setSizes([400, 900])
    width = first.explore._outer.sizes()[0]
    first.close()
    second = open_main_window(qtbot, tmp_path)
    assert second.experiments.experiment.training.epochs == 77
    assert second.explore._outer.sizes()[0] == pytest.approx(width, abs=2)
    second.close()


def test_a_saved_run_comes_back_with_its_results_the_next_day(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    _make_small(qtbot, window, "12")
    _press(qtbot, window, window.actions_.train)
    _wait_for(qtbot, window, RunPhase.FINISHED)
    columns = ("Test accuracy", "Rank", "Trained weights", "Operations", "Training time")
    shown = {name: [window.race_panel.cell(name, column) for column in columns] for name in ("mlp", "mlp-svd")}
    confusion = window.run.outcomes["mlp-svd"].confusion.copy()
    window.documents.save_run(tmp_path / "run")
    qtbot.waitUntil(lambda: not window.documents.is_busy and (tmp_path / "run").is_dir(), timeout=60_000)

    tomorrow = open_main_window(qtbot, tmp_path / "other")
    tomorrow.documents.open(tmp_path / "run")
    _wait_for(qtbot, tomorrow, RunPhase.FINISHED)
    for name, cells in shown.items():
        assert [tomorrow.race_panel.cell(name, column) for column in columns] == cells
        assert len(tomorrow.training_panel.accuracy.curve_data(f"{name}/test")[0]) == 13
    assert (tomorrow.run.outcomes["mlp-svd"].confusion == confusion).all()
    assert tomorrow.race_panel.stale_text == ""
    tomorrow.close()


def test_the_export_dialog_gives_the_name_the_suffix_of_the_format(qtbot: QtBot) -> None:
    chosen: list[str] = []
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = ask_for_path(parent, "model", "Export model", chosen.append, mode=QFileDialog.FileMode.AnyFile,
                          name_filter="Models (*.safetensors);;ONNX (*.onnx)", suggested="mlp.safetensors")  # fmt: skip
    dialog.filterSelected.emit("ONNX (*.onnx)")
    assert Path(dialog.selectedFiles()[0]).name == "mlp.onnx"
    dialog.close()

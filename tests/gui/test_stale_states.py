"""Stale results, tooltips of disabled buttons, and no setting keys in visible texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import data_preview
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from mlpsvd import settings
from mlpsvd.experiments.experiment import Experiment
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunPhase
from mlpsvd_gui.widgets.number_field import NumberField
from mlpsvd_gui.window import toolbar as run_toolbar

SMALL = {
    "data.synthetic.train_per_class": 20,
    "data.synthetic.test_per_class": 10,
    "training.epochs": 6,
    "training.engine": "reference",
}

IMPOSSIBLE = {
    "data.synthetic.sample_rate_hz": 100.0,
    "discarding.last": 3,
    "features.fft_size": 65536,
    "data.synthetic.duration_s": 0.001,
}
IMPOSSIBLE_TEXTS = {
    "data.synthetic.sample_rate_hz": "0",
    "data.synthetic.duration_s": "-1",
    "data.synthetic.train_per_class": "-5",
    "features.fft_size": "0",
    "training.learning_rate": "nan",
    "training.epochs": "1e99",
}


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    experiment = Experiment()
    for key, value in SMALL.items():
        experiment = settings.with_value(experiment, key, value)
    window = MainWindow(Preferences(QSettings(str(tmp_path / "w.ini"), QSettings.Format.IniFormat)), experiment)
    window.toolbar._fading.setInterval(50)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    yield window
    window.close()


def _train(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_.train.trigger()
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FINISHED, timeout=60_000)


def _texts(window: MainWindow) -> str:
    labels = [one.text() for one in window.findChildren(QLabel) if one.isVisible()]
    return "\n".join([*labels, window.messages.text, window.status_text])


def test_nothing_of_the_last_run_stays_while_data_are_prepared(qtbot: QtBot, window: MainWindow) -> None:
    _train(qtbot, window)
    assert window.singular_values_panel.heatmap.canvas.isVisibleTo(window)
    window.actions_.train.trigger()
    assert window.run.state is RunPhase.PREPARING
    panel = window.singular_values_panel
    for plot in (window.training_panel.accuracy, panel.heatmap, panel.values):
        assert not plot.canvas.isVisibleTo(window), "axes or curves while there is nothing to show"
    text = _texts(window)
    assert "preparing data" in text.lower() and "Press Train" not in text and "epoch 0" not in text
    assert window.toolbar.progress.value() == 0
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FINISHED, timeout=60_000)
    assert window.training_panel.accuracy.canvas.isVisibleTo(window) and panel.heatmap.canvas.isVisibleTo(window)


def test_the_finished_message_disappears(qtbot: QtBot, window: MainWindow) -> None:
    assert run_toolbar.FINISHED_MS >= 3000
    _train(qtbot, window)
    qtbot.waitUntil(lambda: window.toolbar.left_text == "" and not window.toolbar.progress.isVisible())


def test_the_bar_and_its_words_stay_together_in_a_wide_window(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1600, 900)
    window.toolbar.show_progress(0.5, "1 min left")
    QApplication.processEvents()  # the layout
    bar, words = window.toolbar.progress, window.toolbar._left
    stop = window.toolbar.widgetForAction(window.actions_.stop)
    left = bar.mapTo(window, bar.rect().topLeft()).x()
    assert 0 < left - stop.geometry().right() < 40
    assert 0 < words.mapTo(window, words.rect().topLeft()).x() - left - bar.width() < 40


def test_results_are_faint_once_they_belong_to_other_settings(qtbot: QtBot, window: MainWindow) -> None:
    _train(qtbot, window)
    window.use_preset("Paper: 10 classes, 10 Hz")
    for plot in (window.training_panel.accuracy, window.singular_values_panel.heatmap):
        assert plot.plot_item.opacity() < 0.6
    assert "data." not in window.race_panel.stale_text and "training." not in window.race_panel.stale_text
    window.race_panel.restore_button.click()
    assert window.training_panel.accuracy.plot_item.opacity() == 1.0


def test_a_preset_with_fewer_classes_leaves_no_class_selected_that_is_gone(window: MainWindow) -> None:
    window.use_preset("Paper: 10 classes, 10 Hz")
    window.selection.select_class(8)
    window.filters_panel.show_problem("An old complaint.")
    window.use_preset("Paper: 5 classes, 10 Hz")
    assert window.selection.class_index is None
    assert "An old complaint." not in _texts(window)


def test_no_folder_is_said_as_what_to_do(window: MainWindow) -> None:
    window.use_preset("Recordings: spoken digits")
    tip = window.actions_.train.toolTip()
    assert not window.actions_.train.isEnabled()
    assert tip == window.actions_.train.statusTip() == "Cannot train: Choose a folder of recordings first"
    assert "data.recordings" not in _texts(window) + tip


def test_no_key_of_a_setting_reaches_a_person(qtbot: QtBot, window: MainWindow) -> None:
    for key, value in IMPOSSIBLE.items():
        possible = settings.get(window.experiments.experiment, key)
        window.experiments.set_value(key, value)
        qtbot.waitUntil(lambda: data_preview.is_at_rest(window.data))
        section = key.split(".")[0]
        assert f"{section}." not in _texts(window) and "_hz" not in _texts(window), key
        window.experiments.set_value(key, possible)


def test_greyed_actions_say_why(qtbot: QtBot, window: MainWindow) -> None:
    actions = window.actions_
    for action in (actions.pause, actions.stop, actions.save_run, *actions.exports.values()):
        assert not action.isEnabled() and "press Train" in action.toolTip()
    _train(qtbot, window)
    assert actions.save_run.isEnabled() and "press Train" not in actions.save_run.toolTip()


def _type(qtbot: QtBot, field: NumberField, text: str) -> None:
    field.setFocus()
    field.lineEdit().selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def test_an_impossible_number_stays_in_its_field(qtbot: QtBot, window: MainWindow) -> None:
    before = window.experiments.experiment
    for key, text in IMPOSSIBLE_TEXTS.items():
        field = window.settings_panel.rows[key].editor.editor
        assert isinstance(field, NumberField)
        possible = field.text()
        _type(qtbot, field, text)
        assert window.experiments.experiment == before and field.text() == text
        assert window.settings_panel.rows[key].problem and not window.actions_.train.isEnabled(), key
        _type(qtbot, field, possible)
        assert not window.settings_panel.rows[key].problem and window.actions_.train.isEnabled(), key
    for key, text in IMPOSSIBLE_TEXTS.items():
        _type(qtbot, window.settings_panel.rows[key].editor.editor, text)
    window.experiments.set_value("seed", 424242)
    window.close()
    assert window.preferences.experiment() == window.experiments.experiment, "the rest is remembered"


def test_pyqtgraphs_own_export_cannot_be_reached(window: MainWindow) -> None:
    plots = [
        window.training_panel.accuracy,
        window.filters_panel.view.response_plot,
        window.singular_values_panel.heatmap,
    ]
    for plot in plots:
        assert plot.canvas.scene().contextMenu == []
        assert not plot.plot_item.menuEnabled()


def test_opening_a_model_says_where_it_is_used(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, expect_log: Callable[[str], None]
) -> None:
    _train(qtbot, window)
    path = tmp_path / "mine.safetensors"
    window.documents.export_model(path, "mlp")
    qtbot.waitUntil(path.is_file)
    window.documents.open(path)
    assert "Listen and Files" in window.messages.text and window.messages.text.startswith("Opened model mine")
    qtbot.mouseClick(window.messages._button, Qt.MouseButton.LeftButton)
    assert window.listen_panel.isVisible()


def test_training_controllers_words_for_an_impossible_setting(qtbot: QtBot, window: MainWindow) -> None:
    window.experiments.set_value("discarding.last", 3)
    with qtbot.waitSignal(window.training.failed) as received:
        window.training.train()
    assert "discarding." not in received.args[0] and received.args[0].endswith(".")

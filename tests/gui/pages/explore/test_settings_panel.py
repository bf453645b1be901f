"""The settings column in a real window: editors, marks, invalid and incomplete input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from mlpsvd import settings
from mlpsvd.contenders import DEFAULT_CONTENDERS, FAIR_CONTENDERS
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import RECORDINGS_PRESET, new_experiment, preset
from mlpsvd_gui.pages.explore.controllers.settings import SettingsController
from mlpsvd_gui.pages.explore.views.settings_panel import SettingsPanel
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.widgets.number_field import NumberField
from mlpsvd_gui.widgets.setting_editors import FileEditor

Parts = tuple[SettingsPanel, SettingsController, ExperimentState]


@pytest.fixture
def parts(qtbot: QtBot) -> Iterator[Parts]:
    panel, model = SettingsPanel(), ExperimentState()
    qtbot.addWidget(panel)
    controller = SettingsController(panel, model)
    panel.resize(320, 900)
    with qtbot.waitExposed(panel):
        panel.show()
    yield panel, controller, model
    controller.close()


def _type(qtbot: QtBot, panel: SettingsPanel, key: str, text: str, enter: bool = True) -> None:
    editor = panel.rows[key].editor.editor
    assert isinstance(editor, NumberField | QLineEdit)
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    if enter:
        qtbot.keyClick(editor, Qt.Key.Key_Return)


def test_every_setting_outside_the_other_panels_has_a_row(parts: Parts) -> None:
    panel, _, _ = parts
    for section in ("features", "network", "training", "discarding"):
        kind: Any = type(settings.get(Experiment(), section))
        for info in settings.describe(kind):
            assert f"{section}.{info.name}" in panel.rows


def test_rows_explain_themselves(parts: Parts) -> None:
    panel, _, _ = parts
    for key, row in panel.rows.items():
        tip = row.editor.editor.toolTip()
        assert row.info.help in tip and key in tip and row.info.symbol in tip
    assert panel.rows["data.synthetic.duration_s"].editor.editor.text() == "0.3 s"  # type: ignore[attr-defined]


def test_a_typed_number_reaches_the_experiment_and_is_marked(qtbot: QtBot, parts: Parts) -> None:
    panel, _, model = parts
    _type(qtbot, panel, "training.learning_rate", "0.002")
    assert model.experiment.training.learning_rate == 0.002
    assert panel.rows["training.learning_rate"].is_changed
    panel.reset_requested.emit("training.learning_rate")
    assert model.experiment == new_experiment()
    assert not panel.rows["training.learning_rate"].is_changed


def test_the_networks_of_a_new_experiment_are_no_change_for_its_source(qtbot: QtBot) -> None:
    panel, model = SettingsPanel(), ExperimentState()
    qtbot.addWidget(panel)
    controller = SettingsController(panel, model)
    row = panel.rows["training.contenders"]
    assert not row.is_changed
    model.replace(preset(RECORDINGS_PRESET))
    assert not row.is_changed
    model.set_value("training.contenders", FAIR_CONTENDERS)
    assert row.is_changed
    row.reset_requested.emit("training.contenders")
    assert model.experiment.training.contenders == DEFAULT_CONTENDERS and not row.is_changed
    controller.close()


@pytest.mark.parametrize("key", ["training.epsilon", "training.beta_2", "training.learning_rate"])
def test_showing_a_value_changes_nothing(qtbot: QtBot, parts: Parts, key: str) -> None:
    panel, _, model = parts
    editor = panel.rows[key].editor.editor
    assert isinstance(editor, NumberField)
    editor.setFocus()
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    panel.commit()
    assert model.experiment == new_experiment()


def test_what_is_typed_but_not_confirmed_is_taken_on_commit(qtbot: QtBot, parts: Parts) -> None:
    panel, controller, model = parts
    _type(qtbot, panel, "training.epochs", "8", enter=False)
    assert model.experiment.training.epochs == 100
    controller.commit()
    assert model.experiment.training.epochs == 8


def test_an_invalid_number_is_reported_beside_its_field(qtbot: QtBot, parts: Parts) -> None:
    panel, controller, model = parts
    with qtbot.waitSignal(controller.problems_changed) as received:
        _type(qtbot, panel, "training.batch_size", "0")
    assert received.args[0][0].startswith("Batch size: Enter a whole number")
    assert model.experiment == new_experiment(), "an impossible value never gets into the experiment"
    problem = panel.rows["training.batch_size"].problem
    assert "at least 1" in problem or "from 1" in problem
    assert panel.rows["training.batch_size"]._problem.isVisible()


def test_conflicting_settings_are_reported(qtbot: QtBot, parts: Parts) -> None:
    panel, controller, _ = parts
    _type(qtbot, panel, "discarding.last", "3")
    assert "at least the first point (5)" in panel.rows["discarding.last"].problem
    assert len(controller.problems()) == 1


def test_a_list_is_read_and_a_wrong_one_kept_for_correction(qtbot: QtBot, parts: Parts) -> None:
    panel, controller, model = parts
    _type(qtbot, panel, "network.hidden", "40, 20")
    assert model.experiment.network.hidden == (40, 20)
    _type(qtbot, panel, "network.hidden", "40, many")
    assert model.experiment.network.hidden == (40, 20)
    assert controller.problems() and panel.rows["network.hidden"].problem
    model.set_value("seed", 5)
    line = panel.rows["network.hidden"].editor.editor
    assert isinstance(line, QLineEdit) and line.text() == "40, many"
    model.replace(settings.with_value(Experiment(), "name", "another"))
    assert line.text() == "20" and not controller.problems()


def test_a_choice_is_taken_and_settings_without_effect_are_hidden(qtbot: QtBot, parts: Parts) -> None:
    panel, _, model = parts
    box = panel.rows["training.optimiser"].editor.editor
    assert isinstance(box, QComboBox)
    assert not panel.rows["training.momentum"].editor.isVisibleTo(panel)
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert model.experiment.training.optimiser == "momentum"
    assert panel.rows["training.momentum"].editor.isVisibleTo(panel)
    assert not panel.rows["training.beta_1"].editor.isVisibleTo(panel)
    assert not panel.rows["features.hop"].editor.isVisibleTo(panel)
    model.set_value("features.trim_db", 30.0)
    assert panel.rows["features.hop"].editor.isVisibleTo(panel)


def test_steps_stay_in_the_allowed_range_and_on_round_numbers(parts: Parts) -> None:
    panel, _, model = parts
    rate = panel.rows["training.learning_rate"].editor.editor
    batch = panel.rows["training.batch_size"].editor.editor
    assert isinstance(rate, NumberField) and isinstance(batch, NumberField)
    rate.stepBy(1)
    assert model.experiment.training.learning_rate == pytest.approx(0.00051)
    batch.stepBy(-1000)
    assert model.experiment.training.batch_size == 1


def test_sections_fold_and_say_how_much_was_changed(qtbot: QtBot, parts: Parts) -> None:
    panel, _, model = parts
    section = panel.sections["Training"]
    qtbot.mouseClick(section._heading, Qt.MouseButton.LeftButton)
    assert section.is_folded and not panel.rows["training.epochs"].editor.isVisible()
    model.set_value("training.epochs", 7)
    assert "1 changed" in section._heading.text()
    panel.refused.emit("training.epochs", "Enter a number.")
    assert not section.is_folded, "a problem must be seen"


def test_recordings_have_their_own_settings_and_hide_those_of_noise(parts: Parts) -> None:
    panel, _, model = parts
    length = panel.rows["data.recordings.clip_s"].editor
    assert panel.rows["data.synthetic.noise"].editor.isVisible() and not length.isVisible()
    model.replace(settings.with_value(model.experiment, "data.source", "recordings"))
    assert length.isVisible() and not panel.rows["data.synthetic.noise"].editor.isVisible()
    panel.edited.emit("data.recordings.clip_s", 0.25)
    assert model.experiment.data.recordings.clip_s == 0.25


def test_a_zero_that_means_something_else_is_said_in_words(qtbot: QtBot, parts: Parts) -> None:
    panel, _, model = parts
    model.replace(settings.with_value(model.experiment, "data.source", "recordings"))
    for key, words in (
        ("clip_s", "whole recording"),
        ("channel", "mix of all"),
        ("sample_rate_hz", "most common"),
    ):
        box = panel.rows[f"data.recordings.{key}"].editor.editor
        assert isinstance(box, NumberField) and box.text() == words
    _type(qtbot, panel, "data.recordings.clip_s", "0.5")
    assert model.experiment.data.recordings.clip_s == 0.5
    _type(qtbot, panel, "data.recordings.clip_s", "0")
    assert model.experiment.data.recordings.clip_s == 0
    box = panel.rows["data.recordings.clip_s"].editor.editor
    assert isinstance(box, NumberField) and box.text() == "whole recording"
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert model.experiment.data.recordings.clip_s == 0


def test_the_file_of_the_first_layer_is_chosen_in_a_dialog(qtbot: QtBot, parts: Parts, tmp_path: Path) -> None:
    panel, _, model = parts
    editor = panel.rows["network.first_layer"].editor
    assert isinstance(editor, FileEditor)
    panel.ensureWidgetVisible(editor)
    (tmp_path / "words.safetensors").write_bytes(b"")
    qtbot.mouseClick(editor.button, Qt.MouseButton.LeftButton)
    (dialog,) = editor.findChildren(QFileDialog)
    dialog.setDirectory(str(tmp_path))
    dialog.selectFile("words.safetensors")
    dialog.accept()
    assert model.experiment.network.first_layer == str(tmp_path / "words.safetensors")
    assert editor.editor.text() == str(tmp_path / "words.safetensors")  # type: ignore[attr-defined]

"""A race of three contenders in the real window: chosen in the settings, trained, read, exported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from mlpsvd.contenders import CONTENDERS, DEFAULT_CONTENDERS, FAIR_CONTENDERS
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.matched_step import rate_text
from mlpsvd.models.model_file import load_model
from mlpsvd.settings import with_value
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunPhase
from mlpsvd_gui.widgets.setting_editors import SeveralChoicesEditor

KEYS = ("mlp", "mlp-svd", "mlp-svd-full-rank")
TITLES = ["MLP", "MLP-SVD", "MLP-SVD, full rank"]


def small() -> Experiment:
    experiment = Experiment()
    for key, value in {
        "data.synthetic.train_per_class": 30, "data.synthetic.test_per_class": 20, "training.epochs": 6,
        "training.engine": "reference",
    }.items():  # fmt: skip
        experiment = with_value(experiment, key, value)
    return experiment


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    store = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(Preferences(store), small())
    qtbot.addWidget(window)
    window.resize(1280, 720)
    with qtbot.waitExposed(window):
        window.show()
    yield window
    window.close()


def train(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_.train.trigger()
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FINISHED, timeout=60_000)


def test_three_contenders_are_chosen_trained_shown_and_exported(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    editor = window.settings_panel.rows["training.contenders"].editor
    assert isinstance(editor, SeveralChoicesEditor)
    editor.actions_by_value["mlp-svd-full-rank"].trigger()
    assert window.experiments.experiment.training.contenders == KEYS
    train(qtbot, window)
    panel = window.race_panel
    assert [panel.table.item(row, 0).text() for row in range(panel.table.rowCount())] == TITLES
    for key in KEYS:
        assert panel.cell(key, "Epoch") == "6 of 6"
    assert panel.comparison_cell("mlp-svd-full-rank", "Training time").startswith("× ")
    curves = window.training_panel.accuracy
    assert {f"{key}/test" for key in KEYS} <= set(curves.curve_keys())
    assert "mlp-svd/train" in curves.curve_keys(), "both curves of the paper's pair"
    assert "mlp-svd-full-rank/train" not in curves.curve_keys(), "others are drawn thinner, without training curves"
    widths = {key: curves._curves[f"{key}/test"].pen.widthF() for key in KEYS}
    assert widths["mlp"] == widths["mlp-svd"] > widths["mlp-svd-full-rank"]
    box = window.confusion_panel.contender_box
    assert [box.itemText(index) for index in range(box.count())] == TITLES and box.currentText() == "MLP-SVD"
    layers = window.singular_values_panel.layer_box
    assert layers.itemText(2).startswith("MLP-SVD, full rank, layer 1") and layers.count() == 6
    assert [action.text() for action in window.actions_.exports.values()] == [f"{title}…" for title in TITLES]
    assert all(action.isEnabled() for action in window.actions_.exports.values())
    path = tmp_path / "model.safetensors"
    window.documents.export_model(path, "mlp-svd-full-rank")
    qtbot.waitUntil(path.is_file, timeout=10_000)
    assert load_model(path).summary["contender"] == "mlp-svd-full-rank"
    assert [model.text.split(", just")[0] for model in window.models.entries()].count(TITLES[2]) == 1


def test_a_single_contender_has_one_row_and_the_last_tick_stays(qtbot: QtBot, window: MainWindow) -> None:
    editor = window.settings_panel.rows["training.contenders"].editor
    assert isinstance(editor, SeveralChoicesEditor)
    editor.actions_by_value["mlp"].trigger()
    editor.actions_by_value["mlp-svd"].trigger()
    assert window.experiments.experiment.training.contenders == ("mlp-svd",)
    assert editor.actions_by_value["mlp-svd"].isChecked()
    train(qtbot, window)
    assert window.race_panel.table.rowCount() == 1
    assert window.race_panel.cell("mlp-svd", "Epoch") == "6 of 6"
    assert list(window.actions_.exports) == ["mlp-svd"]


def test_a_fair_comparison_is_one_click(window: MainWindow) -> None:
    editor = window.settings_panel.rows["training.contenders"].editor
    assert isinstance(editor, SeveralChoicesEditor)
    editor.set_actions["Fair comparison"].trigger()
    assert window.experiments.experiment.training.contenders == FAIR_CONTENDERS
    editor.set_actions["Paper's comparison"].trigger()
    assert window.experiments.experiment.training.contenders == DEFAULT_CONTENDERS
    assert editor.actions_by_value["softmax"].toolTip() == CONTENDERS["softmax"].shows


def test_five_networks_are_readable_at_1280_pixels(qtbot: QtBot, window: MainWindow) -> None:
    """Every network has a row without scrolling; the determined rates are facts, and no message covers the plots."""
    window.experiments.set_value("training.contenders", FAIR_CONTENDERS)
    window.actions_.train.trigger()
    qtbot.waitUntil(lambda: any(window.run.histories.values()), timeout=60_000)
    assert not window.messages.isVisible(), window.messages.text
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FINISHED, timeout=60_000)
    panel, table = window.race_panel, window.race_panel.table
    assert table.rowCount() == 5 and not table.verticalScrollBar().isVisible()
    assert table.horizontalHeader().length() <= table.viewport().width()
    bottom = table.mapTo(window, table.rect().bottomLeft()).y()
    assert bottom < window.statusBar().geometry().top(), "the page scrolls"
    metrics = table.fontMetrics()
    for row in range(table.rowCount()):
        for column in range(table.columnCount()):
            assert metrics.horizontalAdvance(table.item(row, column).text()) + 6 <= table.columnWidth(column)
    assert "Learning rate " in panel.name_tip("softmax") and "Learning rate" not in panel.name_tip("mlp-svd")
    assert panel.name_tip("mlp-matched-step").startswith(CONTENDERS["mlp-matched-step"].shows)
    for key in FAIR_CONTENDERS[1:]:
        assert panel.comparison_cell(key, "Operations").startswith("× ")
    bar = window.statusBar()
    assert bar.fontMetrics().horizontalAdvance(window.status_text) < bar.width() - 20
    legend = window.training_panel.accuracy._legend
    assert not legend._rest and len(legend.entries) >= 5
    run = window.run.to_run()
    assert run is not None and all(rate_text(one) for one in run.contenders[3:]), "a saved run keeps the rates"

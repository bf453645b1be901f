"""Curves, singular values, race table and confusion matrix of a run."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mlpsvd.contenders import FAIR_CONTENDERS, MLP, MLP_SVD
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race
from mlpsvd.metrics.uncertainty import compare_answers
from mlpsvd.network.spec import LayerSpec, NetworkSpec
from mlpsvd.settings import parse_text
from mlpsvd.training.events import Discard, EpochEvent, Snapshot, singular_value_table
from mlpsvd_gui.pages.explore.controllers import run_figures
from mlpsvd_gui.pages.explore.controllers.singular_values import SingularValuesController
from mlpsvd_gui.pages.explore.views.confusion_panel import ClassScores, ConfusionPanel
from mlpsvd_gui.pages.explore.views.race_panel import RacePanel, RaceRow
from mlpsvd_gui.pages.explore.views.singular_values_panel import SingularValuesPanel
from mlpsvd_gui.pages.explore.views.training_panel import TrainingPanel
from mlpsvd_gui.plots.theme import DARK
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.state.selection_state import SelectionState
from mlpsvd_gui.workers.training_job import time_left

N_IN, N_HIDDEN = 6, 4
RNG = np.random.default_rng(1)


def _event(epoch: int, rank: int, kind: str = "svd", dropped: bool = False) -> EpochEvent:
    spec = NetworkSpec((LayerSpec(kind, N_IN, N_HIDDEN, rank, "softmax"),), "cross-entropy")
    snapshot = Snapshot(spec, RNG.normal(size=spec.n_parameters))
    values = np.linspace(2.0, 0.1, rank)
    discarded = (Discard(0, rank + 1, rank),) if dropped else ()
    accuracy = epoch / 10
    return EpochEvent(epoch, 9, 1.0, accuracy + 0.01, 1.1, accuracy, (values,), (rank,), (kind,), spec.n_parameters,
                      1000 if epoch else 0, 0.5 if epoch else 0.0, discarded, snapshot)  # fmt: skip


def _history(kind: str = "svd") -> list[EpochEvent]:
    ranks = [4, 4, 3, 3, 2, 2, 2, 2, 2, 2] if kind == "svd" else [4] * 10
    return [_event(e, rank, kind, e > 0 and rank < ranks[e - 1]) for e, rank in enumerate(ranks)]


def test_columns_of_a_history() -> None:
    curves = run_figures.curves(_history())
    assert list(curves.epochs) == list(range(10))
    assert list(curves.discards) == [2, 4]
    assert curves.ranks.shape == (10, 1)


def test_dropped_singular_values_are_absent_not_zero() -> None:
    values = singular_value_table(_history(), 0)
    assert values.shape == (10, 4)
    assert np.isnan(values[4:, 2:]).all() and not np.isnan(values[:2]).any()


@pytest.mark.parametrize("kind", ["svd", "dense", "two-factor"])
def test_factors_multiply_to_w(kind: str) -> None:
    snapshot = _event(3, 3, kind).snapshot
    assert snapshot is not None
    found = run_figures.factors(snapshot, 0, 3, None)
    from mlpsvd.network.network import Network

    w = Network(snapshot.spec, snapshot.theta).weight_matrix(0)
    if kind == "dense":
        assert found.u.shape == (4, 3)
    else:
        np.testing.assert_allclose(found.u * found.sigma @ found.vt, w, atol=1e-12)
    assert not found.trained and bool(found.why) == (kind == "svd")
    np.testing.assert_allclose(found.vt @ found.vt.T, np.eye(len(found.sigma)), atol=1e-12)
    assert run_figures.factors(snapshot, 0, 3, None, as_trained=True).trained == (kind == "svd")


def test_the_threshold_is_a_share_of_the_largest_and_only_for_factored_layers() -> None:
    assert run_figures.discard_threshold(Experiment(), _event(1, 4), 0) == pytest.approx(0.2)
    assert run_figures.discard_threshold(Experiment(), _event(1, 4, "dense"), 0) is None


def test_changed_settings_are_named_and_the_name_does_not_count() -> None:
    before = Experiment()
    after = dataclasses.replace(before, name="x", seed=2, training=dataclasses.replace(before.training, epochs=3))
    assert run_figures.changed_settings(before, after) == ["seed", "training.epochs"]


def test_time_left_leaves_pauses_out_and_needs_an_epoch(qtbot: QtBot) -> None:
    run = RunState()
    run.begin(Experiment())
    assert time_left(run, 5.0) is None
    run.histories["mlp"] = [_event(0, 4), _event(1, 4)]
    assert time_left(run, 2.0) == pytest.approx(2.0 * 199)


def test_time_left_counts_all_five_networks(qtbot: QtBot) -> None:
    run = RunState()
    run.begin(
        parse_text(parse_text(Experiment(), "training.contenders", ",".join(FAIR_CONTENDERS)), "training.epochs", "9")
    )
    for key in FAIR_CONTENDERS[:3]:
        run.histories[key] = [_event(0, 4), _event(1, 4)]
    assert time_left(run, 3.0) == pytest.approx(5 * 9 - 3), "one second for each epoch of each network"
    for history in run.histories.values():
        history[:] = _history()
    assert time_left(run, 45.0) == 0.0


def test_training_panel_shows_both_networks_and_the_epoch_under_the_cursor(qtbot: QtBot) -> None:
    panel = TrainingPanel()
    qtbot.addWidget(panel)
    panel.show()
    curves = run_figures.curves(_history(), 270)
    panel.show_curves(MLP, curves)
    panel.show_curves(MLP_SVD, curves)
    x, y = panel.accuracy.curve_data("mlp-svd/test")
    np.testing.assert_allclose(y, 10.0 * x)
    assert panel.accuracy.curve_keys() == ("mlp/train", "mlp/test", "mlp-svd/train", "mlp-svd/test")
    panel.show_epoch(7)
    assert "70.0 %" in panel.reading and "MLP: 70.0 % (64.3–75.2)" in panel.reading_tip
    for width, has_names in ((390, False), (900, True), (390, False)):
        panel.resize(width, 260)
        qtbot.waitUntil(lambda has_names=has_names: ("MLP-SVD" in panel.reading) == has_names)
        assert panel.reading.count("70.0 %") == 2 and panel._reading.sizeHint().width() <= panel._reading.width()
    panel.pages.choose(2)
    assert list(panel.rank.curve_data("mlp-svd/0")[1]) == [4, 4, 3, 3, 2, 2, 2, 2, 2, 2]
    with qtbot.waitSignal(panel.cursor_moved) as moved:
        panel.weights.cursor_moved.emit(3.4)
    assert moved.args == [3]
    panel.set_theme(DARK)
    panel.clear()
    assert panel.rank.curve_keys() == () and panel.reading == ""


def test_race_shows_only_what_was_measured(qtbot: QtBot) -> None:
    panel = RacePanel()
    qtbot.addWidget(panel)
    assert panel.cell("mlp", "Training time") == "—"
    mlp = RaceRow(0.74, 10, 100, (20, 5), 2705, 4_000_000, 1.0)
    panel.show_rows({"mlp": mlp})
    assert panel.cell("mlp", "Test accuracy") == "74.0 %"
    assert panel.cell("mlp-svd", "Test accuracy") == "—" and panel.comparison_cell("mlp-svd", "Training time") == "—"
    svd = dataclasses.replace(mlp, test_accuracy=0.727, ranks=(3, 5), n_weights=541, flops=1_000_000, train_s=1.25)
    panel.show_rows({"mlp": mlp, "mlp-svd": svd})
    assert panel.comparison_cell("mlp-svd", "Test accuracy") == "−1.3"
    assert panel.comparison_cell("mlp-svd", "Operations") == "× 0.25"
    assert panel.comparison_cell("mlp-svd", "Training time") == "× 1.25", "slower is shown as honestly as faster"
    panel.show_rows({"mlp": mlp, "mlp-svd": dataclasses.replace(svd, epoch=9)})
    assert panel.comparison_cell("mlp-svd", "Training time") == "—", "unequal epochs are not compared"


def test_race_shows_intervals_and_greys_a_difference_within_chance(qtbot: QtBot) -> None:
    panel = RacePanel()
    qtbot.addWidget(panel)
    panel.set_theme(DARK)
    mlp = RaceRow(0.985, 10, 10, (20, 5), 2705, 4_000_000, 1.0, 270)
    rows = {"mlp": mlp, "mlp-svd": dataclasses.replace(mlp, test_accuracy=0.989)}
    right = np.arange(270)
    panel.show_rows(rows, {"mlp-svd": compare_answers(right >= 4, right >= 3)})
    assert panel.cell("mlp", "Test accuracy") == "98.5 % (96.2–99.4)"
    assert panel.comparison_cell("mlp-svd", "Test accuracy") == "+0.4 (n.s.)"
    item = panel.table.item(1, 2)
    assert item is not None
    assert item.foreground().color() == DARK.muted
    assert item.toolTip().startswith("+0.4 points: within chance (McNemar, exact, p = 1; 270 test clips")
    panel.show_rows(rows, {"mlp-svd": compare_answers(right >= 40, right >= 3)})
    assert panel.comparison_cell("mlp-svd", "Test accuracy") == "+0.4"
    assert item.foreground().color() == DARK.foreground


def test_the_networks_of_a_run_are_compared_by_their_answers_once_these_are_known(qtbot: QtBot) -> None:
    experiment = parse_text(Experiment(), "training.epochs", "2")
    experiment = parse_text(experiment, "data.synthetic.train_per_class", "40")
    experiment = parse_text(experiment, "data.synthetic.test_per_class", "40")
    prepared = prepare(experiment)
    race = Race(prepared)
    run = RunState()
    run.begin(experiment)
    run.set_prepared(prepared)
    for one in race.run():
        run.add_events(one.contender.key, [one.event])
    before = run_figures.comparisons(run)["mlp-svd"]
    assert before.method == "two proportions" and before.n_clips == 200
    run.set_outcomes(race.outcomes())
    paired = run_figures.comparisons(run)["mlp-svd"]
    assert paired.method == "McNemar, exact"
    assert paired.difference == pytest.approx(before.difference)
    assert run_figures.n_test_clips(run) == 200


def test_the_stale_banner_names_what_changed_and_asks(qtbot: QtBot) -> None:
    panel = RacePanel()
    qtbot.addWidget(panel)
    panel.show()
    assert panel.stale_text == ""
    panel.show_stale("training.batch_size")
    assert "from earlier settings (training.batch_size changed)" in panel.stale_text
    with qtbot.waitSignal(panel.train_again_requested):
        qtbot.mouseClick(panel.again_button, Qt.MouseButton.LeftButton)


def test_confusion_matrix_counts_selects_and_switches(qtbot: QtBot) -> None:
    panel = ConfusionPanel()
    qtbot.addWidget(panel)
    panel.show()
    panel.resize(600, 400)
    panel.show()
    ones = np.array([0.5, np.nan])
    svd = ClassScores(np.array([[9, 1], [4, 6]]), ones, ones, ones)
    mlp = ClassScores(np.array([[8, 2], [0, 10]]), ones, ones, ones)
    panel.show_scores({MLP: mlp, MLP_SVD: svd}, ("low", "high"))
    item = panel.table.item(1, 0)
    assert item is not None and item.text() == "4\n40 %" and "predicted as low" in item.toolTip()
    panel.resize(600, 110)
    assert panel.table.item(1, 0).text() == "4"  # no height for the share
    panel.resize(600, 400)
    absent = panel.table.item(1, 2)
    assert absent is not None and absent.text() == "—"
    panel.contender_box.setCurrentIndex(0)
    item = panel.table.item(1, 0)
    assert item is not None and item.text() == "" and item.toolTip().startswith("0 of")
    with qtbot.waitSignal(panel.class_selected) as selected:
        panel.table.cellClicked.emit(1, 0)
    assert selected.args == [1]
    panel.select_class(1)
    assert panel.table.verticalHeaderItem(1).font().bold()
    panel.set_theme(DARK)
    panel.show_scores({}, ())
    assert panel._stack.currentIndex() == 0


def test_the_heatmap_counts_epochs_from_0_and_indices_from_1(qtbot: QtBot) -> None:
    panel = SingularValuesPanel()
    qtbot.addWidget(panel)
    panel.show_history(np.ones((3, 2)))
    columns = panel.heatmap.chart().table()
    assert list(columns)[1:] == ["Singular value at Index 1", "Singular value at Index 2"]
    assert list(columns["Epoch"]) == [0.0, 1.0, 2.0]


def test_singular_values_follow_run_cursor_and_choice(qtbot: QtBot) -> None:
    panel, selection, run = SingularValuesPanel(), SelectionState(), RunState()
    qtbot.addWidget(panel)
    controller = SingularValuesController(panel, selection, run)
    panel.show()
    run.begin(Experiment())
    run.add_events("mlp", _history("dense"))
    run.add_events("mlp-svd", _history())
    controller.draw_history()
    controller.draw_spectrum()
    assert panel.heatmap.chart().table()
    assert panel.layer_box.currentText().startswith("MLP-SVD, layer 1"), "the factored layer comes first"
    assert len(panel.values.curve_data("values")[1]) == 2
    assert panel.values.curve_data("threshold")[1] == pytest.approx([0.2, 0.2])
    selection.select_epoch(1)
    assert len(panel.values.curve_data("values")[1]) == 4
    panel.pages.choose(1)
    qtbot.waitUntil(lambda: panel.note.startswith("Singular value decomposition of W"))
    panel._trained_box.setChecked(True)
    qtbot.waitUntil(lambda: panel.note == "Trained factors at epoch 1, rank 4")
    panel.layer_box.setCurrentIndex(1)
    panel.layer_box.activated.emit(1)
    qtbot.waitUntil(lambda: panel.note.startswith("Singular value decomposition of W"))
    run.begin(Experiment())
    assert panel.layer_box.count() == 0
    assert all(panel.values.curve_data(key)[0].size == 0 for key in panel.values.curve_keys())
    controller.close()

"""The Analysis page with a run that has really been trained, by clicks and keys."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from analysis_page import WAIT_MS, Page
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from mlpsvd.analysis.calibration import calibrate
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.runs.read_run import load_run
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id
from mlpsvd.experiments.runs.run_folder import RunFolder
from mlpsvd.experiments.runs.train import train
from mlpsvd.features.settings import FeatureSettings, Magnitude, Scaling
from mlpsvd.models.model_file import load_model
from mlpsvd.network.network import Network
from mlpsvd.settings import with_value
from mlpsvd_gui.pages.analysis.controllers.scenes import feature_label, progress_text
from mlpsvd_gui.pages.analysis.views.row import columns
from mlpsvd_gui.plots.theme import DARK, LIGHT
from mlpsvd_gui.state.available_models import models_from_run


def test_without_a_run_the_page_welcomes(page: Page) -> None:
    assert page.panel.welcome.isVisible()
    with page.qtbot.waitSignal(page.panel.welcome.explore_requested):
        page.qtbot.mouseClick(page.panel.welcome.explore_button, Qt.MouseButton.LeftButton)


def test_a_row_for_each_direction_with_its_accuracy(shown: Page, trained: Run) -> None:
    rows = shown.panel.directions.rows.rows
    outcome = trained.outcomes["mlp-svd"]
    assert len(rows) == outcome.last.ranks[0] == shown.panel.directions.rows.list.count()
    assert rows[0].shown.value == f"σ = {outcome.last.singular_values[0][0]:.4g}"
    accuracy = float(rows[0].shown.effect[0].removesuffix(" %"))
    change = float(rows[0].shown.effect[1].removesuffix(" points").replace("−", "-"))
    assert accuracy - change == pytest.approx(100 * outcome.last.test_accuracy, abs=0.11)
    assert "orthonormal" in shown.panel.directions.note.text()
    place = shown.panel.directions.rows.picture_area().center()
    assert " Hz: " in rows[0].text_at(QPointF(place.x(), 40.0))


def test_headings_tell_what_their_columns_measure(shown: Page) -> None:
    heads = shown.panel.directions.rows.heads
    for text, place in zip(heads.texts, columns(heads.row_width, heads.height()), strict=True):
        tip = heads.tip_at(place.center())
        assert tip and (text != "Activation by class" or "magnitude (1 = largest in training)" in tip)
    assert "flipped together" in shown.panel.directions.legend.text()
    shown.panel.directions.kind.choose(1)
    assert heads.tip_at(place.center()) == ""


def test_neurons_have_the_rows_of_w(shown: Page, trained: Run) -> None:
    shown.panel.directions.kind.choose(1)
    w = trained.model("mlp-svd").network().weight_matrix(0)
    rows = shown.panel.directions.rows.rows
    assert len(rows) == len(w)
    np.testing.assert_allclose(rows[3].shown.line[0], w[3], rtol=1e-6)
    assert not rows[3].hear_button.isVisible()


def test_trained_factors_at_a_switch(shown: Page, trained: Run) -> None:
    before = [row.shown.value for row in shown.panel.directions.rows.rows]
    shown.panel.directions.trained_box.click()
    shown.wait()
    trained_values = [row.shown.value for row in shown.panel.directions.rows.rows]
    network = trained.model("mlp-svd").network()
    sigma = np.sort(np.abs(network.parameters(0)["sigma"]))[::-1]
    assert [f"{abs(float(text.removeprefix('σ = '))):.3g}" for text in trained_values] == [f"{s:.3g}" for s in sigma]
    assert before != trained_values


def test_the_epoch_of_the_slider_is_analysed(shown: Page, trained: Run) -> None:
    shown.show("rank")
    shown.panel.slider.setFocus()
    QTest.keyClick(shown.panel.slider, Qt.Key.Key_Home)
    shown.wait()
    assert shown.panel.epoch_label.text() == "0 of 10" and shown.selection.epoch == 0
    event = trained.history("mlp-svd")[0]
    _, accuracies = shown.panel.rank.curve.curve_data("rank")
    assert accuracies[-1] == pytest.approx(100 * event.test_accuracy) and len(accuracies) == event.ranks[0]


def test_the_axis_of_a_clip_says_what_a_feature_is(shown: Page, trained: Run) -> None:
    shown.show("rank")
    axis = shown.panel.rank.spectrum.plot_item.getAxis("left")
    assert axis.labelText == "Magnitude (1 = largest in training)"
    assert trained.data.features.describe() in axis.toolTip()
    for scaling in get_args(Scaling):
        for magnitude in get_args(Magnitude):
            assert feature_label(FeatureSettings(scaling=scaling, magnitude=magnitude)).endswith(")")


def test_misclassified_clips_are_listed_by_cell(shown: Page, trained: Run) -> None:
    shown.show("rank")
    confusion = trained.confusion("mlp-svd")
    view = shown.panel.rank
    assert view.table.rowCount() == confusion.sum() - np.trace(confusion) > 0
    actual, predicted = np.unravel_index(np.argmax(confusion - np.diag(np.diag(confusion))), confusion.shape)
    view.confusion.cell_chosen.emit(int(actual), int(predicted))
    assert view.table.rowCount() == confusion[actual, predicted]
    assert set(view.spectrum.curve_keys()) == {"actual", "predicted", "clip"}
    shown.qtbot.mouseClick(view.all_button, Qt.MouseButton.LeftButton)
    assert view.table.rowCount() == confusion.sum() - np.trace(confusion)


def test_a_temperature_is_used_by_the_models_and_stored_wherever_the_run_is_saved(
    page: Page, trained: Run, tmp_path: Path
) -> None:
    kept = page.library.new_folder(trained.experiment)
    for folder in (kept, tmp_path / "mine"):
        trained.save(folder, with_figures=False)
    page.run.show(trained)
    page.run.add_folder(trained.id, tmp_path / "mine")
    page.wait()
    page.show("calibration")
    view = page.panel.calibration
    found = calibrate(trained.model("mlp-svd").network(), prepare(trained.experiment).dataset)
    assert f"{found.temperature:.2f}" in view.use_button.text()
    with page.qtbot.waitSignal(page.controller.noted, timeout=WAIT_MS) as noted:
        page.qtbot.mouseClick(view.use_button, Qt.MouseButton.LeftButton)
    assert "mine" in noted.args[0] and kept.name in noted.args[0]
    models = {one.key: one.classifier.model for one in models_from_run(page.run.data, list(page.run.outcomes.values()))}
    assert models["mlp-svd"].temperature == found.temperature and models["mlp"].temperature == 1.0
    assert f"uses the temperature {found.temperature:.2f}" in view.stored.text()
    folders = (kept, tmp_path / "mine")
    for folder in folders:
        assert load_run(folder).model("mlp-svd").temperature == found.temperature
        assert load_model(folder / "model-mlp-svd.safetensors").temperature == found.temperature
    with page.qtbot.waitSignal(page.controller.noted, timeout=WAIT_MS):
        page.qtbot.mouseClick(view.remove_button, Qt.MouseButton.LeftButton)
    assert page.run.outcomes["mlp-svd"].temperature == 1.0
    assert [load_run(one).model("mlp-svd").temperature for one in folders] == [1.0, 1.0]
    steps = page.controller.temperature_steps
    for move, expected in ((steps.undo, found.temperature), (steps.redo, 1.0)):
        with page.qtbot.waitSignal(page.controller.noted, timeout=WAIT_MS):
            move()
        assert page.run.outcomes["mlp-svd"].temperature == expected
        assert [load_run(one).model("mlp-svd").temperature for one in folders] == [expected, expected]


def test_a_temperature_that_is_stored_nowhere_says_how_to_keep_it(shown: Page, trained: Run) -> None:
    shown.show("calibration")
    with shown.qtbot.waitSignal(shown.controller.noted, timeout=WAIT_MS) as noted:
        shown.qtbot.mouseClick(shown.panel.calibration.use_button, Qt.MouseButton.LeftButton)
    assert "save the run or export the model" in noted.args[0]
    shown.run.show(dataclasses.replace(trained, id=new_run_id()))
    shown.controller.temperature_steps.undo()
    shown.qtbot.waitUntil(lambda: "no longer open" in shown.panel.messages.text, timeout=WAIT_MS)
    assert shown.run.outcomes["mlp-svd"].temperature == 1.0


def test_a_saved_run_gets_its_temperature_without_being_the_run_of_the_window(
    shown: Page, trained: Run, tmp_path: Path
) -> None:
    other = dataclasses.replace(trained, id=new_run_id())
    other.save(tmp_path / "other", with_figures=False)
    shown.panel.run_chosen.emit(str(tmp_path / "other"))
    shown.qtbot.waitUntil(lambda: "other" in shown.panel.source.text(), timeout=WAIT_MS)
    shown.wait()
    shown.show("calibration")
    view = shown.panel.calibration
    with shown.qtbot.waitSignal(shown.controller.noted, timeout=WAIT_MS):
        shown.qtbot.mouseClick(view.use_button, Qt.MouseButton.LeftButton)
    stored = load_run(tmp_path / "other").model("mlp-svd").temperature
    assert f"uses the temperature {stored:.2f}" in view.stored.text() and view.remove_button.isVisible()
    assert shown.run.outcomes["mlp-svd"].temperature == 1.0 != stored
    with RunFolder(tmp_path / "other"):
        shown.qtbot.mouseClick(view.remove_button, Qt.MouseButton.LeftButton)
        shown.qtbot.waitUntil(lambda: "not stored" in shown.panel.messages.text, timeout=WAIT_MS)
    assert load_run(tmp_path / "other").model("mlp-svd").temperature == stored


def test_an_earlier_epoch_has_no_model_to_change(shown: Page) -> None:
    shown.show("calibration")
    shown.panel.slider.setValue(3)
    shown.wait()
    assert not shown.panel.calibration.use_button.isEnabled()
    assert "last epoch" in shown.panel.calibration.stored.text()


def test_the_edge_is_drawn_into_the_heatmap(shown: Page, trained: Run) -> None:
    shown.show("spectra")
    _, edge = shown.panel.spectra.edge_line()
    above = shown.panel.spectra.ranks.curve_data("above")[1]
    assert len(edge) == 11 and np.array_equal(edge - 0.5, above)
    assert shown.panel.spectra.heatmap.has_image


def test_exports_hold_what_is_shown(shown: Page, trained: Run, tmp_path: Path) -> None:
    """Of the second layer of the MLP at epoch 5, which is none of the defaults."""
    shown.panel.contender_chosen.emit("mlp")
    shown.panel.layer_chosen.emit(1)
    shown.panel.slider.setValue(5)
    for key in ("directions", "rank", "calibration", "spectra"):
        shown.show(key)
        with shown.qtbot.waitSignal(shown.controller.noted, timeout=WAIT_MS):
            shown.panel.export_chosen.emit(key, str(tmp_path))
    event = trained.history("mlp")[5]
    network = Network(event.snapshot.spec, event.snapshot.theta)  # type: ignore[union-attr]
    with np.load(tmp_path / "directions.npz") as arrays:
        np.testing.assert_allclose(arrays["weights"], network.weight_matrix(1), rtol=1e-6)
    with np.load(tmp_path / "rank.npz") as arrays:
        np.testing.assert_allclose(100 * arrays["accuracy"], shown.panel.rank.curve.curve_data("rank")[1])
        assert arrays["accuracy"][-1] == pytest.approx(event.test_accuracy)
        assert len(arrays["accuracy"]) == len(event.singular_values[1])
        assert len(arrays["misclassified"]) == shown.panel.rank.table.rowCount()
    with np.load(tmp_path / "spectra.npz") as arrays:
        np.testing.assert_allclose(arrays["singular_values"], trained.singular_values("mlp", 1))
    with np.load(tmp_path / "calibration.npz") as arrays:
        assert float(arrays["temperature"]) == calibrate(network, prepare(trained.experiment).dataset).temperature
    for key, layer in (
        ("directions", ", layer 2"),
        ("rank", ", layer 2"),
        ("spectra", ", layer 2"),
        ("calibration", ""),
    ):
        assert f": MLP{layer}, epoch 5" in (tmp_path / f"{key}.txt").read_text("utf-8").splitlines()[0]
    assert "Rank of the weight matrix of layer 2" in (tmp_path / "rank_accuracy_by_rank.svg").read_text("utf-8")
    for name in ("directions_directions", "directions_neurons", "spectra_singular_values", "spectra_effective_ranks"):
        assert (tmp_path / f"{name}.png").stat().st_size


def test_the_export_of_an_analysis_is_of_the_network_that_it_was_run_for(shown: Page, tmp_path: Path) -> None:
    shown.show("compression")
    view = next(one for one in shown.panel.results if one.key == "compression")
    shown.qtbot.mouseClick(view.run_button, Qt.MouseButton.LeftButton)
    shown.qtbot.waitUntil(view.export_button.isEnabled, timeout=WAIT_MS)
    shown.panel.contender_chosen.emit("mlp")
    with shown.qtbot.waitSignal(shown.controller.noted, timeout=WAIT_MS):
        shown.panel.export_chosen.emit("compression", str(tmp_path))
    lines = (tmp_path / "compression.txt").read_text("utf-8").splitlines()
    assert lines[0].endswith(": MLP-SVD, epoch 10") and " ".join(lines[1:]) == view.findings.text().replace(
        "\u00a0", " "
    )


def test_a_saved_run_is_analysed_and_the_current_one_comes_back(shown: Page, trained: Run, tmp_path: Path) -> None:
    trained.save(tmp_path / "kept", with_figures=False)
    shown.panel.run_chosen.emit(str(tmp_path / "kept"))
    shown.qtbot.waitUntil(lambda: "kept" in shown.panel.source.text(), timeout=WAIT_MS)
    shown.wait()
    assert shown.panel.directions.rows.list.count() == trained.outcomes["mlp-svd"].last.ranks[0]
    shown.qtbot.mouseClick(shown.panel.current_button, Qt.MouseButton.LeftButton)
    assert "Run of this window" in shown.panel.source.text()


def test_a_folder_without_a_run_is_refused_in_words(shown: Page, tmp_path: Path) -> None:
    shown.controller.open_run(tmp_path)
    shown.qtbot.waitUntil(lambda: "holds no run" in shown.panel.messages.text, timeout=WAIT_MS)


def test_an_analysis_of_the_registry_runs_on_request(shown: Page) -> None:
    key = "class-means"
    shown.show(key)
    view = next(one for one in shown.panel.results if one.key == key)
    assert not view.export_button.isEnabled()
    shown.qtbot.mouseClick(view.run_button, Qt.MouseButton.LeftButton)
    shown.qtbot.waitUntil(view.export_button.isEnabled, timeout=WAIT_MS)
    assert view.findings.text() and view.tabs.count() and view.note.isVisible()
    shown.run.forget()
    assert not view.findings.text() and shown.panel.welcome.isVisible()


def test_a_stopped_analysis_leaves_room_for_the_next(shown: Page) -> None:
    shown.show("hessian")
    views = {one.key: one for one in shown.panel.results}
    shown.qtbot.mouseClick(views["hessian"].run_button, Qt.MouseButton.LeftButton)
    assert not views["compression"].run_button.isEnabled() and "Another" in views["compression"].run_button.toolTip()
    shown.qtbot.mouseClick(views["hessian"].stop_button, Qt.MouseButton.LeftButton)
    assert views["hessian"].bar.isHidden() and "Press Run" in views["hessian"].status.text()
    shown.show("robustness")
    shown.qtbot.mouseClick(views["robustness"].run_button, Qt.MouseButton.LeftButton)
    shown.qtbot.waitUntil(views["robustness"].export_button.isEnabled, timeout=WAIT_MS)
    assert "random signs" in views["robustness"].findings.text() and not views["hessian"].tabs.count()


def test_the_comparison_of_all_networks_holds_for_each_of_them(shown: Page) -> None:
    shown.show("similarity")
    view = next(one for one in shown.panel.results if one.key == "similarity")
    assert "all networks" in view.status.text()
    shown.qtbot.mouseClick(view.run_button, Qt.MouseButton.LeftButton)
    shown.qtbot.waitUntil(view.export_button.isEnabled, timeout=WAIT_MS)
    assert "MLP and MLP-SVD" in view.findings.text() and view.tabs.count() == 2
    shown.panel.contender_chosen.emit("mlp")
    assert not view.status.text()
    shown.panel.slider.setValue(3)
    assert "all networks at epoch 10" in view.status.text()


def test_a_late_answer_to_an_old_question_is_dropped(shown: Page, trained: Run) -> None:
    shown.show("rank")
    shown.panel.slider.setValue(2)
    shown.panel.slider.setValue(5)
    shown.wait()
    _, accuracies = shown.panel.rank.curve.curve_data("rank")
    assert accuracies[-1] == pytest.approx(100 * trained.history("mlp-svd")[5].test_accuracy)


def test_both_themes(shown: Page) -> None:
    for theme in (DARK, LIGHT):
        shown.panel.set_theme(theme)
        assert not shown.panel.grab().isNull()


def test_the_time_left_is_told_once_it_can_be_estimated() -> None:
    assert progress_text(0.01, 5.0) == "Computing… 1 %"
    assert progress_text(0.25, 10.0) == "Computing… 25 %, about 30 s left"


def test_the_layer_can_be_chosen_where_it_matters(shown: Page) -> None:
    for key, is_used in (("rank", True), ("calibration", False), ("class-means", False), ("spectra", True)):
        shown.show(key)
        assert shown.panel.layer_box.isEnabled() == is_used


def test_directions_of_principal_components_lie_over_frequency(page: Page, trained: Run) -> None:
    experiment = with_value(with_value(trained.experiment, "features.n_components", 10), "training.epochs", 8)
    run = train(experiment)
    page.run.show(run)
    page.wait()
    page.show("directions")
    row = page.panel.directions.rows.rows[0].shown
    assert row.line.shape == (1, 129) and row.can_be_heard
    page.show("rank")
    assert page.panel.rank.table.rowCount() > 0


def test_directions_of_bands_lie_over_their_centres(page: Page, trained: Run) -> None:
    experiment = with_value(with_value(trained.experiment, "features.bands", "third-octave"), "training.epochs", 3)
    page.run.show(train(with_value(experiment, "features.frequency_weighting", "A")))
    page.wait()
    page.show("directions")
    shown = page.panel.directions
    row = shown.rows.rows[0]
    assert row.shown.line.shape == (1, 16) and row.shown.can_be_heard and shown.range.isHidden()
    place = shown.rows.picture_area()
    assert row.text_at(QPointF(place.left() + 1.0, 40.0)).startswith("100 Hz: ")
    page.show("rank")
    assert page.panel.rank.table.rowCount() > 0

"""The sweep window by clicks: settings, start, stop, continue, plots, export, the best as experiment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from mlpsvd.draw_chart import PictureSize, picture
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.tasks import changed
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.sweeps.axes import parse_axis
from mlpsvd.experiments.sweeps.folder import SweepFolder, kept_sweeps, new_sweep_folder, read_sweep, trial_store
from mlpsvd.experiments.sweeps.results import best_first
from mlpsvd.experiments.sweeps.run import kept_results
from mlpsvd.experiments.sweeps.search import search_problem
from mlpsvd.experiments.sweeps.sweep import Sweep, identity_of_data
from mlpsvd_gui.pages.sweep.controllers.sweep import SweepController
from mlpsvd_gui.pages.sweep.views.window import SweepWindow
from mlpsvd_gui.state.experiment_state import ExperimentState

SMALL = {
    "data.synthetic.train_per_class": 60,
    "data.synthetic.test_per_class": 30,
    "training.epochs": 9,
    "discarding.first": 2,
    "discarding.last": 6,
}


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Iterator[tuple[SweepController, SweepWindow, list[Experiment]]]:
    parent, used = QMainWindow(), list[Experiment]()
    qtbot.addWidget(parent)
    action = QAction("Sweep", parent)
    experiments = ExperimentState(changed(Experiment(), SMALL), parent)
    controller = SweepController(parent, action, experiments, used.append, RunLibrary(tmp_path / "runs"))
    action.trigger()
    assert controller.window is not None
    with qtbot.waitExposed(controller.window):
        pass
    yield controller, controller.window, used
    controller.close()


def click(qtbot: QtBot, button: QWidget) -> None:
    assert button.isEnabled() and button.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def type_values(qtbot: QtBot, window: SweepWindow, row: int, text: str) -> None:
    edit = window.form.rows[row].values_edit
    edit.clear()
    qtbot.keyClicks(edit, text)


def choose_setting(qtbot: QtBot, window: SweepWindow, row: int, label: str) -> None:
    edit = window.form.rows[row].key_box.lineEdit()
    edit.selectAll()
    qtbot.keyClicks(edit, label)
    qtbot.keyClick(edit, Qt.Key.Key_Return)


def test_a_late_answer_does_not_replace_a_new_sweep(
    qtbot: QtBot, opened: tuple[SweepController, SweepWindow, list[Experiment]], tmp_path: Path
) -> None:
    controller, window, _ = opened
    sweep = Sweep(changed(Experiment(), SMALL), (parse_axis("hidden=3,4"),), n_seeds=5)
    SweepFolder(new_sweep_folder(sweep, tmp_path / "runs"), sweep).close()
    controller.open()
    window.kept_box.setCurrentIndex(1)
    window.kept_box.setCurrentIndex(0)
    qtbot.waitUntil(lambda: not controller._reading.is_busy, timeout=10_000)
    assert controller.kept is None
    assert len(window.form.rows) == 2
    window.kept_box.setCurrentIndex(1)
    qtbot.waitUntil(lambda: controller.kept is not None, timeout=10_000)
    assert window.form.axes == [("network.hidden", "3, 4")]


def test_unexpected_errors_are_logged(
    opened: tuple[SweepController, SweepWindow, list[Experiment]], expect_log: Callable[[str], None]
) -> None:
    expect_log("An action failed")
    controller, window, _ = opened
    controller._tell(RuntimeError("broken"))
    assert "RuntimeError: broken" in window.messages.text


def test_recordings_are_read_at_the_start_not_at_every_edit(
    qtbot: QtBot, opened: tuple[SweepController, SweepWindow, list[Experiment]], tmp_path: Path
) -> None:
    controller, window, _ = opened
    folder = tmp_path / "clips" / "a"
    folder.mkdir(parents=True)
    (folder / "1.wav").write_bytes(b"not a sound")
    base = changed(Experiment(), {"data.source": "recordings", "data.recordings.path": str(folder.parent)})
    controller._experiments.replace(base)
    planned = controller._planned()
    assert isinstance(planned, Sweep) and planned.data_identity == ""
    click(qtbot, window.form.start_button)
    assert controller.kept is not None
    assert controller.kept.sweep.data_identity == identity_of_data(base) != ""
    click(qtbot, window.form.stop_button)
    qtbot.waitUntil(lambda: not controller.is_running, timeout=60_000)
    assert window.form.start_button.text() == "Continue"


@pytest.mark.slow
def test_a_sweep_by_clicks(
    qtbot: QtBot, opened: tuple[SweepController, SweepWindow, list[Experiment]], tmp_path: Path
) -> None:
    controller, window, used = opened
    form = window.form
    assert [row.key_box.currentText() for row in form.rows] == ["Hidden neurons", "Learning rate"]
    type_values(qtbot, window, 0, "2, ten")
    assert not form.start_button.isEnabled()
    assert form.status.text().startswith("Hidden neurons is 'ten'; it should be a list")
    type_values(qtbot, window, 0, "2, 8")
    type_values(qtbot, window, 1, "1e-4:1e-2:log3")
    click(qtbot, form.add_button)
    choose_setting(qtbot, window, 2, "Threshold")
    type_values(qtbot, window, 2, "0.1, 0.3")
    assert form.axes[2] == ("discarding.threshold", "0.1, 0.3")
    assert "12 combinations × 3 seeds" in form.status.text()
    click(qtbot, form.rows[2].remove_button)
    form.repeats.show_value(2)
    form.edited.emit()
    assert "6 combinations × 2 seeds" in form.status.text()

    click(qtbot, form.start_button)
    folder = controller.kept.folder
    qtbot.waitUntil(lambda: len(list(folder.glob("trials/*.json"))) >= 3, timeout=120_000)
    click(qtbot, form.stop_button)
    qtbot.waitUntil(lambda: not controller.is_running, timeout=120_000)
    kept = {path: path.read_bytes() for path in folder.glob("trials/*.json")}
    assert 3 <= len(kept) <= 12 and kept_sweeps(tmp_path / "runs") == [folder]
    assert window.kept_box.currentText() == folder.name
    assert form.start_button.text() == "Continue"
    click(qtbot, form.start_button)
    qtbot.waitUntil(lambda: not controller.is_running, timeout=120_000)
    assert "Finished" in window.messages.text
    assert all(path.read_bytes() == content for path, content in kept.items())

    sweep = read_sweep(folder)
    ordered = best_first(sweep, kept_results(sweep, trial_store(folder)))
    assert all(one.is_complete for one in ordered)
    numbers = [int(window.table.item(row, 0).text()) for row in range(window.table.rowCount())]
    assert numbers == [one.combination.number for one in ordered]
    window.pages.choose(1)
    assert set(window.parallel.curve_keys()) == {1, 2, 3, 4, 5, 6}
    window.pages.choose(2)
    window.cost_box.setCurrentIndex(1)
    front_y = max(one.networks[key].mean for one in ordered for key in one.networks)
    assert window.points._front[-1][2] == pytest.approx(100 * front_y)
    for plot in (window.parallel, window.points):
        (tmp_path / f"{type(plot).__name__}.png").write_bytes(picture(plot.chart(), "png", PictureSize()))
        assert not plot.chart().is_empty
    assert list(window.parallel.chart().table())[:3] == ["combination", "score", "Hidden neurons"]
    window.points.chosen.emit(ordered[1].combination.number)
    assert window.selected == ordered[1].combination.number
    click(qtbot, window.open_button)
    assert used[-1].network.hidden == ordered[1].combination.values[0]

    window.export_requested.emit(str(tmp_path / "out"))
    qtbot.waitUntil(lambda: "Saved" in window.messages.text, timeout=60_000)
    assert (tmp_path / "out" / "pareto.pdf").is_file()
    window.kept_box.setCurrentIndex(0)
    assert window.table.rowCount() == 0
    window.kept_box.setCurrentIndex(1)
    qtbot.waitUntil(lambda: window.table.rowCount() == 6, timeout=10_000)
    assert form.axes == [("network.hidden", "2, 8"), ("training.learning_rate", "0.0001, 0.001, 0.01")]
    assert "All trials are done." in form.status.text()
    assert not form.start_button.isEnabled()


def test_without_optuna_a_search_is_disabled_with_a_reason(
    qtbot: QtBot,
    opened: tuple[SweepController, SweepWindow, list[Experiment]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    controller, window, _ = opened
    monkeypatch.setitem(sys.modules, "optuna", None)
    window.form.show_search_problem(search_problem())
    assert not window.form.search_box.isEnabled()
    assert "Optuna, which is not installed; install it" in window.form.search_box.toolTip()
    sweep = Sweep(changed(Experiment(), SMALL), (parse_axis("hidden=2:9:lin"),), n_searched=3)
    SweepFolder(new_sweep_folder(sweep, tmp_path / "runs"), sweep).close()
    controller.open()
    window.kept_box.setCurrentIndex(1)  # a search of a machine with Optuna can be looked at
    qtbot.waitUntil(lambda: controller.kept is not None, timeout=10_000)
    assert "Optuna, which is not installed" in window.form.status.text()
    assert not window.form.start_button.isEnabled()


@pytest.mark.slow
def test_a_search_by_clicks(qtbot: QtBot, opened: tuple[SweepController, SweepWindow, list[Experiment]]) -> None:
    pytest.importorskip("optuna")
    controller, window, _ = opened
    form = window.form
    type_values(qtbot, window, 0, "2:9:lin")
    type_values(qtbot, window, 1, "1e-4:1e-2:log")
    assert "unless a search with Optuna chooses them" in form.status.text()
    assert not form.start_button.isEnabled()
    click(qtbot, form.search_box)
    form.n_searched_field.show_value(3)
    form.repeats.show_value(1)
    form.edited.emit()
    assert "3 combinations chosen by Optuna × 1 seed" in form.status.text()
    assert not form.early_box.isEnabled()
    assert "Not in a search" in form.early_box.toolTip()
    click(qtbot, form.start_button)
    assert not form.search_box.isEnabled() and not form.n_searched_field.isEnabled()
    qtbot.waitUntil(lambda: not controller.is_running, timeout=120_000)
    assert "Finished" in window.messages.text
    assert window.table.rowCount() == 3 == len(set(window.parallel.curve_keys()))
    assert "All trials are done." in form.status.text()
    window.kept_box.setCurrentIndex(0)
    click(qtbot, form.search_box)
    assert form.early_box.isEnabled()
    window.kept_box.setCurrentIndex(1)
    qtbot.waitUntil(lambda: window.table.rowCount() == 3, timeout=10_000)
    assert form.n_searched == 3
    assert form.axes == [("network.hidden", "2:9:lin"), ("training.learning_rate", "0.0001:0.01:log")]

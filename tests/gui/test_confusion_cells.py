"""From a cell of a confusion matrix to its clips: of the window's run on Explore, and of kept runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from main_window import open_main_window
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.runs.train import train
from mlpsvd.settings import with_value
from mlpsvd_gui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton
SMALL = {
    "data.synthetic.train_per_class": 60,
    "data.synthetic.test_per_class": 60,
    "training.epochs": 6,
    "training.contenders": ("mlp", "mlp-svd"),
}
WAIT_MS = 20_000


def listed(qtbot: QtBot, window: MainWindow, contender: str, cell: tuple[int, int]) -> None:
    """Wait until Analysis lists the clips of a cell, all of them."""
    panel = window.analysis_panel
    assert window.tabs.tabText(window.tabs.currentIndex()) == "Analysis"
    run = window.run.to_run()
    assert run is not None
    n_clips = int(run.confusion(contender)[cell])
    names = [run.data.class_names[index] for index in cell]
    qtbot.waitUntil(lambda: panel.rank.count.text() == f"{n_clips} misclassified clips in this cell", timeout=WAIT_MS)
    assert panel.section is panel.rank
    assert panel.contender_box.currentData() == contender
    assert panel.rank.table.rowCount() == n_clips > 1
    assert [panel.rank.table.item(0, column).text() for column in range(2)] == names
    assert panel.rank.spectrum.isVisible()


@pytest.mark.slow
def test_a_cell_leads_to_its_clips(qtbot: QtBot, tmp_path: Path) -> None:
    window = open_main_window(qtbot, tmp_path / "own", size=(1280, 720))
    experiment = Experiment()
    for key, value in SMALL.items():
        experiment = with_value(experiment, key, value)
    run = train(experiment)
    window.show_run(run)
    table = window.confusion_panel.table
    for contender in ("mlp", "mlp-svd"):
        window.tabs.setCurrentIndex(0)
        box = window.confusion_panel.contender_box
        box.setCurrentIndex(box.findData(contender))
        row, column = _most_confused(window.run.outcomes[contender].confusion)
        assert "double-click to see and hear them" in table.item(row, column).toolTip()
        table.cellActivated.emit(row, column)
        listed(qtbot, window, contender, (row, column))

    run.save(tmp_path / "kept", with_figures=False)
    window.analysis_panel.choose_section("directions")
    window.tabs.setCurrentIndex(1)
    cell = _most_confused(run.confusion("mlp"))
    window.runs.comparison.cell_requested.emit(tmp_path / "kept", "mlp", *cell)
    listed(qtbot, window, "mlp", cell)
    assert "Saved run kept" in window.analysis_panel.source.text()
    window.close()


def _most_confused(counts: np.ndarray) -> tuple[int, int]:
    wrong = counts - np.diag(np.diag(counts))
    row, column = np.unravel_index(np.argmax(wrong), wrong.shape)
    return int(row), int(column)

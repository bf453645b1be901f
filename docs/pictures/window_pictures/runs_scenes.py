"""Scenes of Runs: a library of a few days, and a comparison of its runs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import QWidget

import mlpsvd
from mlpsvd.experiments.presets import PRESETS
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.pages.runs.views.rows import STARTED
from window_pictures.studio import Studio, tab_page

__all__ = ["comparison", "page", "runs"]

_TRAINED = Path("../trained runs")
_FIRST = datetime(2026, 3, 2, 9, 12)
_CHOSEN = "Twice the rate"
_PAPER, _WIDE, _TEN = "Paper: 5 classes, 10 Hz", "Paper: 5 classes, 100 Hz", "Paper: 10 classes, 10 Hz"
_WIDTHS_PX = {STARTED + 1: 132, STARTED + 3: 68}
"""Widths of status and tags."""
_DAY, _N_SEEDS = 24 * 60, 5
_TWO: Mapping[str, Any] = {"training.contenders": ("mlp", "mlp-svd")}


def page(window: MainWindow) -> QWidget:
    """Return the tabs with Runs in front."""
    return tab_page(window, "Runs")


def runs(studio: Studio) -> None:
    """The list, with one run selected that has a name, a note and tags."""
    _fill(studio)
    for column, width in _WIDTHS_PX.items():  # room for names and notes
        studio.window.runs_panel.table.setColumnWidth(column, width)
    shown = studio.window.runs_panel.table.rows.shown
    row = next(row for row, run in enumerate(shown) if run.about.title == _CHOSEN)
    studio.window.runs_panel.table.selectRow(row)
    studio.until(lambda: studio.window.runs_panel.details.settings.rowCount() > 0)


def comparison(studio: Studio) -> None:
    """Five repeats with the paper's settings against five with a quarter of the neurons."""
    _fill(studio)
    panel = studio.window.runs_panel
    model = panel.table.selectionModel()
    model.clearSelection()
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row, run in enumerate(panel.table.rows.shown):
        if "repeats" in run.about.tags:
            model.select(panel.table.rows.index(row, 0), flags)
    panel.actions_.compare.trigger()
    studio.until(panel.comparison.isVisible)
    networks = panel.comparison.contender_box
    networks.setCurrentIndex(networks.findData("mlp"))  # the one that differs


def _fill(studio: Studio) -> None:
    """Train the runs of two days, once for both scenes, and show the list."""
    trained = RunLibrary(_TRAINED)
    if not trained.folders():
        _train_all(trained)
    library = RunLibrary(studio.preferences.runs_folder)
    shutil.copytree(_TRAINED, library.folder)
    page(studio.window)
    panel = studio.window.runs_panel
    studio.until(lambda: len(panel.table.rows.shown) == len(library.folders()))


def _train_all(library: RunLibrary) -> None:
    keep = partial(_keep, library)
    all_five = "All five networks, to see what the factors alone do."
    keep(0, _PAPER, {}, title="Five networks", note=all_five, star=True, add_tags=("paper",))
    keep(9, _WIDE, _TWO, title="100 Hz filters")
    keep(14, _TEN, _TWO, title="Ten classes")
    keep(31, _PAPER, {**_TWO, "data.synthetic.noise": "uniform"}, title="Uniform noise", add_tags=("noise",))
    for number, hidden in enumerate((20, 5)):
        for seed in range(1, _N_SEEDS + 1):
            changes = {**_TWO, "network.hidden": (hidden,), "seed": seed}
            keep(_DAY + 12 * number + 2 * seed, _PAPER, changes, title=f"{hidden} neurons", add_tags=("repeats",))
    note = "Learns faster in the first ten epochs and ends at the same accuracy. Not worth keeping as the default."
    changes = {**_TWO, "training.learning_rate": 0.002}
    keep(_DAY + 47, _PAPER, changes, title=_CHOSEN, note=note, add_tags=("rate",))
    keep(_DAY + 60, _PAPER, {**_TWO, "training.epochs": 40}, stop_after=60, title="Shorter")


def _keep(
    library: RunLibrary,
    minutes: int,
    preset: str,
    changes: Mapping[str, Any],
    stop_after: int | None = None,
    **about: Any,
) -> Path:
    """Train a preset with other settings and keep the run as if it had been started at a time."""
    experiment = PRESETS[preset]
    for key, value in changes.items():
        experiment = mlpsvd.with_value(experiment, key, value)
    events: list[object] = []
    run = mlpsvd.train(experiment, events.append, lambda: stop_after is not None and len(events) >= stop_after)
    folder = library.new_folder(experiment, _FIRST + timedelta(minutes=minutes))
    run.save(folder, with_figures=False)
    library.annotate(folder, **about)
    return folder

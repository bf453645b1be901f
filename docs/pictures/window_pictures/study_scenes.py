"""Scenes of Analysis, Papers and the sweep window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from mlpsvd.executors import n_usable_cores
from mlpsvd.settings import with_value
from mlpsvd_gui.main_window import MainWindow
from window_pictures.explore_scenes import train_on_examples
from window_pictures.studio import Studio, tab_page

__all__ = ["analysis", "analysis_page", "papers", "papers_page", "sweep", "sweep_window"]

_SHOWN = "table-2"
_TICKED = ("table-1", _SHOWN, "figure-4", "figure-5")


def analysis_page(window: MainWindow) -> QWidget:
    """Return the tabs with Analysis in front."""
    return tab_page(window, "Analysis")


def papers_page(window: MainWindow) -> QWidget:
    """Return the tabs with Papers in front."""
    return tab_page(window, "Papers")


def sweep_window(window: MainWindow) -> QWidget:
    """Return the window of sweeps, opened."""
    window.sweep.open()
    assert window.sweep.window is not None
    return window.sweep.window


def analysis(studio: Studio) -> None:
    """The singular directions of the MLP-SVD for the example recordings; the most important one is selected."""
    train_on_examples(studio)
    analysis_page(studio.window)
    panel = studio.window.analysis_panel
    studio.until(lambda: bool(panel.directions.rows.rows))


def papers(studio: Studio) -> None:
    """Two tables and two figures of the paper, ten trials each; Table II is selected."""
    window = studio.window
    papers_page(window)
    window.papers.use_folder(Path("Documents/MLP-SVD experiments"))
    window.papers_panel.list.tick(_TICKED)
    window.papers_panel.form.processes.setValue(n_usable_cores())
    window.papers.run()
    studio.until(lambda: not window.papers.is_running, timeout_s=600.0)
    window.papers_panel.list.choose(_SHOWN)
    result = window.papers_panel.result
    studio.until(lambda: result.shown is not None and result.shown.name == _SHOWN)


def sweep(studio: Studio) -> None:
    """Hidden neurons against learning rate, as Pareto points, with the best combination selected."""
    sweeps, experiments = studio.window.sweep, studio.window.experiments
    experiments.replace(with_value(experiments.experiment, "training.contenders", ("mlp", "mlp-svd")))
    sweeps.open()
    window = sweeps.window
    assert window is not None
    window.form.show_axes([("network.hidden", "5, 10, 20, 50"), ("training.learning_rate", "5e-4, 1e-3, 2e-3")])
    window.resize(1280, 640)
    window.form.repeats.setValue(3)
    window.form.processes.setValue(n_usable_cores())
    sweeps.start()
    studio.until(lambda: not sweeps.is_running, timeout_s=600.0)
    window.messages.clear()
    window.table.selectRow(0)
    window.pages.choose(2)

"""The Runs page over libraries of copies of two small runs that have really been trained."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from kept_runs import fill, small_run
from pytestqt.qtbot import QtBot
from runs_page import Page

from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.run import Run
from mlpsvd_gui.pages.runs.controllers.runs import RunsController
from mlpsvd_gui.pages.runs.views.panel import RunsPanel
from mlpsvd_gui.state.run_state import RunState


@pytest.fixture(scope="session")
def complete() -> Run:
    return small_run({"seed": 7, "training.learning_rate": 0.01})


@pytest.fixture(scope="session")
def stopped() -> Run:
    return small_run({"name": "Half a run", "training.epochs": 6}, stop_after=5)


@pytest.fixture(scope="session")
def prepared_library(complete: Run, stopped: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three complete runs, a stopped one and one whose program was killed, from the oldest to the newest."""
    library = RunLibrary(tmp_path_factory.mktemp("runs page") / "runs")
    fill(library, complete, 3)
    more = RunLibrary(library.folder.parent / "more")
    for number, folder in enumerate(fill(more, stopped, 2), start=4):
        name = folder.name.replace(f"2026-01-0{number - 3}", f"2026-01-0{number}")
        shutil.move(folder, library.folder / name)
        if number == 5:
            (library.folder / name / "results.json").unlink()
    return library.folder


@pytest.fixture
def library(prepared_library: Path, tmp_path: Path) -> RunLibrary:
    shutil.copytree(prepared_library, tmp_path / "runs")
    return RunLibrary(tmp_path / "runs")


def _page(qtbot: QtBot, library: RunLibrary) -> Iterator[Page]:
    panel = RunsPanel()
    qtbot.addWidget(panel)
    run = RunState()
    controller = RunsController(panel, library, run)
    panel.resize(1256, 600)
    with qtbot.waitExposed(panel):
        panel.show()
    page = Page(panel, controller, library, run, qtbot)
    page.wait()
    yield page
    controller.close()


@pytest.fixture
def page(qtbot: QtBot, library: RunLibrary) -> Iterator[Page]:
    yield from _page(qtbot, library)


@pytest.fixture
def empty_page(qtbot: QtBot, tmp_path: Path) -> Iterator[Page]:
    yield from _page(qtbot, RunLibrary(tmp_path / "runs"))

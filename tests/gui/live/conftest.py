"""The live tab with two networks that have really been trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Outcome, Race
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import paper_bank
from mlpsvd_gui.controllers.live_controller import LiveController
from mlpsvd_gui.models.run_model import RunModel, RunState
from mlpsvd_gui.views.live_panel import LivePanel

SMALL = {
    "data.synthetic.filters": paper_bank(3, 200.0, 50.0),
    "data.synthetic.duration_s": 0.1,
    "data.synthetic.train_per_class": 150,
    "data.synthetic.test_per_class": 50,
    "training.epochs": 15,
    "training.learning_rate": 0.005,
}


@dataclass(frozen=True)
class Trained:
    """A run that has finished."""

    prepared: Prepared
    outcomes: dict[str, Outcome]


@pytest.fixture(scope="session")
def trained() -> Trained:
    experiment = Experiment()
    for key, value in SMALL.items():
        experiment = with_value(experiment, key, value)
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    return Trained(prepared, dict(race.outcomes()))


def finish_run(run_model: RunModel, trained: Trained) -> None:
    """Let the window believe that ``trained`` has just been trained in it."""
    run_model.begin(trained.prepared.experiment)
    run_model.set_prepared(trained.prepared)
    run_model.set_outcomes(trained.outcomes)
    run_model.set_state(RunState.FINISHED)


@dataclass(frozen=True)
class Tab:
    """The tab, its controller and the run that it looks at."""

    panel: LivePanel
    controller: LiveController
    run_model: RunModel


@pytest.fixture
def tab(qtbot: QtBot) -> Iterator[Tab]:
    panel, run_model = LivePanel(), RunModel()
    qtbot.addWidget(panel)
    controller = LiveController(panel, run_model)
    panel.resize(1260, 640)
    panel.show()
    yield Tab(panel, controller, run_model)
    controller.close()


@pytest.fixture
def finish(tab: Tab, trained: Trained) -> Callable[[], None]:
    """Return a function that lets the tab's run be finished."""
    return lambda: finish_run(tab.run_model, trained)


@pytest.fixture
def ready_tab(tab: Tab, trained: Trained) -> Tab:
    finish_run(tab.run_model, trained)
    return tab

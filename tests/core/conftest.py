"""Small races that have really been run, and the models that they give."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pytest

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Outcome, Race
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.models.model import Model
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import paper_bank
from mlpsvd.training.events import EpochEvent


def small_experiment() -> Experiment:
    """Two classes far apart, few clips, few epochs: learnt in a moment."""
    experiment = with_value(Experiment(), "data.synthetic.filters", paper_bank(2, 300.0, 50.0))
    for key, value in {
        "data.synthetic.train_per_class": 60,
        "data.synthetic.test_per_class": 30,
        "training.epochs": 8,
        "training.learning_rate": 0.01,
        "training.batch_size": 8,
        "discarding.first": 2,
        "discarding.last": 6,
        "discarding.points": 3,
    }.items():
        experiment = with_value(experiment, key, value)
    return experiment


def trained(experiment: Experiment) -> dict[str, Model]:
    """Return the model of each contender of ``experiment``."""
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    return {name: model_of(prepared, outcome) for name, outcome in race.outcomes().items()}


@pytest.fixture(scope="session")
def models() -> dict[str, Model]:
    """Both contenders of the small experiment."""
    return trained(small_experiment())


@pytest.fixture
def model(models: dict[str, Model]) -> Model:
    """The MLP-SVD of the small experiment, in a copy that may be changed."""
    return dataclasses.replace(models["mlp-svd"])


@dataclass(frozen=True)
class RunThere:
    """The result of a race."""

    prepared: Prepared
    histories: dict[str, list[EpochEvent]]
    outcomes: dict[str, Outcome]
    saved: Run


@pytest.fixture(scope="session")
def run() -> RunThere:
    """Two classes far apart, few clips, eight epochs, singular values discarded."""
    experiment = with_value(Experiment(), "data.synthetic.filters", paper_bank(2, 300.0, 50.0))
    for key, value in {
        "name": "Small, σ",
        "data.synthetic.train_per_class": 60,
        "data.synthetic.test_per_class": 30,
        "training.epochs": 8,
        "training.learning_rate": 0.01,
        "training.batch_size": 8,
        "discarding.first": 2,
        "discarding.last": 6,
        "discarding.points": 3,
        "discarding.threshold": 0.5,
    }.items():
        experiment = with_value(experiment, key, value)
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        pass
    return RunThere(prepared, race.histories, race.outcomes(), Run.of(new_run_id(), prepared, race))

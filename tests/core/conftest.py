"""A small network that has really been trained, for the tests of models."""

from __future__ import annotations

import dataclasses

import pytest

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.results import model_of
from mlpsvd.models.model import Model
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import paper_bank


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

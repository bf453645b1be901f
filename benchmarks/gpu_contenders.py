"""A step of ``gpu.py``: every contender, trained with the array engine on the card and on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mlpsvd.arrays import Backend, cpu
from mlpsvd.contenders import CONTENDERS
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.experiments.contender_tasks import training_task
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import paper_bank
from mlpsvd.training.trainer import Trainer

TOLERANCE = 1e-6
SMALL = {
    "data.synthetic.train_per_class": 60,
    "data.synthetic.test_per_class": 30,
    "training.epochs": 6,
    "training.learning_rate": 0.01,
    "training.batch_size": 16,
    "training.precision": "float64",
    "discarding.first": 1,
    "discarding.last": 4,
    "discarding.points": 2,
}
"""Two classes far apart, which reach every layer family, penalty and rank policy in a moment."""
CLIPPED = {"network.family": "clipped", "network.spectral_level": 0.5}
"""The one family that no contender has by itself."""


def check_contenders(backend: Backend, report: Any) -> None:
    """Compare the losses and ranks of each contender; one that fails does not stop the others."""
    experiment = changed(with_value(Experiment(), "data.synthetic.filters", paper_bank(2, 300.0, 50.0)), SMALL)
    engines = (ReferenceEngine(backend, "float64"), ReferenceEngine(cpu(), "float64"))
    prepared, clipped = prepare(experiment), prepare(changed(experiment, CLIPPED))
    cases = [(f"contender {one.key}", prepared, one) for one in CONTENDERS.values()]
    for name, data, contender in [*cases, ("clipped layers", clipped, CONTENDERS["mlp-svd"])]:
        try:
            found, exact = (list(Trainer(training_task(data, contender), engine).run()) for engine in engines)
        except Exception as error:
            report.problem(name, f"{type(error).__name__}: {error}")
            continue
        losses = np.array([[event.test_loss for event in one] for one in (found, exact)])
        same_ranks = [event.ranks for event in found] == [event.ranks for event in exact]
        worst = np.abs(losses[0] - losses[1]).max() / np.abs(losses[1]).max() if same_ranks else np.inf
        report.check(f"array engine, {name}, float64", worst, TOLERANCE)


def changed(experiment: Experiment, values: Mapping[str, object]) -> Experiment:
    """Return the experiment with other settings."""
    for key, value in values.items():
        experiment = with_value(experiment, key, value)
    return experiment

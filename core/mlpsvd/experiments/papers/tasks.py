"""The paper's tasks as experiments, their trials, and access to their measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.contenders import DEFAULT_CONTENDERS
from mlpsvd.experiments.bayes_limit import DEFAULT_CLIPS
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.finding import Results
from mlpsvd.experiments.presets import LETTERS_PRESET, preset
from mlpsvd.experiments.trials.measurements import Measurement
from mlpsvd.experiments.trials.trials import Trial, seeded
from mlpsvd.settings import with_value
from mlpsvd.signals.bank import paper_bank

__all__ = [
    "bayes_percent",
    "bayes_trial",
    "changed",
    "curves_percent",
    "final_percents",
    "final_ranks",
    "letters_task",
    "race_trials",
    "spaced_task",
    "table_2_task",
    "train_s",
]

_BAYES_CLIPS = DEFAULT_CLIPS
_LETTERS_HIDDEN = 1800
_LETTERS_PER_CLASS = 150


def table_2_task(bandwidth_hz: float, n_classes: int) -> Experiment:
    """Return one of the six tasks of Table II, with the preset's settings and the paper's two networks."""
    task = preset(f"Paper: {n_classes} classes, {bandwidth_hz:g} Hz")
    return changed(task, {"training.contenders": DEFAULT_CONTENDERS})


def spaced_task(spacing_hz: float, bandwidth_hz: float, n_classes: int = 5) -> Experiment:
    """Return the paper's task with filters ``spacing_hz`` apart (figure 8)."""
    name = f"{n_classes} classes, {bandwidth_hz:g} Hz, Δf {spacing_hz:g} Hz"
    filters = paper_bank(n_classes, spacing_hz, bandwidth_hz)
    return changed(table_2_task(10.0, 5), {"name": name, "data.synthetic.filters": filters})


def letters_task(n_hidden_layers: int) -> Experiment:
    """Return Kantack's letters with so many hidden layers of 1,800 neurons, in a size that takes minutes."""
    hidden = (_LETTERS_HIDDEN,) * n_hidden_layers
    sizes = "-".join(map(str, (900, *hidden, 26)))
    return changed(
        preset(LETTERS_PRESET),
        {
            "name": f"Kantack: letters, {sizes}",
            "network.hidden": hidden,
            "training.contenders": ("mlp", "mlp-svd") if n_hidden_layers == 1 else ("mlp",),
            "data.letters.train_per_class": _LETTERS_PER_CLASS,
            "training.epochs": 8,
            "discarding.last": 6,
        },
    )


def changed(experiment: Experiment, changes: Mapping[str, Any]) -> Experiment:
    """Return a copy with some settings changed, by dotted key."""
    for key, value in changes.items():
        experiment = with_value(experiment, key, value)
    return experiment


def race_trials(experiment: Experiment, n_trials: int, measurement: Measurement = Measurement.RACE) -> list[Trial]:
    """Return the trials of one task: the same experiment with consecutive seeds."""
    return [Trial(one, measurement) for one in seeded(experiment, n_trials)]


def bayes_trial(experiment: Experiment) -> Trial:
    """Return the trial that measures a task's Bayes limit, on 100,000 clips of all classes together."""
    per_class = _BAYES_CLIPS // len(experiment.data.synthetic.filters)
    # Settings without effect on the limit are set to their defaults, so that tasks that differ only in them share a
    # trial.
    task = changed(Experiment(), {"name": experiment.name, "data": experiment.data, "features": experiment.features})
    sizes = {"data.synthetic.train_per_class": 1, "data.synthetic.test_per_class": per_class}
    return Trial(changed(task, sizes), Measurement.BAYES)


def bayes_percent(results: Results, experiment: Experiment) -> float:
    """Return the best accuracy that any classifier can reach on a task, in percent."""
    return 100 * float(results.of(bayes_trial(experiment))["accuracy"])


def curves_percent(results: Results, trials: Sequence[Trial], contender: str) -> NDArray[np.float64]:
    """Return test accuracies in percent [shape=(n_trials, n_epochs + 1)]."""
    races = results.all(trials)
    return 100 * np.array([race["contenders"][contender]["test_accuracy"] for race in races])


def final_percents(results: Results, trials: Sequence[Trial], contender: str) -> list[float]:
    """Return each trial's final test accuracy in percent."""
    return [100 * race["contenders"][contender]["test_accuracy"][-1] for race in results.all(trials)]


def final_ranks(results: Results, trials: Sequence[Trial], contender: str = "mlp-svd") -> list[int]:
    """Return the number of remaining singular values of the first weight matrix in each trial."""
    return [race["contenders"][contender]["rank"][-1] for race in results.all(trials)]


def train_s(results: Results, trials: Sequence[Trial], contender: str) -> list[float]:
    """Return each trial's training time in seconds, without evaluation."""
    return [race["contenders"][contender]["train_s"] for race in results.all(trials)]

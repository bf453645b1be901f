"""What is measured of one trial: plain tables of numbers that any process or machine can send back.

Every measurement follows from the experiment alone, its seed included.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from mlpsvd.errors import DataError
from mlpsvd.experiments.bayes_limit import bayes_limit
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Outcome, Race
from mlpsvd.experiments.truncation import accuracies_by_rank
from mlpsvd.network.network import Network
from mlpsvd.training.events import EpochEvent

__all__ = ["Measurement", "measure"]


class Measurement(enum.Enum):
    """What can be measured of an experiment.

    RACE: accuracies, ranks, weights and times of every network. SINGULAR_VALUES: these and the singular values of
    the first weight matrix after each epoch. SMALLER_RANKS: these and the MLP's accuracy at each smaller rank, every
    epoch. BAYES: the accuracy of the best rule there is, on the same test clips.
    """

    RACE = "race"
    SINGULAR_VALUES = "singular values"
    SMALLER_RANKS = "smaller ranks"
    BAYES = "bayes limit"


def measure(experiment: Experiment, measurement: Measurement) -> dict[str, Any]:
    """Make one measurement, with one BLAS thread: workers share the cores among themselves.

    Parameters
    ----------
    experiment
        What to run.
    measurement
        What to record.

    Returns
    -------
    dict
        Plain tables, ready for JSON.

    Raises
    ------
    MlpSvdError
        If the experiment is impossible or its training fails.
    """
    with threadpool_limits(limits=1):
        return _MEASURES[measurement](experiment)


def _race(experiment: Experiment) -> dict[str, Any]:
    return _raced(experiment, _nothing_more)


def _singular_values(experiment: Experiment) -> dict[str, Any]:
    def more(race: Race, name: str) -> dict[str, Any]:
        history = race.histories[name]
        return {"singular_values": [[_short(value) for value in event.singular_values[0]] for event in history]}

    return _raced(experiment, more)


def _smaller_ranks(experiment: Experiment) -> dict[str, Any]:
    prepared = prepare(experiment)
    race = _finished(Race(prepared))
    tables = _contender_tables(race, _nothing_more)
    by_epoch = [
        accuracies_by_rank(Network(event.snapshot.spec, event.snapshot.theta), prepared.dataset)
        for event in race.histories["mlp"]
        if event.snapshot is not None
    ]
    tables["mlp"]["accuracies_by_rank"] = [[_short(value) for value in row] for row in by_epoch]
    return {"engine": race.engine_description, "contenders": tables}


def _bayes(experiment: Experiment) -> dict[str, Any]:
    limit = bayes_limit(experiment)
    if limit is None:
        raise DataError("the Bayes limit is known for synthetic clips of Gaussian noise only")
    return {"accuracy": limit}


_MEASURES: dict[Measurement, Callable[[Experiment], dict[str, Any]]] = {
    Measurement.RACE: _race,
    Measurement.SINGULAR_VALUES: _singular_values,
    Measurement.SMALLER_RANKS: _smaller_ranks,
    Measurement.BAYES: _bayes,
}

_More = Callable[[Race, str], dict[str, Any]]


def _raced(experiment: Experiment, more: _More) -> dict[str, Any]:
    race = _finished(Race(prepare(experiment)))
    return {"engine": race.engine_description, "contenders": _contender_tables(race, more)}


def _finished(race: Race) -> Race:
    for _ in race.run():
        pass
    return race


def _contender_tables(race: Race, more: _More) -> dict[str, dict[str, Any]]:
    return {
        name: {**_contender_table(race.histories[name], outcome), **more(race, name)}
        for name, outcome in race.outcomes().items()
    }


def _contender_table(history: Sequence[EpochEvent], outcome: Outcome) -> dict[str, Any]:
    """One entry an epoch, the state before training first; ranks of the first weight matrix."""
    return {
        "test_accuracy": [_short(event.test_accuracy) for event in history],
        "train_accuracy": [_short(event.train_accuracy) for event in history],
        "test_loss": [_short(event.test_loss) for event in history],
        "rank": [event.ranks[0] for event in history],
        "n_weights": [event.n_weights for event in history],
        "confusion": outcome.confusion.tolist(),
        "flops": outcome.flops,
        "train_s": outcome.train_s,
    }


def _nothing_more(race: Race, name: str) -> dict[str, Any]:
    return {}


def _short(value: float | NDArray[np.floating]) -> float:
    """Seven digits: all that float32 knows."""
    return float(f"{float(value):.7g}")

"""Measurements of one trial: plain tables of numbers that can be sent between processes.

Every measurement depends only on the experiment, including its seed.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.truncation import accuracies_by_rank
from mlpsvd.contenders import CONTENDERS
from mlpsvd.engines.blas_threads import OneThread
from mlpsvd.errors import DataError, MlpSvdError, TrainingError
from mlpsvd.experiments.bayes_limit import bayes_limit
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.recurrence import Recurrence, compare_recurrence
from mlpsvd.experiments.transfer_study import Transfer, compare_transfer
from mlpsvd.network.network import Network
from mlpsvd.training.events import EpochEvent

__all__ = ["RACES", "Measurement", "RaceMeasurement", "measure", "race_table", "recurrence_table", "transfer_table"]


class Measurement(enum.Enum):
    """Kinds of measurement.

    RACE: accuracies, ranks, numbers of weights and times of every network. SINGULAR_VALUES: RACE and the singular
    values of the first weight matrix after each epoch. SMALLER_RANKS: RACE and the accuracy of dense networks truncated
    to each smaller rank, for each epoch. BAYES: the Bayes limit, estimated on as many clips as the test set has.
    RECURRENCE: recurrent networks over the frames, an MLP on the mean magnitude, and the Bayes limit of whole clips.
    TRANSFER: accuracy on the second half of the classes with a first layer trained on the first half.
    SWEEP: RACE, perhaps ended early; a training that diverges is a result.
    """

    RACE = "race"
    SINGULAR_VALUES = "singular values"
    SMALLER_RANKS = "smaller ranks"
    BAYES = "bayes limit"
    RECURRENCE = "recurrence"
    TRANSFER = "transfer"
    SWEEP = "sweep"


RACES = (Measurement.RACE, Measurement.SINGULAR_VALUES, Measurement.SMALLER_RANKS)
"""Measurements of the networks of a race."""


@dataclass(frozen=True)
class RaceMeasurement:
    """A finished race.

    Attributes
    ----------
    prepared
        The experiment and its data.
    histories
        All events of each contender.
    confusions : mapping to np.ndarray [shape=(n_classes, n_classes)]
        Counts of test clips, by contender; rows are actual classes.
    engine
        Description of the processor and engine.
    """

    prepared: Prepared
    histories: Mapping[str, Sequence[EpochEvent]]
    confusions: Mapping[str, NDArray[np.intp]]
    engine: str


def measure(experiment: Experiment, measurement: Measurement, last_epoch: int | None = None) -> dict[str, Any]:
    """Run one measurement with one BLAS thread, since the workers share the cores.

    Parameters
    ----------
    experiment
        The experiment.
    measurement
        The measurement.
    last_epoch
        Epoch after which a sweep's trial ends; None for the last one.

    Returns
    -------
    dict
        Nested dictionaries, ready for JSON.

    Raises
    ------
    MlpSvdError
        If the experiment is invalid or its training fails.
    """
    with OneThread().limited():
        if measurement is Measurement.BAYES:
            return _bayes(experiment)
        if measurement is Measurement.RECURRENCE:
            return _recurrence(experiment)
        if measurement is Measurement.TRANSFER:
            return transfer_table(compare_transfer(experiment))
        if measurement is Measurement.SWEEP:
            return _sweep(experiment, last_epoch)
        return race_table(_raced(experiment), measurement)


def race_table(raced: RaceMeasurement, measurement: Measurement) -> dict[str, Any]:
    """Return a measurement of a finished race as nested dictionaries, ready for JSON."""
    tables = {
        name: {**_contender_table(history, raced.confusions[name]), **_MORE[measurement](raced, name)}
        for name, history in raced.histories.items()
    }
    return {"engine": raced.engine, "contenders": tables}


def _singular_values(raced: RaceMeasurement, contender: str) -> dict[str, Any]:
    history = raced.histories[contender]
    return {"singular_values": [[_short(value) for value in event.singular_values[0]] for event in history]}


def _smaller_ranks(raced: RaceMeasurement, contender: str) -> dict[str, Any]:
    if CONTENDERS[contender].is_factored:
        return {}
    by_epoch = [
        accuracies_by_rank(Network(event.snapshot.spec, event.snapshot.theta), raced.prepared.dataset)
        for event in raced.histories[contender]
        if event.snapshot is not None
    ]
    return {"accuracies_by_rank": [[_short(value) for value in row] for row in by_epoch]}


def _nothing_more(raced: RaceMeasurement, contender: str) -> dict[str, Any]:
    return {}


_MORE: dict[Measurement, Callable[[RaceMeasurement, str], dict[str, Any]]] = {
    Measurement.RACE: _nothing_more,
    Measurement.SINGULAR_VALUES: _singular_values,
    Measurement.SMALLER_RANKS: _smaller_ranks,
    Measurement.SWEEP: _nothing_more,
}


def _bayes(experiment: Experiment) -> dict[str, Any]:
    synthetic = experiment.data.synthetic
    limit = bayes_limit(experiment, n_clips=synthetic.test_per_class * len(synthetic.filters))
    if limit is None:
        raise DataError("the Bayes limit is known for synthetic clips of Gaussian noise only")
    return {"accuracy": limit.accuracy, "standard_error": limit.standard_error, "n_clips": limit.n_clips}


def recurrence_table(found: Recurrence) -> dict[str, Any]:
    """Return a comparison of recurrent networks as nested dictionaries, ready for JSON.

    Raises
    ------
    DataError
        If the Bayes limit is not known.
    """
    if found.limit is None:
        raise DataError("recurrent networks are compared on synthetic clips of Gaussian noise only")
    networks = {
        name: {
            "test_accuracy": [_short(event.test_accuracy) for event in events],
            "ranks": list(events[-1].ranks),
            "n_weights": events[-1].n_weights,
        }
        for name, events in found.histories.items()
    }
    return {"engine": "reference engine", "networks": networks, "limit": found.limit.accuracy}


def _recurrence(experiment: Experiment) -> dict[str, Any]:
    *_, found = compare_recurrence(experiment)
    assert isinstance(found, Recurrence)
    return recurrence_table(found)


def transfer_table(found: Transfer) -> dict[str, Any]:
    """Return a study of transfer as nested dictionaries, ready for JSON."""
    return {
        "engine": "reference engine",
        "counts": list(found.counts),
        "ways": {name: [_short(float(one)) for one in accuracies] for name, accuracies in found.accuracies.items()},
        "known": {name: _short(one) for name, one in found.known_accuracies.items()},
        "rank": found.rank,
        "known_names": list(found.known_names),
        "new_names": list(found.new_names),
    }


def _sweep(experiment: Experiment, last_epoch: int | None) -> dict[str, Any]:
    """Measure a race; the name of its experiment precedes errors, which keep their message between processes."""
    try:
        return race_table(_raced(experiment, last_epoch), Measurement.SWEEP)
    except TrainingError as error:
        return {"failed": str(error)}
    except MlpSvdError as error:
        raise DataError(f"{experiment.name}: {error}") from error


def _raced(experiment: Experiment, last_epoch: int | None = None) -> RaceMeasurement:
    prepared = prepare(experiment)
    race = Race(prepared)
    for _ in race.run():
        histories = race.histories.values()
        if last_epoch is not None and all(one and one[-1].epoch >= last_epoch for one in histories):
            break
    confusions = {name: outcome.confusion for name, outcome in race.outcomes().items()}
    return RaceMeasurement(prepared, race.histories, confusions, race.engine_description)


def _contender_table(history: Sequence[EpochEvent], confusion: NDArray[np.intp]) -> dict[str, Any]:
    """Return one entry per epoch, starting with the state before training."""
    return {
        "test_accuracy": [_short(event.test_accuracy) for event in history],
        "train_accuracy": [_short(event.train_accuracy) for event in history],
        "test_loss": [_short(event.test_loss) for event in history],
        "rank": [event.ranks[0] for event in history],
        "n_weights": [event.n_weights for event in history],
        "confusion": confusion.tolist(),
        "flops": sum(event.flops for event in history),
        "train_s": sum(event.train_s for event in history),
    }


def _short(value: float | NDArray[np.floating]) -> float:
    """Round to seven digits, the precision of float32."""
    return float(f"{float(value):.7g}")

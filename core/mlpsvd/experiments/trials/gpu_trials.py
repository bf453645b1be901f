"""Many trials on one GPU: all networks in one kernel call, such as the 120 trainings of Table II.

Results have the same format as those of :func:`~mlpsvd.experiments.trials.measurements.measure`. The training time of a
network is its share of the call, measured by the clock of its thread block.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import gpu
from mlpsvd.contenders import Contender, named_contenders
from mlpsvd.engines.gpu.engine import FusedGpuEngine
from mlpsvd.engines.names import Precision
from mlpsvd.experiments.contender_tasks import training_task, with_matched_steps
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.trials.measurements import RACES, RaceMeasurement, race_table
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.metrics.scores import confusion_matrix
from mlpsvd.network.network import Network
from mlpsvd.training.batched import train_many
from mlpsvd.training.events import EpochEvent, Snapshot

__all__ = ["GpuTrials"]

# Limited by host memory: a trial of ten classes needs 9 MB for the feature vectors, plus the networks of all epochs.
_TRIALS_AT_ONCE = 100


class GpuTrials:
    """Measures many trials at once on the GPU.

    Parameters
    ----------
    make_engine
        Returns the engine for a precision; by default on the GPU that CuPy finds.

    Raises
    ------
    DeviceError
        If there is no working GPU.
    """

    def __init__(self, make_engine: Callable[[Precision], FusedGpuEngine] | None = None) -> None:
        self._make_engine = make_engine or _on_the_gpu()
        self._engines: dict[Precision, FusedGpuEngine] = {}

    def takes(self, trial: Trial) -> bool:
        """Return whether a trial is a race; all else is computed on the CPU."""
        return trial.measurement in RACES

    def measure(self, trials: Sequence[Trial]) -> Iterator[tuple[Trial, dict[str, Any]]]:
        """Train the networks of all trials together; yield each trial with its result.

        Raises
        ------
        MlpSvdError
            If an experiment is invalid, a training fails, or the device has too little memory.
        """
        by_precision = defaultdict(list)
        for trial in trials:
            by_precision[trial.experiment.training.precision].append(trial)
        for precision, alike in by_precision.items():
            engine = self._engine(precision)
            for start in range(0, len(alike), _TRIALS_AT_ONCE):
                some = alike[start : start + _TRIALS_AT_ONCE]
                for trial, raced in zip(some, _raced([one.experiment for one in some], engine), strict=True):
                    yield trial, race_table(raced, trial.measurement)

    def _engine(self, precision: Precision) -> FusedGpuEngine:
        if precision not in self._engines:
            self._engines[precision] = self._make_engine(precision)
        return self._engines[precision]


@dataclass(frozen=True)
class _Contender:
    prepared: Prepared
    contender: Contender
    history: list[EpochEvent]


def _on_the_gpu() -> Callable[[Precision], FusedGpuEngine]:
    backend = gpu()
    return lambda precision: FusedGpuEngine(backend, precision)


def _raced(experiments: Sequence[Experiment], engine: FusedGpuEngine) -> Iterator[RaceMeasurement]:
    """Train all networks, then yield the races in the order of the experiments."""
    all_prepared = [prepare(experiment) for experiment in experiments]
    races = [
        [
            _Contender(one, each, [])
            for each in with_matched_steps(one, named_contenders(one.experiment.training.contenders))
        ]
        for one in all_prepared
    ]
    contenders = [contender for race in races for contender in race]
    for index, event in train_many([training_task(one.prepared, one.contender) for one in contenders], engine):
        contenders[index].history.append(event)
    for prepared, race in zip(all_prepared, races, strict=True):
        histories = {one.contender.key: one.history for one in race}
        confusions = {name: _confusion(prepared, history[-1].snapshot) for name, history in histories.items()}
        yield RaceMeasurement(prepared, histories, confusions, engine.description)


def _confusion(prepared: Prepared, snapshot: Snapshot | None) -> NDArray[np.intp]:
    assert snapshot is not None, "every event of a training on the GPU carries its network"
    dataset = prepared.dataset
    outputs = Network(snapshot.spec, snapshot.theta).predict(dataset.x_test.astype(snapshot.theta.dtype, copy=False))
    return confusion_matrix(dataset.y_test, outputs.argmax(axis=1), len(dataset.class_names))

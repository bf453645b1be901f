"""Trials of experiments on any executor, resumable and independent of the number of workers.

A trial is an experiment with its seed, and a measurement. Its result depends only on these two and is stored in a file
named by a checksum of them, so that a repeated command computes only the missing trials.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import json
import math
import operator
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from mlpsvd import __version__
from mlpsvd.datasets.settings import LettersSettings
from mlpsvd.errors import MlpSvdError
from mlpsvd.executors import result_of
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.trials.measurements import Measurement, measure
from mlpsvd.experiments.trials.trial_results import checked_result
from mlpsvd.files import read_plain, write_atomically
from mlpsvd.json_fields import parse_fields
from mlpsvd.settings import to_table
from mlpsvd.streams import NUMERICS_VERSION

__all__ = ["BatchMeasure", "Trial", "TrialEvent", "TrialStore", "run_trials", "seeded"]

_FORMAT_VERSION = 1
_MOST_BYTES = 200_000_000


_ADDED: tuple[tuple[str, str, object], ...] = (
    ("data.recordings", "groups_from", "none"),
    ("data.recordings", "group_level", 2),
    ("data.recordings", "group_pattern", "*_{group}_*"),
    ("data.recordings", "group_column", "group"),
    ("data.recordings", "evaluation", "test set"),
    ("data.recordings", "folds", 5),
    ("data.recordings", "repeats", 1),
    ("network", "family", "svd"),
    ("network", "spectral_level", 1.0),
    ("network", "first_layer", ""),
    ("network", "kernel_width", 16),
    ("network", "kernel_stride", 4),
    ("training", "nuclear_norm", 0.0),
    ("training", "frozen_layers", 0),
    ("training", "class_weights", "none"),
    ("data.augmentation", "copies", 0),
    ("data.augmentation", "gain_db", 6.0),
    ("data.augmentation", "snr_db", 20.0),
    ("data.augmentation", "shift_s", 0.05),
    ("data", "augmentation", {}),
    ("discarding", "tolerance", 0.1),
    ("features", "n_components", 0),
    ("features", "bands", "none"),
    ("features", "bands_from_hz", 100.0),
    ("features", "bands_to_hz", 3500.0),
    ("features", "n_mels", 24),
    ("features", "frequency_weighting", "none"),
)
"""Settings that were added later, with the value that changes nothing: results from before keep their keys."""


@dataclass(frozen=True)
class Trial:
    """An experiment, including its seed, a measurement, and the epoch after which it ends (None: the last one)."""

    experiment: Experiment
    measurement: Measurement = Measurement.RACE
    last_epoch: int | None = None

    @cached_property
    def key(self) -> str:
        """Identifier of the result: a checksum of everything it depends on.

        The version of the numerics is part of it; the experiment's name and the program's version are not.
        """
        table = {**to_table(self.experiment), "name": ""}
        if not isinstance(self.experiment.data.chosen, LettersSettings):
            del table["data"]["letters"]  # keeps the keys of results from versions without letters
        for section, name, default in _ADDED:
            own: dict[str, Any] = functools.reduce(operator.getitem, section.split("."), table)
            if own[name] == default:
                del own[name]
        parts = [NUMERICS_VERSION, self.measurement.value, table]
        parts += [] if self.last_epoch is None else [self.last_epoch]
        text = json.dumps(parts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def cost(self) -> float:
        """Estimate of the work, for the remaining time: number of training clips processed."""
        data, epochs = self.experiment.data, self.last_epoch or self.experiment.training.epochs
        if isinstance(data.chosen, LettersSettings):
            sizes = (math.prod(data.chosen.image_shape), *self.experiment.network.hidden, data.chosen.n_classes)
            n_weights = sum(n_in * n_out for n_in, n_out in itertools.pairwise(sizes))
            return float(data.chosen.train_per_class * data.chosen.n_classes * epochs * n_weights)
        if self.measurement is Measurement.BAYES:
            epochs = 1
        return float(data.synthetic.train_per_class * len(data.synthetic.filters) * epochs)


@dataclass(frozen=True)
class TrialEvent:
    """A completed trial.

    Attributes
    ----------
    trial, result
        The trial, and its result as nested dictionaries.
    done, total
        Number of completed and of requested trials.
    left_s
        Estimated remaining seconds; None before the first trial has been computed, and for trials measured together.
    kept
        Whether the result was loaded from an earlier run.
    """

    trial: Trial
    result: Mapping[str, Any]
    done: int
    total: int
    left_s: float | None
    kept: bool


class TrialStore:
    """Store of trial results in a folder, one JSON file each, written atomically.

    Parameters
    ----------
    folder
        Folder of the files; created with the first result.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, trial: Trial) -> Path:
        """Return the path of the file of a trial, which may not exist."""
        return self._folder / f"{trial.key}.json"

    def get(self, trial: Trial) -> dict[str, Any] | None:
        """Return the result of a trial; None if it is missing or unreadable."""
        try:
            table = parse_fields(read_plain(self.path(trial), _MOST_BYTES))
            table.integer("format_version", _FORMAT_VERSION, _FORMAT_VERSION)
            return checked_result(table.table("result"), trial.experiment, trial.measurement, trial.last_epoch)
        except (OSError, MlpSvdError):
            return None

    def put(self, trial: Trial, result: Mapping[str, Any]) -> None:
        """Store a result.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        table = {
            "format_version": _FORMAT_VERSION,
            "program": f"mlpsvd {__version__}",
            "measurement": trial.measurement.value,
            "experiment": to_table(trial.experiment),
            "result": result,
        }
        write_atomically(self.path(trial), json.dumps(table, ensure_ascii=False))


def seeded(experiment: Experiment, n_trials: int) -> list[Experiment]:
    """Return ``n_trials`` copies of an experiment with consecutive seeds."""
    return [replace(experiment, seed=(experiment.seed + index) % 2**32) for index in range(n_trials)]


class BatchMeasure(Protocol):
    """Measures many trials at once; see :class:`mlpsvd.experiments.trials.gpu_trials.GpuTrials`."""

    def takes(self, trial: Trial) -> bool:
        """Return whether a trial is supported."""

    def measure(self, trials: Sequence[Trial]) -> Iterator[tuple[Trial, dict[str, Any]]]:
        """Yield each trial with its result."""


def run_trials(
    trials: Sequence[Trial], store: TrialStore, executor: Executor, together: BatchMeasure | None = None
) -> Generator[TrialEvent, None, None]:
    """Compute the trials missing in ``store``; yield every trial once, stored ones first.

    Closing the generator cancels pending trials; finished ones are in the store. Duplicate trials are computed once.

    Parameters
    ----------
    trials
        The trials.
    store
        Store of the results.
    executor
        Runs the measurements, in processes, in threads or on a cluster.
    together
        Measures all trials that it supports at once, before the others.

    Raises
    ------
    BrokenExecutor
        If a worker process was killed. Finished trials are stored: continue with a new executor.
    MlpSvdError
        If a trial fails.
    """
    wanted = list({trial.key: trial for trial in trials}.values())
    missing = []
    done = 0
    for trial in wanted:
        result = store.get(trial)
        if result is None:
            missing.append(trial)
            continue
        done += 1
        yield TrialEvent(trial, result, done, len(wanted), None, kept=True)
    alone = [trial for trial in missing if together is None or not together.takes(trial)]
    pace = _Pace(alone)
    with contextlib.closing(_computed(missing, executor, together)) as computed:
        for trial, result in computed:
            store.put(trial, result)
            done += 1
            if together is not None and together.takes(trial):
                pace, left_s = _Pace(alone), None  # results of one call arrive together
            else:
                left_s = pace.left_s(trial)
            yield TrialEvent(trial, result, done, len(wanted), left_s, kept=False)


def _computed(
    trials: Sequence[Trial], executor: Executor, together: BatchMeasure | None
) -> Generator[tuple[Trial, dict[str, Any]], None, None]:
    """Yield results in the order of completion."""
    if together is not None:
        yield from together.measure([trial for trial in trials if together.takes(trial)])
        trials = [trial for trial in trials if not together.takes(trial)]
    pending: dict[Future[dict[str, Any]], Trial] = {}
    try:
        for trial in trials:
            pending[executor.submit(measure, trial.experiment, trial.measurement, trial.last_epoch)] = trial
        while pending:
            finished, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in _failed_last(finished):
                trial = pending.pop(future)
                yield trial, result_of(future)
    finally:
        for future in pending:
            future.cancel()


def _failed_last(finished: set[Future[dict[str, Any]]]) -> list[Future[dict[str, Any]]]:
    """Return futures with results before those that failed, for instance because a worker was lost."""
    return sorted(finished, key=lambda future: future.cancelled() or future.exception() is not None)


class _Pace:
    """Estimates the remaining time from the work done so far."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        self._total = sum(trial.cost for trial in trials)
        self._done = 0.0
        self._started = time.monotonic()

    def left_s(self, finished: Trial) -> float:
        """Record a finished trial and return the estimated remaining seconds."""
        self._done += finished.cost
        elapsed_s = time.monotonic() - self._started
        with contextlib.suppress(ZeroDivisionError):
            return max(0.0, elapsed_s * (self._total - self._done) / self._done)
        return 0.0

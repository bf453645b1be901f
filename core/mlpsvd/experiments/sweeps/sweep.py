"""A sweep as data: an experiment, the settings that change, seeds, and the rule that stops combinations early."""

from __future__ import annotations

import hashlib
import itertools
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import tomli_w

from mlpsvd.contenders import MLP_SVD
from mlpsvd.errors import FileFormatError, MlpSvdError, SettingError
from mlpsvd.experiments.experiment import Experiment, experiment_from_table
from mlpsvd.experiments.sweeps.axes import Axis, value_text
from mlpsvd.experiments.trials.measurements import Measurement
from mlpsvd.experiments.trials.trials import Trial, seeded
from mlpsvd.json_fields import Fields
from mlpsvd.settings import check, get, to_table, with_value

__all__ = ["MOST_COMBINATIONS", "Combination", "Rung", "Sweep", "default_judge", "sweep_from_toml", "sweep_to_toml"]

MOST_COMBINATIONS = 2000
FACTOR = 3
"""Successive halving keeps one of this many combinations, and multiplies the epochs by it."""

_FORMAT_VERSION = 1
_MOST_RUNGS = 3
_MOST_SEEDS = 1000
_HEADER = "# A sweep of MLP-SVD; continue it with: mlpsvd sweep --resume FOLDER\n"


@dataclass(frozen=True)
class Combination:
    """One value of every axis; numbers start at 1."""

    number: int
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Rung:
    """A stage of successive halving: the number of combinations that are trained, and to which epoch."""

    n_combinations: int
    epoch: int


@dataclass(frozen=True)
class Sweep:
    """All combinations of the values of some settings, repeated over consecutive seeds.

    Attributes
    ----------
    base
        The experiment with all other settings; its seed is the first one.
    axes
        The settings that change; empty for repeats of one experiment.
    n_seeds
        Number of seeds.
    stops_early
        Whether combinations are stopped by successive halving (:meth:`rungs`).
    judge
        Key of the network whose test accuracy decides; empty for the MLP-SVD, or the first network without one.
    data_identity
        Checksum of names and sizes of the recordings; empty for clips that are made.

    Raises
    ------
    SettingError
        If a setting occurs twice, there are too many combinations, or one of them is not possible.

    References
    ----------
    K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", Proc.
    AISTATS (2016): successive halving.

    Examples
    --------
    >>> from mlpsvd.experiments.sweeps.axes import parse_axis
    >>> sweep = Sweep(Experiment(), (parse_axis("hidden=10,20"), parse_axis("rate=1e-3,1e-2")), n_seeds=3)
    >>> [one.values for one in sweep.combinations]
    [((10,), 0.001), ((10,), 0.01), ((20,), 0.001), ((20,), 0.01)]
    >>> sweep.experiment(sweep.combinations[3]).training.learning_rate
    0.01
    """

    base: Experiment
    axes: tuple[Axis, ...]
    n_seeds: int = 1
    stops_early: bool = False
    judge: str = ""
    data_identity: str = ""

    def __post_init__(self) -> None:
        keys = [axis.key for axis in self.axes]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise SettingError("setting", twice, "named once, with all its values")
        if not 1 <= self.n_seeds <= _MOST_SEEDS:
            raise SettingError("repeats", self.n_seeds, f"a whole number from 1 to {_MOST_SEEDS}")
        n = math.prod(len(axis.values) for axis in self.axes)
        if n > MOST_COMBINATIONS:
            raise SettingError("combinations", n, f"at most {MOST_COMBINATIONS}; use fewer values")
        if not self.judge:
            object.__setattr__(self, "judge", default_judge(self))
        for one in self.combinations:
            self._check(one)

    def _check(self, combination: Combination) -> None:
        experiment = self.experiment(combination)
        try:
            check(experiment)
        except SettingError as error:
            if not self.axes:
                raise
            raise SettingError(error.key, error.found, f"{error.expected}, with {self.text(combination)}") from error
        if self.judge not in experiment.training.contenders:
            raise SettingError("judge", self.judge, f"one of {', '.join(experiment.training.contenders)}")

    @cached_property
    def combinations(self) -> tuple[Combination, ...]:
        """All combinations; the last axis changes fastest."""
        products = itertools.product(*(axis.values for axis in self.axes))
        return tuple(Combination(number, values) for number, values in enumerate(products, start=1))

    def text(self, combination: Combination) -> str:
        """Return a combination for people, e.g. ``Hidden neurons 10, Learning rate 0.01``."""
        pairs = zip(self.axes, combination.values, strict=True)
        return ", ".join(f"{axis.label} {value_text(value)}" for axis, value in pairs)

    def experiment(self, combination: Combination) -> Experiment:
        """Return the experiment of a combination with the first seed; its name contains the combination."""
        experiment = self.base
        for axis, value in zip(self.axes, combination.values, strict=True):
            experiment = with_value(experiment, axis.key, value)
        text = self.text(combination)
        return replace(experiment, name=f"{self.base.name}: {text}") if text else experiment

    def trials(self, combination: Combination, epoch: int | None = None) -> list[Trial]:
        """Return the trials of a combination, one for each seed, that end after an epoch (None: the last one)."""
        experiment = self.experiment(combination)
        last = None if epoch is None or epoch >= experiment.training.epochs else epoch
        return [Trial(one, Measurement.SWEEP, last) for one in seeded(experiment, self.n_seeds)]

    def rungs(self) -> list[Rung]:
        """Return the stages of the sweep; the last one trains to the last epoch.

        With ``stops_early`` all combinations are trained for a ninth of the epochs, the best third of them for a third,
        and the best third of those to the end. There are fewer stages for fewer than nine combinations or 18 epochs.
        """
        n = len(self.combinations)
        epochs = max(self.experiment(one).training.epochs for one in self.combinations)
        n_rungs = 1
        while self.stops_early and n_rungs < _MOST_RUNGS and n >= FACTOR**n_rungs and epochs >= 2 * FACTOR**n_rungs:
            n_rungs += 1
        return [
            Rung(math.ceil(n / FACTOR**index), math.ceil(epochs / FACTOR ** (n_rungs - 1 - index)))
            for index in range(n_rungs)
        ]


def default_judge(sweep: Sweep) -> str:
    """Return the network that decides by default: the MLP-SVD if every combination trains it, else the first one."""
    trained = [sweep.experiment(one).training.contenders for one in sweep.combinations]
    if all(MLP_SVD.key in keys for keys in trained):
        return MLP_SVD.key
    return next(iter(trained[0]), "")


def identity_of_data(experiment: Experiment) -> str:
    """Return a checksum of the names and sizes of an experiment's recordings; empty if it has none."""
    if experiment.data.source != "recordings":
        return ""
    root = Path(experiment.data.recordings.path)
    checksum = hashlib.sha256()
    for base, folders, names in os.walk(root if root.is_dir() else root.parent):
        folders.sort()
        for name in sorted(names):
            path = Path(base) / name
            size = path.stat().st_size if path.is_file() else -1
            checksum.update(f"{path.relative_to(root.parent).as_posix()}\0{size}\n".encode("utf-8", "surrogatepass"))
    return checksum.hexdigest()[:24]


def sweep_to_toml(sweep: Sweep) -> str:
    """Return the text of a sweep file."""
    table = {
        "format_version": _FORMAT_VERSION,
        "seeds": sweep.n_seeds,
        "stops_early": sweep.stops_early,
        "judge": sweep.judge,
        "data_identity": sweep.data_identity,
        "axes": [{"key": axis.key, "values": [_plain(value) for value in axis.values]} for axis in sweep.axes],
        "experiment": to_table(sweep.base),
    }
    return _HEADER + tomli_w.dumps(table)


def sweep_from_toml(text: str) -> Sweep:
    """Return the sweep of a sweep file.

    Raises
    ------
    FileFormatError
        If it is not one, or of a newer version.
    """
    try:
        fields = Fields(tomllib.loads(text))
        version = fields.integer("format_version", 1)
        if version > _FORMAT_VERSION:
            raise FileFormatError(f"format_version is {version}; this program reads up to {_FORMAT_VERSION}")
        base = experiment_from_table(fields.table("experiment").raw())
        axes = tuple(_axis(base, Fields(one, "axes.")) for one in fields.entries("axes"))
        return Sweep(
            base,
            axes,
            fields.integer("seeds", 1, _MOST_SEEDS),
            fields.flag("stops_early"),
            fields.text("judge"),
            fields.text("data_identity"),
        )
    except (tomllib.TOMLDecodeError, ValueError, RecursionError, MlpSvdError) as error:
        raise FileFormatError(f"this is not a sweep that can be read: {error}") from error


def _axis(base: Experiment, fields: Fields) -> Axis:
    key = fields.text("key")
    get(base, key)  # an unknown key is an error
    return Axis(key, tuple(get(_with_plain(base, key, value), key) for value in fields.entries("values")))


def _with_plain(base: Experiment, key: str, value: Any) -> Experiment:
    """Return an experiment with one value as a TOML parser returns it."""
    table: dict[str, Any] = to_table(base)
    *sections, name = key.split(".")
    inner: Any = table
    for section in sections:
        inner = inner[section]
    inner[name] = value
    return experiment_from_table(table)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def changed_settings(sweep: Sweep, combination: Combination) -> Mapping[str, Any]:
    """Return the values of a combination by key."""
    return {axis.key: _plain(value) for axis, value in zip(sweep.axes, combination.values, strict=True)}

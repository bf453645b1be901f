"""A sweep as data: an experiment, the settings that change, seeds, and the rule that stops or chooses combinations."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import tomli_w

from mlpsvd.contenders import MLP_SVD
from mlpsvd.errors import FileFormatError, MlpSvdError, SettingError
from mlpsvd.experiments.experiment import Experiment, experiment_from_table
from mlpsvd.experiments.sweeps.axes import Axis, Span, value_text
from mlpsvd.experiments.trials.measurements import Measurement
from mlpsvd.experiments.trials.trials import Trial, seeded
from mlpsvd.json_fields import Fields, parse_fields
from mlpsvd.settings import check, get, to_table, with_value

__all__ = [
    "MOST_COMBINATIONS",
    "Combination",
    "Rung",
    "Sweep",
    "chosen_to_json",
    "default_judge",
    "sweep_from_toml",
    "sweep_to_toml",
    "with_chosen",
]

MOST_COMBINATIONS = 2000
FACTOR = 3
"""Successive halving keeps one of this many combinations, and multiplies the epochs by it."""

_FORMAT_VERSION = 2
"""Version of a search; sweeps of all combinations have version 1, so that earlier programs read them."""

_SCALES = ("lin", "log")
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
    """All combinations of the values of some settings, or those that a search chooses, repeated over consecutive seeds.

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
    n_searched
        Number of combinations that a search by Optuna chooses (:mod:`mlpsvd.experiments.sweeps.search`); 0 for all.
    chosen
        The combinations that a search has chosen so far; not part of the sweep's identity.

    Raises
    ------
    SettingError
        If a setting occurs twice, there are too many combinations, or one of them is not possible.

    References
    ----------
    K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization", Proc.
    AISTATS (2016): successive halving. J. Bergstra et al., "Algorithms for hyper-parameter optimization", Proc. NIPS
    (2011): the tree-structured Parzen estimator of the search.

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
    n_searched: int = 0
    chosen: tuple[tuple[Any, ...], ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        keys = [axis.key for axis in self.axes]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise SettingError("setting", twice, "named once, with all its values")
        if not 1 <= self.n_seeds <= _MOST_SEEDS:
            raise SettingError("repeats", self.n_seeds, f"a whole number from 1 to {_MOST_SEEDS}")
        if self.n_searched:
            self._check_search()
        else:
            self._check_product()
        if not self.judge:
            object.__setattr__(self, "judge", default_judge(self))
        without = next((keys for keys in self._networks() if self.judge not in keys), None)
        if without is not None:
            raise SettingError("judge", self.judge, f"one of {', '.join(without)}")
        for one in self.combinations:
            self._check(one)

    def _check_product(self) -> None:
        n = math.prod(len(axis.values) for axis in self.axes if axis.span is None)
        if n > MOST_COMBINATIONS:
            raise SettingError("combinations", n, f"at most {MOST_COMBINATIONS}; use fewer values")
        for axis in self.axes:
            if axis.span is not None:
                raise SettingError(
                    axis.key, axis.span.text, f"a range with a number of values, e.g. {axis.span.text}5, unless a "
                    "search with Optuna chooses them",
                )  # fmt: skip

    def _check_search(self) -> None:
        if not self.axes:
            raise SettingError("settings", 0, "at least one setting with several values, which the search chooses")
        if self.stops_early:
            raise SettingError("early stopping", True, "left out in a search: Optuna chooses after whole trainings")
        if not 1 <= self.n_searched <= MOST_COMBINATIONS:
            raise SettingError("combinations", self.n_searched, f"a whole number from 1 to {MOST_COMBINATIONS}")
        n = math.prod(len(axis.values) for axis in self.axes)
        if n <= self.n_searched and all(axis.span is None for axis in self.axes):
            expected = f"fewer than the {n} that there are; a sweep without a search trains all"
            raise SettingError("combinations", self.n_searched, expected)

    def _networks(self) -> list[tuple[str, ...]]:
        """Return the networks that combinations train, each list once."""
        if self.n_searched:
            swept = (axis.values for axis in self.axes if axis.key == "training.contenders")
            return list(next(swept, (self.base.training.contenders,)))
        return list(dict.fromkeys(self.experiment(one).training.contenders for one in self.combinations))

    def _check(self, combination: Combination) -> None:
        experiment = self.experiment(combination)
        try:
            check(experiment)
        except SettingError as error:
            if not self.axes:
                raise
            raise SettingError(error.key, error.found, f"{error.expected}, with {self.text(combination)}") from error

    @cached_property
    def combinations(self) -> tuple[Combination, ...]:
        """All combinations, of which the last axis changes fastest, or those that the search has chosen so far."""
        if self.n_searched:
            return tuple(Combination(number, values) for number, values in enumerate(self.chosen, start=1))
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
        n = self.n_searched or len(self.combinations)
        epochs = max(
            (self.experiment(one).training.epochs for one in self.combinations), default=self.base.training.epochs
        )
        n_rungs = 1
        while self.stops_early and n_rungs < _MOST_RUNGS and n >= FACTOR**n_rungs and epochs >= 2 * FACTOR**n_rungs:
            n_rungs += 1
        return [
            Rung(math.ceil(n / FACTOR**index), math.ceil(epochs / FACTOR ** (n_rungs - 1 - index)))
            for index in range(n_rungs)
        ]


def default_judge(sweep: Sweep) -> str:
    """Return the network that decides by default: the MLP-SVD if every combination trains it, else the first one."""
    trained = sweep._networks()
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
        "format_version": _FORMAT_VERSION if sweep.n_searched else 1,
        **({"searched": sweep.n_searched} if sweep.n_searched else {}),
        "seeds": sweep.n_seeds,
        "stops_early": sweep.stops_early,
        "judge": sweep.judge,
        "data_identity": sweep.data_identity,
        "axes": [_axis_table(axis) for axis in sweep.axes],
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
            fields.integer("searched", 1, MOST_COMBINATIONS) if "searched" in fields else 0,
        )
    except (tomllib.TOMLDecodeError, ValueError, RecursionError, MlpSvdError) as error:
        raise FileFormatError(f"this is not a sweep that can be read: {error}") from error


def chosen_to_json(sweep: Sweep) -> str:
    """Return the text of the file of the combinations that a search has chosen."""
    table = {"format_version": 1, "combinations": [[_plain(value) for value in values] for values in sweep.chosen]}
    return json.dumps(table)


def with_chosen(sweep: Sweep, text: bytes) -> Sweep:
    """Return a search with the combinations of such a file.

    Raises
    ------
    FileFormatError
        If it is damaged, of a newer version, or of another search.
    """
    fields = parse_fields(text)
    fields.integer("format_version", 1, 1)
    chosen = []
    for values in fields.entries("combinations"):
        if not isinstance(values, list) or len(values) != len(sweep.axes):
            raise FileFormatError(f"a combination should be a list of {len(sweep.axes)} values")
        pairs = zip(sweep.axes, values, strict=True)
        chosen.append(tuple(get(_with_plain(sweep.base, axis.key, value), axis.key) for axis, value in pairs))
    if len(chosen) > sweep.n_searched:
        raise FileFormatError(f"it has {len(chosen)} combinations; it should have at most {sweep.n_searched}")
    return replace(sweep, chosen=tuple(chosen))


def _axis_table(axis: Axis) -> dict[str, Any]:
    if axis.span is None:
        return {"key": axis.key, "values": [_plain(value) for value in axis.values]}
    return {"key": axis.key, "low": axis.span.low, "high": axis.span.high, "scale": _SCALES[axis.span.is_logarithmic]}


def _axis(base: Experiment, fields: Fields) -> Axis:
    key = fields.text("key")
    get(base, key)  # an unknown key is an error
    if "low" in fields:
        return Axis(key, (), Span(fields.number("low"), fields.number("high"), fields.text("scale", _SCALES) == "log"))
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

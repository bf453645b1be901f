"""The combinations that a search trains next, chosen by Optuna's tree-structured Parzen estimator (TPE).

A choice depends only on the sweep and the results so far: every group has a sampler of its own, with a seed that
follows from the sweep's seed and the number of results. So a search that is interrupted continues with the same
combinations, without a file of Optuna's own.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any

from mlpsvd.errors import MissingLibraryError, SettingError
from mlpsvd.experiments.sweeps.axes import Axis
from mlpsvd.experiments.sweeps.results import CombinationResult
from mlpsvd.experiments.sweeps.sweep import Combination, Sweep
from mlpsvd.frozen import how_to_add
from mlpsvd.settings import problems
from mlpsvd.streams import Purpose, seeds

__all__ = ["FIRST_GROUP", "next_group", "require_optuna", "search_problem"]

FIRST_GROUP = 10
"""Combinations that are chosen at random before TPE has results, Optuna's default."""

_GROUP = 4
_MOST_TRIES = 100


def search_problem() -> str:
    """Return why a search is not possible, in one sentence; empty if it is. Optuna is not imported."""
    return "" if importlib.util.find_spec("optuna") is not None else f"{_missing()}."


def _missing() -> str:
    return f"A search requires the library Optuna, which is not installed; {how_to_add('optuna')}"


def require_optuna() -> Any:
    """Return the module of Optuna.

    Raises
    ------
    MissingLibraryError
        If it is not installed.
    """
    try:
        optuna: Any = importlib.import_module("optuna")
    except ImportError as error:
        raise MissingLibraryError(_missing()) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def next_group(sweep: Sweep, results: Sequence[CombinationResult]) -> list[tuple[Any, ...]]:
    """Return the combinations that a search trains next, each possible and new; empty at the end of the search.

    The first group has ten combinations. Later ones have four, or a tenth of all if that is more: fewer would leave
    cores idle, more would use less of the results.

    Parameters
    ----------
    sweep
        The search.
    results
        Results of all combinations that it has chosen so far. A training that diverged counts as 0 % accuracy.

    Raises
    ------
    MissingLibraryError
        If Optuna is not installed.
    SettingError
        If none of a hundred combinations is possible.

    References
    ----------
    J. Bergstra et al., "Algorithms for hyper-parameter optimization", Proc. NIPS (2011): TPE. T. Akiba et al., "Optuna:
    a next-generation hyperparameter optimization framework", Proc. KDD (2019).
    """
    n_left = sweep.n_searched - len(results)
    size = min(n_left, max(_GROUP, sweep.n_searched // 10) if results else FIRST_GROUP)
    return _Study(sweep, results).ask(size) if size > 0 else []


class _Study:
    """A study of Optuna's in memory, with the results so far."""

    def __init__(self, sweep: Sweep, results: Sequence[CombinationResult]) -> None:
        self._optuna = require_optuna()
        self._sweep = sweep
        self._known = {one.combination.values for one in results}
        self._distributions = {axis.key: self._distribution(axis) for axis in sweep.axes}
        seed = int(seeds(Purpose.SEARCH, sweep.base.seed, len(results)).generate_state(1)[0])
        sampler = self._optuna.samplers.TPESampler(seed=seed, n_startup_trials=min(FIRST_GROUP, sweep.n_searched))
        self._study = self._optuna.create_study(direction="maximize", sampler=sampler)
        for one in results:
            self._study.add_trial(self._trial(one))

    def ask(self, size: int) -> list[tuple[Any, ...]]:
        """Return up to ``size`` new combinations."""
        chosen: list[tuple[Any, ...]] = []
        problem: SettingError | None = None
        for _ in range(_MOST_TRIES):
            if len(chosen) == size:
                break
            trial = self._study.ask(fixed_distributions=self._distributions)
            values = tuple(_value(axis, trial.params[axis.key]) for axis in self._sweep.axes)
            problem = next(problems(self._sweep.experiment(Combination(0, values))), None)
            if problem is None and values not in self._known:
                self._known.add(values)
                chosen.append(values)
            else:
                self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
        if not chosen and problem is not None:
            raise problem
        return chosen

    def _distribution(self, axis: Axis) -> Any:
        kinds = self._optuna.distributions
        if axis.span is not None and axis.is_integer:
            return kinds.IntDistribution(int(axis.span.low), int(axis.span.high), log=axis.span.is_logarithmic)
        if axis.span is not None:
            return kinds.FloatDistribution(axis.span.low, axis.span.high, log=axis.span.is_logarithmic)
        if axis.is_numeric:  # by position in the list, so that neighbours are alike
            return kinds.IntDistribution(0, len(axis.values) - 1)
        return kinds.CategoricalDistribution(tuple(range(len(axis.values))))

    def _trial(self, result: CombinationResult) -> Any:
        values = zip(self._sweep.axes, result.combination.values, strict=True)
        score = result.networks[self._sweep.judge].mean if self._sweep.judge in result.networks else 0.0
        return self._optuna.trial.create_trial(
            params={axis.key: _parameter(axis, value) for axis, value in values},
            distributions=self._distributions,
            value=score,
        )


def _value(axis: Axis, parameter: float) -> Any:
    return axis.values[int(parameter)] if axis.span is None else axis.value_at(parameter)


def _parameter(axis: Axis, value: Any) -> float:
    if axis.span is None:
        return axis.values.index(value)
    number = min(max(axis.number(value), axis.span.low), axis.span.high)  # rounded beyond an end
    return int(number) if axis.is_integer else number

"""Results of a sweep: one row for each combination, with every network's means over the seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median, stdev
from typing import Any

from mlpsvd.experiments.sweeps.sweep import Combination, Sweep
from mlpsvd.metrics.differences import holm, paired_over_seeds
from mlpsvd.metrics.pareto import pareto_front
from mlpsvd.metrics.uncertainty import SIGNIFICANCE, compare_accuracies

__all__ = ["COSTS", "CombinationResult", "NetworkResult", "best_first", "combination_result", "fronts", "mean_accuracy",
           "with_tests"]  # fmt: skip

COSTS: Mapping[str, str] = {
    "n_weights": "Weights after training",
    "flops": "Operations of the training",
    "train_s": "Training time (s)",
}
"""Costs of a network, against which the accuracy is drawn, with their labels."""


@dataclass(frozen=True)
class NetworkResult:
    """One network of a combination.

    Attributes
    ----------
    accuracies
        Test accuracy after the last epoch that was trained, by seed.
    n_weights, rank, flops
        Means over the seeds: weights, rank of the first layer, floating-point operations of the training.
    train_s
        Median over the seeds, in seconds. Trials share the cores, so that times of other computations differ.
    n_test
        Number of test clips of one seed.
    """

    accuracies: tuple[float, ...]
    n_weights: float
    rank: float
    flops: float
    train_s: float
    n_test: int

    @property
    def mean(self) -> float:
        """Mean accuracy."""
        return fmean(self.accuracies)

    @property
    def std(self) -> float:
        """Sample standard deviation over the seeds; NaN for one seed."""
        return stdev(self.accuracies) if len(self.accuracies) > 1 else math.nan

    def cost(self, name: str) -> float:
        """Return one of :data:`COSTS`."""
        return float(getattr(self, name))


@dataclass(frozen=True)
class CombinationResult:
    """What is known about one combination.

    Attributes
    ----------
    combination
        Its number and values.
    epoch, n_epochs
        Epoch that all seeds have reached (0: none), and that of the whole training.
    networks
        Results by network, at that epoch; empty before the first one.
    failure
        Why a training ended, for instance because it diverged; empty if none did.
    is_stopped
        Whether it was stopped early.
    p_value
        p-value of the difference from the best combination, corrected for the number of tests; NaN if not known.
    """

    combination: Combination
    epoch: int
    n_epochs: int
    networks: Mapping[str, NetworkResult]
    failure: str = ""
    is_stopped: bool = False
    p_value: float = math.nan

    @property
    def is_complete(self) -> bool:
        """Whether all seeds were trained to the last epoch."""
        return bool(self.networks) and not self.failure and self.epoch == self.n_epochs

    @property
    def within_chance(self) -> bool:
        """Whether chance explains the difference from the best combination."""
        return self.p_value >= SIGNIFICANCE

    @property
    def state(self) -> str:
        """``complete``, ``failed``, ``stopped``, or ``open``."""
        if self.is_complete:
            return "complete"
        return "failed" if self.failure else "stopped" if self.is_stopped else "open"


def combination_result(
    sweep: Sweep, combination: Combination, epoch: int | None, results: Sequence[Mapping[str, Any] | None]
) -> CombinationResult:
    """Return the result of a combination from those of its trials, one for each seed (None: missing).

    Parameters
    ----------
    sweep, combination
        The sweep and the combination.
    epoch
        Epoch after which the trials ended; None for the last one.
    results
        Results of the trials.
    """
    n_epochs = sweep.experiment(combination).training.epochs
    failure = next((str(one["failed"]) for one in results if one is not None and "failed" in one), "")
    known = [one for one in results if one is not None]
    if failure or len(known) < len(results):
        return CombinationResult(combination, 0, n_epochs, {}, failure)
    reached = n_epochs if epoch is None else min(epoch, n_epochs)
    keys = [key for key in known[0]["contenders"] if all(key in one["contenders"] for one in known)]
    networks = {key: _network([one["contenders"][key] for one in known]) for key in keys}
    return CombinationResult(combination, reached, n_epochs, networks)


def mean_accuracy(sweep: Sweep, result: CombinationResult) -> float:
    """Return the mean test accuracy of the network that decides; −1 if there is none."""
    return result.networks[sweep.judge].mean if sweep.judge in result.networks else -1.0


def best_first(sweep: Sweep, results: Sequence[CombinationResult]) -> list[CombinationResult]:
    """Return results in order: trained longest first, then by mean accuracy, fewer weights, and number."""

    def key(one: CombinationResult) -> tuple[bool, float, float, float, int]:
        network = one.networks.get(sweep.judge)
        share = one.epoch / one.n_epochs
        weights = math.inf if network is None else network.n_weights
        return bool(one.failure), -share, -mean_accuracy(sweep, one), weights, one.combination.number

    return sorted(results, key=key)


def with_tests(sweep: Sweep, results: Sequence[CombinationResult]) -> list[CombinationResult]:
    """Return results with the p-values of the complete ones against the best, corrected with Holm's method.

    With two or more seeds it is a paired t-test over the seeds; with one, a test of two proportions.
    """
    complete = [one for one in best_first(sweep, results) if one.is_complete]
    if not complete:
        return list(results)
    best, *others = complete
    p_values = holm([_p_value(best.networks[sweep.judge], one.networks[sweep.judge]) for one in others])
    by_number = {one.combination.number: p for one, p in zip(others, p_values, strict=True)}
    return [replace(one, p_value=by_number.get(one.combination.number, math.nan)) for one in results]


def fronts(results: Sequence[CombinationResult], cost: str) -> list[tuple[int, str]]:
    """Return number and network of the Pareto-optimal points, accuracy against a cost, the least cost first."""
    points = [(one, key) for one in results if one.is_complete for key in one.networks]
    front = pareto_front([(one.networks[key].cost(cost), one.networks[key].mean) for one, key in points])
    return [(points[index][0].combination.number, points[index][1]) for index in front]


def _network(tables: Sequence[Mapping[str, Any]]) -> NetworkResult:
    return NetworkResult(
        tuple(float(one["test_accuracy"][-1]) for one in tables),
        fmean(one["n_weights"][-1] for one in tables),
        fmean(one["rank"][-1] for one in tables),
        fmean(one["flops"] for one in tables),
        median(one["train_s"] for one in tables),
        sum(sum(row) for row in tables[0]["confusion"]),
    )


def _p_value(best: NetworkResult, other: NetworkResult) -> float:
    if len(best.accuracies) > 1:
        return paired_over_seeds(best.accuracies, other.accuracies).p_value
    return compare_accuracies(best.mean, other.mean, min(best.n_test, other.n_test)).p_value

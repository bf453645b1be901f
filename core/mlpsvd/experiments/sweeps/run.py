"""Running a sweep: a generator of events; what is finished is kept, and the same call continues.

A search runs in groups: Optuna chooses the combinations of a group from the results of all earlier ones, so that they
do not depend on the number of workers or on interruptions.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from mlpsvd.executors import OpenExecutor
from mlpsvd.experiments.sweeps.folder import SweepFolder
from mlpsvd.experiments.sweeps.results import (
    CombinationResult,
    best_first,
    combination_result,
    with_tests,
)
from mlpsvd.experiments.sweeps.search import next_group
from mlpsvd.experiments.sweeps.sweep import Combination, Rung, Sweep
from mlpsvd.experiments.trials.trials import Trial, TrialStore
from mlpsvd.experiments.trials.workers import Workers

__all__ = ["RungEnded", "SweepEvent", "SweepTrialDone", "kept_results", "run_sweep"]


@dataclass(frozen=True)
class SweepTrialDone:
    """A trial is finished.

    Attributes
    ----------
    result
        What is known about its combination, whose other seeds may be missing.
    done, total
        Trials done, and those of all stages.
    left_s
        Estimated remaining seconds; None before the first trial has been computed.
    kept
        Whether the trial was kept from before.
    """

    result: CombinationResult
    done: int
    total: int
    left_s: float | None
    kept: bool


@dataclass(frozen=True)
class RungEnded:
    """A stage of successive halving has ended at an epoch: how many combinations go on, and how many were stopped."""

    epoch: int
    n_kept: int
    n_stopped: int


SweepEvent = SweepTrialDone | RungEnded


def run_sweep(folder: SweepFolder, open_executor: OpenExecutor) -> Generator[SweepEvent, None, None]:
    """Run the missing trials of a sweep, or the rest of a search. Close the generator to stop.

    Which combinations are stopped early depends on the results only, not on the number of workers or the order in which
    trials end: a stage ends when all its trials have.

    Parameters
    ----------
    folder
        The folder of the sweep.
    open_executor
        Opens the executor; called again if a worker process is killed.

    Raises
    ------
    MissingLibraryError
        If the sweep is a search and Optuna is not installed.
    MlpSvdError
        If a trial fails for another reason than a training that diverges.
    OSError
        If a result cannot be written.
    """
    if folder.sweep.n_searched:
        yield from _run_search(folder, open_executor)
        return
    sweep, rungs = folder.sweep, folder.sweep.rungs()
    progress = _Progress(sweep, rungs)
    left: Sequence[Combination] = sweep.combinations
    with Workers(open_executor) as workers:
        for rung, following in zip(rungs, [*rungs[1:], None], strict=True):
            owners = {trial.key: one for one in left for trial in sweep.trials(one, _epoch_of(rung, following))}
            trials = [trial for one in left for trial in sweep.trials(one, _epoch_of(rung, following))]
            with closing(workers.run(trials, folder.store)) as events:
                for event in events:
                    one = owners[event.trial.key]
                    result = _result(sweep, one, _epoch_of(rung, following), folder.store)
                    yield progress.done(result, event.trial, kept=event.kept)
            if following is not None:
                results = [_result(sweep, one, rung.epoch, folder.store) for one in left]
                left = _going_on(sweep, results, following.n_combinations)
                progress.expect(rungs[rungs.index(following) :], len(left))
                yield RungEnded(rung.epoch, len(left), len(results) - len(left))


def _run_search(folder: SweepFolder, open_executor: OpenExecutor) -> Generator[SweepEvent, None, None]:
    n_trials, n_done = folder.sweep.n_searched * folder.sweep.n_seeds, 0
    pace, results = _Pace(), list[CombinationResult]()
    with Workers(open_executor) as workers:
        while len(results) < folder.sweep.n_searched:
            sweep = folder.sweep
            group = sweep.combinations[len(results) :]
            trials = [(trial, one) for one in group for trial in sweep.trials(one)]
            owners = {trial.key: one for trial, one in trials}
            with closing(workers.run([trial for trial, _ in trials], folder.store)) as events:
                for event in events:
                    n_done += 1
                    result = _result(sweep, owners[event.trial.key], None, folder.store)
                    left_s = pace.left_s(n_trials - n_done, 1.0, kept=event.kept)
                    yield SweepTrialDone(result, n_done, n_trials, left_s, event.kept)
            results += [_result(sweep, one, None, folder.store) for one in group]
            chosen = next_group(sweep, results)
            if not chosen:
                return
            folder.choose(chosen)


class _Pace:
    """Estimates the remaining time from the work that was computed."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._computed = 0.0

    def left_s(self, left: float, cost: float, *, kept: bool) -> float | None:
        """Count the work of a trial and return the seconds left; None before the first one has been computed."""
        if not kept:
            self._computed += cost
        elapsed_s = time.monotonic() - self._started
        return elapsed_s * left / self._computed if self._computed else None


def kept_results(sweep: Sweep, store: TrialStore) -> list[CombinationResult]:
    """Return what is known about every combination, from the kept trials, in the order of their numbers."""
    found = {one.number: CombinationResult(one, 0, _n_epochs(sweep, one), {}) for one in sweep.combinations}
    left: Sequence[Combination] = sweep.combinations
    rungs = sweep.rungs()
    for rung, following in zip(rungs, [*rungs[1:], None], strict=True):
        results = [_result(sweep, one, _epoch_of(rung, following), store) for one in left]
        for result in results:
            if result.networks or result.failure:
                found[result.combination.number] = result
        if following is None or any(result.state == "open" and not result.networks for result in results):
            break
        left = _going_on(sweep, results, following.n_combinations)
        going_on = {one.number for one in left}
        for result in results:
            number = result.combination.number
            found[number] = replace(found[number], is_stopped=number not in going_on and not result.is_complete)
    return with_tests(sweep, list(found.values()))


def _epoch_of(rung: Rung, following: Rung | None) -> int | None:
    return None if following is None else rung.epoch


def _n_epochs(sweep: Sweep, combination: Combination) -> int:
    return sweep.experiment(combination).training.epochs


def _result(sweep: Sweep, combination: Combination, epoch: int | None, store: TrialStore) -> CombinationResult:
    results = [store.get(trial) for trial in sweep.trials(combination, epoch)]
    return combination_result(sweep, combination, epoch, results)


def _going_on(sweep: Sweep, results: Sequence[CombinationResult], n_most: int) -> list[Combination]:
    """Return the combinations that are trained on: the most accurate ones; none that failed."""
    ordered = best_first(sweep, [replace(one, epoch=1, n_epochs=1) for one in results if not one.failure])
    chosen = {one.combination.number for one in ordered[:n_most]}
    return [one.combination for one in results if one.combination.number in chosen]


class _Progress:
    """Counts trials and estimates the remaining time from the work done so far."""

    def __init__(self, sweep: Sweep, rungs: Sequence[Rung]) -> None:
        self._total = sum(rung.n_combinations for rung in rungs) * sweep.n_seeds
        mean = sum(_cost(sweep, one, None) for one in sweep.combinations) / len(sweep.combinations)
        epochs = rungs[-1].epoch
        self._left = sum(rung.n_combinations * rung.epoch / epochs for rung in rungs) * sweep.n_seeds * mean
        self._n_seeds = sweep.n_seeds
        self._n_done = 0
        self._pace = _Pace()

    def expect(self, rungs: Sequence[Rung], n_combinations: int) -> None:
        """Correct the number of trials: fewer combinations go on than planned if some failed."""
        n_planned = sum(min(rung.n_combinations, n_combinations) for rung in rungs)
        self._total = self._n_done + n_planned * self._n_seeds

    def done(self, result: CombinationResult, trial: Trial, *, kept: bool) -> SweepTrialDone:
        """Count a trial."""
        self._n_done += 1
        self._left = max(0.0, self._left - trial.cost)
        left_s = self._pace.left_s(self._left, trial.cost, kept=kept)
        return SweepTrialDone(result, self._n_done, self._total, left_s, kept)


def _cost(sweep: Sweep, combination: Combination, epoch: int | None) -> float:
    return sweep.trials(combination, epoch)[0].cost

"""Beyond the paper: training time and accuracy over discarding thresholds and schedules, with the Pareto front."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from mlpsvd.drawing import PALETTE, new_figure, style
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.compare import mean_std
from mlpsvd.experiments.papers.finding import Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.table_2 import time_ratio
from mlpsvd.experiments.papers.tasks import changed, final_percents, final_ranks, race_trials, table_2_task
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.metrics.pareto import pareto_front

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PARETO"]

_THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.4)
_SCHEDULES: Mapping[str, Mapping[str, Any]] = {
    "20 points, 5 to 67 (paper)": {},
    "20 points, 2 to 67": {"discarding.first": 2},
    "20 points, 10 to 67": {"discarding.first": 10},
    "20 points, 5 to 30": {"discarding.last": 30},
    "5 points, 5 to 67": {"discarding.points": 5},
    "1 point, at 5": {"discarding.points": 1},
}
_MARKERS = ("v", "o", "s", "D", "^")
_SHOWN_POINTS = 2.0  # of accuracy; choices that lose more are in the table only
_MOST_TRIALS = 5


@dataclass(frozen=True)
class _Point:
    """One threshold with one schedule: training time relative to the MLP, accuracy in percent, remaining rank."""

    schedule: str
    threshold: float
    time: float
    operations: float
    percent: float
    std: float
    rank: float


def _task(schedule: str, threshold: float) -> Experiment:
    name = f"5 classes, 10 Hz, threshold {threshold:g}, {schedule}"
    changes = {"name": name, "discarding.threshold": threshold, **_SCHEDULES[schedule]}
    return changed(table_2_task(10.0, 5), changes)


def _n(n_trials: int) -> int:
    return min(n_trials, _MOST_TRIALS)


def _trials(n_trials: int) -> list[Trial]:
    tasks = [_task(schedule, threshold) for schedule in _SCHEDULES for threshold in _THRESHOLDS]
    return [trial for task in tasks for trial in race_trials(task, _n(n_trials))]


def _find(n_trials: int, results: Results) -> Finding:
    points = [_point(s, t, results, _n(n_trials)) for s in _SCHEDULES for t in _THRESHOLDS]
    front = pareto_front([(one.time, one.percent) for one in points])
    baseline = race_trials(_task(next(iter(_SCHEDULES)), 0.1), _n(n_trials))
    mlp = mean_std(final_percents(results, baseline, "mlp"))[0]
    fastest, best = points[front[0]], points[front[-1]]
    return Finding(
        f"The fastest setting ({fastest.schedule}, threshold {fastest.threshold:g}) takes {fastest.time:.2f} of the "
        f"MLP's time and reaches {fastest.percent:.1f} %; the most accurate ({best.schedule}, threshold "
        f"{best.threshold:g}) {best.time:.2f} and {best.percent:.1f} %. The MLP reaches {mlp:.1f} %.",
        (),
        (_table(points, front),),
        (Picture("pareto", "Test accuracy against training time relative to the MLP; line: Pareto front. Settings "
                 "that lose more than 2 points are in the table only.", lambda: _drawn(points, front, mlp)),),
        (f"Five classes, 10 Hz. Mean accuracy and median time ratio of {_n(n_trials)} trials, both networks in turn in "
         "one process. Differences of less than a point of accuracy are within the spread of so few trials.",),
        (_task(next(iter(_SCHEDULES)), 0.1),),
    )  # fmt: skip


def _point(schedule: str, threshold: float, results: Results, n: int) -> _Point:
    trials = race_trials(_task(schedule, threshold), n)
    races = [race["contenders"] for race in results.all(trials)]
    mean, std = mean_std(final_percents(results, trials, "mlp-svd"))
    return _Point(
        schedule,
        threshold,
        time_ratio(results, trials),
        median(race["mlp-svd"]["flops"] / race["mlp"]["flops"] for race in races),
        mean,
        std,
        float(np.mean(final_ranks(results, trials))),
    )


def _table(points: list[_Point], front: list[int]) -> Table:
    columns = ("schedule", "threshold", "time_of_mlp", "operations_of_mlp", "accuracy_percent", "std_percent",
               "mean_rank", "on_front")  # fmt: skip
    rows = [
        (one.schedule, one.threshold, round(one.time, 3), round(one.operations, 3), round(one.percent, 2),
         round(one.std, 2), round(one.rank, 1), "yes" if index in front else "")
        for index, one in enumerate(points)
    ]  # fmt: skip
    return Table("pareto", "Thresholds and schedules", columns, tuple(rows), shown=True)


def _drawn(points: list[_Point], front: list[int], mlp: float) -> Figure:
    with style():
        figure = new_figure(3.6)
        axes = figure.subplots()
        for schedule, colour in zip(_SCHEDULES, PALETTE, strict=False):
            axes.plot([], [], "o", markersize=3, color=colour, label=schedule)
            for one, marker in zip((p for p in points if p.schedule == schedule), _MARKERS, strict=True):
                axes.plot(one.time, one.percent, marker, markersize=4, color=colour, alpha=0.85)
        for threshold, marker in zip(_THRESHOLDS, _MARKERS, strict=True):
            axes.plot([], [], marker, markersize=4, color="0.5", label=f"threshold {threshold:g}")
        line = [points[index] for index in front]
        axes.step([one.time for one in line], [one.percent for one in line], where="post", color="0.5", linewidth=0.6)
        axes.plot(1.0, mlp, "k*", label="MLP")
        axes.set_ylim(bottom=max(one.percent for one in points) - _SHOWN_POINTS)
        axes.set_xlabel("Training time, MLP = 1")
        axes.set_ylabel("Test accuracy (%)")
        figure.legend(loc="outside upper center", ncols=2)
    return figure


PARETO = Reproduction(
    "pareto",
    "Discarding thresholds and schedules",
    "Training time and accuracy with higher thresholds and with earlier or rarer discarding.",
    True,
    _trials,
    _find,
)

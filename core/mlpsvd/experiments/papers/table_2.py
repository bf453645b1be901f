"""Table II: test accuracy, remaining singular values and training time of MLP and MLP-SVD on six tasks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING

from mlpsvd.contenders import CONTENDERS, DEFAULT_CONTENDERS, contender_title
from mlpsvd.drawing import contender_colour, new_figure, style
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.compare import (
    ALLOWANCE_NOTE,
    allowed_points,
    compare_accuracy,
    compare_ranks,
    mean_std,
)
from mlpsvd.experiments.papers.finding import Comparison, Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.printed import TABLE_2, TEST_CLIPS_PER_CLASS
from mlpsvd.experiments.papers.tasks import final_percents, final_ranks, race_trials, table_2_task, train_s
from mlpsvd.experiments.trials.trials import Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["TABLE_II", "tasks"]


_MORE_CLIPS = 1000  # per class: the size of our test sets
_RANKS = "remaining singular values"
_ON_CPU = (
    "Training times are seconds on one core without evaluation, with both networks trained in turn in the same "
    "process; the paper's are from MATLAB. Only their ratios are comparable."
)
_ON_GPU = ("Training times are each network's share of one call that trains all networks side by side on a GPU, where "
           "fewer weights save little; the paper's are of one network at a time.")  # fmt: skip


def tasks() -> dict[tuple[float, int], Experiment]:
    """Return the six experiments, by bandwidth in hertz and number of classes."""
    return {key: table_2_task(*key) for key in TABLE_2}


def _trials(n_trials: int) -> list[Trial]:
    return [trial for task in tasks().values() for trial in race_trials(task, n_trials)]


def _find(n_trials: int, results: Results) -> Finding:
    runs = {key: race_trials(task, n_trials) for key, task in tasks().items()}
    comparisons = [one for key, trials in runs.items() for one in _compared(key, results, trials)]
    accuracies = [one for one in comparisons if one.difference is not None]
    worst = max(abs(one.difference or 0.0) for one in accuracies)
    beyond = sum(not one.agrees for one in accuracies)
    larger = sum(_is_beyond(key, one) for key, trials in runs.items() for one in _accuracies(key, results, trials))
    ranks = [one for one in comparisons if one.what.endswith(_RANKS)]
    inside = sum(bool(one.agrees) for one in ranks)
    summary = (
        f"With {n_trials} trials of each task, the largest difference between a mean accuracy and the paper's is "
        f"{worst:.1f} points; {_count(beyond, len(accuracies))} of the accuracies differ by more than the sampling "
        f"error if the paper tested on {TEST_CLIPS_PER_CLASS} clips a class, {_count(larger, len(accuracies))} if on "
        f"{_MORE_CLIPS:,}. Of the {len(ranks)} ranges of remaining singular values, {inside} lie within the paper's."
    )
    return Finding(
        summary,
        tuple(comparisons),
        (_table(runs, results), _trial_table(runs, results)),
        (Picture("table-2", "Mean test accuracies and those of the paper; error bars: ± one standard deviation.",
                 lambda: _drawn(comparisons)),),
        (ALLOWANCE_NOTE, *_time_notes(runs, results)),
        tuple(tasks().values()),
    )  # fmt: skip


def _time_notes(runs: dict[tuple[float, int], list[Trial]], results: Results) -> Iterator[str]:
    """Yield how the training times were measured: on the CPU, on a GPU, or some on each."""
    engines = {result["engine"] for trials in runs.values() for result in results.all(trials)}
    on_gpu = {"GPU" in engine for engine in engines}
    if False in on_gpu:
        yield _ON_CPU
    if True in on_gpu:
        yield _ON_GPU


def _compared(key: tuple[float, int], results: Results, trials: list[Trial]) -> Iterator[Comparison]:
    paper = TABLE_2[key]
    task = _task_name(key)
    yield from _accuracies(key, results, trials)
    yield compare_ranks(f"{task}: {_RANKS}", paper.ranks, final_ranks(results, trials))
    ratio = time_ratio(results, trials)
    verdict = "saves time, as in the paper" if ratio < 1 else "saves no time, unlike in the paper"
    what = f"{task}: training time, MLP-SVD / MLP"
    yield Comparison(what, f"{paper.mlp_svd_s / paper.mlp_s:.2f}", f"{ratio:.2f}", verdict, ratio < 1)


def _task_name(key: tuple[float, int]) -> str:
    bandwidth_hz, n_classes = key
    return f"{bandwidth_hz:g} Hz, {n_classes} classes"


def _is_beyond(key: tuple[float, int], one: Comparison) -> bool:
    """Whether a difference would exceed the sampling error of the larger test set."""
    paper_percent = (one.mean or 0.0) - (one.difference or 0.0)
    std = math.nan if one.std is None else one.std
    return abs(one.difference or 0.0) > allowed_points(paper_percent, std, one.n, key[1], _MORE_CLIPS)


def _accuracies(key: tuple[float, int], results: Results, trials: list[Trial]) -> Iterator[Comparison]:
    paper = TABLE_2[key]
    printed = {"mlp": paper.mlp_percent, "mlp-svd": paper.mlp_svd_percent}
    for contender in DEFAULT_CONTENDERS:
        percents = final_percents(results, trials, contender)
        what = f"{_task_name(key)}, {contender_title(contender)}: test accuracy"
        yield compare_accuracy(what, printed[contender], percents, key[1])


def time_ratio(results: Results, trials: list[Trial]) -> float:
    """Return the median over the trials of MLP-SVD's training time relative to the MLP."""
    times = (train_s(results, trials, contender) for contender in ("mlp-svd", "mlp"))
    return float(median(svd / mlp for svd, mlp in zip(*times, strict=True)))


def _table(runs: dict[tuple[float, int], list[Trial]], results: Results) -> Table:
    columns = ("bandwidth_hz", "n_classes", "network", "accuracy_percent", "std_percent", "paper_percent",
               "rank_low", "rank_high", "paper_ranks", "train_s", "paper_train_s")  # fmt: skip
    rows = []
    for key, trials in runs.items():
        paper = TABLE_2[key]
        for contender in DEFAULT_CONTENDERS:
            mean, std = mean_std(final_percents(results, trials, contender))
            is_mlp = contender == "mlp"
            ranks = final_ranks(results, trials)
            rows.append((
                *key, contender_title(contender), round(mean, 2), round(std, 2),
                paper.mlp_percent if is_mlp else paper.mlp_svd_percent,
                *(("", "", "") if is_mlp else (min(ranks), max(ranks), "–".join(map(str, paper.ranks)))),
                round(median(train_s(results, trials, contender)), 4), paper.mlp_s if is_mlp else paper.mlp_svd_s,
            ))  # fmt: skip
    return Table("table-2", "Table II", columns, tuple(rows), shown=True)


def _trial_table(runs: dict[tuple[float, int], list[Trial]], results: Results) -> Table:
    columns = ("bandwidth_hz", "n_classes", "network", "seed", "accuracy_percent", "rank", "train_s")
    rows = [
        (*key, contender_title(contender), trial.experiment.seed, round(percent, 3), rank, seconds)
        for key, trials in runs.items()
        for contender in DEFAULT_CONTENDERS
        for trial, percent, rank, seconds in zip(
            trials,
            final_percents(results, trials, contender),
            final_ranks(results, trials, contender),
            train_s(results, trials, contender),
            strict=True,
        )
    ]
    return Table("table-2-trials", "Trials of Table II", columns, tuple(rows))


def _drawn(comparisons: list[Comparison]) -> Figure:
    accuracies = [one for one in comparisons if one.mean is not None and one.what.endswith("test accuracy")]
    with style():
        figure = new_figure(2.9)
        axes = figure.subplots()
        for row, (one, paper) in enumerate(zip(accuracies, _printed(), strict=True)):
            contender = DEFAULT_CONTENDERS[row % 2]
            y = row // 2 + (0.16 if row % 2 else -0.16)
            colour, label = contender_colour(CONTENDERS[contender]), contender_title(contender) if row < 2 else None
            axes.errorbar(one.mean or 0.0, y, xerr=one.std, color=colour, fmt="o", markersize=3, label=label)
            axes.plot(paper, y, "k|", markersize=7, label="Paper" if row == 0 else None)
        axes.set_yticks(range(len(TABLE_2)), [f"{b:g} Hz, {n} classes" for b, n in TABLE_2])
        axes.invert_yaxis()
        axes.set_xlabel("Test accuracy (%)")
        figure.legend(loc="outside upper center", ncols=3)
    return figure


def _printed() -> list[float]:
    return [percent for cell in TABLE_2.values() for percent in (cell.mlp_percent, cell.mlp_svd_percent)]


def _count(n: int, of: int) -> str:
    return f"none of {of}" if n == 0 else f"{n} of {of}"


TABLE_II = Reproduction(
    "table-2",
    "Table II: MLP and MLP-SVD on six tasks",
    "Test accuracy, remaining singular values and training time for 2, 5 and 10 classes at 10 and 100 Hz bandwidth.",
    False,
    _trials,
    _find,
)

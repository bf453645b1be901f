"""Beyond the paper: Bayes limit of each synthetic task, and the accuracies reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpsvd.contenders import CONTENDERS, DEFAULT_CONTENDERS
from mlpsvd.drawing import contender_colour, new_figure, style
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.compare import mean_std
from mlpsvd.experiments.papers.finding import Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.tasks import bayes_percent, bayes_trial, final_percents, race_trials
from mlpsvd.experiments.presets import PRESETS
from mlpsvd.experiments.trials.trials import Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BAYES_LIMIT"]

_Row = tuple[str, float, float, float, float, float]


def _tasks() -> list[Experiment]:
    return [one for one in PRESETS.values() if one.data.source == "synthetic"]


def _trials(n_trials: int) -> list[Trial]:
    races = [trial for task in _tasks() for trial in race_trials(task, n_trials)]
    return [*races, *(bayes_trial(task) for task in _tasks())]


def _find(n_trials: int, results: Results) -> Finding:
    rows = [_row(task, results, n_trials) for task in _tasks()]
    gaps = [limit - mlp_svd for _, limit, _, _, mlp_svd, _ in rows]
    columns = ("task", "bayes_limit_percent", "mlp_percent", "mlp_std", "mlp_svd_percent", "mlp_svd_std")
    table = Table("bayes-limit", "Accuracy and Bayes limit", columns, tuple(rows), shown=True)
    return Finding(
        f"MLP-SVD is {min(gaps):.1f} to {max(gaps):.1f} points below the best accuracy that any classifier of the "
        "waveform, instead of its magnitudes, can reach.",
        (),
        (table,),
        (Picture("bayes-limit", "Test accuracy and Bayes limit (vertical marks); error bars: ± one standard "
                 "deviation.", lambda: _drawn(rows)),),
        ("The clips are Gaussian and each filter can be inverted, so the likelihood of a segment under each class is "
         "known in closed form; picking the most likely class errs least of all rules. Its accuracy is estimated on "
         "100,000 clips (standard error at most 0.1 points). The networks see FFT magnitudes only, which discard the "
         "phase.",),
        tuple(_tasks()),
    )  # fmt: skip


def _row(task: Experiment, results: Results, n_trials: int) -> _Row:
    trials = race_trials(task, n_trials)
    mlp, mlp_svd = (mean_std(final_percents(results, trials, contender)) for contender in DEFAULT_CONTENDERS)
    numbers = (bayes_percent(results, task), *mlp, *mlp_svd)
    limit, *others = (round(number, 2) for number in numbers)
    return (task.name.removeprefix("Paper: "), limit, *others)  # type: ignore[return-value]


def _drawn(rows: list[_Row]) -> Figure:
    with style():
        figure = new_figure(2.9)
        axes = figure.subplots()
        for index, contender in enumerate(DEFAULT_CONTENDERS):
            places = [place + (0.15 if index else -0.15) for place in range(len(rows))]
            means = [row[2 + 2 * index] for row in rows]
            spreads = [row[3 + 2 * index] for row in rows]
            one = CONTENDERS[contender]
            look = {"fmt": "o", "markersize": 3, "color": contender_colour(one), "label": one.title}
            axes.errorbar(means, places, xerr=spreads, **look)  # type: ignore[arg-type]
        axes.plot([row[1] for row in rows], range(len(rows)), "k|", markersize=12, label="Bayes limit")
        axes.set_yticks(range(len(rows)), [row[0] for row in rows])
        axes.invert_yaxis()
        axes.set_xlabel("Test accuracy (%)")
        figure.legend(loc="outside upper center", ncols=3)
    return figure


BAYES_LIMIT = Reproduction(
    "bayes-limit",
    "Bayes limit of the tasks",
    "The best possible accuracy of every synthetic task, and the gap of the networks to it.",
    True,
    _trials,
    _find,
)

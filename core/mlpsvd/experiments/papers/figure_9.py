"""Figure 9: (a) accuracy with 5, 10, 20 and 50 hidden neurons, (b) saving of training time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpsvd.drawing import COLUMN_IN, PALETTE, new_figure, style
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.compare import compare_claim
from mlpsvd.experiments.papers.curves import AccuracyCurve, curve_table, draw_curve, draw_limit
from mlpsvd.experiments.papers.finding import Comparison, Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.printed import FIGURE_9_HIDDEN, FIGURE_9_TIMED
from mlpsvd.experiments.papers.table_2 import time_ratio
from mlpsvd.experiments.papers.tasks import (
    bayes_percent,
    bayes_trial,
    changed,
    curves_percent,
    final_ranks,
    race_trials,
    table_2_task,
)
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.signals.bank import PAPER_CLASS_COUNTS
from mlpsvd.text import with_minus

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIGURE_9"]

_Key = tuple[int, int]


def _tasks() -> dict[_Key, Experiment]:
    """Return the experiments by number of classes and of hidden neurons."""
    keys = {(5, hidden) for hidden in FIGURE_9_HIDDEN}
    keys |= {(n_classes, hidden) for n_classes in PAPER_CLASS_COUNTS for hidden in FIGURE_9_TIMED}
    return {key: _task(*key) for key in sorted(keys)}


def _task(n_classes: int, hidden: int) -> Experiment:
    name = f"{n_classes} classes, 10 Hz, {hidden} hidden neurons"
    return changed(table_2_task(10.0, n_classes), {"name": name, "network.hidden": (hidden,)})


def _trials(n_trials: int) -> list[Trial]:
    races = [trial for task in _tasks().values() for trial in race_trials(task, n_trials)]
    return [*races, bayes_trial(_task(5, 20))]


def _find(n_trials: int, results: Results) -> Finding:
    runs = {key: race_trials(task, n_trials) for key, task in _tasks().items()}
    curves = {
        hidden: AccuracyCurve(f"{hidden} hidden", curves_percent(results, runs[5, hidden], "mlp-svd"))
        for hidden in FIGURE_9_HIDDEN
    }
    saved = {
        (n_classes, hidden): 100 * (1 - time_ratio(results, runs[n_classes, hidden]))
        for n_classes in PAPER_CLASS_COUNTS
        for hidden in FIGURE_9_TIMED
    }
    ranks = {hidden: final_ranks(results, runs[5, hidden]) for hidden in FIGURE_9_HIDDEN}
    limit = bayes_percent(results, _task(5, 20))
    few, many = FIGURE_9_TIMED
    return Finding(
        f"MLP-SVD saves {_range_saved(saved, many)} of the MLP's training time with {many} hidden neurons, "
        f"{_range_saved(saved, few)} with {few}.",
        (*_accuracy_claims(curves), _ranks_claim(ranks), *_time_claims(saved)),
        (curve_table("figure-9a", list(curves.values())), _saved_table(saved)),
        (Picture("figure-9", "(a) Test accuracy of MLP-SVD with five classes; dash-dotted: Bayes limit. (b) Training "
                 "time saved relative to the MLP.", lambda: _drawn(curves, limit, saved)),),
        ("The paper prints no numbers for figure 9, so the statements in its text are compared. It does not state "
         "the bandwidth; here it is 10 Hz. Negative savings mean a longer training time.",),
        tuple(_tasks().values()),
    )  # fmt: skip


def _range_saved(saved: dict[_Key, float], hidden: int) -> str:
    percents = [saved[n_classes, hidden] for n_classes in PAPER_CLASS_COUNTS]
    return f"{_rounded(min(percents))} to {_rounded(max(percents))} %"


def _rounded(percent: float) -> str:
    """Return a rounded number with a minus sign instead of a hyphen."""
    return with_minus(str(round(percent)))


def _accuracy_claims(curves: dict[int, AccuracyCurve]) -> list[Comparison]:
    ends = {hidden: float(curve.mean[-1]) for hidden, curve in curves.items()}
    early = {hidden: float(curve.mean[10]) for hidden, curve in curves.items()}
    spread = max(ends[h] for h in (10, 20, 50)) - min(ends[h] for h in (10, 20, 50))
    found_end = ", ".join(f"{hidden}: {end:.1f} %" for hidden, end in ends.items())
    found_early = ", ".join(f"{hidden}: {value:.1f} %" for hidden, value in early.items())
    return [
        compare_claim("Final accuracy", "more neurons do not necessarily help", found_end, spread <= 2),
        compare_claim("Accuracy after 10 epochs", "more neurons converge faster", found_early, early[50] > early[5]),
    ]


def _ranks_claim(ranks: dict[int, list[int]]) -> Comparison:
    found = ", ".join(f"{hidden}: {min(values)}–{max(values)}" for hidden, values in ranks.items())
    means = [sum(values) / len(values) for values in ranks.values()]
    same = max(means) - min(means) <= 1
    return compare_claim("Remaining singular values by hidden neurons", "the same number", found, same)


def _time_claims(saved: dict[_Key, float]) -> list[Comparison]:
    few, many = FIGURE_9_TIMED
    return [
        compare_claim(
            f"{n_classes} classes: training time saved", f"more with {many} neurons than with {few}",
            f"{_rounded(saved[n_classes, many])} % with {many}, {_rounded(saved[n_classes, few])} % with {few}",
            saved[n_classes, many] > saved[n_classes, few],
        )
        for n_classes in PAPER_CLASS_COUNTS
    ]  # fmt: skip


def _saved_table(saved: dict[_Key, float]) -> Table:
    rows = [(n_classes, hidden, round(percent, 1)) for (n_classes, hidden), percent in saved.items()]
    columns = ("n_classes", "n_hidden", "time_saved_percent")
    return Table("figure-9b", "Training time saved", columns, tuple(rows), shown=True)


def _drawn(curves: dict[int, AccuracyCurve], limit: float, saved: dict[_Key, float]) -> Figure:
    with style():
        figure = new_figure(2.5, 2 * COLUMN_IN)
        left, right = figure.subplots(1, 2)
        for (hidden, curve), colour in zip(curves.items(), PALETTE, strict=False):
            draw_curve(left, curve, colour, label=f"{hidden} neurons")
        draw_limit(left, limit, "0.3", "Bayes limit")
        left.set_xlabel("Epoch")
        left.set_ylabel("Test accuracy (%)")
        left.legend(loc="lower right")
        for offset, hidden, colour in zip((-0.2, 0.2), FIGURE_9_TIMED, PALETTE, strict=False):
            heights = [saved[n_classes, hidden] for n_classes in PAPER_CLASS_COUNTS]
            places = [index + offset for index in range(len(heights))]
            right.bar(places, heights, 0.38, color=colour, label=f"{hidden} neurons")
        right.axhline(0, color="black", linewidth=0.6)
        right.set_xticks(range(len(PAPER_CLASS_COUNTS)), [f"{n} classes" for n in PAPER_CLASS_COUNTS])
        right.set_ylabel("Training time saved (%)")
        right.legend()
    return figure


FIGURE_9 = Reproduction(
    "figure-9",
    "Figure 9: hidden neurons",
    "Accuracy with 5, 10, 20 and 50 hidden neurons, and the saving of training time by MLP-SVD.",
    False,
    _trials,
    _find,
)

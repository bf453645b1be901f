"""Figure 7: test accuracy over epochs, MLP and MLP-SVD, both bandwidths, with the Bayes limit of each task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlpsvd.contenders import DEFAULT_CONTENDERS, contender_title
from mlpsvd.drawing import COLUMN_IN, PALETTE, new_figure, style
from mlpsvd.experiments.papers.compare import ALLOWANCE_NOTE, compare_accuracy, compare_claim
from mlpsvd.experiments.papers.curves import AccuracyCurve, curve_table, draw_curve, draw_limit
from mlpsvd.experiments.papers.finding import Comparison, Finding, Picture, Reproduction, Results
from mlpsvd.experiments.papers.printed import TABLE_2
from mlpsvd.experiments.papers.table_2 import tasks
from mlpsvd.experiments.papers.tasks import (
    bayes_percent,
    bayes_trial,
    curves_percent,
    final_percents,
    race_trials,
)
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.signals.bank import PAPER_BANDWIDTHS_HZ, PAPER_CLASS_COUNTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIGURE_7"]

_Key = tuple[float, int]
_FIRST_POINT = 5
_DASHES = {"mlp": "-", "mlp-svd": ":"}  # as in the paper


def _trials(n_trials: int) -> list[Trial]:
    """Return the trials of Table II and one per Bayes limit."""
    races = [trial for task in tasks().values() for trial in race_trials(task, n_trials)]
    return [*races, *(bayes_trial(task) for task in tasks().values())]


def _find(n_trials: int, results: Results) -> Finding:
    curves = {
        (*key, contender): AccuracyCurve(
            f"{key[0]:g} Hz, {key[1]} classes, {contender_title(contender)}",
            curves_percent(results, race_trials(task, n_trials), contender),
        )
        for key, task in tasks().items()
        for contender in DEFAULT_CONTENDERS
    }
    limits = {key: bayes_percent(results, task) for key, task in tasks().items()}
    gaps = [limits[key] - curves[(*key, "mlp-svd")].mean[-1] for key in limits]
    return Finding(
        "Accuracy decreases with more classes and broader filters. After training, MLP-SVD is "
        f"{min(gaps):.1f} to {max(gaps):.1f} points below the Bayes limit.",
        (*_ends(n_trials, results), _first_jump(curves)),
        (curve_table("figure-7", list(curves.values())),),
        (Picture("figure-7", "Test accuracy over epochs: solid: MLP; dotted: MLP-SVD; band: ± one standard "
                 "deviation; dash-dotted: Bayes limit.", lambda: _drawn(curves, limits)),),
        (ALLOWANCE_NOTE, "The paper prints no numbers for its curves except their final values, in Table II."),
        tuple(tasks().values()),
    )  # fmt: skip


def _ends(n_trials: int, results: Results) -> list[Comparison]:
    rows = []
    for key, task in tasks().items():
        printed = {"mlp": TABLE_2[key].mlp_percent, "mlp-svd": TABLE_2[key].mlp_svd_percent}
        for contender in DEFAULT_CONTENDERS:
            percents = final_percents(results, race_trials(task, n_trials), contender)
            what = f"{key[0]:g} Hz, {key[1]} classes, {contender_title(contender)}: final accuracy"
            rows.append(compare_accuracy(what, printed[contender], percents, key[1]))
    return rows


def _first_jump(curves: dict[tuple[float, int, str], AccuracyCurve]) -> Comparison:
    """Compare the paper's claim that MLP-SVD's accuracy changes most at the first discarding point, epoch 5."""
    factored = [curve.mean for (_, _, contender), curve in curves.items() if contender == "mlp-svd"]
    falls = sum(bool(mean[_FIRST_POINT] < mean[_FIRST_POINT - 1]) for mean in factored)
    found = f"decreases from epoch 4 to 5 in {falls} of {len(factored)} tasks"
    return compare_claim("MLP-SVD's mean accuracy at the first discarding point", "jumps", found, falls > 0)


def _drawn(curves: dict[tuple[float, int, str], AccuracyCurve], limits: dict[_Key, float]) -> Figure:
    with style():
        figure = new_figure(2.8, 2 * COLUMN_IN)
        panels = figure.subplots(1, 2, sharey=True)
        for axes, letter, bandwidth_hz in zip(panels, "ab", PAPER_BANDWIDTHS_HZ, strict=True):
            for n_classes, colour in zip(PAPER_CLASS_COUNTS, PALETTE, strict=False):
                for contender, dashes in _DASHES.items():
                    label = f"{n_classes} classes, {contender_title(contender)}"
                    draw_curve(axes, curves[bandwidth_hz, n_classes, contender], colour, dashes, label)
                limit_label = "Bayes limit" if n_classes == PAPER_CLASS_COUNTS[-1] else None
                draw_limit(axes, limits[bandwidth_hz, n_classes], colour, limit_label)
            axes.set_xlabel("Epoch")
            axes.set_title(f"({letter}) B = {bandwidth_hz:g} Hz")
        panels[0].set_ylabel("Test accuracy (%)")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center")
    return figure


FIGURE_7 = Reproduction(
    "figure-7",
    "Figure 7: accuracy over training",
    "Test accuracy of MLP and MLP-SVD over the epochs for the six tasks of Table II, with the Bayes limits.",
    False,
    _trials,
    _find,
)

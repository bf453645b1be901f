"""Divya: transfer of a trained first layer to new classes, which the paper announces and does not show."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.finding import Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.tasks import changed, race_trials, table_2_task
from mlpsvd.experiments.presets import RECORDINGS_PRESET, preset
from mlpsvd.experiments.transfer_study import FEWEST_UPDATES, SCRATCH, WAYS
from mlpsvd.experiments.trials.measurements import Measurement
from mlpsvd.experiments.trials.trials import Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DIGITS_VARIABLE", "DIVYA_TRANSFER"]

DIGITS_VARIABLE = "MLPSVD_DIGITS"
"""Environment variable with the folder of the spoken digits, which are not part of the program."""

_MOST_TRIALS = 5


def _tasks() -> list[Experiment]:
    tasks = [table_2_task(10.0, 10)]
    folder = os.environ.get(DIGITS_VARIABLE, "")
    return [changed(preset(RECORDINGS_PRESET), {"data.recordings.path": folder}), *tasks] if folder else tasks


def _runs(n_trials: int) -> dict[str, list[Trial]]:
    n = min(n_trials, _MOST_TRIALS)
    return {task.name: race_trials(task, n, Measurement.TRANSFER) for task in _tasks()}


def _trials(n_trials: int) -> list[Trial]:
    return [trial for trials in _runs(n_trials).values() for trial in trials]


def _find(n_trials: int, results: Results) -> Finding:
    found = {name: results.all(trials) for name, trials in _runs(n_trials).items()}
    rows = [
        (task, way.name, count, *_mean_std(_percents(ones, way.name)[:, k]), *_against_scratch(ones, way.name, k))
        for task, ones in found.items()
        for way in WAYS
        for k, count in enumerate(ones[0]["counts"])
    ]
    columns = ("task", "first layer", "clips per class", "accuracy (%)", "std. dev.", "minus scratch", "std. error")
    missing = "" if os.environ.get(DIGITS_VARIABLE) else f" The spoken digits are added if {DIGITS_VARIABLE} names "\
        "the folder of their recordings."  # fmt: skip
    return Finding(
        " ".join(_told(task, ones) for task, ones in found.items()),
        (),
        (Table("divya-transfer", "Test accuracy on the new classes", columns, tuple(rows), shown=True),),
        (Picture("divya-transfer", "Mean test accuracy on the new classes against training clips per class.",
                 lambda: _drawn(found)),),
        ("The first layer of an MLP (W) or MLP-SVD (U Σ Vᵀ) trained on the first half of the classes. Features are "
         "fitted on the training clips of all classes. Every network gets the same clips and at least "
         f"{FEWEST_UPDATES:,} updates; the seed selects clips and initial weights.{missing}",),
        tuple(_tasks()),
    )  # fmt: skip


def _percents(ones: Sequence[Mapping[str, Any]], way: str) -> NDArray[np.float64]:
    """Return accuracies in percent [shape=(n_trials, n_counts)]."""
    return 100 * np.array([one["ways"][way] for one in ones], np.float64)


def _mean_std(values: NDArray[np.float64]) -> tuple[float, float | str]:
    return round(float(values.mean()), 1), round(float(values.std(ddof=1)), 1) if len(values) > 1 else "–"


def _against_scratch(ones: Sequence[Mapping[str, Any]], way: str, k: int) -> tuple[float | str, float | str]:
    """Return the mean difference from training from scratch in points, and its standard error over the seeds."""
    if way == SCRATCH:
        return "–", "–"
    mean, std = _mean_std((_percents(ones, way) - _percents(ones, SCRATCH))[:, k])
    return mean, std if isinstance(std, str) else round(std / float(np.sqrt(len(ones))), 1)


def _told(task: str, ones: Sequence[Mapping[str, Any]]) -> str:
    """Return what the frozen W does at each number of clips, judged by two standard errors over the seeds."""
    counts: dict[str, list[str]] = {"helps": [], "harms": [], "makes no clear difference": []}
    for k, count in enumerate(ones[0]["counts"]):
        mean, error = _against_scratch(ones, "W, frozen", k)
        is_clear = isinstance(mean, float) and isinstance(error, float) and abs(mean) > 2 * error
        effect = ("helps" if float(mean) > 0 else "harms") if is_clear else "makes no clear difference"
        counts[effect].append(str(count))
    said = "; ".join(f"{effect} at {', '.join(some)} clips per class" for effect, some in counts.items() if some)
    return f"{task}: a frozen W of other classes {said}."


def _drawn(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    from mlpsvd.drawing import COLUMN_IN, PALETTE, new_figure, style

    with style():
        figure = new_figure(2.8, 2 * COLUMN_IN)
        panels = figure.subplots(1, len(found), squeeze=False)[0]
        for panel, (axes, (task, ones)) in enumerate(zip(panels, found.items(), strict=True)):
            for way, colour in zip(WAYS, PALETTE, strict=False):
                line = "--" if way.is_frozen else "-"
                label = way.name if panel == 0 else None
                axes.plot(
                    ones[0]["counts"], _percents(ones, way.name).mean(axis=0), f".{line}", color=colour, label=label
                )
            axes.set_xscale("log")
            axes.set_title(task)
            axes.set_xlabel("Training clips per class")
        panels[0].set_ylabel("Test accuracy (%)")
        figure.legend(loc="outside upper center", ncols=3)
    return figure


DIVYA_TRANSFER = Reproduction(
    "divya-transfer",
    "Transfer learning",
    "A first layer trained on other classes, frozen or fine-tuned, announced in the abstract.",
    True,
    _trials,
    _find,
)

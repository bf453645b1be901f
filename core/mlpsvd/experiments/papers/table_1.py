"""Table I: the confusion matrix of a task with three classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.compare import compare_claim, mean_std
from mlpsvd.experiments.papers.finding import Comparison, Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.printed import TABLE_1
from mlpsvd.experiments.papers.tasks import changed, race_trials, spaced_task
from mlpsvd.experiments.runs import plots
from mlpsvd.experiments.trials.trials import Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["TABLE_I"]


def _task() -> Experiment:
    """Three classes with 30 Hz spacing and 10 Hz bandwidth, and 90 test clips each, the sum of each printed row."""
    per_class = sum(TABLE_1[0])
    changes = {"name": "Paper: 3 classes, 10 Hz", "data.synthetic.test_per_class": per_class}
    return changed(spaced_task(30.0, 10.0, 3), changes)


def _trials(n_trials: int) -> list[Trial]:
    return race_trials(_task(), n_trials)


def _find(n_trials: int, results: Results) -> Finding:
    task = _task()
    races = results.all(_trials(n_trials))
    counts = np.array([race["contenders"]["mlp-svd"]["confusion"] for race in races], dtype=float)
    names = tuple(one.label for one in task.data.synthetic.filters)
    accuracies = [100 * float(np.trace(one) / one.sum()) for one in counts]
    printed = 100 * float(np.trace(TABLE_1)) / float(np.sum(TABLE_1))
    mean, std = mean_std(accuracies)
    return Finding(
        f"An MLP-SVD classifies {mean:.1f} % ± {std:.1f} of the {int(np.sum(TABLE_1))} clips correctly; the "
        f"paper's example has {printed:.1f} %.",
        (_accuracy(printed, mean, std, len(accuracies)), *_cells(counts)),
        (_table(counts, names),),
        (Picture("table-1", "Confusion matrix of an MLP-SVD, mean over the trials, in percent of each target.",
                 lambda: _drawn(counts, names, mean)),),
        ("The paper gives Table I as an example and does not state its task. Here: 10 Hz filters at 710, 680 and 650 "
         "Hz, 90 test clips each. The feature to compare is a middle class that is confused with both neighbours.",),
        (task,),
    )  # fmt: skip


def _accuracy(printed: float, mean: float, std: float, n: int) -> Comparison:
    ours = f"{mean:.1f} % ± {std:.1f}"
    what = "Test accuracy of the example"
    difference = mean - printed
    verdict = f"{abs(difference):.1f} points {'above' if difference > 0 else 'below'}; the paper's task is not known"
    return Comparison(what, f"{printed:.1f} %", ours, verdict, None, mean, std, n, difference)


def _cells(counts: NDArray[np.float64]) -> list[Comparison]:
    rows = []
    for (target, estimate), paper in np.ndenumerate(np.array(TABLE_1)):
        mean, std = mean_std(counts[:, target, estimate].tolist())
        difference = mean - float(paper)
        rows.append(
            Comparison(
                f"Actual {target + 1}, predicted {estimate + 1}: clips of 90", str(paper), f"{mean:.1f} ± {std:.1f}",
                f"{abs(difference):.1f} clips {'more' if difference > 0 else 'fewer'}; the paper's task is not known",
                None, mean, std, len(counts), difference,
            )
        )  # fmt: skip
    middle_worst = int(counts.mean(axis=0).diagonal().argmin()) == 1
    claim = "Class with the lowest recall"
    found = f"class {int(counts.mean(axis=0).diagonal().argmin()) + 1}"
    return [*rows, compare_claim(claim, "class 2, the middle one", found, middle_worst)]


def _table(counts: NDArray[np.float64], names: tuple[str, ...]) -> Table:
    mean = counts.mean(axis=0)
    rows = [
        (name, *(round(float(value), 2) for value in row), *printed)
        for name, row, printed in zip(names, mean, TABLE_1, strict=True)
    ]
    columns = ("target", *(f"predicted {name}" for name in names), *(f"paper, class {k}" for k in (1, 2, 3)))
    return Table("table-1", "Table I, mean number of clips", columns, tuple(rows), shown=True)


def _drawn(counts: NDArray[np.float64], names: tuple[str, ...], mean: float) -> Figure:
    return plots.confusion(counts.sum(axis=0).astype(np.intp), names, f"MLP-SVD: {mean:.1f} %")


TABLE_I = Reproduction(
    "table-1",
    "Table I: confusion matrix",
    "Confusion matrix of three classes, 90 test clips each.",
    False,
    _trials,
    _find,
)

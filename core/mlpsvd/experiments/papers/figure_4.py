"""Figure 4: the singular values of an MLP's first weight matrix over training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.drawing import new_figure, style
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.compare import compare_claim
from mlpsvd.experiments.papers.finding import Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.printed import DOMINANT_SINGULAR_VALUES
from mlpsvd.experiments.papers.tasks import changed, race_trials, table_2_task
from mlpsvd.experiments.trials.measurements import Measurement
from mlpsvd.experiments.trials.trials import Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIGURE_4"]

_DOMINANT_SHARE = 0.1  # relative to the largest one: the paper's threshold for discarding


def _task() -> Experiment:
    return changed(table_2_task(10.0, 5), {"training.contenders": ("mlp",)})


def _trials(n_trials: int) -> list[Trial]:
    return race_trials(_task(), n_trials, Measurement.SINGULAR_VALUES)


def _find(n_trials: int, results: Results) -> Finding:
    races = results.all(_trials(n_trials))
    values = np.array([race["contenders"]["mlp"]["singular_values"] for race in races])  # trial, epoch, index
    last = values[:, -1]
    dominant = (last >= _DOMINANT_SHARE * last[:, :1]).sum(axis=1)
    low, high = int(dominant.min()), int(dominant.max())
    found = f"{low}" if low == high else f"{low}–{high}"
    first = values[:, 0].mean(axis=0)
    growth = last.mean(axis=0) / first
    near = abs(float(dominant.mean()) - DOMINANT_SINGULAR_VALUES) <= 2
    return Finding(
        f"After training, {found} of the {len(first)} singular values exceed a tenth of the largest. The largest has "
        f"grown to {growth[0]:.1f} times its initial value, the smallest to {growth[-1]:.1f} times.",
        (compare_claim("5 classes: dominant singular values", f"around {DOMINANT_SINGULAR_VALUES}", found, near),),
        (_table(values),),
        (Picture("figure-4", "Singular values of the first weight matrix of an MLP, first trial.",
                 lambda: _drawn(values[0])),),
        ("A singular value is called dominant if it exceeds a tenth of the largest, the threshold for discarding.",
         "The paper's figure 4 has 256 inputs, all bins of the FFT; here there are 129, as in its section IV A, "
         "since the spectrum is symmetric."),
        (_task(),),
    )  # fmt: skip


def _table(values: NDArray[np.float64]) -> Table:
    mean = values.mean(axis=0)
    columns = ("epoch", *(f"sigma_{index + 1}" for index in range(mean.shape[1])))
    rows = [(epoch, *(round(float(value), 6) for value in row)) for epoch, row in enumerate(mean)]
    return Table("figure-4", "Singular values by epoch, mean of the trials", columns, tuple(rows))


def _drawn(values: NDArray[np.float64]) -> Figure:
    with style():
        figure = new_figure(2.5)
        axes = figure.subplots()
        from matplotlib import colormaps

        shades = colormaps["viridis"](np.linspace(0.0, 0.9, values.shape[1]))
        for index, shade in enumerate(shades):
            axes.plot(values[:, index], color=shade)
        axes.set_xlabel("Epoch")
        axes.set_ylabel("Singular value")
        axes.set_ylim(bottom=0)
    return figure


FIGURE_4 = Reproduction(
    "figure-4",
    "Figure 4: singular values over training",
    "Singular values of an MLP's first weight matrix during training with five classes; a few become dominant.",
    False,
    _trials,
    _find,
)

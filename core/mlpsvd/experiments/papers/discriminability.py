"""Beyond the paper: smallest filter spacing that the networks, or any classifier, can resolve, by bandwidth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.drawing import COLUMN_IN, new_figure, style
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.finding import Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.tasks import (
    bayes_percent,
    bayes_trial,
    changed,
    final_percents,
    race_trials,
    spaced_task,
)
from mlpsvd.experiments.trials.trials import Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["DISCRIMINABILITY", "closest_spacing_hz"]

_BANDWIDTHS_HZ = (5.0, 10.0, 20.0, 50.0, 100.0, 200.0)
_SPACINGS_HZ = (2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0)
_FAILS_BELOW = 75.0  # percent; half way between chance and perfect accuracy
_MOST_TRIALS = 3


def _task(bandwidth_hz: float, spacing_hz: float) -> Experiment:
    return changed(spaced_task(spacing_hz, bandwidth_hz, 2), {"training.contenders": ("mlp-svd",)})


def _n(n_trials: int) -> int:
    return min(n_trials, _MOST_TRIALS)


def _trials(n_trials: int) -> list[Trial]:
    tasks = [_task(bandwidth_hz, spacing_hz) for bandwidth_hz in _BANDWIDTHS_HZ for spacing_hz in _SPACINGS_HZ]
    races = [trial for task in tasks for trial in race_trials(task, _n(n_trials))]
    return [*races, *(bayes_trial(task) for task in tasks)]


def _find(n_trials: int, results: Results) -> Finding:
    grids = _grids(n_trials, results)
    closest = {name: [closest_spacing_hz(_SPACINGS_HZ, row) for row in grid] for name, grid in grids.items()}
    at_10, at_100 = _BANDWIDTHS_HZ.index(10.0), _BANDWIDTHS_HZ.index(100.0)
    return Finding(
        f"For an accuracy of {_FAILS_BELOW:g} %, MLP-SVD needs a spacing of two 10 Hz filters of "
        f"{_hz(closest['MLP-SVD'][at_10])} and of two 100 Hz filters of {_hz(closest['MLP-SVD'][at_100])}; the best "
        f"classifier needs {_hz(closest['Bayes limit'][at_10])} and {_hz(closest['Bayes limit'][at_100])}.",
        (),
        (_closest_table(closest), _grid_table(grids)),
        (Picture("discriminability", f"Accuracy in percent for two filters, the upper one at 710 Hz; line: "
                 f"{_FAILS_BELOW:g} %.", lambda: _drawn(grids)),),
        (f"Mean of {_n(n_trials)} trials in each cell. Chance level is 50 %. Only the first 256 samples (16 ms) are "
         "analysed; this, not the filter, sets the limit for narrow bands.",),
        (_task(10.0, 30.0),),
    )  # fmt: skip


def _grids(n_trials: int, results: Results) -> dict[str, NDArray[np.float64]]:
    """Accuracies in percent [shape=(n_bandwidths, n_spacings)] of the network and of the Bayes classifier."""
    network, limit = np.empty((2, len(_BANDWIDTHS_HZ), len(_SPACINGS_HZ)))
    for row, column in np.ndindex(network.shape):
        task = _task(_BANDWIDTHS_HZ[row], _SPACINGS_HZ[column])
        network[row, column] = np.mean(final_percents(results, race_trials(task, _n(n_trials)), "mlp-svd"))
        limit[row, column] = bayes_percent(results, task)
    return {"MLP-SVD": network, "Bayes limit": limit}


def closest_spacing_hz(spacings_hz: Sequence[float], percents: Sequence[float] | NDArray[np.float64]) -> float:
    """Return the smallest spacing at which filters are distinguished, interpolated logarithmically.

    Parameters
    ----------
    spacings_hz
        Distances of the filters, increasing.
    percents
        Accuracy at each of them.

    Returns
    -------
    float
        In hertz; the smallest tested spacing if even that is distinguished, infinite if none is.
    """
    failing = [index for index, percent in enumerate(percents) if percent < _FAILS_BELOW]
    if not failing:
        return spacings_hz[0]
    last = failing[-1]
    if last == len(spacings_hz) - 1:
        return math.inf
    share = (_FAILS_BELOW - percents[last]) / (percents[last + 1] - percents[last])
    return float(spacings_hz[last] * (spacings_hz[last + 1] / spacings_hz[last]) ** share)


def _hz(spacing_hz: float) -> str:
    return f"more than {_SPACINGS_HZ[-1]:g} Hz" if math.isinf(spacing_hz) else f"{spacing_hz:.0f} Hz"


def _closest_table(closest: dict[str, list[float]]) -> Table:
    rows = [
        (bandwidth_hz, *(_hz(values[index]) for values in closest.values()))
        for index, bandwidth_hz in enumerate(_BANDWIDTHS_HZ)
    ]
    title = f"Smallest spacing with {_FAILS_BELOW:g} % correct"
    return Table("closest-spacing", title, ("bandwidth_hz", *closest), tuple(rows), shown=True)


def _grid_table(grids: dict[str, NDArray[np.float64]]) -> Table:
    rows = [
        (bandwidth_hz, spacing_hz, *(round(float(grid[row, column]), 2) for grid in grids.values()))
        for row, bandwidth_hz in enumerate(_BANDWIDTHS_HZ)
        for column, spacing_hz in enumerate(_SPACINGS_HZ)
    ]
    columns = ("bandwidth_hz", "spacing_hz", *(f"{name}, percent" for name in grids))
    return Table("discriminability", "Accuracy of two classes", columns, tuple(rows))


def _drawn(grids: dict[str, NDArray[np.float64]]) -> Figure:
    with style():
        figure = new_figure(2.6, 2 * COLUMN_IN)
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (name, grid) in zip(panels, grids.items(), strict=True):
            drawn = _heatmap(axes, grid)
            axes.set_title(name)
            axes.set_xlabel("Spacing Δf (Hz)")
        panels[0].set_ylabel("Bandwidth (Hz)")
        figure.colorbar(drawn, ax=panels, label="Test accuracy (%)")
    return figure


def _heatmap(axes: Axes, grid: NDArray[np.float64]) -> Any:
    drawn = axes.imshow(grid, cmap="viridis", vmin=50, vmax=100, aspect="auto", origin="lower")
    if grid.min() < _FAILS_BELOW < grid.max():
        axes.contour(grid, levels=[_FAILS_BELOW], colors="white", linewidths=1.5)
    for (row, column), percent in np.ndenumerate(grid):
        shade = "black" if percent > 70 else "white"
        axes.text(column, row, f"{percent:.0f}", ha="center", va="center", color=shade, fontsize=6)
    axes.set_xticks(range(len(_SPACINGS_HZ)), [f"{spacing_hz:g}" for spacing_hz in _SPACINGS_HZ])
    axes.set_yticks(range(len(_BANDWIDTHS_HZ)), [f"{bandwidth_hz:g}" for bandwidth_hz in _BANDWIDTHS_HZ])
    return drawn


DISCRIMINABILITY = Reproduction(
    "discriminability",
    "Resolution of two filters",
    "Accuracy for two classes over bandwidth and spacing, for MLP-SVD and for the Bayes classifier.",
    True,
    _trials,
    _find,
)

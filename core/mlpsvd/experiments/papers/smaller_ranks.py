"""Beyond the paper: accuracy of the MLP at every smaller rank, over the epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.drawing import COLUMN_IN, new_figure, style
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.finding import Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.tasks import race_trials, table_2_task
from mlpsvd.experiments.trials.measurements import Measurement
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.signals.bank import PAPER_BANDWIDTHS_HZ

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SMALLER_RANKS", "sufficient_rank"]

_POINT = 0.01
_MOST_TRIALS = 3


def _tasks() -> dict[float, Experiment]:
    return {bandwidth_hz: table_2_task(bandwidth_hz, 5) for bandwidth_hz in PAPER_BANDWIDTHS_HZ}


def _runs(n_trials: int) -> dict[float, list[Trial]]:
    n = min(n_trials, _MOST_TRIALS)
    return {b: race_trials(task, n, Measurement.SMALLER_RANKS) for b, task in _tasks().items()}


def _trials(n_trials: int) -> list[Trial]:
    return [trial for trials in _runs(n_trials).values() for trial in trials]


def _find(n_trials: int, results: Results) -> Finding:
    accuracies = {b: _mean(results, trials, "mlp", "accuracies_by_rank") for b, trials in _runs(n_trials).items()}
    ranks = {b: _mean(results, trials, "mlp-svd", "rank") for b, trials in _runs(n_trials).items()}
    parts = [
        f"at {b:g} Hz, rank {sufficient_rank(values[-1])} suffices after training "
        f"and rank {sufficient_rank(values[5])} after 5 epochs"
        for b, values in accuracies.items()
    ]
    return Finding(
        f"To stay within a point of the full MLP, with five classes: {'; '.join(parts)}.",
        (),
        tuple(_table(b, values) for b, values in accuracies.items()),
        (Picture("smaller-ranks", "Test accuracy of an MLP with its first weight matrix truncated to each rank, by "
                 "epoch; line: rank of MLP-SVD.", lambda: _drawn(accuracies, ranks)),),
        ("The truncation is for evaluation only: training continues with the full matrix. It shows how early MLP-SVD "
         f"could have discarded singular values, and how many. Mean of {min(n_trials, _MOST_TRIALS)} trials.",),
        tuple(_tasks().values()),
    )  # fmt: skip


def _mean(results: Results, trials: list[Trial], contender: str, what: str) -> NDArray[np.float64]:
    """Means over the trials: accuracies [shape=(n_epochs + 1, rank)], or ranks [shape=(n_epochs + 1,)]."""
    mean: NDArray[np.float64] = np.mean([race["contenders"][contender][what] for race in results.all(trials)], axis=0)
    return mean


def sufficient_rank(accuracies: NDArray[np.float64]) -> int:
    """Return the smallest rank whose accuracy is within a point of that of the full rank (the last entry)."""
    return int(np.argmax(accuracies >= accuracies[-1] - _POINT)) + 1


def _table(bandwidth_hz: float, accuracies: NDArray[np.float64]) -> Table:
    columns = ("epoch", *(f"rank {rank + 1}, percent" for rank in range(accuracies.shape[1])))
    rows = [(epoch, *(round(100 * float(one), 3) for one in values)) for epoch, values in enumerate(accuracies)]
    title = f"Accuracy at smaller ranks, {bandwidth_hz:g} Hz"
    return Table(f"smaller-ranks-{bandwidth_hz:g}-hz", title, columns, tuple(rows))


def _drawn(accuracies: dict[float, NDArray[np.float64]], ranks: dict[float, NDArray[np.float64]]) -> Figure:
    with style():
        figure = new_figure(2.6, 2 * COLUMN_IN)
        panels = figure.subplots(1, len(accuracies), sharey=True)
        for axes, (bandwidth_hz, values) in zip(panels, accuracies.items(), strict=True):
            extent = (-0.5, len(values) - 0.5, 0.5, values.shape[1] + 0.5)
            drawn = axes.imshow(100 * values.T, cmap="viridis", aspect="auto", origin="lower", extent=extent,
                                interpolation="nearest")  # fmt: skip
            axes.step(range(len(values)), ranks[bandwidth_hz], where="post", color="white", label="MLP-SVD's rank")
            axes.set_title(f"5 classes, B = {bandwidth_hz:g} Hz")
            axes.set_xlabel("Epoch")
            figure.colorbar(drawn, ax=axes, label="Test accuracy (%)", pad=0.03)
        panels[0].set_ylabel("Rank kept")
        panels[0].set_yticks([1, 5, 10, 15, 20])
    return figure


SMALLER_RANKS = Reproduction(
    "smaller-ranks",
    "Accuracy by rank",
    "Accuracy of the MLP at each epoch with only its largest singular values.",
    True,
    _trials,
    _find,
)

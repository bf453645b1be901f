"""Mean test accuracy over epochs, for figures 7, 8 and 9."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.experiments.papers.finding import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["AccuracyCurve", "curve_table", "draw_curve", "draw_limit"]


@dataclass(frozen=True)
class AccuracyCurve:
    """Test accuracies of the trials of one network on one task.

    Attributes
    ----------
    name
        Name for legend and CSV.
    percents : np.ndarray [shape=(n_trials, n_epochs + 1)]
        Accuracy in percent, the state before training first.
    """

    name: str
    percents: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Mean over the trials [shape=(n_epochs + 1,)]."""
        mean: NDArray[np.float64] = self.percents.mean(axis=0)
        return mean

    @property
    def std(self) -> NDArray[np.float64]:
        """Standard deviation over the trials [shape=(n_epochs + 1,)]; zero for a single one."""
        if len(self.percents) < 2:
            return np.zeros(self.percents.shape[1])
        std: NDArray[np.float64] = self.percents.std(axis=0, ddof=1)
        return std


def draw_curve(axes: Axes, curve: AccuracyCurve, colour: str, dashes: str = "-", label: str | None = None) -> None:
    """Draw a mean with a band of one standard deviation."""
    epochs = np.arange(len(curve.mean))
    axes.plot(epochs, curve.mean, dashes, color=colour, label=label)
    axes.fill_between(epochs, curve.mean - curve.std, curve.mean + curve.std, color=colour, alpha=0.15, linewidth=0)


def draw_limit(axes: Axes, percent: float, colour: str, label: str | None = None) -> None:
    """Draw the Bayes limit as a thin dash-dotted line."""
    axes.axhline(percent, color=colour, linewidth=0.6, linestyle="-.", label=label)


def curve_table(stem: str, curves: Sequence[AccuracyCurve]) -> Table:
    """Return mean and standard deviation of every curve, one row per epoch."""
    columns = ("epoch", *(f"{name}, {what}" for name in (c.name for c in curves) for what in ("mean %", "std %")))
    values = np.round(np.stack([part for curve in curves for part in (curve.mean, curve.std)], axis=1), 3)
    rows = [(epoch, *row) for epoch, row in enumerate(values.tolist())]
    return Table(stem, "Test accuracy by epoch", columns, tuple(rows))

"""Analysis "rank": accuracy on the test set at every smaller rank of the first weight matrix."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult
from mlpsvd.analysis.subject import Subject
from mlpsvd.analysis.truncation import accuracies_by_rank
from mlpsvd.tables import Picture, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["rank_accuracy"]


def rank_accuracy(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Truncate the first weight matrix to each rank and measure the accuracy on the test set.

    Parameters
    ----------
    subject
        The network, with its data set.

    Yields
    ------
    AnalysisEvent
        One result.

    Raises
    ------
    DataError
        If the clips of the run are not available.
    """
    accuracies = accuracies_by_rank(subject.network, subject.require_dataset())
    ranks = np.arange(1, len(accuracies) + 1)
    enough = int(np.argmax(accuracies >= accuracies[-1] - 0.01)) + 1
    yield AnalysisResult(
        key="rank",
        findings=(
            f"With all {len(ranks)} singular values, {subject.title} classifies {accuracies[-1]:.1%} of the test clips "
            f"correctly; rank {enough} is the smallest within one percentage point of that.",
        ),
        tables=(
            Table(
                "accuracy_by_rank",
                "Accuracy by rank",
                ("Rank", "Accuracy"),
                tuple((int(rank), round(float(value), 6)) for rank, value in zip(ranks, accuracies, strict=True)),
                shown=True,
            ),
        ),
        arrays={"rank": ranks, "accuracy": accuracies},
        pictures=(Picture("accuracy_by_rank", "Test accuracy against rank", lambda: _draw(ranks, accuracies)),),
    )


def _draw(ranks: NDArray[np.intp], accuracies: NDArray[np.float64]) -> Figure:
    from mlpsvd.drawing import integer_ticks, new_figure, style

    with style():
        figure = new_figure(2.2)
        axes = figure.add_subplot()
        axes.plot(ranks, 100 * accuracies, marker=".")
        axes.set_xlabel("Rank of the first weight matrix")
        integer_ticks(axes.xaxis)
        axes.set_ylabel("Test accuracy (%)")
    return figure

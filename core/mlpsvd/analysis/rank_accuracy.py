"""Analysis "rank": accuracy on the test set at every smaller rank of a weight matrix, and the misclassified clips."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.predictions import Predictions, predict
from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult
from mlpsvd.analysis.subject import Subject
from mlpsvd.analysis.truncation import accuracies_by_rank
from mlpsvd.analysis.words import class_text, few_clips
from mlpsvd.metrics.confused_pairs import most_confused
from mlpsvd.tables import Picture, Table
from mlpsvd.text import counted, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["findings", "rank_accuracy", "rank_result"]

_WITHIN = 0.01
_MOST_COLUMNS = 10


def rank_accuracy(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Truncate a weight matrix to each rank, measure the accuracy on the test set, and list misclassified clips.

    Parameters
    ----------
    subject
        The network, with its data set and the layer to truncate.

    Yields
    ------
    AnalysisEvent
        One result.

    Raises
    ------
    DataError
        If the clips of the run are not available.
    """
    network, dataset = subject.network, subject.require_dataset()
    yield rank_result(subject, accuracies_by_rank(network, dataset, subject.layer), predict(network, dataset))


def rank_result(subject: Subject, accuracies: NDArray[np.float64], predictions: Predictions) -> AnalysisResult:
    """Return accuracies by rank and predictions as a result with tables, arrays and figures."""
    ranks = np.arange(1, len(accuracies) + 1)
    return AnalysisResult(
        key="rank",
        findings=findings(accuracies, subject.title, predictions.confusion, subject.class_names),
        tables=(
            Table(
                "accuracy_by_rank",
                "Accuracy by rank",
                ("Rank", "Accuracy"),
                tuple((int(rank), round(float(value), 6)) for rank, value in zip(ranks, accuracies, strict=True)),
                shown=True,
            ),
            _confusion(predictions, subject.class_names),
            _misclassified(predictions, subject.class_names),
        ),
        arrays={
            "rank": ranks,
            "accuracy": accuracies,
            "confusion": predictions.confusion,
            "misclassified": predictions.misclassified,
            "actual": predictions.actual,
            "predicted": predictions.predicted,
            "probability": predictions.probability,
        },
        pictures=(
            Picture(
                "accuracy_by_rank",
                "Test accuracy against rank",
                lambda: _draw(ranks, accuracies, subject.layer),
            ),
        ),
    )


def findings(
    accuracies: NDArray[np.float64], title: str, confusion: NDArray[np.intp], names: tuple[str, ...]
) -> tuple[str, ...]:
    """Return what the accuracies by rank and the confusion matrix show, in sentences."""
    full = len(accuracies)
    if full == 1:
        sentences = [
            f"With one singular value, {title} classifies {percent(accuracies[0])} of the test clips correctly."
        ]
    else:
        sentences = [
            f"With all {full} singular values, {title} classifies {percent(accuracies[-1])} of the test clips "
            f"correctly, with the largest alone {percent(accuracies[0])}.",
            _enough(int(np.argmax(accuracies >= accuracies[-1] - _WITHIN)) + 1, full),
        ]
    return (*sentences, *_most_confused(confusion, names), *few_clips(int(confusion.sum())))


def _enough(rank: int, full: int) -> str:
    limit = "within one percentage point of that"
    if rank == full:
        return f"No smaller rank is {limit}: the network needs all of them."
    return f"Rank {rank} is the smallest {limit}: the other {counted(full - rank, 'singular value')} add little."


def _most_confused(confusion: NDArray[np.intp], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return which classes are confused most, as one sentence; none if no clip is misclassified."""
    return tuple(
        f"Most confused: {one.count} of {counted(int(confusion[one.actual].sum()), 'clip')} of "
        f"{class_text(names[one.actual])} are predicted as {class_text(names[one.predicted])}."
        for one in most_confused(confusion, 1)
    )


def _confusion(found: Predictions, names: tuple[str, ...]) -> Table:
    rows = tuple((name, *(int(n) for n in row)) for name, row in zip(names, found.confusion, strict=True))
    title = "Confusion matrix: rows actual, columns predicted"
    return Table("confusion", title, ("Actual", *names), rows, shown=len(names) <= _MOST_COLUMNS)


def _misclassified(found: Predictions, names: tuple[str, ...]) -> Table:
    """Return the misclassified clips; row 0 is the first of the test set."""
    rows = tuple(
        (int(row), names[found.actual[row]], names[found.predicted[row]], round(float(found.probability[row]), 6))
        for row in found.misclassified
    )
    heads = ("Row of the test set", "Actual", "Predicted", "Probability")
    return Table("misclassified", "Misclassified clips, the most certain first", heads, rows)


def _draw(ranks: NDArray[np.intp], accuracies: NDArray[np.float64], layer: int) -> Figure:
    from mlpsvd.drawing import integer_ticks, new_figure, style

    with style():
        figure = new_figure(2.2)
        axes = figure.add_subplot()
        axes.plot(ranks, 100 * accuracies, marker=".")
        axes.set_xlabel(f"Rank of the weight matrix of layer {layer + 1}")
        integer_ticks(axes.xaxis)
        axes.set_ylabel("Test accuracy (%)")
    return figure

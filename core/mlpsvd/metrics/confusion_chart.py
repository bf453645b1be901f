"""Confusion matrix as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.chart import Axis, Cells, Chart, cell_edges

__all__ = ["confusion_chart"]

_MOST_WITH_TEXTS = 12


def confusion_chart(
    counts: NDArray[np.intp], class_names: Sequence[str], title: str = "", noun: str = "test clips"
) -> Chart:
    """Return a confusion matrix in percent of each row; its table has the counts.

    Parameters
    ----------
    counts : np.ndarray [shape=(n_classes, n_classes)]
        Rows are actual classes, columns predicted ones.
    class_names
        Name of each class.
    title
        Text above the matrix.
    noun
        What is counted.
    """
    totals = counts.sum(axis=1, keepdims=True)
    shares = 100.0 * np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    ticks = tuple((float(index), name) for index, name in enumerate(class_names))
    edges = cell_edges(0.0, 1.0, len(class_names))
    texts = tuple(tuple(f"{share:.0f}" if share else "" for share in column) for column in shares.T)
    columns: dict[str, Any] = {"Actual class": list(class_names)}
    columns |= {f"Predicted as {name} ({noun})": counts[:, index] for index, name in enumerate(class_names)}
    return Chart(
        "Confusion matrix",
        Axis("Predicted class", ticks=ticks),
        Axis("Actual class", is_reversed=True, ticks=ticks),
        cells=Cells(
            shares.T,
            edges,
            edges,
            f"Share of the {noun} of a class",
            "%",
            low=0.0,
            high=100.0,
            palette="share",
            texts=texts if len(class_names) <= _MOST_WITH_TEXTS else (),
        ),
        title=title,
        has_equal_scales=True,
        columns=columns,
    )

"""Analysis "class-means": rank of the class means, and classes that are nearly combinations of others (Kantack)."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.class_means import class_means, combinations, measure_ranks
from mlpsvd.analysis.closed_form import closed_form_weights, linear_predictions, nearest_mean
from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult, Progress
from mlpsvd.analysis.subject import Subject
from mlpsvd.analysis.words import class_text
from mlpsvd.tables import Picture, Table
from mlpsvd.text import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["data_rank"]


def data_rank(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Measure the rank of class means and training set, and test the classifiers that the means give.

    Yields
    ------
    AnalysisEvent
        Progress, and one result.

    Raises
    ------
    DataError
        If the clips of the run are not available.
    """
    dataset, names = subject.require_dataset(), subject.class_names
    yield Progress(0, 2)
    a = class_means(dataset.x_train, dataset.y_train, len(names))
    sigma = np.asarray(np.linalg.svd(a, compute_uv=False), dtype=np.float64)
    x = dataset.x_train.astype(np.float64)
    of_all = np.sqrt(np.maximum(np.linalg.eigvalsh(x.T @ x)[::-1], 0.0))
    yield Progress(1, 2)
    means, everything = measure_ranks(sigma, a.shape), measure_ranks(of_all, (x.shape[1], len(x)))
    found = combinations(a, names)
    closed = float(np.mean(linear_predictions(closed_form_weights(a), dataset.x_test) == dataset.y_test))
    nearest = float(np.mean(nearest_mean(a, dataset.x_test) == dataset.y_test))
    rows = tuple((one.name, str(one), round(one.residual, 6), round(one.residual_of_all, 6)) for one in found)
    ranks = tuple(
        (name, one.numerical, round(one.stable, 4), round(one.entropy_of_energies, 4), one.above_a_tenth)
        for name, one in (("class means", means), ("training set", everything))
    )
    yield AnalysisResult(
        key="class-means",
        findings=(
            f"The {len(names)} class means have stable rank {means.stable:.2f} and entropy rank "
            f"{means.entropy_of_energies:.2f} of at most {min(a.shape)}; the training set has {everything.stable:.2f} "
            f"and {everything.entropy_of_energies:.2f}. Near 1, all have nearly the same shape.",
            f"The class whose mean is nearest to a sum of other means is {found[0]}: {percent(found[0].residual, 0)} "
            f"of its norm is left. The furthest, {class_text(found[-1].name)}, leaves "
            f"{percent(found[-1].residual, 0)}.",
            f"A linear classifier, the pseudo-inverse of the class means, classifies {percent(closed)} of the test "
            f"clips correctly; the nearest class mean {percent(nearest)}.",
        ),
        tables=(
            Table("combinations", "Classes as combinations of others",
                  ("Class", "Combination", "Residual", "Residual with all others"), rows, shown=True),
            Table("ranks", "Ranks", ("Matrix", "Numerical", "Stable", "Entropy", "Above a tenth"), ranks, shown=True),
        ),
        arrays={"class_means": a, "singular_values_of_class_means": sigma, "singular_values_of_training_set": of_all},
        pictures=(Picture("class_means", "Singular values of class means and training set",
                          lambda: _draw(sigma, of_all)),),
    )  # fmt: skip


def _draw(sigma: NDArray[np.float64], of_all: NDArray[np.float64]) -> Figure:
    from mlpsvd.drawing import PALETTE, integer_ticks, new_figure, style

    with style():
        figure = new_figure(2.4)
        axes = figure.add_subplot()
        curves = ((sigma, "class means"), (of_all[: 4 * len(sigma)], "training set"))
        for (values, label), colour in zip(curves, PALETTE, strict=False):
            positive = values[values > 0.0]
            axes.semilogy(
                np.arange(1, len(positive) + 1), positive / positive[0], marker=".", color=colour, label=label
            )
        axes.set_xlabel("Number")
        integer_ticks(axes.xaxis)
        axes.set_ylabel("Singular value / largest")
        axes.legend()
    return figure

"""Analysis "sharpness": the largest eigenvalue of the Hessian over training, beside the loss."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from mlpsvd.analysis.background import progress_of
from mlpsvd.analysis.hessian.sharpness import Sharpness, sharpness, with_snapshots
from mlpsvd.analysis.hessian.training_set import training_set
from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult, Progress
from mlpsvd.analysis.subject import Subject
from mlpsvd.errors import DataError
from mlpsvd.tables import Picture, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["sharpness_over_training"]

_EPOCHS = 12
_LEADING = 12


def sharpness_over_training(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Compute the leading eigenvalues of the full Hessian at up to twelve epochs of the history.

    Parameters
    ----------
    subject
        The network, with its data set and its history.

    Yields
    ------
    AnalysisEvent
        Progress, and one result.

    Raises
    ------
    DataError
        If the clips of the run, or all snapshots, are not available.
    NetworkError
        If the eigenvalues do not converge.
    """
    x, targets = training_set(subject)
    events = with_snapshots(subject.history, _EPOCHS)
    if not events:
        raise DataError(f"sharpness over training of {subject.title} needs snapshots of its epochs, and none was kept")
    yield Progress(0, 100 * len(events))
    found = []
    for index, event in enumerate(events):
        work = partial(sharpness, event, x, targets, _LEADING)
        found.append((yield from progress_of(work, index, len(events))))
    yield _result(subject, found)


def _result(subject: Subject, found: Sequence[Sharpness]) -> AnalysisResult:
    columns = ("Epoch", "Training loss", "Largest eigenvalue", "Largest stable rate", "Directions that matter",
               "Smallest of the leading")  # fmt: skip
    rows = tuple((one.epoch, one.loss, one.largest, one.stable_rate, one.n_directions, one.smallest) for one in found)
    losses = [(event.epoch, event.train_loss) for event in subject.history]
    return AnalysisResult(
        key="sharpness",
        findings=_findings(subject, found),
        tables=(Table("sharpness", "Sharpness over training", columns, rows, shown=True),),
        arrays={
            "epoch": np.array([one.epoch for one in found]),
            "largest_eigenvalue": np.array([one.largest for one in found]),
            "stable_rate": np.array([one.stable_rate for one in found]),
            "n_directions": np.array([one.n_directions for one in found]),
        },
        pictures=(
            Picture("sharpness", "Largest eigenvalue of the full Hessian and training loss over the epochs (left); "
                    "largest stable learning rate of gradient descent (right).", lambda: _draw(found, losses)),
        ),
    )  # fmt: skip


def _findings(subject: Subject, found: Sequence[Sharpness]) -> tuple[str, ...]:
    first, last = found[0], found[-1]
    peak = max(found, key=lambda one: one.largest)
    largest = f"{last.largest:.3g} at epoch {last.epoch}"
    rates = f"{_rate(last.stable_rate)} at epoch {last.epoch}"
    if peak is not last:
        largest += f", and largest at epoch {peak.epoch} ({peak.largest:.3g})"
        rates += f", {_rate(peak.stable_rate)} at epoch {peak.epoch}"
    return (
        f"The sharpness of {subject.title}, the largest eigenvalue of the full Hessian, changes from "
        f"{first.largest:.3g} at epoch {first.epoch} to {largest}.",
        f"Gradient descent on the whole training set is stable up to 2/λ_max: a learning rate of {rates}. Adam scales "
        "the gradient first, so its own limit differs.",
        f"At epoch {last.epoch}, {last.n_directions} of the {last.n_leading} leading directions have an eigenvalue of "
        f"at least a tenth of the largest; at epoch {first.epoch}, {first.n_directions}.",
    )


def _rate(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "any size"


def _draw(found: Sequence[Sharpness], losses: Sequence[tuple[int, float]]) -> Figure:
    from mlpsvd.drawing import COLUMN_IN, PALETTE, new_figure, style

    epochs = [one.epoch for one in found]
    with style():
        figure = new_figure(2.4, 2 * COLUMN_IN)
        left, right = figure.subplots(1, 2)
        left.plot(epochs, [one.largest for one in found], "o-", markersize=3, color=PALETTE[0], label="$λ_{max}$")
        left.set_xlabel("Epoch")
        left.set_ylabel("Largest eigenvalue")
        beside = left.twinx()
        beside.spines["right"].set_visible(True)
        beside.plot(*zip(*losses, strict=True), color=PALETTE[1], label="training loss")
        beside.set_ylabel("Training loss")
        figure.legend(loc="outside upper center", ncols=2)
        right.semilogy(epochs, [one.stable_rate for one in found], "o-", markersize=3, color=PALETTE[2])
        right.set_xlabel("Epoch")
        right.set_ylabel("Largest stable rate $2/λ_{max}$")
    return figure

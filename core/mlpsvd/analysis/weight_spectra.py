"""Analysis "spectra": singular values of a layer over the epochs, effective ranks and the Marchenko-Pastur edge."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult
from mlpsvd.analysis.subject import Subject
from mlpsvd.errors import DataError
from mlpsvd.linalg.random_matrix import entropy_rank, marchenko_pastur_edges, stable_rank
from mlpsvd.tables import Picture, Table
from mlpsvd.training.events import EpochEvent, singular_value_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["WeightSpectra", "findings", "spectra", "spectra_result", "weight_spectra"]


@dataclass(frozen=True, eq=False)
class WeightSpectra:
    """Singular values of a layer's weight matrix over training.

    Attributes
    ----------
    epochs : np.ndarray [shape=(n_epochs,)]
        Epochs, the first one usually 0.
    values : np.ndarray [shape=(n_epochs, n_values)]
        Largest first; not-a-number where a value was discarded.
    stable_rank, entropy_rank : np.ndarray [shape=(n_epochs,)]
        Effective ranks, see :mod:`mlpsvd.linalg.random_matrix`.
    edge
        Upper Marchenko-Pastur edge of a random matrix of the same shape and the same mean square as W before training.
    n_above : np.ndarray [shape=(n_epochs,)]
        Number of singular values above the edge.
    """

    epochs: NDArray[np.intp]
    values: NDArray[np.float64]
    stable_rank: NDArray[np.float64]
    entropy_rank: NDArray[np.float64]
    edge: float
    n_above: NDArray[np.intp]


def weight_spectra(history: Sequence[EpochEvent], shape: tuple[int, int], layer: int = 0) -> WeightSpectra:
    """Return the singular values of a layer over the epochs with their effective ranks.

    Parameters
    ----------
    history
        Events of one contender, in order; the first one sets the edge.
    shape
        Shape of the weight matrix, :attr:`mlpsvd.network.spec.LayerSpec.matrix_shape`.
    layer
        Index of the layer, input side first.

    Raises
    ------
    DataError
        If there is no event.
    """
    if not history:
        raise DataError("the run has no epochs; train it first")
    rows = [np.asarray(event.singular_values[layer], np.float64) for event in history]
    std = float(np.sqrt((rows[0] ** 2).sum() / (shape[0] * shape[1])))
    edge = marchenko_pastur_edges(shape, std)[1]
    return WeightSpectra(
        epochs=np.array([event.epoch for event in history]),
        values=singular_value_table(history, layer),
        stable_rank=np.array([stable_rank(row) for row in rows]),
        entropy_rank=np.array([entropy_rank(row) for row in rows]),
        edge=edge,
        n_above=np.array([int((row > edge).sum()) for row in rows]),
    )


def spectra(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Report the singular values of a weight matrix over the epochs; yields one result."""
    layer = subject.snapshot.spec.layers[subject.layer]
    found = weight_spectra(subject.history, layer.matrix_shape, subject.layer)
    yield spectra_result(subject, found)


def spectra_result(subject: Subject, found: WeightSpectra) -> AnalysisResult:
    """Return spectra as a result with tables, arrays and figures."""
    return AnalysisResult(
        key="spectra",
        findings=findings(found, subject.title),
        tables=(_table(found),),
        arrays={
            "epoch": found.epochs,
            "singular_values": found.values,
            "stable_rank": found.stable_rank,
            "entropy_rank": found.entropy_rank,
            "n_above": found.n_above,
            "edge": np.array(found.edge),
        },
        pictures=(
            Picture("singular_values", "Singular values over the epochs", lambda: _draw_values(found)),
            Picture("effective_ranks", "Effective ranks over the epochs", lambda: _draw_ranks(found)),
        ),
    )


def findings(found: WeightSpectra, title: str) -> tuple[str, ...]:
    """Return what the spectra show, in sentences."""
    first, last = int(found.epochs[0]), int(found.epochs[-1])
    n_left = int(np.isfinite(found.values[-1]).sum())
    others = "" if found.n_above[-1] == n_left else "; the others are no larger than those of random weights"
    return (
        f"At epoch {last}, {found.n_above[-1]} of {n_left} singular values of {title} are above {found.edge:.3g}, the "
        f"largest value of random weights of this size (Marchenko-Pastur edge): training has made them{others}.",
        f"From epoch {first} to {last} the stable rank, about the number of directions that carry W, changes from "
        f"{found.stable_rank[0]:.1f} to {found.stable_rank[-1]:.1f}, and the entropy rank, in which small values count "
        f"more, from {found.entropy_rank[0]:.1f} to {found.entropy_rank[-1]:.1f}.",
    )


def _table(found: WeightSpectra) -> Table:
    rows = zip(found.epochs, found.stable_rank, found.entropy_rank, found.n_above, strict=True)
    return Table(
        "effective_ranks",
        "Effective ranks over the epochs",
        ("Epoch", "Stable rank", "Entropy rank", "Above the edge"),
        tuple((int(e), round(float(s), 4), round(float(h), 4), int(n)) for e, s, h, n in rows),
    )


def _draw_values(found: WeightSpectra) -> Figure:
    from mlpsvd.drawing import PALETTE, new_figure, style

    with style():
        figure = new_figure(2.4)
        axes = figure.add_subplot()
        axes.semilogy(found.epochs, found.values, color=PALETTE[0], linewidth=0.6)
        axes.axhline(found.edge, color=PALETTE[1], linestyle="--", label="Marchenko-Pastur edge")
        axes.set_xlabel("Epoch")
        axes.set_ylabel("Singular value")
        axes.legend()
    return figure


def _draw_ranks(found: WeightSpectra) -> Figure:
    from mlpsvd.drawing import new_figure, style

    with style():
        figure = new_figure(2.2)
        axes = figure.add_subplot()
        axes.plot(found.epochs, found.stable_rank, label="Stable rank")
        axes.plot(found.epochs, found.entropy_rank, linestyle="--", label="Entropy rank")
        axes.plot(found.epochs, found.n_above, linestyle=":", label="Above the edge")
        axes.set_xlabel("Epoch")
        axes.legend()
    return figure

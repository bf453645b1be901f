"""Analysis "similarity": how alike the networks of a run are, as tables and figures."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.layer_inputs import layer_inputs
from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult, Progress
from mlpsvd.analysis.similarity import angles_between, linear_cka, row_space, shared_energy
from mlpsvd.analysis.subject import Subject
from mlpsvd.errors import DataError
from mlpsvd.network.network import Network
from mlpsvd.tables import Picture, Table
from mlpsvd.text import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

__all__ = ["Pair", "compare", "similarity"]

_MOST_NUMBERS = 7
"""Networks up to which the cells of a figure hold their numbers."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two networks of a run beside each other.

    Attributes
    ----------
    first, second
        Their places in the order of the run.
    alignment : np.ndarray [shape=(n_hidden,)]
        Linear centred kernel alignment of each hidden layer that both have, input side first; not-a-number where the
        activations of a network are the same for all clips.
    angles : np.ndarray [shape=(rank,)]
        Principal angles between the row spaces of the first weight matrices in radians, smallest first; empty where W
        is 0.
    by_chance
        Mean of cos² between random spaces of the same dimension, rank / n_features.
    """

    first: int
    second: int
    alignment: NDArray[np.float64]
    angles: NDArray[np.float64]
    by_chance: float

    @property
    def shared(self) -> float:
        """Mean of cos² of the angles; not-a-number without angles."""
        return shared_energy(self.angles) if len(self.angles) else float("nan")


def compare(networks: Sequence[Network], x: NDArray[np.floating]) -> Generator[Progress, None, list[Pair]]:
    """Compare every pair of networks.

    Parameters
    ----------
    networks
        Networks with the same inputs.
    x : np.ndarray [shape=(n_clips, n_features)]
        Feature vectors of the clips on which activations are compared.

    Yields
    ------
    Progress
        After each pair; the pairs are returned.
    """
    pairs = list(combinations(range(len(networks)), 2))
    hidden = [[layer_inputs(one, x, layer) for layer in range(1, len(one.spec.layers))] for one in networks]
    weights = [np.asarray(one.weight_matrix(0), np.float64) for one in networks]
    ranks = [_rank(one) for one in networks]
    spaces = [row_space(w, rank) if rank else np.empty((0, w.shape[1])) for w, rank in zip(weights, ranks, strict=True)]
    found = []
    for done, (i, j) in enumerate(pairs):
        yield Progress(done, len(pairs))
        # Rows of W over windows and over the whole input have no angles between them.
        alike = networks[i].spec.layers[0].window == networks[j].spec.layers[0].window
        rank = min(ranks[i], ranks[j]) if alike else 0
        angles = angles_between(spaces[i][:rank], spaces[j][:rank]) if rank else np.empty(0)
        alignment = np.array([_alignment(a, b) for a, b in zip(hidden[i], hidden[j], strict=False)])
        found.append(Pair(i, j, alignment, angles, rank / weights[i].shape[1]))
    return found


def similarity(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Compare the networks of a run at one epoch: hidden activations on the test clips, and row spaces of W.

    Yields
    ------
    AnalysisEvent
        Progress, and one result.

    Raises
    ------
    DataError
        If the clips of the run are not available.
    """
    dataset, subjects = subject.require_dataset(), subject.contenders
    if len(subjects) < 2:
        sentence = "There is one network at this epoch; a run with two or more shows how alike they are."
        yield AnalysisResult(key="similarity", findings=(sentence,))
        return
    pairs = yield from compare([one.network for one in subjects], dataset.x_test)
    yield _result([one.title for one in subjects], pairs)


def _rank(network: Network) -> int:
    sigma = np.asarray(network.singular_values(0), np.float64)
    w = network.spec.layers[0]
    return int((sigma > sigma.max(initial=0.0) * max(w.matrix_shape) * np.finfo(network.theta.dtype).eps).sum())


def _alignment(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    try:
        return linear_cka(a, b)
    except DataError:  # a network without a living neuron
        return float("nan")


def _result(titles: Sequence[str], pairs: Sequence[Pair]) -> AnalysisResult:
    n_hidden = max(len(pair.alignment) for pair in pairs)
    alignment = np.stack([_matrix(len(titles), pairs, layer) for layer in range(n_hidden)]) if n_hidden else None
    shared = _matrix(len(titles), pairs, None)
    return AnalysisResult(
        key="similarity",
        findings=_findings(titles, pairs),
        tables=(_table(titles, pairs, n_hidden),),
        arrays={
            "networks": np.array(titles),
            "alignment": np.empty((0, len(titles), len(titles))) if alignment is None else alignment,
            "shared": shared,
            **{f"angles_{pair.first + 1}_{pair.second + 1}": pair.angles for pair in pairs},
        },
        pictures=(
            Picture(
                "similarity",
                "Alignment of the hidden activations (left), and mean of cos² of the principal angles between the row "
                "spaces of W (right)",
                lambda: _draw(titles, [] if alignment is None else list(alignment), shared),
            ),
        ),
    )


def _matrix(n: int, pairs: Sequence[Pair], layer: int | None) -> NDArray[np.float64]:
    """Return one number for each pair as a symmetric matrix; not-a-number where there is none."""
    found = np.full((n, n), np.nan)
    for pair in pairs:
        value = pair.shared if layer is None else pair.alignment[layer] if layer < len(pair.alignment) else np.nan
        found[pair.first, pair.second] = found[pair.second, pair.first] = value
    return found


def _findings(titles: Sequence[str], pairs: Sequence[Pair]) -> tuple[str, ...]:
    found = []
    aligned = [pair for pair in pairs if len(pair.alignment) and np.isfinite(pair.alignment[-1])]
    if aligned:
        most, least = (choose(aligned, key=lambda pair: pair.alignment[-1]) for choose in (max, min))
        lowest = f"{least.alignment[-1]:.2f}, is that of {_names(titles, least)}"
        rest = "." if most is least else f", the highest of all pairs; the lowest, {lowest}."
        found.append(
            f"The activations of the last hidden layer that {_names(titles, most)} both have show an alignment of "
            f"{most.alignment[-1]:.2f}{rest}"
        )
    else:
        found.append("No two networks have a hidden layer whose activations change; none can be aligned.")
    spaces = [pair for pair in pairs if len(pair.angles)]
    if spaces:
        nearest = max(spaces, key=lambda pair: pair.shared)
        found.append(
            f"The {len(nearest.angles)} leading directions of W in the first layer of {_names(titles, nearest)} "
            f"{'share' if len(nearest.angles) > 1 else 'shares'} {percent(nearest.shared, 0)} (mean of cos² of the "
            f"principal angles); random directions share {percent(nearest.by_chance, 0)}."
        )
    return tuple(found)


def _names(titles: Sequence[str], pair: Pair) -> str:
    return f"{titles[pair.first]} and {titles[pair.second]}"


def _table(titles: Sequence[str], pairs: Sequence[Pair], n_hidden: int) -> Table:
    heads = ["Alignment"] if n_hidden == 1 else [f"Alignment of layer {layer + 1}" for layer in range(n_hidden)]
    columns = ("First", "Second", *heads, "Rank compared", "Smallest angle (°)", "Largest angle (°)", "Mean cos²",
               "By chance")  # fmt: skip
    rows = []
    for pair in pairs:
        alignment = [_cell(value) for value in pair.alignment] + ["–"] * (n_hidden - len(pair.alignment))
        degrees = np.degrees(pair.angles)
        ends = (round(float(degrees[0]), 2), round(float(degrees[-1]), 2)) if len(degrees) else ("–", "–")
        names = (titles[pair.first], titles[pair.second])
        rows.append((*names, *alignment, len(degrees), *ends, _cell(pair.shared), round(pair.by_chance, 4)))
    return Table("pairs", "Pairs of networks", columns, tuple(rows), shown=True)


def _cell(value: float) -> float | str:
    return round(float(value), 4) if np.isfinite(value) else "–"


def _draw(titles: Sequence[str], alignment: Sequence[NDArray[np.float64]], shared: NDArray[np.float64]) -> Figure:
    from mlpsvd.drawing import COLUMN_IN, new_figure, style

    heads = ["Alignment"] if len(alignment) == 1 else [f"Alignment of layer {n + 1}" for n in range(len(alignment))]
    matrices = [*alignment, shared]
    with style():
        figure = new_figure(2.8, COLUMN_IN * len(matrices))
        for axes, matrix, head in zip(
            np.atleast_1d(figure.subplots(1, len(matrices))), matrices, (*heads, "Mean cos² of W"), strict=True
        ):
            image = _draw_matrix(axes, matrix, titles)
            axes.set_title(head)
        figure.colorbar(image, ax=axes)
    return figure


def _draw_matrix(axes: Axes, matrix: NDArray[np.float64], titles: Sequence[str]) -> AxesImage:
    image = axes.imshow(matrix, cmap="cividis", vmin=0.0, vmax=1.0)
    axes.set_xticks(range(len(titles)), titles, rotation=45, ha="right")
    axes.set_yticks(range(len(titles)), titles)
    if len(titles) <= _MOST_NUMBERS:
        for (row, column), value in np.ndenumerate(matrix):
            if np.isfinite(value):
                colour = "white" if value < 0.5 else "black"
                axes.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour)
    return image

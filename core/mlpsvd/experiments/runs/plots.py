"""Figures of a run for print: one journal column wide, embedded fonts, safe for colour-blind readers.

:mod:`mlpsvd.drawing` defines the style and the file formats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.contenders import Contender
from mlpsvd.drawing import COLUMN_IN, FORMATS, contender_colour, integer_ticks, new_figure, save_figure, style
from mlpsvd.network.layers import layer_family
from mlpsvd.text import one_line
from mlpsvd.training.events import EpochEvent, singular_value_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "FORMATS",
    "accuracy_and_loss",
    "confusion",
    "rank_and_weights",
    "save_figure",
    "shown_layers",
    "singular_values",
]

_ANNOTATED_CLASSES = 12
_ONE_COLUMN_CLASSES = 20
_MOST_NAMES = 50
_LONGEST_NAME = 14

Histories = Mapping[Contender, Sequence[EpochEvent]]


def accuracy_and_loss(histories: Histories) -> Figure:
    """Draw accuracy and loss over epochs: test solid, training dashed; ticks at the top mark discarded values."""
    with style():
        figure = new_figure(3.9)
        top, bottom = figure.subplots(2, 1, sharex=True)
        for contender, history in histories.items():
            epochs = [event.epoch for event in history]
            colour, name = contender_colour(contender), contender.title
            test = [100 * event.test_accuracy for event in history]
            train = [100 * event.train_accuracy for event in history]
            top.plot(epochs, test, color=colour, label=f"{name}, test")
            top.plot(epochs, train, color=colour, linestyle="--", linewidth=0.7, label=f"{name}, training")
            bottom.plot(epochs, [event.test_loss for event in history], color=colour)
            losses = [event.train_loss for event in history]
            bottom.plot(epochs, losses, color=colour, linestyle="--", linewidth=0.7)
            _mark_discards(top, history, colour)
        top.set_ylabel("Accuracy (%)")
        bottom.set_ylabel("Mean loss")
        bottom.set_xlabel("Epoch")
        figure.legend(loc="outside upper center", ncols=2)
    return figure


def rank_and_weights(histories: Histories) -> Figure:
    """Draw the rank of each layer except the last, and the number of trained weights, over epochs."""
    with style():
        figure = new_figure(3.6)
        top, bottom = figure.subplots(2, 1, sharex=True)
        for contender, history in histories.items():
            epochs = [event.epoch for event in history]
            colour, name = contender_colour(contender), contender.title
            for count, layer in enumerate(shown_layers(history)):
                label = f"{name}, layer {layer + 1}"
                dashes = ("-", "--", ":", "-.")[count % 4]
                ranks = [event.ranks[layer] for event in history]
                top.step(epochs, ranks, where="post", color=colour, linestyle=dashes, label=label)
            weights = [event.n_weights for event in history]
            bottom.step(epochs, weights, where="post", color=colour, label=name)
        top.set_ylabel("Rank")
        bottom.set_ylabel("Trained weights")
        bottom.set_xlabel("Epoch")
        for axes in (top, bottom):
            axes.set_ylim(bottom=0)
            axes.legend(loc="best")
    return figure


def singular_values(history: Sequence[EpochEvent]) -> Figure:
    """Draw the singular values of each layer except a dense last one, as colours over epoch (x) and index (y)."""
    from matplotlib.colors import LogNorm

    layers = shown_layers(history)
    with style():
        figure = new_figure(0.5 + 2.0 * len(layers))
        panels = figure.subplots(len(layers), 1, sharex=True, squeeze=False)[:, 0]
        for axes, layer in zip(panels, layers, strict=True):
            image = singular_value_table(history, layer).T
            largest = float(np.nanmax(image, initial=0.0)) or 1.0
            smallest = max(float(np.nanmin(np.where(image > 0, image, np.inf))), largest / 1000)
            norm = LogNorm(min(smallest, largest / 2), largest)
            first, last = history[0].epoch, history[-1].epoch
            extent = (first - 0.5, last + 0.5, 0.5, image.shape[0] + 0.5)
            axes.set_facecolor("0.9")
            drawn = axes.imshow(
                np.clip(image, norm.vmin, None), extent=extent, norm=norm, cmap="viridis", aspect="auto",
                origin="lower", interpolation="nearest",
            )  # fmt: skip
            axes.set_ylabel(f"Index, layer {layer + 1}")
            integer_ticks(axes.yaxis)
            figure.colorbar(drawn, ax=axes, label="Singular value")
        panels[-1].set_xlabel("Epoch")
    return figure


def confusion(matrix: NDArray[np.intp], class_names: Sequence[str], title: str) -> Figure:
    """Draw a confusion matrix [shape=(n_classes, n_classes)] in percent of each row; rows are actual classes."""
    totals = matrix.sum(axis=1, keepdims=True)
    shares = 100 * np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    n_classes = len(class_names)
    with style():
        width_in = COLUMN_IN if n_classes <= _ONE_COLUMN_CLASSES else 2.0 * COLUMN_IN
        figure = new_figure(width_in, width_in)
        axes = figure.subplots()
        drawn = axes.imshow(shares, cmap="cividis", vmin=0, vmax=100, interpolation="nearest")
        named = range(0, n_classes, -(-n_classes // _MOST_NAMES))
        names = [one_line(class_names[index], _LONGEST_NAME) for index in named]
        plain = {"parse_math": False}  # no TeX in class names
        slanted: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if n_classes > 4 else {}
        axes.set_xticks(named, names, **slanted, **plain)
        axes.set_yticks(named, names, **plain)
        axes.set_xlabel("Estimate")
        axes.set_ylabel("Target")
        axes.set_title(title)
        if n_classes <= _ANNOTATED_CLASSES:
            for (row, column), share in np.ndenumerate(shares):
                shade = "black" if share > 55 else "white"
                if not matrix[row, column]:
                    continue
                axes.text(column, row, f"{share:.0f}", ha="center", va="center", color=shade, fontsize=6)
        figure.colorbar(drawn, ax=axes, label="Share of the target's clips (%)", shrink=0.8)
    return figure


def _mark_discards(axes: Axes, history: Sequence[EpochEvent], colour: str | None) -> None:
    epochs = [event.epoch for event in history if event.discarded]
    if epochs:
        top = [1.0] * len(epochs)
        look: dict[str, Any] = {"linestyle": "none", "marker": "|", "markersize": 5, "color": colour}
        across = axes.get_xaxis_transform()
        (marks,) = axes.plot(epochs, top, transform=across, clip_on=False, label="Values discarded", **look)
        marks.set_in_layout(False)


def shown_layers(history: Sequence[EpochEvent]) -> list[int]:
    """Return all layers except a dense last one; a single layer is always included."""
    kinds = history[-1].kinds
    hidden = list(range(len(kinds) - 1))
    return hidden if hidden and not layer_family(kinds[-1]).is_factored else [*hidden, len(kinds) - 1]

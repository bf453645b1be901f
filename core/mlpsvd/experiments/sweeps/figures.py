"""Figures of a sweep for print: parallel coordinates, and accuracy against weights, operations and time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mlpsvd.contenders import named_contenders
from mlpsvd.drawing import COLUMN_IN, contender_colour, new_figure, style
from mlpsvd.experiments.sweeps.coordinates import Coordinate, coordinates
from mlpsvd.experiments.sweeps.results import COSTS, CombinationResult, fronts
from mlpsvd.experiments.sweeps.sweep import Sweep
from mlpsvd.text import one_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["parallel_coordinates", "pareto"]

_WIDE_IN = 2 * COLUMN_IN + 0.3
_MOST_TICKS = 12
_LONGEST = 14


def parallel_coordinates(sweep: Sweep, results: Sequence[CombinationResult]) -> Figure:
    """Draw one line for each complete combination over its settings, ended by accuracy, weights and time.

    The colour is the mean accuracy of the network that decides; the best combination is drawn last and wider.
    """
    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    found = coordinates(sweep, results)
    with style():
        figure = new_figure(2.6, _WIDE_IN)
        axes: Any = figure.subplots()
        shades = Normalize(min(found.accuracies), max(found.accuracies)) if found.accuracies else Normalize()
        for index in np.argsort(found.accuracies):
            is_best = found.accuracies[index] == max(found.accuracies)
            axes.plot(
                range(len(found.columns)),
                [column.positions[index] for column in found.columns],
                color=colormaps["viridis"](0.9 * shades(found.accuracies[index])),
                linewidth=1.6 if is_best else 0.7,
            )
        for place, column in enumerate(found.columns):
            _draw_column(axes, place, column)
        axes.set_xlim(-0.3, len(found.columns) - 0.4)
        axes.set_ylim(-0.06, 1.06)
        axes.set_xticks(range(len(found.columns)), [_wrapped(column.label) for column in found.columns])
        axes.set_yticks([])
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.tick_params(axis="x", length=0)
    return figure


def pareto(sweep: Sweep, results: Sequence[CombinationResult]) -> Figure:
    """Draw the mean accuracy of every network against its costs; lines join the Pareto-optimal points.

    Numbers are those of the combinations.
    """
    by_number = {one.combination.number: one for one in results}
    contenders = named_contenders(dict.fromkeys(key for one in results for key in one.networks))
    with style():
        figure = new_figure(2.6, _WIDE_IN)
        panels = figure.subplots(1, len(COSTS), sharey=True)
        for axes, (cost, label) in zip(panels, COSTS.items(), strict=True):
            for contender in contenders:
                shown = [one for one in results if one.is_complete and contender.key in one.networks]
                axes.plot(
                    [one.networks[contender.key].cost(cost) for one in shown],
                    [100 * one.networks[contender.key].mean for one in shown],
                    "o", markersize=3, color=contender_colour(contender), label=contender.title, alpha=0.8,
                )  # fmt: skip
            front = fronts(results, cost)
            line = [(by_number[number].networks[key], number) for number, key in front]
            axes.step([one.cost(cost) for one, _ in line], [100 * one.mean for one, _ in line], where="post",
                      color="0.5", linewidth=0.6)  # fmt: skip
            for one, number in line:
                axes.annotate(str(number), (one.cost(cost), 100 * one.mean), (2, 2), textcoords="offset points",
                              fontsize=6)  # fmt: skip
            axes.set_xlabel(label)
            _scale(axes, cost, results)
        panels[0].set_ylabel("Mean test accuracy (%)")
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _draw_column(axes: Axes, place: int, column: Coordinate) -> None:
    axes.axvline(place, color="0.6", linewidth=0.6, zorder=0)
    step = -(-len(column.ticks) // _MOST_TICKS) or 1
    box = {"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.7}
    for position, text in column.ticks[::step]:
        axes.annotate(one_line(text, _LONGEST), (place, position), (3, 0), textcoords="offset points", fontsize=6,
                      va="center", bbox=box)  # fmt: skip


def _scale(axes: Axes, cost: str, results: Sequence[CombinationResult]) -> None:
    """Use a logarithmic axis where costs differ by more than a factor of 20."""
    costs = [network.cost(cost) for one in results if one.is_complete for network in one.networks.values()]
    if costs and min(costs) > 0 and max(costs) > 20 * min(costs):
        axes.set_xscale("log")


def _wrapped(label: str) -> str:
    """Return a label on two lines if it is long."""
    words = label.split()
    if len(label) <= _LONGEST or len(words) < 2:
        return label
    half = (len(words) + 1) // 2
    return " ".join(words[:half]) + "\n" + " ".join(words[half:])

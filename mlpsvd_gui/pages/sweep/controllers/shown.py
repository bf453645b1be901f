"""Results of a sweep as texts, lines and points."""

from __future__ import annotations

from collections.abc import Sequence

from mlpsvd.contenders import named_contenders
from mlpsvd.experiments.sweeps.coordinates import coordinates
from mlpsvd.experiments.sweeps.results import COSTS, CombinationResult, best_first, fronts
from mlpsvd.experiments.sweeps.sweep import Sweep
from mlpsvd.experiments.sweeps.texts import SELECTION_NOTE, row_headings, row_texts
from mlpsvd_gui.pages.sweep.views.window import ShownPoints, ShownResults
from mlpsvd_gui.plots.parallel_plot import ParallelAxis
from mlpsvd_gui.plots.point_plot import PointSeries

__all__ = ["shown_results"]


def shown_results(sweep: Sweep, results: Sequence[CombinationResult]) -> ShownResults:
    """Return what the window shows, the best combination first."""
    ordered = best_first(sweep, results)
    lines = coordinates(sweep, results)
    return ShownResults(
        heads=row_headings(sweep),
        rows={one.combination.number: row_texts(sweep, one) for one in ordered},
        grey=frozenset(one.combination.number for one in ordered if not one.is_complete),
        numbers=lines.numbers,
        scores=lines.accuracies,
        axes=tuple(ParallelAxis(one.label, one.positions, one.ticks) for one in lines.columns),
        points=tuple(_points(results, cost, label) for cost, label in COSTS.items()),
        note=SELECTION_NOTE if len(results) > 1 and ordered[0].is_complete else "",
    )


def _points(results: Sequence[CombinationResult], cost: str, label: str) -> ShownPoints:
    by_number = {one.combination.number: one.networks for one in results}
    contenders = named_contenders(dict.fromkeys(key for one in results for key in one.networks))
    series = []
    for contender in contenders:
        shown = [one for one in results if one.is_complete and contender.key in one.networks]
        networks = [one.networks[contender.key] for one in shown]
        numbers = tuple(one.combination.number for one in shown)
        x = tuple(one.cost(cost) for one in networks)
        series.append(
            PointSeries(contender.title, contender.colour, numbers, x, tuple(100 * one.mean for one in networks))
        )
    front = tuple(
        (number, by_number[number][key].cost(cost), 100 * by_number[number][key].mean)
        for number, key in fronts(results, cost)
    )
    return ShownPoints(label, tuple(series), front)

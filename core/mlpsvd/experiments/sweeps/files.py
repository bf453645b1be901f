"""Files of a sweep's results: tables as CSV and JSON, figures, and the best combination as an experiment file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mlpsvd.drawing import save_figure
from mlpsvd.experiments.experiment_file import save_experiment
from mlpsvd.experiments.sweeps.axes import value_text
from mlpsvd.experiments.sweeps.figures import parallel_coordinates, pareto
from mlpsvd.experiments.sweeps.results import COSTS, CombinationResult, best_first, fronts
from mlpsvd.experiments.sweeps.sweep import Sweep, changed_settings
from mlpsvd.files import write_atomically
from mlpsvd.json_fields import finite_or_none
from mlpsvd.text import csv_text

__all__ = ["BEST", "results_table", "write_results"]

BEST = "best.toml"
_VERSION = 1


def write_results(folder: Path, sweep: Sweep, results: Sequence[CombinationResult]) -> list[Path]:
    """Write ``results.csv``, ``accuracies.csv``, ``results.json``, the figures and ``best.toml``; return the paths.

    Figures and the best experiment are written once a combination is complete.

    Raises
    ------
    OSError
        If a file cannot be written; the existing one is then unchanged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "results.csv": csv_text(_rows(sweep, results)),
        "accuracies.csv": csv_text(_accuracy_rows(sweep, results)),
        "results.json": json.dumps(results_table(sweep, results), indent=1) + "\n",
    }
    for name, content in contents.items():
        write_atomically(folder / name, content)
    paths = [folder / name for name in contents]
    best = next(iter(best_first(sweep, results)), None)
    if best is None or not best.is_complete:
        return paths
    save_experiment(folder / BEST, sweep.experiment(best.combination))
    paths.append(folder / BEST)
    if len(results) > 1:
        paths += save_figure(parallel_coordinates(sweep, results), folder, "parallel-coordinates")
    return paths + save_figure(pareto(sweep, results), folder, "pareto")


def results_table(sweep: Sweep, results: Sequence[CombinationResult]) -> dict[str, Any]:
    """Return everything about a sweep's results as a dictionary for JSON, the best combination first."""
    return {
        "format_version": _VERSION,
        "experiment": sweep.base.name,
        "first_seed": sweep.base.seed,
        "seeds": sweep.n_seeds,
        "judge": sweep.judge,
        **({"searched": sweep.n_searched} if sweep.n_searched else {}),
        "settings": [{"key": axis.key, "label": axis.label} for axis in sweep.axes],
        "combinations": [_combination_table(sweep, one) for one in best_first(sweep, results)],
        "fronts": {
            cost: [{"combination": number, "network": key} for number, key in fronts(results, cost)] for cost in COSTS
        },
    }


def _combination_table(sweep: Sweep, one: CombinationResult) -> dict[str, Any]:
    return {
        "combination": one.combination.number,
        "values": changed_settings(sweep, one.combination),
        "state": one.state,
        "epoch": one.epoch,
        "failure": one.failure,
        "p_value": finite_or_none(one.p_value),
        "networks": {
            key: {
                "accuracies": list(network.accuracies),
                "mean_accuracy": network.mean,
                "std_accuracy": finite_or_none(network.std),
                "n_test": network.n_test,
                "n_weights": network.n_weights,
                "rank": network.rank,
                "flops": network.flops,
                "train_s": network.train_s,
            }
            for key, network in one.networks.items()
        },
    }


def _rows(sweep: Sweep, results: Sequence[CombinationResult]) -> Iterator[Sequence[object]]:
    on_fronts = {cost: set(fronts(results, cost)) for cost in COSTS}
    yield ("combination", *(axis.key for axis in sweep.axes), "state", "epoch", "network", "mean_accuracy",
           "std_accuracy", "seeds", "n_weights", "rank_layer0", "flops", "train_s", "p_value_against_best",
           *(f"on_front_{cost}" for cost in COSTS))  # fmt: skip
    for one in best_first(sweep, results):
        start = one.combination.number, *(value_text(value) for value in one.combination.values), one.state, one.epoch
        if not one.networks:
            yield (*start, *("",) * (9 + len(COSTS)))
        for key, network in one.networks.items():
            p_value = finite_or_none(one.p_value) if key == sweep.judge else None
            marks = ("yes" if (one.combination.number, key) in on_fronts[cost] else "" for cost in COSTS)
            yield (*start, key, network.mean, _or_empty(finite_or_none(network.std)), len(network.accuracies),
                   network.n_weights, network.rank, network.flops, network.train_s, _or_empty(p_value),
                   *marks)  # fmt: skip


def _or_empty(value: float | None) -> object:
    return "" if value is None else value


def _accuracy_rows(sweep: Sweep, results: Sequence[CombinationResult]) -> Iterator[Sequence[object]]:
    yield ("combination", "network", "seed", "epoch", "test_accuracy", "n_test")
    for one in results:
        for key, network in one.networks.items():
            for index, accuracy in enumerate(network.accuracies):
                seed = (sweep.base.seed + index) % 2**32
                yield (one.combination.number, key, seed, one.epoch, accuracy, network.n_test)

"""Texts about sweeps that the command line and the window share."""

from __future__ import annotations

import math

from mlpsvd.contenders import contender_title
from mlpsvd.experiments.sweeps.axes import value_text
from mlpsvd.experiments.sweeps.results import CombinationResult, NetworkResult
from mlpsvd.experiments.sweeps.sweep import Sweep
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd.text import counted, one_line, rounded_number

__all__ = ["SELECTION_NOTE", "accuracy_cell", "row_headings", "row_texts", "summary"]

SELECTION_NOTE = (
    "The accuracy of the best combination is too high on average, as it was chosen by the same test clips; "
    "train it again with another seed for a fair figure."
)

_LONGEST = 24


def summary(sweep: Sweep) -> str:
    """Return the size of a sweep, e.g. ``6 combinations × 3 seeds``."""
    seeds = counted(sweep.n_seeds, "seed")
    if sweep.n_searched:
        return f"{counted(sweep.n_searched, 'combination')} chosen by Optuna × {seeds}"
    rule = ", stopped early by successive halving" if len(sweep.rungs()) > 1 else ""
    return f"{counted(len(sweep.combinations), 'combination')} × {seeds}{rule}"


def row_headings(sweep: Sweep) -> tuple[str, ...]:
    """Return the headings of the table of combinations."""
    title = contender_title(sweep.judge)
    labels = (axis.heading for axis in sweep.axes)
    return ("No.", *labels, title, "Rank", "Weights", "Operations", "Time (s)", "Against the best")


def row_texts(sweep: Sweep, one: CombinationResult) -> tuple[str, ...]:
    """Return the cells of one combination."""
    values = (one_line(value_text(value), _LONGEST) for value in one.combination.values)
    network = one.networks.get(sweep.judge)
    start = (str(one.combination.number), *values)
    if network is None:
        return (*start, one_line(one.failure, 60) if one.failure else "not trained yet", *("–",) * 5)
    numbers = (network.rank, network.n_weights, network.flops, network.train_s)
    return (*start, accuracy_cell(network), *(rounded_number(number, 3) for number in numbers), _verdict(one))


def accuracy_cell(network: NetworkResult) -> str:
    """Return the accuracy with its interval for one seed, mean ± standard deviation for several."""
    if len(network.accuracies) == 1:
        return accuracy_text(network.mean, network.n_test)
    return f"{100 * network.mean:.1f} ± {100 * network.std:.1f} %"


def _verdict(one: CombinationResult) -> str:
    if one.state == "stopped":
        return f"stopped at epoch {one.epoch}"
    if not one.is_complete:
        return f"at epoch {one.epoch}"
    if math.isnan(one.p_value):
        return ""
    return "within chance" if one.within_chance else "worse"

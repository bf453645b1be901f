"""Beyond the paper: one-off discarding (Cai; Xue) and the two-factor variant on the tasks of Table II."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlpsvd.drawing import PALETTE, new_figure, style
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.compare import mean_std
from mlpsvd.experiments.papers.finding import Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.printed import TABLE_2
from mlpsvd.experiments.papers.table_2 import time_ratio
from mlpsvd.experiments.papers.tasks import changed, final_percents, final_ranks, race_trials, table_2_task
from mlpsvd.experiments.trials.trials import Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["VARIANTS"]

_Key = tuple[float, int]
_TWO_FACTOR = {"network.kinds": ("two-factor", "dense")}
_ONCE = {**_TWO_FACTOR, "discarding.points": 1, "discarding.factor_from": "first point"}
_VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "MLP-SVD": {},
    "Two factors": _TWO_FACTOR,
    "Cai: once, rank 4": {**_ONCE, "discarding.criterion": "rank", "discarding.rank": 4, "discarding.first": 10},
    "Xue: once, energy": {**_ONCE, "discarding.criterion": "energy", "discarding.first": 50},
}


@dataclass(frozen=True)
class _Row:
    """One variant on one task."""

    key: _Key
    variant: str
    percent: float
    std: float
    ranks: tuple[int, int]
    time: float


def _task(key: _Key, variant: str) -> Experiment:
    task = table_2_task(*key)
    return changed(task, {"name": f"{task.name}, {variant}", **_VARIANTS[variant]})


def _trials(n_trials: int) -> list[Trial]:
    return [trial for key in TABLE_2 for variant in _VARIANTS for trial in race_trials(_task(key, variant), n_trials)]


def _find(n_trials: int, results: Results) -> Finding:
    rows = [_row(key, variant, results, n_trials) for key in TABLE_2 for variant in _VARIANTS]
    baseline = {
        key: mean_std(final_percents(results, race_trials(_task(key, "MLP-SVD"), n_trials), "mlp"))[0]
        for key in TABLE_2
    }
    worst = {name: max(baseline[one.key] - one.percent for one in rows if one.variant == name) for name in _VARIANTS}
    least = min(worst, key=lambda name: worst[name])
    return Finding(
        f"{least} has the smallest loss relative to the MLP: at most {max(worst[least], 0.0):.1f} points on any task. "
        + " ".join(f"{name}: {_times(rows, name)} of the MLP's time." for name in _VARIANTS),
        (),
        (_table(rows, baseline),),
        (Picture("table-2-variants", "Difference in accuracy from the MLP, in points, and training time relative to "
                 "the MLP.", lambda: _drawn(rows, baseline)),),
        ("Cai et al. (2014) discard once, early, to a fixed rank and continue with two factors: here at epoch 10, to "
         "rank 4. Xue et al. (2013) restructure a trained network by its share of the sum of squared singular values "
         "and continue training: here at epoch 50, with 95 %. Before that, both train W. These ranks, epochs and "
         "shares are choices of this study.",),
        tuple(_task((10.0, 5), variant) for variant in _VARIANTS),
    )  # fmt: skip


def _row(key: _Key, variant: str, results: Results, n_trials: int) -> _Row:
    trials = race_trials(_task(key, variant), n_trials)
    ranks = final_ranks(results, trials)
    mean, std = mean_std(final_percents(results, trials, "mlp-svd"))
    return _Row(key, variant, mean, std, (min(ranks), max(ranks)), time_ratio(results, trials))


def _times(rows: list[_Row], variant: str) -> str:
    times = [one.time for one in rows if one.variant == variant]
    return f"{min(times):.2f} to {max(times):.2f}"


def _table(rows: list[_Row], baseline: dict[_Key, float]) -> Table:
    columns = ("bandwidth_hz", "n_classes", "variant", "accuracy_percent", "std_percent", "mlp_percent", "rank_low",
               "rank_high", "time_of_mlp")  # fmt: skip
    values = [
        (*one.key, one.variant, round(one.percent, 2), round(one.std, 2), round(baseline[one.key], 2), *one.ranks,
         round(one.time, 3))
        for one in rows
    ]  # fmt: skip
    return Table("table-2-variants", "Other discarding schemes", columns, tuple(values), shown=True)


def _drawn(rows: list[_Row], baseline: dict[_Key, float]) -> Figure:
    with style():
        figure = new_figure(2.8)
        left, right = figure.subplots(1, 2, sharey=True)
        for index, (variant, colour) in enumerate(zip(_VARIANTS, PALETTE, strict=False)):
            chosen = [one for one in rows if one.variant == variant]
            places = [place + 0.18 * (index - 1.5) for place in range(len(chosen))]
            lost = [one.percent - baseline[one.key] for one in chosen]
            left.plot(lost, places, "o", markersize=3, color=colour, label=variant)
            right.plot([one.time for one in chosen], places, "o", markersize=3, color=colour)
        left.axvline(0, color="0.5", linewidth=0.6)
        right.axvline(1, color="0.5", linewidth=0.6)
        left.set_yticks(range(len(TABLE_2)), [f"{b:g} Hz, {n}" for b, n in TABLE_2])
        left.invert_yaxis()
        left.set_xlabel("Accuracy − MLP's")
        right.set_xlabel("Time, MLP = 1")
        figure.legend(loc="outside upper center", ncols=2)
    return figure


VARIANTS = Reproduction(
    "table-2-variants",
    "Table II with other discarding schemes",
    "Two factors instead of three, and discarding once according to Cai et al. (2014) and Xue et al. (2013).",
    True,
    _trials,
    _find,
)

"""Beyond Naumov (2017): recurrent networks over the frames of a clip, the mean magnitude, and the Bayes limit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mlpsvd.experiments.papers.compare import mean_std
from mlpsvd.experiments.papers.finding import Finding, Reproduction, Results
from mlpsvd.experiments.papers.tasks import race_trials
from mlpsvd.experiments.recurrence import MEAN_MLP, recurrence_task
from mlpsvd.experiments.trials.measurements import Measurement
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.tables import Picture, Table
from mlpsvd.text import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["NAUMOV_RECURRENCE"]

_SPACINGS_HZ = (30.0, 5.0)
_MOST_TRIALS = 3


def _runs(n_trials: int) -> dict[float, list[Trial]]:
    n = min(n_trials, _MOST_TRIALS)
    return {
        spacing_hz: race_trials(recurrence_task(spacing_hz), n, Measurement.RECURRENCE) for spacing_hz in _SPACINGS_HZ
    }


def _trials(n_trials: int) -> list[Trial]:
    return [trial for trials in _runs(n_trials).values() for trial in trials]


def _find(n_trials: int, results: Results) -> Finding:
    found = {spacing_hz: results.all(trials) for spacing_hz, trials in _runs(n_trials).items()}
    told = [f"at {spacing_hz:g} Hz spacing {_told(ones)}" for spacing_hz, ones in found.items()]
    rows = [
        (f"{spacing_hz:g} Hz", name, *_percent(ones, name), round(100 * ones[0]["limit"], 1))
        for spacing_hz, ones in found.items()
        for name in ones[0]["networks"]
    ]
    columns = ("spacing", "network", "accuracy (%)", "std. dev.", "Bayes limit, whole clip (%)")
    return Finding(
        f"Ten classes of 100 Hz bandwidth, whole clips: {'; '.join(told)}.",
        (),
        (Table("naumov-recurrence", "Test accuracy", columns, tuple(rows), shown=True),),
        (Picture("naumov-recurrence", "Mean test accuracy over the epochs; dash-dotted: Bayes limit of the whole clip.",
                 lambda: _drawn(found)),),
        ("36 frames of 256 samples, hop 128, 33 magnitudes each, 32 units with tanh, Adam 0.001; RNN-SVD trains W and "
         "U as U, Σ, Vᵀ at 0.3 of that rate, with the first paper's discarding. The MLP reads the mean of the same "
         "magnitudes over the frames.",),
        tuple(recurrence_task(spacing_hz) for spacing_hz in _SPACINGS_HZ),
    )  # fmt: skip


def _told(ones: list[Mapping[str, Any]]) -> str:
    parts = [f"{name} {_percent(ones, name)[0]:.1f} %" for name in ones[0]["networks"] if name != MEAN_MLP]
    limit = f"the limit is {percent(ones[0]['limit'])}"
    return f"{', '.join(parts)}, the MLP on the mean magnitude {_percent(ones, MEAN_MLP)[0]:.1f} %, {limit}"


def _percent(ones: list[Mapping[str, Any]], name: str) -> tuple[float, float | str]:
    mean, std = mean_std([100 * one["networks"][name]["test_accuracy"][-1] for one in ones])
    return round(mean, 1), "–" if len(ones) < 2 or np.isnan(std) else round(std, 1)


def _drawn(found: dict[float, list[Mapping[str, Any]]]) -> Figure:
    from mlpsvd.drawing import COLUMN_IN, PALETTE, new_figure, style

    with style():
        figure = new_figure(2.6, 2 * COLUMN_IN)
        panels = figure.subplots(1, len(found))
        for axes, (spacing_hz, ones) in zip(panels, found.items(), strict=True):
            for name, colour in zip(ones[0]["networks"], PALETTE, strict=False):
                curves = np.array([one["networks"][name]["test_accuracy"] for one in ones])
                label = name if spacing_hz == _SPACINGS_HZ[0] else None
                axes.plot(100 * curves.mean(axis=0), color=colour, label=label)
            axes.axhline(100 * ones[0]["limit"], color="black", linewidth=0.6, linestyle="-.")
            axes.set_title(f"Spacing {spacing_hz:g} Hz")
            axes.set_xlabel("Epoch")
        panels[0].set_ylabel("Test accuracy (%)")
        figure.legend(loc="outside upper center", ncols=3)
    return figure


NAUMOV_RECURRENCE = Reproduction(
    "naumov-recurrence",
    "Recurrent network over frames",
    "Recurrent networks, dense and factored, beside an MLP on the mean magnitude and the Bayes limit of whole clips.",
    True,
    _trials,
    _find,
)

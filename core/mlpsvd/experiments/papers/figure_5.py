"""Figure 5: magnitude responses of the ten band-pass filters, narrow and broad (computed, not measured)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.drawing import COLUMN_IN, PALETTE, new_figure, style
from mlpsvd.experiments.papers.compare import compare_claim
from mlpsvd.experiments.papers.finding import Comparison, Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.tasks import table_2_task
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.signals.bandpass import coefficients, frequency_response, measured_bandwidth_hz
from mlpsvd.signals.bank import PAPER_BANDWIDTHS_HZ, BandPass

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIGURE_5"]

_FREQUENCIES_HZ = np.arange(200.0, 1200.5, 1.0)


def _find(n_trials: int, results: Results) -> Finding:
    tasks = {bandwidth_hz: table_2_task(bandwidth_hz, 10) for bandwidth_hz in PAPER_BANDWIDTHS_HZ}
    sample_rate_hz = tasks[10.0].data.synthetic.sample_rate_hz
    filters = {bandwidth_hz: task.data.synthetic.filters for bandwidth_hz, task in tasks.items()}
    return Finding(
        "Every filter has unit gain at its centre frequency, and its −3 dB bandwidth is the nominal bandwidth.",
        tuple(_compared(filters, sample_rate_hz)),
        (_table(filters, sample_rate_hz),),
        (Picture("figure-5", "Gain of ten filters between 710 and 440 Hz: (a) 10 Hz and (b) 100 Hz bandwidth.",
                 lambda: _drawn(filters, sample_rate_hz)),),
        ("Equation 66 is read as 2{α[x(n) − x(n−2)] + γ y(n−1) − β y(n−2)}; read literally, without the factor 2 of "
         "the recursive terms, it does not give a 10 Hz bandwidth.",),
        tuple(tasks.values()),
    )  # fmt: skip


def _compared(filters: dict[float, tuple[BandPass, ...]], sample_rate_hz: float) -> Iterator[Comparison]:
    for bandwidth_hz, bank in filters.items():
        widths = [measured_bandwidth_hz(coefficients(one, sample_rate_hz), sample_rate_hz) for one in bank]
        right = max(abs(width / bandwidth_hz - 1) for width in widths) < 0.01
        found = f"{min(widths):.2f} to {max(widths):.2f} Hz"
        yield compare_claim("−3 dB bandwidth", f"{bandwidth_hz:g} Hz", found, right)
    centres = [one.centre_hz for one in filters[10.0]]
    found = f"{centres[0]:g} to {centres[-1]:g} Hz in steps of {centres[0] - centres[1]:g} Hz"
    claim = "710 to 440 Hz in steps of 30 Hz"
    yield compare_claim("Centre frequencies of ten filters", claim, found, found == claim)


def gains_db(bank: tuple[BandPass, ...], sample_rate_hz: float) -> NDArray[np.float64]:
    """Return the gain of each filter in dB [shape=(n_filters, n_frequencies)]."""
    responses = [frequency_response(coefficients(one, sample_rate_hz), _FREQUENCIES_HZ, sample_rate_hz) for one in bank]
    gains: NDArray[np.float64] = 20 * np.log10(np.abs(responses))
    return gains


def _table(filters: dict[float, tuple[BandPass, ...]], sample_rate_hz: float) -> Table:
    columns = ["frequency_hz"]
    gains = []
    for bandwidth_hz, bank in filters.items():
        columns += [f"gain_db at {one.centre_hz:g} Hz, {bandwidth_hz:g} Hz bandwidth" for one in bank]
        gains.append(gains_db(bank, sample_rate_hz))
    stacked = np.round(np.concatenate(gains), 4).T
    rows = [(float(f), *row) for f, row in zip(_FREQUENCIES_HZ, stacked.tolist(), strict=True)]
    return Table("figure-5", "Gain by frequency", tuple(columns), tuple(rows))


def _drawn(filters: dict[float, tuple[BandPass, ...]], sample_rate_hz: float) -> Figure:
    with style():
        figure = new_figure(2.3, 2 * COLUMN_IN)
        panels = figure.subplots(1, 2, sharey=True)
        for axes, letter, (bandwidth_hz, bank) in zip(panels, "ab", filters.items(), strict=True):
            for index, (gain, one) in enumerate(zip(gains_db(bank, sample_rate_hz), bank, strict=True)):
                dashes = "-" if index < len(PALETTE) else "--"
                colour = PALETTE[index % len(PALETTE)]
                axes.plot(_FREQUENCIES_HZ, gain, dashes, color=colour, linewidth=0.8, label=one.label)
            axes.set_xlabel("Frequency (Hz)")
            axes.set_title(f"({letter}) B = {bandwidth_hz:g} Hz")
        panels[0].set_ylabel("Gain (dB)")
        panels[0].set_ylim(-45, 2)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center")
    return figure


def _no_trials(n_trials: int) -> list[Trial]:
    return []


FIGURE_5 = Reproduction(
    "figure-5",
    "Figure 5: filter responses",
    "Magnitude responses of the ten filters that generate the classes.",
    False,
    _no_trials,
    _find,
)

"""Figure 6: spectra of three classes, of a single segment and averaged over a thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.datasets.synthetic import synthetic_clips
from mlpsvd.drawing import COLUMN_IN, PALETTE, new_figure, style
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.compare import compare_claim
from mlpsvd.experiments.papers.finding import Finding, Picture, Reproduction, Results, Table
from mlpsvd.experiments.papers.printed import SPECTRAL_RESOLUTION_HZ
from mlpsvd.experiments.papers.tasks import changed, table_2_task
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.features.spectra import fit, n_samples_needed
from mlpsvd.signals.bank import bank

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FIGURE_6"]

_CENTRES_HZ = (680.0, 650.0, 620.0)
_N_AVERAGED = 1000
_SHOWN_TO_HZ = 2000.0


def _task() -> Experiment:
    changes = {
        "name": "Paper: three filters of figure 6, 10 Hz",
        "data.synthetic.filters": bank(_CENTRES_HZ, 10.0),
        "data.synthetic.train_per_class": _N_AVERAGED,
    }
    return changed(table_2_task(10.0, 5), changes)


def _find(n_trials: int, results: Results) -> Finding:
    task = _task()
    frequencies_hz, magnitudes = _magnitudes(task)
    single, averaged = magnitudes[:, 0], magnitudes.mean(axis=1)
    peaks_hz = frequencies_hz[averaged.argmax(axis=1)]
    step_hz = float(frequencies_hz[1])
    same = len(set(peaks_hz.tolist())) == 1
    found = f"{step_hz:g} Hz, all three peaks at {peaks_hz[0]:g} Hz" if same else f"{step_hz:g} Hz"
    right = step_hz == SPECTRAL_RESOLUTION_HZ
    return Finding(
        "The FFT bins are wider than the filter spacing, so the classes are hard to distinguish by eye, in "
        "particular from one segment.",
        (compare_claim("Spectral resolution", f"{SPECTRAL_RESOLUTION_HZ:g} Hz", found, right),),
        (_table(frequencies_hz, single, averaged),),
        (Picture("figure-6", f"FFT magnitudes of (a) one segment of 256 samples and (b) {_N_AVERAGED:,} averaged.",
                 lambda: _drawn(frequencies_hz, single, averaged)),),
        ("The paper does not state the bandwidth of its figure 6; here it is 10 Hz.",),
        (task,),
    )  # fmt: skip


def _magnitudes(task: Experiment) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return frequencies and unscaled magnitudes [shape=(3, n_averaged, n_frequencies)]."""
    clips = synthetic_clips(task.data.synthetic, task.seed, "train", n_samples_needed(task.features))
    features = fit(clips.samples, clips.sample_rate_hz, task.features)
    magnitudes = features.unscaled(clips.samples)
    return features.frequencies_hz, magnitudes.reshape(len(_CENTRES_HZ), _N_AVERAGED, -1)


def _table(frequencies_hz: NDArray[np.float64], single: NDArray[np.float64], averaged: NDArray[np.float64]) -> Table:
    columns = (
        "frequency_hz",
        *(f"single, {centre:g} Hz" for centre in _CENTRES_HZ),
        *(f"averaged, {centre:g} Hz" for centre in _CENTRES_HZ),
    )
    values = np.round(np.concatenate([single, averaged]), 6).T
    rows = [(float(f), *row) for f, row in zip(frequencies_hz, values.tolist(), strict=True)]
    return Table("figure-6", "FFT magnitudes", columns, tuple(rows))


def _drawn(frequencies_hz: NDArray[np.float64], single: NDArray[np.float64], averaged: NDArray[np.float64]) -> Figure:
    shown = frequencies_hz <= _SHOWN_TO_HZ
    with style():
        figure = new_figure(2.3, 2 * COLUMN_IN)
        panels = figure.subplots(1, 2)
        titles = ("(a) One segment", f"(b) Mean of {_N_AVERAGED:,} segments")
        for axes, title, spectra in zip(panels, titles, (single, averaged), strict=True):
            for centre, colour, spectrum in zip(_CENTRES_HZ, PALETTE, spectra, strict=False):
                axes.plot(frequencies_hz[shown], spectrum[shown], ".-", color=colour, label=f"{centre:g} Hz")
            axes.set_xlabel("Frequency (Hz)")
            axes.set_ylabel("FFT magnitude")
            axes.set_ylim(bottom=0)
            axes.set_title(title)
        panels[0].legend(title="Centre")
    return figure


def _no_trials(n_trials: int) -> list[Trial]:
    return []


FIGURE_6 = Reproduction(
    "figure-6",
    "Figure 6: single and averaged spectra",
    "Network input for three filters with a spacing of 30 Hz.",
    False,
    _no_trials,
    _find,
)

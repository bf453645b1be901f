"""Analysis "directions": the singular directions of the first weight matrix as tables and figures."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np

from mlpsvd.analysis.directions import Directions, directions, why_factors_differ
from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult, Progress
from mlpsvd.analysis.subject import Subject
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.tables import Picture, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["direction_report", "directions_result", "findings"]

_MOST_DRAWN = 12


def direction_report(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Analyse the singular directions of the first weight matrix; see :mod:`mlpsvd.analysis.directions`.

    Yields
    ------
    AnalysisEvent
        Progress after each direction, and one result.

    Raises
    ------
    DataError
        If the clips of the run are not available.
    """
    n = subject.snapshot.spec.layers[0].rank
    for step in directions(subject.network, subject.require_dataset()):
        if isinstance(step, Directions):
            yield directions_result(subject, step)
        else:
            yield Progress(round(step * n), n)


def directions_result(subject: Subject, found: Directions) -> AnalysisResult:
    """Return directions as a result with tables, arrays and figures."""
    factors = found.factors
    return AnalysisResult(
        key="directions",
        findings=findings(found, subject.title),
        tables=(_table(found, subject.class_names),),
        arrays={
            "u": factors.u,
            "sigma": factors.sigma,
            "vt": factors.vt,
            "weights": found.weights,
            "frequency_hz": subject.features.frequencies_hz if found.layer == 0 else np.empty(0),
            "part": subject.features.parts if found.layer == 0 else np.empty(0, np.intp),
            "activation_mean": found.activation_mean,
            "activation_std": found.activation_std,
            "accuracy": np.array(found.accuracy),
            "accuracy_without": found.accuracy_without,
        },
        pictures=(Picture("directions", "Singular directions", lambda: _draw(found, subject.features)),),
    )


def findings(found: Directions, title: str) -> tuple[str, ...]:
    """Return what the directions show, in sentences."""
    worst = int(np.argmin(found.accuracy_without))
    lost = found.accuracy - found.accuracy_without
    n_needed = int((lost > 0.01).sum())
    sentences = [
        f"{title} classifies {100 * found.accuracy:.1f} % of the test clips correctly; without direction {worst + 1} "
        f"(σ = {found.factors.sigma[worst]:.3g}) it classifies {100 * found.accuracy_without[worst]:.1f} %.",
        f"{n_needed} of {found.factors.rank} directions each cost more than one percentage point when removed.",
    ]
    if found.factors.departure is not None:
        sentences.append(why_factors_differ(found.factors.departure))
    return tuple(sentences)


def _table(found: Directions, class_names: tuple[str, ...]) -> Table:
    names = ("Direction", "Singular value", "Accuracy without it", "Importance")
    rows = []
    for index, sigma in enumerate(found.factors.sigma):
        means = (round(float(value), 6) for value in found.activation_mean[index])
        without = round(float(found.accuracy_without[index]), 6)
        rows.append((index + 1, round(float(sigma), 6), without, int(found.importance[index]), *means))
    heads = (*names, *(f"Activation: {name}" for name in class_names))
    return Table("directions", "Singular directions", heads, tuple(rows), shown=len(class_names) <= 10)


def _draw(found: Directions, features: FittedFeatures) -> Figure:
    from mlpsvd.drawing import new_figure, style

    n = min(found.factors.rank, _MOST_DRAWN)
    with style():
        figure = new_figure(0.4 + 0.75 * n)
        for index, axes in enumerate(np.atleast_1d(figure.subplots(n, 1, sharex=True))):
            row = found.factors.vt[index]
            if found.layer == 0 and features.image_shape is not None:
                largest = float(np.abs(row).max(initial=0.0)) or 1.0
                axes.imshow(row.reshape(features.image_shape), cmap="RdBu_r", vmin=-largest, vmax=largest)
                axes.set_xticks([])
                axes.set_yticks([])
            elif found.layer == 0:
                for part in np.unique(features.parts):
                    own = features.parts == part
                    axes.plot(features.frequencies_hz[own], row[own], label=f"Part {part + 1}")
            else:
                axes.bar(np.arange(1, len(row) + 1), row)
            axes.set_ylabel(f"σ = {found.factors.sigma[index]:.3g}")
        axes.set_xlabel("Neuron" if found.layer else "Pixels" if features.image_shape else "Frequency (Hz)")
    return figure

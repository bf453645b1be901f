"""Analysis "directions": the singular directions of a weight matrix as tables and figures."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.direction_meaning import meaning, meaning_sentences
from mlpsvd.analysis.directions import Directions, directions, over_frequency, why_factors_differ
from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult, Progress
from mlpsvd.analysis.subject import Subject
from mlpsvd.analysis.words import few_clips
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.tables import Picture, Table
from mlpsvd.text import counted, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["accuracy_sentences", "direction_report", "directions_result", "findings"]

_MOST_DRAWN = 12
_STEPS = 100
_LEAST_LOSS = 0.01


def direction_report(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Analyse the singular directions of a layer; see :mod:`mlpsvd.analysis.directions`.

    Yields
    ------
    AnalysisEvent
        Progress after each direction, and one result.

    Raises
    ------
    DataError
        If the clips of the run are not available.
    """
    dataset = subject.require_dataset()
    for step in directions(subject.network, dataset, subject.layer, as_trained=subject.as_trained):
        if isinstance(step, Directions):
            yield directions_result(subject, over_frequency(step, subject.features))
        else:
            yield Progress(round(_STEPS * step), _STEPS)


def directions_result(subject: Subject, found: Directions) -> AnalysisResult:
    """Return directions, over frequency, as a result with tables, arrays and figures."""
    factors = found.factors
    return AnalysisResult(
        key="directions",
        findings=findings(found, subject.title, subject.class_names, subject.features),
        tables=(_table(found, subject.class_names), _meanings(found, subject.class_names, subject.features)),
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
            "class_inputs": found.class_inputs,
        },
        pictures=(
            Picture("directions", "Singular directions: rows of Vᵀ", lambda: _draw_directions(found, subject.features)),
            Picture("neurons", "Effective filters: rows of W", lambda: _draw_neurons(found, subject.features)),
        ),
    )


def findings(found: Directions, title: str, class_names: tuple[str, ...], features: FittedFeatures) -> tuple[str, ...]:
    """Return what the directions show, in sentences: the most important direction first."""
    first, *rest = accuracy_sentences(found, title)
    worst = int(np.argmin(found.accuracy_without))
    sentences = [first, *meaning_sentences(found, worst, class_names, features), *rest]
    if found.factors.departure is not None:
        sentences.append(why_factors_differ(found.factors.departure))
    return tuple(sentences)


def accuracy_sentences(found: Directions, title: str) -> tuple[str, ...]:
    """Return the accuracy without the most important direction, and how many matter, in words."""
    worst = int(np.argmin(found.accuracy_without))
    n_needed = int((found.accuracy - found.accuracy_without > _LEAST_LOSS).sum())
    return (
        f"{title} classifies {percent(found.accuracy)} of the test clips correctly; without direction {worst + 1} "
        f"(σ = {found.factors.sigma[worst]:.3g}), the most important, {percent(found.accuracy_without[worst])}.",
        f"Removing one direction costs more than one percentage point for {n_needed} of "
        f"{counted(found.factors.rank, 'direction')}.",
        *few_clips(found.n_clips),
    )


def _table(found: Directions, class_names: tuple[str, ...]) -> Table:
    names = ("Direction", "Singular value", "Accuracy without it", "Importance")
    rows = []
    for index, sigma in enumerate(found.factors.sigma):
        means = (round(float(value), 6) for value in found.activation_mean[index])
        without = round(float(found.accuracy_without[index]), 6)
        rows.append((index + 1, round(float(sigma), 6), without, int(found.importance[index]), *means))
    heads = (*names, *(f"Activation: {name}" for name in class_names))
    return Table("directions", "Singular directions", heads, tuple(rows), shown=len(class_names) <= 10)


def _meanings(found: Directions, class_names: tuple[str, ...], features: FittedFeatures) -> Table:
    heads = ("Direction", "Highest class", "Lowest class", "Distance of their means / standard deviation",
             "Part", "From (Hz)", "To (Hz)", "Share of the distance")  # fmt: skip
    rows: list[tuple[int | float | str, ...]] = []
    for r in range(found.factors.rank):
        one = meaning(found, r, features)
        if one is None:
            rows.append((r + 1, *["–"] * 7))
            continue
        band = one.band
        where = ("–",) * 4 if band is None else (band.part + 1, band.low_hz, band.high_hz, round(band.share, 4))
        rows.append((r + 1, class_names[one.high], class_names[one.low], round(one.gap, 4), *where))
    return Table("separated", "Classes and frequencies that each direction separates", heads, tuple(rows), shown=True)


def _draw_directions(found: Directions, features: FittedFeatures) -> Figure:
    factors = found.factors
    return _draw(factors.vt, [f"σ = {sigma:.3g}" for sigma in factors.sigma], features if found.layer == 0 else None)


def _draw_neurons(found: Directions, features: FittedFeatures) -> Figure:
    names = [f"Neuron {number}" for number in range(1, len(found.weights) + 1)]
    return _draw(found.weights, names, features if found.layer == 0 else None)


def _draw(rows: NDArray[np.float64], names: Sequence[str], features: FittedFeatures | None) -> Figure:
    """Draw the first rows over frequency, or over the neurons of the layer before."""
    from mlpsvd.drawing import new_figure, style

    n = min(len(rows), _MOST_DRAWN)
    with style():
        figure = new_figure(0.4 + 0.75 * n)
        for row, name, axes in zip(rows, names, np.atleast_1d(figure.subplots(n, 1, sharex=True)), strict=False):
            if features is None:
                axes.bar(np.arange(1, len(row) + 1), row)
            elif features.image_shape is not None:
                largest = float(np.abs(row).max(initial=0.0)) or 1.0
                axes.imshow(row.reshape(features.image_shape), cmap="RdBu_r", vmin=-largest, vmax=largest)
                axes.set_xticks([])
                axes.set_yticks([])
            else:
                _draw_over_frequency(axes, row, features)
            axes.set_ylabel(name)
        over = "Neuron of the layer before" if features is None else "Frequency (Hz)"
        axes.set_xlabel(over if features is None or features.image_shape is None else "Pixels")
    return figure


def _draw_over_frequency(axes: Axes, row: NDArray[np.float64], features: FittedFeatures) -> None:
    parts = np.unique(features.parts)
    for part in parts:
        own = features.parts == part
        axes.plot(features.frequencies_hz[own], row[own], label=f"Part {part + 1}")
    if len(parts) > 1:
        axes.legend()

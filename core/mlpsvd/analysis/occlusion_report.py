"""Analysis "occlusion": the loss without each region of the input as sentences, tables and figures."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.class_means import class_means
from mlpsvd.analysis.occlusion import N_REGIONS, Occlusion, merged, occlude, part_regions, regions
from mlpsvd.analysis.result import AnalysisEvent, AnalysisResult
from mlpsvd.analysis.subject import Subject
from mlpsvd.analysis.words import class_text, few_clips
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.tables import Picture, Table
from mlpsvd.text import counted, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["occlusion"]

_MOST_NAMED = 4
_MOST_LEFT_OUT = 0.1
"""Accuracy that regions which cost little one by one may cost together; wider ones are tried if it is more."""
_MOST_MEANS = 10
_LEAST_ROOM = 3
"""Frequencies that are drawn at either side of the needed ones."""


def occlusion(subject: Subject) -> Generator[AnalysisEvent, None, None]:
    """Measure which frequencies, parts of the clip or pixels the network needs.

    Yields
    ------
    AnalysisEvent
        Progress, and one result.

    Raises
    ------
    DataError
        If the clips of the run are not available.
    """
    dataset, features, network = subject.require_dataset(), subject.features, subject.network
    spectra = np.asarray(features.spectra(dataset.x_train), np.float64)
    for n in N_REGIONS:
        found = yield from occlude(network, dataset, features, regions(features, spectra, n))
        if found.with_needed >= found.accuracy - _MOST_LEFT_OUT:
            break
    parts = yield from occlude(network, dataset, features, part_regions(features))
    tables = [_table("regions", _title(features), found, subject.class_names)]
    if parts.regions:
        tables.append(_table("parts", "Loss without each part of the clip", parts, subject.class_names))
    means = class_means(spectra, dataset.y_train, len(subject.class_names)).T
    yield AnalysisResult(
        key="occlusion",
        findings=_findings(subject, found, parts),
        tables=tuple(tables),
        arrays={
            "features": np.array([one.features for one in found.regions]),
            "accuracy": np.array(found.accuracy),
            "accuracy_without": found.accuracy_without,
            "recall_lost": found.recall_lost,
            "accuracy_without_part": parts.accuracy_without,
        },
        pictures=(
            Picture("loss", _loss_caption(features), lambda: _draw_loss(found, features, means, subject.class_names)),
            Picture("classes", "Percentage points of each class's clips that are no longer classified correctly "
                    f"without each {_noun(features)}; blue: more are",
                    lambda: _draw_classes(found, subject.class_names, features)),
        ),
    )  # fmt: skip


def _noun(features: FittedFeatures) -> str:
    return "band" if features.image_shape is None else "patch"


def _title(features: FittedFeatures) -> str:
    return f"Loss without each {_noun(features)}"


def _loss_caption(features: FittedFeatures) -> str:
    if features.image_shape is not None:
        return "Accuracy lost without each patch, in percentage points, and the mean of all training images"
    return "Mean spectrum of each class (above), and accuracy lost without each band of frequency (below)"


def _findings(subject: Subject, found: Occlusion, parts: Occlusion) -> tuple[str, ...]:
    names, features = subject.class_names, subject.features
    worst, noun = int(found.accuracy_without.argmin()), _noun(features)
    sentences = [
        f"{subject.title} classifies {percent(found.accuracy)} of the test clips correctly. The {noun} that it needs "
        f"most is {found.regions[worst].name}: without it, {percent(found.accuracy_without[worst])}"
        f"{_of_class(found, worst, names)}."
    ]
    needed, n = found.needed, len(found.regions)
    if len(needed):
        together = found.with_needed < found.accuracy - _MOST_LEFT_OUT
        rest = ": the others cost little one by one but matter together" if together else ""
        sentences.append(
            f"{len(needed)} of {counted(n, noun).replace('patchs', 'patches')} cost more than one percentage point "
            f"each{_names(found, features)}; with these alone, all others replaced, it classifies "
            f"{percent(found.with_needed)}{rest}."
        )
    else:
        sentences.append(
            f"No single {noun} costs more than one percentage point: several of them tell the network the same."
        )
    if parts.regions:
        losses = (f"{percent(value)} without {one.name.split(' of ')[0]}" for one, value in
                  zip(parts.regions, parts.accuracy_without, strict=True))  # fmt: skip
        sentences.append(f"Of the {len(parts.regions)} equal parts of a clip: " + ", ".join(losses) + ".")
    return (*sentences, *few_clips(int(found.confusion.sum())))


def _names(found: Occlusion, features: FittedFeatures) -> str:
    """Return the names of the needed regions in brackets, the first of many; none for many patches."""
    spans = merged([found.regions[index] for index in found.needed], features)
    more = len(spans) - _MOST_NAMED
    if more > 0 and features.image_shape is not None:
        return ""
    return f" ({'; '.join(spans[:_MOST_NAMED])}{f' and {more} more' if more > 0 else ''})"


def _of_class(found: Occlusion, region: int, names: tuple[str, ...]) -> str:
    """Return which class loses the most, in words; empty if none loses."""
    lost = found.recall_lost[region]
    if not np.nanmax(lost, initial=0.0) > 0.0:
        return ""
    k = int(np.nanargmax(lost))
    n = int(found.confusion[k].sum())
    before, after = int(found.confusion[k, k]), int(found.without[region, k, k])
    clips = f"{before} of {counted(n, 'clip')} are correct with it, {after} without"
    return f"; {class_text(names[k])} loses the most ({clips})"


def _table(stem: str, title: str, found: Occlusion, names: tuple[str, ...]) -> Table:
    rows = []
    for index, (region, value) in enumerate(zip(found.regions, found.accuracy_without, strict=True)):
        lost = found.recall_lost[index]
        k = int(np.nanargmax(lost))
        change = round(100.0 * (float(value) - found.accuracy), 4)
        rows.append((region.name, round(float(value), 6), change, names[k], round(100.0 * float(lost[k]), 4)))
    heads = ("Without", "Accuracy", "Change (points)", "Class that loses most", "Its loss (points)")
    return Table(stem, title, heads, tuple(rows), shown=True)


def _drawn(features: FittedFeatures, found: Occlusion) -> tuple[float, float]:
    """Return the range of frequencies around the needed bands, or all of them without any."""
    hz, needed = features.frequencies_hz, [found.regions[index] for index in found.needed]
    if not needed:
        return float(hz.min()), float(hz.max())
    low, high = float(hz[min(one.first for one in needed)]), float(hz[max(one.last for one in needed)])
    room = max(high - low, _LEAST_ROOM * float(hz[1] - hz[0]))
    return max(low - room, float(hz.min())), min(high + room, float(hz.max()))


def _draw_loss(
    found: Occlusion, features: FittedFeatures, means: NDArray[np.float64], names: tuple[str, ...]
) -> Figure:
    from mlpsvd.drawing import COLUMN_IN, PALETTE, new_figure, style

    points = 100.0 * (found.accuracy - found.accuracy_without)
    with style():
        figure = new_figure(2.8, 2 * COLUMN_IN)
        if features.image_shape is not None:
            _draw_images(figure, found, points, means.mean(axis=0), features.image_shape)
            return figure
        above, below = figure.subplots(2, 1, sharex=True)
        low, high = _drawn(features, found)
        _draw_means(above, features, means, names, (low, high))
        if len(names) <= _MOST_MEANS:
            figure.legend(loc="outside right upper")
        hz = features.frequencies_hz
        half = float(hz[1] - hz[0]) / 2.0
        edges = [float(hz[one.first]) - half for one in found.regions] + [float(hz[found.regions[-1].last]) + half]
        edges = np.clip(edges, low, high).tolist()  # QtSvg does not clip
        below.bar(edges[:-1], points, np.diff(edges), align="edge", color=PALETTE[0], edgecolor="white", linewidth=0.4)
        below.axhline(0.0, color="0.5", linewidth=0.6)
        below.set_xlim(low, high)
        below.set_xlabel("Frequency (Hz)")
        below.set_ylabel("Accuracy lost\n(points)")
    return figure


def _draw_means(
    axes: Axes,
    features: FittedFeatures,
    means: NDArray[np.float64],
    names: tuple[str, ...],
    limits: tuple[float, float],
) -> None:
    from mlpsvd.drawing import PALETTE

    n_parts = int(features.parts[-1]) + 1
    by_part = means.reshape(len(means), n_parts, -1).mean(axis=1)
    hz = features.frequencies_hz[: by_part.shape[1]]
    inside = (hz >= limits[0]) & (hz <= limits[1])
    for index, (values, name) in enumerate(zip(by_part, names, strict=True)):
        colour, line = PALETTE[index % len(PALETTE)], ("-", "--", ":", "-.")[index // len(PALETTE) % 4]
        axes.plot(hz[inside], values[inside], line, color=colour, label=name, linewidth=0.8)
    axes.set_ylabel("Mean feature")


def _draw_images(
    figure: Figure, found: Occlusion, points: NDArray[np.float64], mean: NDArray[np.float64], shape: tuple[int, int]
) -> None:
    loss = np.zeros(shape)
    for one, value in zip(found.regions, points, strict=True):
        loss[one.features.reshape(shape)] = value
    largest = float(np.abs(loss).max()) or 1.0
    left, right = figure.subplots(1, 2)
    image = left.imshow(loss, cmap="RdBu_r", vmin=-largest, vmax=largest)
    figure.colorbar(image, ax=left, label="Accuracy lost (points)")
    right.imshow(mean.reshape(shape), cmap="gray_r")
    for axes, title in ((left, "Loss without each patch"), (right, "Mean of all training images")):
        axes.set_title(title)
        axes.set_xticks([])
        axes.set_yticks([])


def _draw_classes(found: Occlusion, names: tuple[str, ...], features: FittedFeatures) -> Figure:
    from mlpsvd.drawing import COLUMN_IN, new_figure, style

    lost = 100.0 * found.recall_lost.T
    largest = float(np.nanmax(np.abs(lost), initial=0.0)) or 1.0
    with style():
        figure = new_figure(max(2.4, min(0.5 + 0.18 * len(names), 8.0)), 2 * COLUMN_IN)
        axes = figure.add_subplot()
        image = axes.imshow(lost, cmap="RdBu_r", vmin=-largest, vmax=largest, aspect="auto")
        figure.colorbar(image, ax=axes, label="Loss (points)")
        axes.set_yticks(range(len(names)), names)
        is_image = features.image_shape is not None
        texts = [str(n + 1) for n in range(len(found.regions))] if is_image else [one.name for one in found.regions]
        step = -(-len(texts) // 40)
        axes.set_xticks(range(0, len(texts), step), texts[::step], rotation=0 if is_image else 60,
                        ha="center" if is_image else "right", fontsize=5)  # fmt: skip
        axes.set_xlabel("Patch, row after row" if is_image else "Without this band")
    return figure

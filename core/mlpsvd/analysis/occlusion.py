"""Analysis "occlusion": which frequencies, parts of the clip or pixels the network needs.

The features of a region are replaced by their means over the training clips, so that they no longer tell the classes
apart, and the accuracy is measured again.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.direction_meaning import range_text
from mlpsvd.analysis.result import Progress
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.metrics.scores import accuracy, confusion_matrix
from mlpsvd.network.network import Network

__all__ = ["LEAST_LOSS", "N_REGIONS", "Occlusion", "Region", "merged", "occlude", "part_regions", "regions"]

LEAST_LOSS = 0.01
"""A region is needed if the accuracy falls by more than this without it."""

N_REGIONS = (24, 12, 6)
"""Bands of frequency, finest first."""

_SIDES = {24: 6, 12: 4, 6: 3}
"""Patches along each side of an image instead of so many bands."""


@dataclass(frozen=True, eq=False)
class Region:
    """Features that are replaced together.

    Attributes
    ----------
    name
        E.g. ``562.5 to 625 Hz``.
    features : np.ndarray [shape=(n_magnitudes,), dtype=bool]
        Those that belong to it.
    first, last
        Index of the first and the last frequency or part; of the first and the last row of an image.
    """

    name: str
    features: NDArray[np.bool_]
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Occlusion:
    """What a network loses without regions of its input.

    Attributes
    ----------
    regions
        The regions.
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Of the whole input.
    without : np.ndarray [shape=(n_regions, n_classes, n_classes)]
        Confusion matrix without each region.
    with_needed
        Accuracy with the needed regions alone; not-a-number if there is none.
    """

    regions: tuple[Region, ...]
    confusion: NDArray[np.intp]
    without: NDArray[np.intp]
    with_needed: float

    @property
    def accuracy(self) -> float:
        """Test accuracy with the whole input, 0 to 1."""
        return accuracy(self.confusion)

    @property
    def accuracy_without(self) -> NDArray[np.float64]:
        """Test accuracy without each region [shape=(n_regions,)]."""
        return np.array([accuracy(one) for one in self.without])

    @property
    def needed(self) -> NDArray[np.intp]:
        """Indices of the regions without which the accuracy falls by more than :data:`LEAST_LOSS`."""
        return np.flatnonzero(self.accuracy - self.accuracy_without > LEAST_LOSS)

    @property
    def recall_lost(self) -> NDArray[np.float64]:
        """Share of the clips of a class that are no longer found without a region [shape=(n_regions, n_classes)].

        Negative where more are found; not-a-number for a class without test clips.
        """
        n_clips = self.confusion.sum(axis=1)
        lost = np.diag(self.confusion) - np.diagonal(self.without, axis1=1, axis2=2)
        return np.where(n_clips > 0, lost / np.maximum(n_clips, 1), np.nan)


def regions(features: FittedFeatures, spectra: NDArray[np.floating], n: int = N_REGIONS[0]) -> tuple[Region, ...]:
    """Return bands of frequency, or patches of an image.

    The bands hold about equal shares of the standard deviation of the training spectra, so that they are narrow where
    clips differ; an image is divided into equal patches, 6 × 6 instead of 24 bands, 4 × 4 instead of 12.

    Parameters
    ----------
    features
        The features of the run.
    spectra : np.ndarray [shape=(n_clips, n_magnitudes)]
        Training clips over frequency.
    n
        Largest number of bands, one of :data:`N_REGIONS`.
    """
    if features.image_shape is not None:
        return _patches(features.image_shape, _SIDES[n])
    n_parts = int(features.parts[-1]) + 1
    spread = np.asarray(spectra, np.float64).std(axis=0).reshape(n_parts, -1).sum(axis=0)
    hz, of_bin = features.frequencies_hz[: len(spread)], np.tile(np.arange(len(spread)), n_parts)
    found = []
    for first, last in _ranges(spread, n):
        members = (of_bin >= first) & (of_bin <= last)
        found.append(Region(range_text(float(hz[first]), float(hz[last])), members, first, last))
    return tuple(found)


def _ranges(spread: NDArray[np.float64], n: int) -> list[tuple[int, int]]:
    """Return first and last index of up to n neighbouring ranges with about equal sums."""
    total = np.cumsum(spread)
    if total[-1] <= 0.0:
        return [(0, len(spread) - 1)]
    group = np.minimum((n * (total - spread / 2.0) / total[-1]).astype(int), n - 1)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    return [(int(a), int(b)) for a, b in zip(starts, [*(starts[1:] - 1), len(spread) - 1], strict=True)]


def _patches(shape: tuple[int, int], n: int) -> tuple[Region, ...]:
    rows, columns = (np.array_split(np.arange(size), min(size, n)) for size in shape)
    found = []
    for own_rows in rows:
        for own_columns in columns:
            members = np.zeros(shape, np.bool_)
            members[np.ix_(own_rows, own_columns)] = True
            name = f"{_span('row', own_rows)}, {_span('column', own_columns)}"
            found.append(Region(name, members.ravel(), int(own_rows[0]), int(own_rows[-1])))
    return tuple(found)


def _span(noun: str, numbers: NDArray[np.intp]) -> str:
    first, last = int(numbers[0]) + 1, int(numbers[-1]) + 1
    return f"{noun} {first}" if first == last else f"{noun}s {first} to {last}"


def part_regions(features: FittedFeatures) -> tuple[Region, ...]:
    """Return one region for each part of the clip; none if there is only one."""
    n_parts = int(features.parts[-1]) + 1
    if n_parts < 2 or features.image_shape is not None:
        return ()
    return tuple(Region(f"part {part + 1} of {n_parts}", features.parts == part, part, part) for part in range(n_parts))


def merged(chosen: Sequence[Region], features: FittedFeatures) -> list[str]:
    """Return the names of regions, neighbouring bands of frequency as one."""
    if features.image_shape is not None:
        return [one.name for one in chosen]
    hz, spans = features.frequencies_hz, list[list[int]]()
    for one in chosen:
        if spans and one.first == spans[-1][1] + 1:
            spans[-1][1] = one.last
        else:
            spans.append([one.first, one.last])
    return [range_text(float(hz[first]), float(hz[last])) for first, last in spans]


def occlude(
    network: Network, dataset: DataSet, features: FittedFeatures, chosen: Sequence[Region]
) -> Generator[Progress, None, Occlusion]:
    """Measure what a network loses without regions of its input.

    Parameters
    ----------
    network
        A trained network of any layers.
    dataset
        Its data.
    features
        The features of the run; with principal components, the spectra that they keep are changed and projected again.
    chosen
        The regions.

    Yields
    ------
    Progress
        After each region; the result is returned.

    References
    ----------
    Zeiler and Fergus, "Visualizing and understanding convolutional networks" (2014), section 4.2.
    """
    spectra = np.asarray(features.spectra(dataset.x_test))
    means = np.asarray(features.spectra(dataset.x_train), np.float64).mean(axis=0)

    def confusion(kept: NDArray[np.bool_]) -> NDArray[np.intp]:
        changed = np.where(kept, spectra, means)
        x = changed if features.pca is None else features.pca.project(changed)
        predicted = network.predict(x.astype(network.theta.dtype)).argmax(axis=1)
        return confusion_matrix(dataset.y_test, predicted, len(dataset.class_names))

    whole = confusion(np.ones(spectra.shape[1], np.bool_))
    without = []
    for done, region in enumerate(chosen):
        yield Progress(done, len(chosen))
        without.append(confusion(~region.features))
    found = Occlusion(tuple(chosen), whole, np.array(without), float("nan"))
    needed = found.needed
    if not len(needed):
        return found
    together = np.any([chosen[index].features for index in needed], axis=0)
    return Occlusion(found.regions, whole, found.without, accuracy(confusion(together)))

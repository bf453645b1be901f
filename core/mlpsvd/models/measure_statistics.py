"""Measurement of the statistics of a training set, for the detection of input that is unlike it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.level import Level
from mlpsvd.models.prototypes import find_centres, nearest_centres
from mlpsvd.models.training_statistics import DISTANCE_PERCENTILES, TrainingStatistics

__all__ = ["DEVIATION_FLOOR", "LEVEL_PERCENTILES", "measure_reference"]

DEVIATION_FLOOR = 0.1
"""Lower limit of the deviation of an entry, as a fraction of the root mean square over all entries."""

LEVEL_PERCENTILES = (5.0, 95.0)

_AT_ONCE = 4096  # vectors per block, to limit memory
_MEASURED = 2048  # clips, evenly from all classes, for centres and distances, to limit time
_MEASURED_NUMBERS = 2**22  # numbers in all their vectors, to limit memory
_MEASURED_PER_CLASS = 30  # minimum number of clips per class


def measure_reference(
    vectors: NDArray[np.floating], labels: NDArray[np.intp], n_classes: int, levels: Sequence[Level]
) -> TrainingStatistics | None:
    """Measure the distribution of the training clips in feature space, and their levels.

    An entry that hardly varies in the training set (a frequency at which no class has energy) would make every other
    noise floor appear very distant, although it barely affects the network. Deviations are therefore limited from below
    to a tenth of the root mean square of all deviations.

    A clip attracts the centre that it belongs to, more so if there are few clips. The distance of a clip is therefore
    measured from the mean of the *other* clips of its centre. A clip that is alone in its class is excluded.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n_clips, n_features)]
        Feature vectors of the training clips.
    labels : np.ndarray [shape=(n_clips,)]
        Their class indices; every class has at least one clip.
    n_classes
        Number of classes.
    levels
        Levels of whole training clips, or of a representative sample of them; at least one.

    Returns
    -------
    TrainingStatistics or None
        None if there is too little variation: no class has two clips that differ, or hardly any clip does.
    """
    counts = np.bincount(labels, minlength=n_classes)
    means = _class_means(vectors, labels, counts)
    std = _within_std(vectors, labels, means)
    if std is None:
        return None
    some = _sample(labels, n_classes, min(_MEASURED, _MEASURED_NUMBERS // vectors.shape[1]))
    centres, own = _centres_and_distances(vectors[some] / std, labels[some], n_classes)
    if not len(own):
        return None
    distances = np.percentile(own, DISTANCE_PERCENTILES)
    if distances[-1] <= 0.0:
        return None
    low, high = np.percentile([level.rms_dbfs for level in levels], LEVEL_PERCENTILES)
    return TrainingStatistics(
        class_means=means,
        centres=(centres * std).astype(np.float32),
        within_std=std,
        distances=distances,
        level_dbfs=(float(low), float(high)),
        clipped_share=float(np.mean([level.clipped for level in levels])),
    )


def _class_means(
    vectors: NDArray[np.floating], labels: NDArray[np.intp], counts: NDArray[np.intp]
) -> NDArray[np.float64]:
    sums = np.zeros((len(counts), vectors.shape[1]))
    for some in _slices(len(labels)):
        for index in range(len(counts)):
            sums[index] += vectors[some][labels[some] == index].sum(axis=0, dtype=np.float64)
    means: NDArray[np.float64] = sums / counts[:, np.newaxis]
    return means


def _within_std(
    vectors: NDArray[np.floating], labels: NDArray[np.intp], means: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Return the pooled deviation of each entry from its class mean, limited from below; None if nothing varies."""
    squares = np.zeros(vectors.shape[1])
    for some in _slices(len(labels)):
        squares += np.square(vectors[some] - means[labels[some]]).sum(axis=0)
    freedom = len(labels) - len(means)
    typical = float(np.sqrt(squares.mean() / freedom)) if freedom > 0 else 0.0
    resolution = float(np.finfo(np.float32).eps) * float(np.abs(means).max())  # smaller deviations are rounding
    if typical <= resolution:
        return None
    return np.maximum(np.sqrt(squares / freedom), DEVIATION_FLOOR * typical)


def _sample(labels: NDArray[np.intp], n_classes: int, n_wanted: int) -> NDArray[np.intp]:
    """Return the indices, in ascending order, of about ``n_wanted`` clips that are evenly spaced in each class."""
    most = max(_MEASURED_PER_CLASS, n_wanted // n_classes)
    some = []
    for index in range(n_classes):
        (own,) = np.nonzero(labels == index)
        some.append(own[:: max(1, -(-len(own) // most))])
    return np.sort(np.concatenate(some))


def _centres_and_distances(
    scaled: NDArray[np.float64], labels: NDArray[np.intp], n_classes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return centres, and the distance of each clip from the nearest; its own centre is computed without the clip."""
    centres, members = find_centres(scaled, labels, n_classes)
    sizes = np.bincount(members, minlength=len(centres))[members]
    # x − mean of the others = n / (n − 1) · (x − mean of all n); undefined for a centre of one clip
    without_itself = np.where(sizes > 1, sizes / np.maximum(sizes - 1, 1), np.inf)
    squares = nearest_centres(scaled, centres)
    rows = np.arange(len(labels))
    alone = np.isinf(without_itself)
    squares[rows, members] *= np.where(alone, 1.0, np.square(without_itself))
    squares[rows[alone], members[alone]] = np.inf
    nearest = squares.argmin(axis=1)
    # Computed again from the differences, to be independent of the summation order of the products above.
    deviations = scaled - centres[nearest]
    factors = np.where(nearest == members, without_itself, 1.0)
    distances = factors * np.sqrt(np.einsum("nd,nd->n", deviations, deviations) / scaled.shape[1])
    has_others = np.bincount(labels, minlength=n_classes)[labels] > 1
    return centres, distances[has_others & np.isfinite(distances)]


def _slices(n: int) -> list[slice]:
    return [slice(first, first + _AT_ONCE) for first in range(0, n, _AT_ONCE)]

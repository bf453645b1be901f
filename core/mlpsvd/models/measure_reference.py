"""Measuring a training set, so that the model can tell later what is unlike all of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.level import Level
from mlpsvd.models.reference import DISTANCE_PERCENTILES, TrainingReference

__all__ = ["DEVIATION_FLOOR", "LEVEL_PERCENTILES", "measure_reference"]

DEVIATION_FLOOR = 0.1
"""No entry's deviation counts as less than this share of the root mean square over all entries."""

LEVEL_PERCENTILES = (5.0, 95.0)

_AT_ONCE = 4096  # vectors looked at together: bounds the memory


def measure_reference(
    vectors: NDArray[np.floating], labels: NDArray[np.intp], n_classes: int, levels: Sequence[Level]
) -> TrainingReference | None:
    """Measure where the training clips lie in feature space, and how loud they are.

    An entry in which the training set hardly varies (a frequency that no class sounds at) would make any noise floor
    but the training set's own look infinitely far away, while the network, whose input it barely moves, does not care.
    So no deviation counts as less than a tenth of the root mean square of all.

    A clip pulls the mean of its class towards itself, and a class of few clips more so. Each clip is therefore held
    against the mean of the *other* clips of its class; the only clip of a class tells nothing and is left out.

    Parameters
    ----------
    vectors : np.ndarray [shape=(n_clips, n_features)]
        What the features make of the training clips.
    labels : np.ndarray [shape=(n_clips,)]
        Their class indices; every class has at least one.
    n_classes
        How many classes there are.
    levels
        Levels of whole training clips, or of a fair sample of them; at least one.

    Returns
    -------
    TrainingReference or None
        None where nothing can be said: no class has two clips that differ, or hardly any clip does.
    """
    counts = np.bincount(labels, minlength=n_classes)
    means = _class_means(vectors, labels, counts)
    std = _within_std(vectors, labels, means)
    if std is None:
        return None
    own = [_distances(vectors[some], labels[some], means, std, counts) for some in _slices(len(labels))]
    distances = np.percentile(np.concatenate(own), DISTANCE_PERCENTILES)
    if distances[-1] <= 0.0:
        return None
    low, high = np.percentile([level.rms_dbfs for level in levels], LEVEL_PERCENTILES)
    return TrainingReference(
        class_means=means,
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
    """Pooled deviation of each entry from its class mean, with the floor; None where nothing varies."""
    squares = np.zeros(vectors.shape[1])
    for some in _slices(len(labels)):
        squares += np.square(vectors[some] - means[labels[some]]).sum(axis=0)
    freedom = len(labels) - len(means)
    typical = float(np.sqrt(squares.mean() / freedom)) if freedom > 0 else 0.0
    resolution = float(np.finfo(np.float32).eps) * float(np.abs(means).max())  # below it, a deviation is rounding
    if typical <= resolution:
        return None
    return np.maximum(np.sqrt(squares / freedom), DEVIATION_FLOOR * typical)


def _distances(
    vectors: NDArray[np.floating],
    labels: NDArray[np.intp],
    means: NDArray[np.float64],
    std: NDArray[np.float64],
    counts: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Distances of training clips from the nearest class, each class without the clip itself."""
    scaled = vectors / std
    squares = np.empty((len(vectors), len(means)))
    for index, mean in enumerate(means / std):
        deviations = scaled - mean
        squares[:, index] = np.einsum("nd,nd->n", deviations, deviations)
    others = counts[labels] - 1
    # x − mean of the others = n / (n − 1) · (x − mean of all n)
    squares[np.arange(len(labels)), labels] *= np.square((others + 1) / np.maximum(others, 1))
    nearest: NDArray[np.float64] = np.sqrt(squares[others > 0].min(axis=1) / vectors.shape[1])
    return nearest


def _slices(n: int) -> list[slice]:
    return [slice(first, first + _AT_ONCE) for first in range(0, n, _AT_ONCE)]

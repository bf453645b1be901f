"""All clips of a data set and their folds for cross-validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.datasets.folds import Folds, divides_units, grouped_folds, one_group_out, stratified_folds, untrained_class
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.errors import DataError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.text import one_line, quoted

__all__ = ["N_FOLDS", "ClipPool", "check_folds", "pool_folds", "repeat_seeds"]

N_FOLDS = 5
"""Number of folds of the cross-validation for few test clips."""


@dataclass(frozen=True, eq=False)
class ClipPool:
    """All clips, training and test, before scaling, for cross-validation.

    Attributes
    ----------
    magnitudes : np.ndarray [shape=(n_clips, n_features)]
        |FFT| of each clip, training clips first.
    labels : np.ndarray [shape=(n_clips,)]
        Class of each clip.
    units
        What each clip stays together with: its group, or its recording; copies share a unit.
    has_groups
        Whether the units are groups.
    copies : np.ndarray [shape=(n_copies, n_features)] or None
        |FFT| of changed copies of the clips, which are trained on with the clip; None without augmentation.
    copied_from : np.ndarray [shape=(n_copies,)] or None
        Index of the clip of each copy.
    """

    magnitudes: NDArray[np.float64]
    labels: NDArray[np.intp]
    units: tuple[str, ...]
    has_groups: bool = False
    copies: NDArray[np.float64] | None = None
    copied_from: NDArray[np.intp] | None = None

    def training_clips(self, is_test: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return magnitudes and labels of the clips that are not tested, and of their copies."""
        magnitudes, labels = self.magnitudes[~is_test], self.labels[~is_test]
        if self.copies is None or self.copied_from is None:
            return magnitudes, labels
        trained = ~is_test[self.copied_from]
        own = self.labels[self.copied_from[trained]]
        return np.concatenate([magnitudes, self.copies[trained]]), np.concatenate([labels, own])


def repeat_seeds(experiment: Experiment) -> list[int]:
    """Return the seeds of the repetitions of a cross-validation, consecutive from that of the experiment."""
    recordings = experiment.data.recordings
    n_repeats = 1 if recordings.evaluation == "test set" else recordings.repeats
    return [(experiment.seed + index) % 2**32 for index in range(n_repeats)]


def pool_folds(pool: ClipPool, recordings: RecordingsSettings, class_names: Sequence[str], seed: int) -> Folds:
    """Return the test clips of each fold (indices into the pool).

    Where the evaluation is the test set, five folds estimate the accuracy of few test clips; they are empty if a class
    has fewer than two recordings or groups.

    Parameters
    ----------
    pool
        The clips.
    recordings
        Evaluation and number of folds.
    class_names
        The classes, for messages.
    seed
        Seed of the folds.

    Raises
    ------
    DataError
        If the chosen evaluation would leave a class without training clips.
    """
    folds = _folds(pool, recordings, seed)
    untrained = untrained_class(pool.labels, folds)
    if recordings.evaluation == "test set":
        return folds if untrained is None else ()
    if untrained is not None:
        number, index = untrained
        own = sorted({pool.units[clip] for clip in folds[number]})
        raise DataError(_untrained_text(class_names[index], own, recordings))
    if not folds:
        raise DataError(_too_few_text(pool, recordings, class_names))
    return folds


def check_folds(pool: ClipPool, experiment: Experiment, class_names: Sequence[str]) -> None:
    """Check, before training, that the chosen evaluation is possible.

    Raises
    ------
    DataError
        If there are too few groups or recordings, or a class would have no training clips.
    """
    for seed in repeat_seeds(experiment):
        pool_folds(pool, experiment.data.recordings, class_names, seed)


def _folds(pool: ClipPool, recordings: RecordingsSettings, seed: int) -> Folds:
    if recordings.evaluation == "leave one group out":
        folds = one_group_out(pool.units)
        return folds if len(folds) > 1 else ()
    n_folds = N_FOLDS if recordings.evaluation == "test set" else recordings.folds
    if pool.has_groups or divides_units(pool.labels, pool.units):
        return grouped_folds(pool.labels, pool.units, n_folds, seed)
    return stratified_folds(pool.labels, pool.units, n_folds, seed)


def _untrained_text(label: str, units: Sequence[str], recordings: RecordingsSettings) -> str:
    where = f"the group {one_line(units[0])}" if len(units) == 1 else "one fold"
    remedy = "add recordings of this class from another group, or choose other groups"
    if recordings.evaluation == "k-fold":
        remedy += ", fewer folds or another seed"
    return f"all clips of the class {quoted(label)} are in {where}, so that none is left to train on; {remedy}"


def _too_few_text(pool: ClipPool, recordings: RecordingsSettings, class_names: Sequence[str]) -> str:
    if pool.has_groups:
        return f"all recordings are of one group ({one_line(pool.units[0])}); {recordings.evaluation} needs two or more"
    pairs = set(zip(pool.units, pool.labels.tolist(), strict=True))
    counts = [sum(1 for _, own in pairs if own == index) for index in range(len(class_names))]
    fewest = counts.index(min(counts))
    return f"the class {quoted(class_names[fewest])} has {counts[fewest]} recording; k-fold needs two or more"

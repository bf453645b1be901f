"""Preparation of an experiment: clips, features fitted on the training set, feature vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.level import Level
from mlpsvd.datasets.augmentation import augmented_samples
from mlpsvd.datasets.clips import ClipSet, FileNote, LoadedClips, Skipped
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.datasets.load import load_clips
from mlpsvd.errors import DataError
from mlpsvd.experiments.clip_identity import clip_identity
from mlpsvd.experiments.clip_pool import ClipPool, check_folds
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.training_levels import levels_of_whole_clips, quick_training_levels
from mlpsvd.features.spectra import FittedFeatures, fit_transform, n_samples_needed
from mlpsvd.models.measure_statistics import measure_reference
from mlpsvd.models.training_statistics import TrainingStatistics
from mlpsvd.settings import check

__all__ = ["FEWEST_TEST_CLIPS", "Prepared", "prepare"]

FEWEST_TEST_CLIPS = 30
"""With fewer test clips, cross-validation is used: with 30 clips, one clip is 3 points of accuracy."""


@dataclass(frozen=True)
class Prepared:
    """Data of an experiment, ready for training.

    Attributes
    ----------
    experiment
        The experiment.
    dataset
        Feature vectors and labels.
    features
        The feature extractor, fitted on the training set.
    skipped
        Skipped recordings, with reasons.
    clip_s
        Median length of the training clips in seconds, the length of one decision of the classifier.
    levels
        Levels of whole training clips; empty if they have not been synthesised yet (see :attr:`reference`).
    trained_on
        Digests of the training recordings; empty for synthetic clips.
    pool
        All clips before scaling, if the experiment is evaluated by cross-validation, or if there are fewer than
        :data:`FEWEST_TEST_CLIPS` test clips and no manifest fixes the split; else None.
    identity
        Digest of the clips, see :func:`mlpsvd.experiments.clip_identity.clip_identity`.
    notes
        Notes on recordings that are used.
    warnings
        Notes for the user about the data set, before training.
    """

    experiment: Experiment
    dataset: DataSet
    features: FittedFeatures
    skipped: tuple[Skipped, ...]
    clip_s: float
    levels: tuple[Level, ...] = field(default=(), repr=False)
    trained_on: frozenset[int] = field(default=frozenset(), repr=False)
    pool: ClipPool | None = None
    identity: str = ""
    notes: tuple[FileNote, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of each class."""
        return self.dataset.class_names

    @cached_property
    def reference(self) -> TrainingStatistics | None:
        """Statistics of the training set, stored in models; None for images, and if the clips do not vary.

        Computed on first use, since the thousands of trials of a reproduction write no models.
        """
        if self.experiment.data.image_shape is not None:
            return None
        levels = self.levels or levels_of_whole_clips(self.experiment)
        found = measure_reference(self.dataset.x_train, self.dataset.y_train, len(self.class_names), levels)
        return None if found is None else replace(found, trained_on=self.trained_on)

    def measure(self) -> None:
        """Compute :attr:`reference` now, e.g. in a background thread."""
        _ = self.reference

    @property
    def n_train(self) -> int:
        """Number of training clips; augmented copies count."""
        return len(self.dataset.y_train)

    @property
    def n_test(self) -> int:
        """Number of test clips."""
        return len(self.dataset.y_test)


def prepare(experiment: Experiment, progress: Callable[[float], None] | None = None) -> Prepared:
    """Load or synthesise the clips of ``experiment`` and compute their feature vectors.

    Parameters
    ----------
    experiment
        The experiment.
    progress
        Called with the completed fraction, 0 to 1, from this thread. An exception cancels the preparation.

    Returns
    -------
    Prepared
        Feature vectors [shape=(n_clips, n_features)] of the training and test sets, and the fitted features.

    Raises
    ------
    SettingError
        If a setting is invalid.
    DataError
        If the recordings do not give at least two classes with training and test clips, or the memory is too small.

    Examples
    --------
    >>> import mlpsvd
    >>> experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 2)
    >>> experiment = mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20)
    >>> prepared = mlpsvd.prepare(experiment)
    >>> prepared.dataset.x_train.shape, prepared.n_test
    ((100, 129), 5000)
    """
    check(experiment)
    try:
        return _prepared(experiment, progress)
    except MemoryError as error:
        raise DataError(f"the data set does not fit into memory ({error}); take fewer or shorter clips") from error


def _prepared(experiment: Experiment, progress: Callable[[float], None] | None) -> Prepared:
    n_samples = n_samples_needed(experiment.features)
    clips = load_clips(experiment.data, experiment.seed, n_samples=n_samples, progress=progress)
    copies = _copies(experiment, clips.train)
    samples = [*clips.train.samples, *copies] if copies else clips.train.samples
    features, x_train = fit_transform(samples, clips.train.sample_rate_hz, experiment.features)
    dataset = DataSet(
        x_train=x_train,
        y_train=np.tile(clips.train.labels, 1 + len(copies) // len(clips.train)),
        x_test=features.transform(clips.test.samples),
        y_test=clips.test.labels,
        class_names=clips.train.class_names,
    )
    clip_s, pool = _clip_s(experiment, clips.train), _pool(experiment, clips, features, copies)
    if pool is not None:
        check_folds(pool, experiment, dataset.class_names)
    identity = clip_identity(experiment, clips)
    return Prepared(
        experiment,
        dataset,
        features,
        clips.skipped,
        clip_s,
        quick_training_levels(experiment, clips.train),
        frozenset(clips.trained_on),
        pool,
        identity,
        clips.notes,
        clips.warnings,
    )


def _copies(experiment: Experiment, clips: ClipSet) -> list[NDArray[np.float32]]:
    """Return changed copies of recorded clips, see :mod:`mlpsvd.datasets.augmentation`."""
    if experiment.data.source != "recordings":
        return []
    return augmented_samples(clips, experiment.data.augmentation, experiment.seed)


def _pool(
    experiment: Experiment, clips: LoadedClips, features: FittedFeatures, copies: Sequence[NDArray[np.float32]]
) -> ClipPool | None:
    units, recordings = (*clips.train.units, *clips.test.units), experiment.data.recordings
    is_optional = recordings.evaluation == "test set"
    if not units or (is_optional and (clips.has_fixed_split or len(clips.test) >= FEWEST_TEST_CLIPS)):
        return None
    sides = (clips.train, clips.test)
    magnitudes = np.concatenate([features.unscaled(side.samples) for side in sides])
    labels = np.concatenate([side.labels for side in sides])
    pool = ClipPool(magnitudes, labels, units, recordings.groups_from != "none")
    if not copies:
        return pool
    n_copies, n_train = experiment.data.augmentation.copies, len(clips.train)
    copied = features.unscaled([*copies, *_copies(experiment, clips.test)])
    origins = [np.tile(own, n_copies) for own in np.split(np.arange(len(labels)), [n_train])]
    return replace(pool, copies=copied, copied_from=np.concatenate(origins))


def _clip_s(experiment: Experiment, clips: ClipSet) -> float:
    if experiment.data.source == "synthetic":
        return experiment.data.synthetic.duration_s  # the clips may be cut to the samples that the features need
    return float(np.median([len(samples) for samples in clips.samples])) / clips.sample_rate_hz

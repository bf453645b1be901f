"""From an experiment to the data set that it trains on: clips, features fitted on the training set, vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mlpsvd.data.clips import Skipped
from mlpsvd.data.dataset import DataSet
from mlpsvd.data.load import load_clips
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.features.spectra import FittedFeatures, fit, n_samples_needed

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True)
class Prepared:
    """Everything that training needs of the data.

    Attributes
    ----------
    experiment
        The experiment it was made for.
    dataset
        Feature vectors and labels.
    features
        The feature extractor, fitted on the training set.
    skipped
        Recordings that were left out, with their reasons.
    clip_s
        Usual length of one clip in seconds (median over the training set): one decision of the finished classifier.
    """

    experiment: Experiment
    dataset: DataSet
    features: FittedFeatures
    skipped: tuple[Skipped, ...]
    clip_s: float


def prepare(experiment: Experiment, progress: Callable[[float], None] | None = None) -> Prepared:
    """Load or make the clips of ``experiment`` and turn them into feature vectors.

    Parameters
    ----------
    experiment
        What to prepare.
    progress
        Called with the share done, 0 to 1, from this thread. It may raise to cancel.

    Raises
    ------
    SettingError
        If a setting is impossible.
    DataError
        If the recordings do not give at least two classes with training and test clips.
    """
    raise NotImplementedError

"""Experiment for a collection of recorded clips, and checks before training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mlpsvd.collection.recorded_clip import RecordedClip
from mlpsvd.collection.training_warnings import FEWEST_CLASSES, FEWEST_CLIPS
from mlpsvd.datasets.recordings import most_common_rate_hz
from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.recordings_recipe import adapted_to

__all__ = ["clips_identity", "experiment_for_collection", "is_of_collection", "training_problem"]


def experiment_for_collection(current: Experiment, manifest: Path, clips: Sequence[RecordedClip]) -> Experiment:
    """Return an experiment that trains on a collection.

    Settings for recordings that the user has changed are kept, except for the path of the recordings; all others are
    adapted to the clips (:func:`mlpsvd.experiments.recordings_recipe.adapted_to`).

    Parameters
    ----------
    current
        The current experiment.
    manifest
        The manifest of the collection.
    clips
        All clips of the collection.
    """
    before = current.data.recordings if current.data.source == "recordings" else RecordingsSettings()
    recordings = replace(before, path=str(manifest), labels_from="manifest")
    return adapted_to(current, recordings, len(clips), most_common_rate_hz(clip.sample_rate_hz for clip in clips))[0]


def is_of_collection(experiment: Experiment, manifest: Path) -> bool:
    """Return whether an experiment trains on the collection with this manifest."""
    return experiment.data.source == "recordings" and Path(experiment.data.recordings.path) == manifest


def training_problem(counts: Mapping[str, int]) -> str:
    """Return the reason why clips cannot be used for training; empty if they can.

    Parameters
    ----------
    counts
        Number of clips of each class.
    """
    if len(counts) < FEWEST_CLASSES:
        return "At least two classes are needed"
    few = [name for name, n_clips in counts.items() if n_clips < FEWEST_CLIPS]
    if few:
        return f"Each class needs at least {FEWEST_CLIPS} clips, one of them for testing: {few[0]} has 1"
    return ""


def clips_identity(clips: Sequence[RecordedClip]) -> tuple[object, ...]:
    """Return the properties that training depends on: clips, durations and labels."""
    return tuple((clip.id, clip.label, clip.duration_s) for clip in clips)

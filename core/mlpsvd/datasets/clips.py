"""Clips: labelled samples with a sample rate, before features are computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClipSet", "FileNote", "LoadedClips", "Skipped"]


@dataclass(frozen=True)
class Skipped:
    """A recording that was left out, and the reason.

    Attributes
    ----------
    path
        Its name.
    reason
        Why, in one clause.
    label
        Its class, where that is known.
    """

    path: str
    reason: str
    label: str = ""


@dataclass(frozen=True)
class FileNote:
    """A note about a recording that is used although it has a defect: it is truncated, it is silent."""

    path: str
    note: str


@dataclass(frozen=True)
class ClipSet:
    """Labelled clips of one sample rate.

    Attributes
    ----------
    samples
        One float32 array [shape=(n_samples,)] a clip; an array [shape=(n_clips, n_samples)] where all are equally long.
        Full scale is 1.
    labels : np.ndarray [shape=(n_clips,)]
        Class index of each clip.
    class_names
        Name of each class.
    sample_rate_hz
        Samples a second.
    origins
        Origin of each clip: a path with the start in seconds, or class and number.
    recordings
        Name of the recording that each clip was cut from; empty for synthetic clips.
    starts_s
        Start of each clip in its recording in seconds; empty for synthetic clips.
    units
        What each clip must stay together with on one side of a split: its group, or its recording if there are no
        groups; copies share a unit. Empty for synthetic clips.
    """

    samples: Sequence[NDArray[np.float32]] | NDArray[np.float32]
    labels: NDArray[np.intp]
    class_names: tuple[str, ...]
    sample_rate_hz: float
    origins: Sequence[str]
    recordings: Sequence[str] = ()
    starts_s: Sequence[float] = ()
    units: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class LoadedClips:
    """Training and test clips of one source.

    Attributes
    ----------
    train, test
        The clips.
    skipped
        What was left out.
    has_fixed_split
        Whether a manifest fixes the split.
    notes
        Notes about files that are used although they have defects.
    warnings
        Notes for the user about the data set, before training, see :mod:`mlpsvd.datasets.survey`.
    trained_on
        Digests of the recordings that the training clips were cut from, ascending; see
        :class:`mlpsvd.datasets.sound_digest.SoundDigest`. Empty for synthetic clips.
    """

    train: ClipSet
    test: ClipSet
    skipped: tuple[Skipped, ...]
    has_fixed_split: bool = False
    notes: tuple[FileNote, ...] = ()
    warnings: tuple[str, ...] = ()
    trained_on: tuple[int, ...] = ()

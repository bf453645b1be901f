"""Request and result of a preview of a data set: class spectra, class sizes and one clip."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlpsvd.datasets.clips import FileNote, Skipped
from mlpsvd.datasets.settings import DataSettings
from mlpsvd.features.settings import FeatureSettings

__all__ = ["ClipView", "Preview", "PreviewRequest"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PreviewRequest:
    """The data set and clip to preview.

    Attributes
    ----------
    data, features, seed
        As in the experiment.
    split, class_index, clip_index
        The clip to show, counted from 0 within its class; indices beyond the last take the last.
    is_dragging
        Whether more requests follow soon: fewer clips are averaged and no waveform is made.
    """

    data: DataSettings
    features: FeatureSettings
    seed: int
    split: str = "train"
    class_index: int = 0
    clip_index: int = 0
    is_dragging: bool = False


@dataclass(frozen=True)
class ClipView:
    """One clip.

    Attributes
    ----------
    samples : np.ndarray [shape=(n_samples,)]
    sample_rate_hz
        Samples a second.
    is_whole
        Whether ``samples`` is all of the clip.
    magnitudes : np.ndarray [shape=(n_parts, n_bins)]
        Its spectrum before scaling.
    origin
        Description of its origin.
    """

    samples: NDArray[np.float32]
    sample_rate_hz: float
    is_whole: bool
    magnitudes: Floats
    origin: str


@dataclass(frozen=True)
class Preview:
    """The answer to a :class:`PreviewRequest`.

    Attributes
    ----------
    class_names
        Names of the classes.
    frequencies_hz : np.ndarray [shape=(n_bins,)]
        Frequencies of the network's inputs, of one part of a clip.
    means : np.ndarray [shape=(n_classes, n_parts, n_bins)]
        Mean magnitude of each class's training clips.
    n_averaged
        Clips averaged per class (the minimum if they differ).
    n_train, n_test
        Clips of each class.
    skipped
        Recordings left out.
    clip
        The chosen clip.
    clip_index, n_clips
        Its number within class and split, and how many there are.
    examples : np.ndarray [shape=(n_classes, height, width)]
        Of images, that with the number ``clip_index`` of each class; empty for sounds.
    notes
        Notes on used recordings.
    warnings
        Warnings about the data set before training.
    """

    class_names: tuple[str, ...]
    frequencies_hz: Floats
    means: Floats
    n_averaged: int
    n_train: tuple[int, ...]
    n_test: tuple[int, ...]
    skipped: tuple[Skipped, ...]
    clip: ClipView
    clip_index: int
    n_clips: int
    examples: Floats = field(default_factory=lambda: np.empty((0, 0, 0)))
    notes: tuple[FileNote, ...] = ()
    warnings: tuple[str, ...] = ()

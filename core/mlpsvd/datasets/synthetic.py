"""The synthetic task: labelled clips of noise through a bank of band-pass filters (Paul and Nelson, section III B)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.datasets.clips import ClipSet
from mlpsvd.datasets.settings import SyntheticSettings
from mlpsvd.signals.synthesis import synthesise
from mlpsvd.streams import Purpose, seeds

__all__ = ["SPLITS", "clip_length", "one_class", "synthetic_clips"]

SPLITS = ("train", "test")

_PURPOSES = {"train": Purpose.TRAINING_CLIPS, "test": Purpose.TEST_CLIPS}


def clip_length(settings: SyntheticSettings) -> int:
    """Return the length of a whole clip in samples (4,800 in the paper)."""
    return max(1, round(settings.duration_s * settings.sample_rate_hz))


def one_class(
    settings: SyntheticSettings,
    seed: int,
    split: str,
    class_index: int,
    n_samples: int | None = None,
    n_clips: int | None = None,
) -> NDArray[np.float32]:
    """Make the clips of one class.

    Every class and split has its own random stream. Changing one filter therefore does not change the noise of other
    classes, and fewer samples or fewer clips are the beginning of the same data.

    Parameters
    ----------
    settings
        Filters, noise, sample rate, number and length of clips.
    seed
        The experiment's seed.
    split
        ``train`` or ``test``.
    class_index
        Which of ``settings.filters``.
    n_samples
        Make only that many first samples of each clip; the whole clip if left out.
    n_clips
        Return only that many first clips; all if left out.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_samples)]
        One clip a row.
    """
    n_whole = clip_length(settings)
    n_all = settings.train_per_class if split == "train" else settings.test_per_class
    return synthesise(
        settings.filters[class_index],
        settings.noise,
        settings.sample_rate_hz,
        n_all,
        n_whole if n_samples is None else min(n_samples, n_whole),
        np.random.default_rng(seeds(_PURPOSES[split], seed, class_index)),
        n_kept=n_clips,
    )


def synthetic_clips(
    settings: SyntheticSettings,
    seed: int,
    split: str,
    n_samples: int | None = None,
    n_per_class: int | None = None,
) -> ClipSet:
    """Make the clips of all classes, class after class; see :func:`one_class` for the parameters.

    Returns
    -------
    ClipSet
        With samples [shape=(n_classes * n_per_class, n_samples)].
    """
    classes = [
        one_class(settings, seed, split, index, n_samples, n_per_class) for index in range(len(settings.filters))
    ]
    return join_classes(settings, split, classes)


def join_classes(settings: SyntheticSettings, split: str, classes: list[NDArray[np.float32]]) -> ClipSet:
    """Put the clips of all classes [each of shape=(n_clips, n_samples)] into one set."""
    names = tuple(one.label for one in settings.filters)
    return ClipSet(
        samples=np.concatenate(classes),
        labels=np.repeat(np.arange(len(classes), dtype=np.intp), [len(clips) for clips in classes]),
        class_names=names,
        sample_rate_hz=settings.sample_rate_hz,
        origins=[
            f"{name}, {split} clip {number}"
            for name, clips in zip(names, classes, strict=True)
            for number in range(1, len(clips) + 1)
        ],
    )

"""Samples of the test clips of an experiment, synthesised or read again."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlpsvd.datasets.clips import ClipSet
from mlpsvd.datasets.load import load_clips
from mlpsvd.datasets.synthetic import one_class
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments.experiment import Experiment

__all__ = ["ClipSound", "ClipSounds"]


@dataclass(frozen=True, eq=False)
class ClipSound:
    """Samples of a clip.

    Attributes
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        Samples, full scale 1.
    sample_rate_hz
        Sample rate in Hz.
    origin
        File and position, or class and number.
    """

    samples: NDArray[np.float32] = field(repr=False)
    sample_rate_hz: float
    origin: str


class ClipSounds:
    """The test clips of an experiment, in the order of its data set; recordings are read once.

    Parameters
    ----------
    experiment
        The experiment.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._read: ClipSet | None = None

    def clip(self, index: int) -> ClipSound:
        """Return the whole clip of one row of the test set.

        Raises
        ------
        SettingError
            If there is no such clip.
        DataError
            If the recordings cannot be read, or the test set has images.
        """
        if self._experiment.data.image_shape is not None:
            raise DataError("the test set has images; only sounds can be played")
        if self._experiment.data.source == "synthetic":
            return self._synthetic(index)
        if self._read is None:
            self._read = load_clips(self._experiment.data, self._experiment.seed).test
        _require(index, len(self._read))
        samples = np.asarray(self._read.samples[index], np.float32)
        return ClipSound(samples, self._read.sample_rate_hz, self._read.origins[index])

    def _synthetic(self, index: int) -> ClipSound:
        settings = self._experiment.data.synthetic
        _require(index, len(settings.filters) * settings.test_per_class)
        class_index, number = divmod(index, settings.test_per_class)
        clips = one_class(settings, self._experiment.seed, "test", class_index, n_clips=number + 1)
        origin = f"{settings.filters[class_index].label}, test clip {number + 1}"
        return ClipSound(clips[number], settings.sample_rate_hz, origin)


def _require(index: int, n_clips: int) -> None:
    if not 0 <= index < n_clips:
        raise SettingError("clip", index, f"a whole number from 0 to {n_clips - 1}")

"""Training statistics in a model: class prototypes, distances and levels.

They allow input that is unlike all training clips to be detected. The network itself cannot detect it, as its
probabilities sum to 1 for any input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlpsvd.datasets.sound_digest import MOST
from mlpsvd.errors import FileFormatError
from mlpsvd.named_arrays import checked_array

__all__ = ["DISTANCE_PERCENTILES", "TrainingStatistics"]

DISTANCE_PERCENTILES = (5.0, 25.0, 50.0, 75.0, 95.0, 99.0)
"""Percentiles of the training clips' distances that are stored; the last is the unit of
:meth:`TrainingStatistics.distance`."""

_SMALLEST, _LARGEST = 1e-30, 1e30
"""Plausible limits of deviations and of all numbers; beyond them, distances cannot be computed."""

_SHAPES = {"distances": (len(DISTANCE_PERCENTILES),), "level_dbfs": (2,), "clipped_share": (1,)}


@dataclass(frozen=True, eq=False)
class TrainingStatistics:
    """Statistics of the training set in feature space, stored in the model.

    The distance of a vector is its root-mean-square deviation from the nearest of a few prototypes per class. Each
    entry is in units of its deviation within the classes (a Mahalanobis distance with a diagonal covariance that is
    common to all classes). The distance is divided by the 99th percentile of the same distance over the training clips,
    so that 1 % of the training clips have a distance above 1.

    How well the distance detects unlike input depends on the scaling of the features:

    - *standardised*: all entries have equal weight, as for the network. Detection is best.
    - *training maximum*, *none*: the vector includes the level, so that a known sound that is 20 dB too loud has a
      large distance. Differences in entries with little energy count only above the lower limit of the deviations (see
      :func:`mlpsvd.models.measure_statistics.measure_reference`). With linear magnitudes, silence (all zeros) is close
      to the quietest training clips, so that the level has to be compared as well.
    - *per sample*: with linear magnitudes, the distance depends on the shape of the spectrum only, and the level has to
      be compared separately. With log magnitudes, the level affects the distance, but not linearly.
    - *log* magnitudes: a change of level shifts all entries equally, and the noise floor of the microphone affects the
      distance as much as its loudest sounds.

    Attributes
    ----------
    class_means : np.ndarray [shape=(n_classes, n_features)]
        Mean feature vector of each class.
    centres : np.ndarray [shape=(n_centres, n_features)]
        Typical feature vectors, at least one and at most eight for each class; see :mod:`mlpsvd.models.prototypes`.
    within_std : np.ndarray [shape=(n_features,)]
        Deviation of each entry within the classes, pooled and limited from below.
    distances : np.ndarray [shape=(6,)]
        :data:`DISTANCE_PERCENTILES` of the training clips' distances, before the division by the last of them.
    level_dbfs
        5th and 95th percentile of the levels of whole training clips, in dBFS as defined by
        :func:`mlpsvd.audio.level.measure_level`.
    clipped_share
        Fraction of the training clips that reached full scale, 0 to 1; if it is large, clipping is not unusual.
    trained_on
        Digests of the training recordings, see :class:`mlpsvd.datasets.sound_digest.SoundDigest`; empty for
        synthetic clips and in files of older versions.
    """

    class_means: NDArray[np.float64] = field(repr=False)
    centres: NDArray[np.float32] = field(repr=False)
    within_std: NDArray[np.float64] = field(repr=False)
    distances: NDArray[np.float64]
    level_dbfs: tuple[float, float]
    clipped_share: float = 0.0
    trained_on: frozenset[int] = field(default=frozenset(), repr=False)

    def distance(self, vector: NDArray[np.floating]) -> float:
        """Return the distance of a feature vector [shape=(n_features,)] from the nearest prototype.

        1 is the 99th percentile of the training clips. Infinite for a vector that is not finite.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            deviations = np.asarray(vector, np.float32) * self._per_std - self._scaled_centres
            squares = np.einsum("kd,kd->k", deviations, deviations)
        nearest = float(np.sqrt(squares.min() / len(self.within_std)) / self.distances[-1])
        return nearest if np.isfinite(nearest) else float("inf")

    @cached_property
    def _per_std(self) -> NDArray[np.float32]:
        return np.asarray(1.0 / self.within_std, np.float32)

    @cached_property
    def _scaled_centres(self) -> NDArray[np.float32]:
        """The centres in units of the deviations; cached, and in float32, as each decision computes a distance."""
        return np.asarray(self.centres / self.within_std, np.float32)

    def to_arrays(self) -> dict[str, NDArray[np.floating]]:
        """Return everything as named arrays, for a model file."""
        arrays: dict[str, NDArray[np.floating]] = {
            "class_means": np.asarray(self.class_means, np.float64),
            "centres": np.asarray(self.centres, np.float32),
            "within_std": np.asarray(self.within_std, np.float64),
            "distances": np.asarray(self.distances, np.float64),
            "level_dbfs": np.asarray(self.level_dbfs, np.float64),
            "clipped_share": np.asarray([self.clipped_share], np.float64),
        }
        if self.trained_on:
            arrays["trained_on"] = np.array(sorted(self.trained_on), np.float64)
        return arrays

    @classmethod
    def from_arrays(
        cls, n_classes: int, n_features: int, arrays: Mapping[str, NDArray[np.floating]]
    ) -> TrainingStatistics:
        """Rebuild the statistics from the result of :meth:`to_arrays`.

        Raises
        ------
        FileFormatError
            If an array is missing, has a shape that does not match the model, contains values that are not numbers, or
            a deviation or distance is not above 0.
        """
        n_centres = max((1, *np.shape(arrays.get("centres", ()))[:1]))
        shapes = {
            "class_means": (n_classes, n_features),
            "centres": (n_centres, n_features),
            "within_std": (n_features,),
            **_SHAPES,
        }
        checked = {
            name: checked_array(arrays, name, shape, group="reference", largest=_LARGEST)
            for name, shape in shapes.items()
        }
        lowest = checked["within_std"].min()
        if lowest < _SMALLEST:
            raise FileFormatError(
                f"the tensor reference.within_std holds {lowest:g}; all should be above {_SMALLEST:g}"
            )
        distances = checked["distances"]
        if distances[0] < 0.0 or distances[-1] < _SMALLEST or (np.diff(distances) < 0.0).any():
            raise FileFormatError("the tensor reference.distances does not ascend from 0 to a number above it")
        low, high = (float(value) for value in checked["level_dbfs"])
        if low > high:
            raise FileFormatError(f"the tensor reference.level_dbfs is {low:g} to {high:g}; it should ascend")
        share = float(checked["clipped_share"][0])
        if not 0.0 <= share <= 1.0:
            raise FileFormatError(f"the tensor reference.clipped_share is {share:g}; it should be from 0 to 1")
        return cls(
            class_means=checked["class_means"],
            centres=checked["centres"].astype(np.float32),
            within_std=checked["within_std"],
            distances=distances,
            level_dbfs=(low, high),
            clipped_share=share,
            trained_on=_digests(arrays),
        )


def _digests(arrays: Mapping[str, NDArray[np.floating]]) -> frozenset[int]:
    """Read an array of whole numbers, which may be missing."""
    found = arrays.get("trained_on")
    if found is None:
        return frozenset()
    is_whole = found.ndim == 1 and bool((np.isfinite(found) & (found >= 0.0) & (found < MOST)).all())
    if not is_whole or (found != np.floor(found)).any():
        raise FileFormatError("the tensor reference.trained_on should hold a row of whole numbers from 0 to 2^52 - 1")
    return frozenset(int(one) for one in found)

"""Spectral features: the input of the network (Paul and Nelson, section III B).

A recording, a synthetic clip and a microphone block take the same path through this module. Everything learnt from
data (the scaling) is learnt once, on the training set, and is then part of :class:`FittedFeatures`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.features.conditioning import Conditioning
from mlpsvd.features.magnitudes import LOG_FLOOR, clip_magnitudes, n_parts
from mlpsvd.features.settings import FeatureSettings, Scaling

__all__ = ["Clips", "FittedFeatures", "fit", "fit_magnitudes", "fit_transform", "n_samples_needed"]

Clips = Sequence[NDArray[np.float32]] | NDArray[np.float32]
"""One array [shape=(n_samples,)] a clip, or one array [shape=(n_clips, n_samples)] where all are equally long."""

_SCALES = 1e-30, 1e30
"""Between these the scale of an entry is plausible: magnitudes of full scale reach 32,768, and float32 3e38."""


@dataclass(frozen=True, eq=False)
class FittedFeatures:
    """A feature extractor that has seen its training set.

    Attributes
    ----------
    settings
        What is extracted.
    sample_rate_hz
        Sample rate that clips must have.
    offset, scale : np.ndarray [shape=(n_features,)]
        Each value is scaled as (value − offset) / scale.

    Examples
    --------
    >>> import mlpsvd
    >>> import numpy as np
    >>> noise = np.random.default_rng(1).standard_normal((20, 4800)).astype(np.float32)
    >>> features = mlpsvd.fit(noise, 16000.0, mlpsvd.FeatureSettings())
    >>> features.transform(noise).shape, float(features.frequencies_hz[1])
    ((20, 129), 62.5)
    """

    settings: FeatureSettings
    sample_rate_hz: float
    offset: NDArray[np.float64]
    scale: NDArray[np.float64]

    @property
    def n_features(self) -> int:
        """Length of a feature vector."""
        return len(self.scale)

    @property
    def frequencies_hz(self) -> NDArray[np.float64]:
        """Frequency of each entry of a feature vector [shape=(n_features,)]."""
        bins = np.fft.rfftfreq(self.settings.fft_size, 1.0 / self.sample_rate_hz)
        return np.tile(bins, n_parts(self.settings))

    @property
    def parts(self) -> NDArray[np.intp]:
        """Which part of the clip each entry describes, counted from 0 [shape=(n_features,)]."""
        return np.repeat(np.arange(n_parts(self.settings), dtype=np.intp), self.settings.fft_size // 2 + 1)

    def transform(self, samples: Clips, conditioning: Conditioning | None = None) -> NDArray[np.float32]:
        """Turn clips into the vectors that enter the network.

        A clip gives the same vector, bit for bit, alone or among others. Clips shorter than needed are continued
        with zeros.

        Parameters
        ----------
        samples
            Clips at this extractor's sample rate; one array [shape=(n_samples,)] is taken as one clip.
        conditioning
            Microphone and background to be taken off the magnitudes, before logarithm and scaling; nothing if left
            out.

        Returns
        -------
        np.ndarray [shape=(n_clips, n_features)]

        Raises
        ------
        DataError
            If the conditioning was made for other features.
        """
        return self.scaled(self.unscaled(samples, conditioning))

    def unscaled(self, samples: Clips, conditioning: Conditioning | None = None) -> NDArray[np.float64]:
        """Return the magnitudes |FFT| before logarithm and scaling [shape=(n_clips, n_features)], for plots in dB.

        A sine of full scale in the middle of a bin has the magnitude ``fft_size / 2`` with the rectangular window.
        Parameters and errors are those of :meth:`transform`.
        """
        magnitudes = clip_magnitudes(samples, self.settings)
        return magnitudes if conditioning is None else conditioning.apply(magnitudes, self.settings.fft_size // 2 + 1)

    def scaled(self, magnitudes: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return what enters the network for magnitudes from :meth:`unscaled` [shape=(n_clips, n_features)].

        ``transform`` is the one after the other; whoever wants both numbers of a window calls both.
        """
        return self._scaled(_values(magnitudes, self.settings))

    def describe(self) -> str:
        """Say in one sentence what the features are."""
        one = self.settings
        top_hz = self.sample_rate_hz / 2
        where = {
            "first": f"of the first {one.fft_size} samples",
            "mean": f"averaged over segments every {one.hop} samples",
            "several": f"averaged over segments every {one.hop} samples in each of {one.n_parts} equal parts",
        }[one.segments]
        trimmed = f" of the clip without its ends {one.trim_db:g} dB below its loudest," if one.trim_db else ","
        kind = "magnitudes"
        if one.magnitude == "log":
            floor = f", floor {one.floor_db:g} dB below the clip's largest" if one.floor_db else ""
            kind = f"log magnitudes{floor}"
        scaling = {
            "training maximum": "divided by the largest value in the training set",
            "centred": "centred and divided by the largest value left in the training set",
            "per sample": "each vector divided by its own largest value",
            "standardised": "standardised over the training set",
            "none": "not scaled",
        }[one.scaling]
        return (
            f"{self.n_features} {kind} of the {one.fft_size}-point FFT ({one.window} window) {where}{trimmed} "
            f"0 to {top_hz:g} Hz in steps of {self.sample_rate_hz / one.fft_size:g} Hz, {scaling}"
        )

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return what was fitted as named arrays, for a model file."""
        return {"offset": self.offset, "scale": self.scale}

    @classmethod
    def from_arrays(
        cls, settings: FeatureSettings, sample_rate_hz: float, arrays: Mapping[str, NDArray[np.float64]]
    ) -> FittedFeatures:
        """Rebuild an extractor from what :meth:`to_arrays` gave.

        Raises
        ------
        FileFormatError
            If an array is missing, has another shape than the settings ask for, or cannot scale anything.
        """
        shape = (n_parts(settings) * (settings.fft_size // 2 + 1),)
        offset, scale = (_array(arrays, name, shape) for name in ("offset", "scale"))
        if not scale.all():
            raise FileFormatError("features.scale holds a zero; every entry should be a number other than 0")
        if np.abs(scale).min() < _SCALES[0] or max(np.abs(scale).max(), np.abs(offset).max()) > _SCALES[1]:
            low, high = _SCALES
            raise FileFormatError(
                f"features.scale or features.offset is not plausible; scales should be from {low:g} to {high:g}, "
                f"offsets from {-high:g} to {high:g}"
            )
        return cls(settings, float(sample_rate_hz), offset, scale)

    def _scaled(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        if self.settings.scaling == "per sample":
            largest = np.abs(values).max(axis=1, initial=0.0, keepdims=True)
            values = values / np.where(largest > 0.0, largest, 1.0)
        with np.errstate(over="ignore"):  # of the largest numbers that float32 holds
            return ((values - self.offset) / self.scale).astype(np.float32)


def n_samples_needed(settings: FeatureSettings) -> int | None:
    """Return how many first samples of a clip the features look at; None for all of them.

    Where quiet ends are trimmed, the first samples looked at may lie anywhere.
    """
    return settings.fft_size if settings.segments == "first" and not settings.trim_db else None


def fit(samples: Clips, sample_rate_hz: float, settings: FeatureSettings) -> FittedFeatures:
    """Learn the scaling from training clips; see :func:`fit_transform`.

    Examples
    --------
    >>> import mlpsvd
    >>> import numpy as np
    >>> noise = np.random.default_rng(1).standard_normal((20, 4800)).astype(np.float32)
    >>> features = mlpsvd.fit(noise, 16000.0, mlpsvd.FeatureSettings())
    >>> features.n_features
    129
    """
    return fit_transform(samples, sample_rate_hz, settings)[0]


def fit_transform(
    samples: Clips, sample_rate_hz: float, settings: FeatureSettings
) -> tuple[FittedFeatures, NDArray[np.float32]]:
    """Learn the scaling from training clips and return their vectors too.

    ``training maximum`` divides by the largest value (of log magnitudes: the largest absolute value) of the whole
    training set; ``centred`` subtracts the mean of each entry first. ``standardised`` gives each entry zero mean and
    unit variance, an entry that does not vary is only centred.

    Parameters
    ----------
    samples
        The training clips, and no others.
    sample_rate_hz
        Their sample rate.
    settings
        What to extract.

    Returns
    -------
    FittedFeatures
        The extractor.
    np.ndarray [shape=(n_clips, n_features)]
        What it makes of ``samples``.

    Raises
    ------
    DataError
        If there is no clip, or a clip holds a sample that is not a finite number.
    """
    magnitudes = clip_magnitudes(samples, settings)
    fitted = fit_magnitudes(magnitudes, sample_rate_hz, settings)
    return fitted, fitted.scaled(magnitudes)


def fit_magnitudes(magnitudes: NDArray[np.float64], sample_rate_hz: float, settings: FeatureSettings) -> FittedFeatures:
    """Learn the scaling from the magnitudes |FFT| of training clips [shape=(n_clips, n_features)].

    :func:`fit_transform` without the transform: for whoever has the magnitudes and fits to parts of them, as
    cross-validation does. Errors are the same.
    """
    values = _values(magnitudes, settings)
    if not len(values):
        raise DataError("the features cannot be fitted: there is no training clip")
    if not np.isfinite(values).all():
        raise DataError("the features cannot be fitted: a training clip has samples that are not finite numbers")
    offset, scale = _scaling(values, settings.scaling)
    return FittedFeatures(settings, float(sample_rate_hz), offset, scale)


def _values(magnitudes: NDArray[np.float64], settings: FeatureSettings) -> NDArray[np.float64]:
    if settings.magnitude == "log":
        floor: float | NDArray[np.float64] = LOG_FLOOR
        if settings.floor_db:
            largest = magnitudes.max(axis=1, initial=0.0, keepdims=True)
            floor = np.maximum(LOG_FLOOR, largest * 10.0 ** (-settings.floor_db / 20.0))
        return np.log(np.maximum(magnitudes, floor))
    return magnitudes


def _scaling(values: NDArray[np.float64], kind: Scaling) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return offset and scale [shape=(n_features,)] for values [shape=(n_clips, n_features)]."""
    zeros, ones = np.zeros(values.shape[1]), np.ones(values.shape[1])
    if kind == "training maximum":
        return zeros, ones * (float(np.abs(values).max()) or 1.0)
    if kind == "centred":
        mean = values.mean(axis=0)
        largest = float(np.abs(values - mean).max())
        is_rounding = largest <= np.finfo(np.float32).eps * float(np.abs(mean).max())
        return mean, ones if is_rounding else ones * largest
    if kind == "standardised":
        mean, deviation = values.mean(axis=0), values.std(axis=0)
        # Below the resolution of float32, a deviation is rounding, and dividing by it would blow rounding up.
        varies = deviation > np.finfo(np.float32).eps * np.abs(mean)
        return mean, np.where(varies, deviation, 1.0)
    return zeros, ones


def _array(arrays: Mapping[str, NDArray[np.float64]], name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    if name not in arrays:
        raise FileFormatError(f"features.{name} is missing; it should be there with the shape {shape}")
    found = arrays[name]
    if found.shape != shape:
        raise FileFormatError(f"features.{name} has the shape {found.shape}; it should be {shape}")
    if not np.isfinite(found).all():
        raise FileFormatError(f"features.{name} holds values that are not finite; they should all be numbers")
    return np.array(found, dtype=np.float64)

"""Spectral features: the input of the network (Paul and Nelson, section III B).

Recordings, synthetic clips and microphone blocks use the same code. The scaling is fitted once, on the training set,
and stored in :class:`FittedFeatures`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.features.bands import bin_frequencies_hz, in_bands, require_fit
from mlpsvd.features.conditioning import Conditioning
from mlpsvd.features.magnitudes import LOG_FLOOR, clip_magnitudes, n_parts
from mlpsvd.features.principal_components import PrincipalComponents, fit_components, fit_most_components
from mlpsvd.features.settings import FeatureSettings, Scaling
from mlpsvd.named_arrays import checked_array
from mlpsvd.text import frequency_text, percent

__all__ = ["Clips", "FittedFeatures", "fit", "fit_magnitudes", "fit_transform", "n_samples_needed"]

Clips = Sequence[NDArray[np.float32]] | NDArray[np.float32]
"""One array [shape=(n_samples,)] per clip, or one array [shape=(n_clips, n_samples)] if all have the same length."""

_SCALES = 1e-30, 1e30
"""Plausible range of scales: magnitudes at full scale reach 32,768, and float32 reaches 3e38."""


@dataclass(frozen=True, eq=False)
class FittedFeatures:
    """A feature extractor fitted on a training set; see :func:`fit`.

    Attributes
    ----------
    settings : FeatureSettings
        Feature settings.
    sample_rate_hz : float
        Sample rate that clips must have.
    offset, scale : np.ndarray [shape=(n_magnitudes,)]
        Each value is scaled as (value − offset) / scale.
    pca : PrincipalComponents or None
        Projection of the scaled values; None if they are the feature vector.

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
    pca: PrincipalComponents | None = None

    @property
    def image_shape(self) -> tuple[int, int] | None:
        """Height and width of the image that a feature vector is, row after row; None for a spectrum over hertz."""
        return self.settings.image_shape

    @property
    def n_features(self) -> int:
        """Length of a feature vector."""
        return len(self.scale) if self.pca is None else len(self.pca.components)

    @property
    def n_magnitudes(self) -> int:
        """Number of magnitudes of which a feature vector is computed; the same without principal components."""
        return len(self.scale)

    @property
    def frequencies_hz(self) -> NDArray[np.float64]:
        """Frequency of each magnitude, or centre of its band [shape=(n_magnitudes,)]; of an image numbers from 0."""
        return np.tile(bin_frequencies_hz(self.settings, self.sample_rate_hz), n_parts(self.settings))

    @property
    def parts(self) -> NDArray[np.intp]:
        """Part of the clip that each magnitude describes, counted from 0 [shape=(n_magnitudes,)]."""
        return np.repeat(np.arange(n_parts(self.settings), dtype=np.intp), self.settings.n_bins)

    def transform(self, samples: Clips, conditioning: Conditioning | None = None) -> NDArray[np.float32]:
        """Return the feature vectors of clips, the input of the network.

        A clip gives the same vector, bit for bit, alone or in a batch. Clips that are too short are padded with zeros.

        Parameters
        ----------
        samples : np.ndarray [shape=(n_clips, n_samples)] or sequence of np.ndarray [shape=(n_samples,)]
            Clips at this extractor's sample rate; a single 1-D array is one clip.
        conditioning : Conditioning, optional
            Microphone correction and spectral subtraction, applied before logarithm and scaling.

        Returns
        -------
        np.ndarray [shape=(n_clips, n_features)]
            Feature vectors as float32.

        Raises
        ------
        DataError
            If the conditioning was made for other features.
        """
        return self.scaled(self.unscaled(samples, conditioning))

    def unscaled(self, samples: Clips, conditioning: Conditioning | None = None) -> NDArray[np.float64]:
        """Return the magnitudes before logarithm and scaling [shape=(n_clips, n_magnitudes)], for plots in dB.

        They are ``|FFT|``, with A-weighting and summed in bands if the settings ask for it. A full-scale sine at the
        centre of a bin has the magnitude ``fft_size / 2`` with the rectangular window, also in a one-third-octave band.
        Parameters and errors are those of :meth:`transform`.
        """
        magnitudes = in_bands(clip_magnitudes(samples, self.settings), self.settings, self.sample_rate_hz)
        return magnitudes if conditioning is None else conditioning.apply(magnitudes, self.settings.n_bins)

    def scaled(self, magnitudes: NDArray[np.float64]) -> NDArray[np.float32]:
        """Return the feature vectors [shape=(n_clips, n_features)] of magnitudes from :meth:`unscaled`.

        :meth:`transform` calls :meth:`unscaled`, then this method.
        """
        with np.errstate(over="ignore"):  # of the largest numbers that float32 holds
            return self._vectors(_values(magnitudes, self.settings)).astype(np.float32)

    def spectra(self, vectors: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return scaled values over frequency [shape=(n_clips, n_magnitudes)] of feature vectors.

        Without principal components these are the feature vectors; otherwise the part of the values that the
        components keep.
        """
        return vectors if self.pca is None else self.pca.reconstruct(vectors)

    def filters(self, rows: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return weights over frequency [shape=(n, n_magnitudes)] of weights for feature vectors.

        With principal components C a row w acts on the scaled values as w C. The rows of C are orthonormal, so U Σ (Vᵀ
        C) is the singular value decomposition of W C.
        """
        return rows if self.pca is None else self.pca.filters(rows)

    def describe(self) -> str:
        """Return a description of the features in one sentence."""
        one = self.settings
        if self.image_shape is not None:
            return f"{self.n_magnitudes} pixels of an image{self._projection()}"
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
            f"{self.n_magnitudes} {kind} of the {one.fft_size}-point FFT ({one.window} window) {where}{trimmed} "
            f"{self._frequency_axis()}, {scaling}{self._projection()}"
        )

    def _frequency_axis(self) -> str:
        one = self.settings
        weighted = ", A-weighted" if one.frequency_weighting == "A" else ""
        if one.bands == "none":
            top = frequency_text(self.sample_rate_hz / 2)
            return f"0 to {top} in steps of {self.sample_rate_hz / one.fft_size:g} Hz{weighted}"
        kind = "one-third-octave bands with centres" if one.bands == "third-octave" else "mel bands (HTK)"
        low, high = frequency_text(one.bands_from_hz), frequency_text(one.bands_to_hz)
        return f"in {one.n_bins} {kind} from {low} to {high}{weighted}"

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Return the fitted arrays by name, for a model file."""
        return {"offset": self.offset, "scale": self.scale, **({} if self.pca is None else self.pca.to_arrays())}

    @staticmethod
    def array_shapes(settings: FeatureSettings) -> dict[str, tuple[int, ...]]:
        """Return names and shapes of the result of :meth:`to_arrays`."""
        n = settings.n_magnitudes
        return {"offset": (n,), "scale": (n,), **PrincipalComponents.shapes(settings.n_components, n)}

    @classmethod
    def from_arrays(
        cls, settings: FeatureSettings, sample_rate_hz: float, arrays: Mapping[str, NDArray[np.float64]]
    ) -> FittedFeatures:
        """Rebuild an extractor from the result of :meth:`to_arrays`.

        Raises
        ------
        FileFormatError
            If an array is missing, has a shape that does not match the settings, or contains invalid values.
        """
        shapes = cls.array_shapes(settings)
        found = {name: checked_array(arrays, name, shape, group="features") for name, shape in shapes.items()}
        offset, scale = found["offset"], found["scale"]
        try:
            require_fit(settings, sample_rate_hz)
        except DataError as error:
            raise FileFormatError(f"the features do not fit the sample rate: {error}") from error
        if not scale.all():
            raise FileFormatError("features.scale holds a zero; every entry should be a number other than 0")
        if np.abs(scale).min() < _SCALES[0] or max(np.abs(scale).max(), np.abs(offset).max()) > _SCALES[1]:
            low, high = _SCALES
            raise FileFormatError(
                f"features.scale or features.offset is not plausible; scales should be from {low:g} to {high:g}, "
                f"offsets from {-high:g} to {high:g}"
            )
        n = settings.n_components
        pca = PrincipalComponents.from_arrays(n, len(scale), found) if n else None
        return cls(settings, float(sample_rate_hz), offset, scale, pca)

    def _vectors(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.settings.scaling == "per sample":
            largest = np.abs(values).max(axis=1, initial=0.0, keepdims=True)
            values = values / np.where(largest > 0.0, largest, 1.0)
        scaled = (values - self.offset) / self.scale
        return scaled if self.pca is None else self.pca.project(scaled)

    def _projection(self) -> str:
        if self.pca is None:
            return ""
        share = percent(float(self.pca.shares.sum()))
        return f", projected onto {self.n_features} principal components with {share} of the variance"


def n_samples_needed(settings: FeatureSettings) -> int | None:
    """Return the number of samples, from the start of a clip, that the features use; None for all of them.

    With trimming it is always None, as the part that is used may begin anywhere in the clip.
    """
    return settings.fft_size if settings.segments == "first" and not settings.trim_db else None


def fit(samples: Clips, sample_rate_hz: float, settings: FeatureSettings) -> FittedFeatures:
    """Fit the scaling of the features to training clips.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_clips, n_samples)] or sequence of np.ndarray [shape=(n_samples,)]
        The training clips; full scale is 1.
    sample_rate_hz : float
        Sample rate of the clips in hertz.
    settings : FeatureSettings
        Feature settings.

    Returns
    -------
    FittedFeatures
        The extractor; its ``transform`` returns feature vectors.

    Raises
    ------
    DataError
        If there is no clip, a clip contains a sample that is not a finite number, or the bands do not fit the sample
        rate.

    See Also
    --------
    fit_transform : Also returns the feature vectors of the training clips.

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
    """Fit the scaling of the features to training clips, and return the feature vectors of these clips too.

    With ``n_components``, the scaled vectors are projected onto their principal components.

    ``training maximum`` divides by the largest value (of log magnitudes: the largest absolute value) of the whole
    training set; ``centred`` subtracts the mean of each entry first. ``standardised`` gives each entry zero mean and
    unit variance; an entry that does not vary is only centred.

    Parameters
    ----------
    samples
        The training clips.
    sample_rate_hz
        Their sample rate.
    settings
        Feature settings.

    Returns
    -------
    FittedFeatures
        The extractor.
    np.ndarray [shape=(n_clips, n_features)]
        Feature vectors of ``samples``.

    Raises
    ------
    DataError
        If there is no clip, a clip contains a sample that is not a finite number, the bands do not fit the sample rate,
        or the clips have fewer principal components than the settings ask for.
    """
    magnitudes = in_bands(clip_magnitudes(samples, settings), settings, sample_rate_hz)
    fitted = fit_magnitudes(magnitudes, sample_rate_hz, settings)
    return fitted, fitted.scaled(magnitudes)


def fit_magnitudes(
    magnitudes: NDArray[np.float64],
    sample_rate_hz: float,
    settings: FeatureSettings,
    *,
    all_components_needed: bool = True,
) -> FittedFeatures:
    """Fit the features to magnitudes [shape=(n_clips, n_magnitudes)] of training clips, those of ``unscaled``.

    For callers that fit to several subsets of the same magnitudes, as in cross-validation. There, a small subset may
    have fewer principal components than the settings ask for; with ``all_components_needed`` this is an error,
    otherwise all that there are remain. Errors are those of :func:`fit_transform`.
    """
    values = _values(magnitudes, settings)
    if not len(values):
        raise DataError("the features cannot be fitted: there is no training clip")
    if not np.isfinite(values).all():
        raise DataError("the features cannot be fitted: a training clip has samples that are not finite numbers")
    offset, scale = _scaling(values, settings.scaling)
    plain = FittedFeatures(settings, float(sample_rate_hz), offset, scale)
    if not settings.n_components:
        return plain
    fit_to = fit_components if all_components_needed else fit_most_components
    return replace(plain, pca=fit_to(plain._vectors(values), settings.n_components))


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
        # A deviation below the resolution of float32 is rounding error; dividing by it would amplify the error.
        varies = deviation > np.finfo(np.float32).eps * np.abs(mean)
        return mean, np.where(varies, deviation, 1.0)
    return zeros, ones

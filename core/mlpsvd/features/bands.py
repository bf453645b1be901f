"""Bands of magnitudes: one-third-octave and mel bands, and A-weighting."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlpsvd.errors import DataError, SettingError
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.third_octaves import nominal_hz, third_octave_centres_hz
from mlpsvd.setting_labels import sentence

__all__ = [
    "a_weighting_db",
    "band_edges_hz",
    "band_frequencies_hz",
    "bin_frequencies_hz",
    "hz_of_mel",
    "in_bands",
    "mel_of_hz",
    "power_weights",
    "problem",
    "require_fit",
    "weighting_gain",
]

_POLES_HZ = (20.598997, 107.65265, 737.86223, 12194.217)
_HALF_BAND = 10.0**0.05  # G^(1/6) with G = 10^(3/10): from the centre to an edge


def a_weighting_db(frequencies_hz: ArrayLike) -> NDArray[np.float64]:
    """Return the A-weighting in decibels, 0 dB at 1 kHz; −∞ at 0 Hz.

    Parameters
    ----------
    frequencies_hz : array_like
        Frequencies in hertz, 0 or more.

    Returns
    -------
    np.ndarray [shape of frequencies_hz]

    References
    ----------
    IEC 61672-1:2013, annex E, equations (E.1) and (E.6).

    Examples
    --------
    >>> a_weighting_db([31.6, 100.0, 1000.0, 10000.0]).round(1).tolist()
    [-39.4, -19.1, 0.0, -2.5]
    """
    with np.errstate(divide="ignore"):
        return np.asarray(20.0 * np.log10(_a_gain(np.asarray(frequencies_hz, np.float64))))


def _a_gain(f: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(_unscaled_a_gain(f) / _unscaled_a_gain(np.asarray(1000.0)))


def _unscaled_a_gain(f: NDArray[np.float64]) -> NDArray[np.float64]:
    f1, f2, f3, f4 = _POLES_HZ
    square = np.square(f)
    middle = np.sqrt((square + f2**2) * (square + f3**2))
    return np.asarray(f4**2 * square**2 / ((square + f1**2) * middle * (square + f4**2)))


def mel_of_hz(frequencies_hz: ArrayLike) -> NDArray[np.float64]:
    """Return frequencies on the mel scale of HTK: m = 2595 lg(1 + f / 700)."""
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(frequencies_hz, np.float64) / 700.0))


def hz_of_mel(mels: ArrayLike) -> NDArray[np.float64]:
    """Return the frequencies of mels; inverts :func:`mel_of_hz`."""
    return np.asarray(700.0 * (10.0 ** (np.asarray(mels, np.float64) / 2595.0) - 1.0))


def band_frequencies_hz(settings: FeatureSettings) -> NDArray[np.float64]:
    """Return the centre frequency of each band [shape=(n_bands,)]; of mel bands the frequency of the peak."""
    if settings.bands == "third-octave":
        return third_octave_centres_hz(settings.bands_from_hz, settings.bands_to_hz)
    return _mel_corners_hz(settings)[1:-1]


def bin_frequencies_hz(settings: FeatureSettings, sample_rate_hz: float) -> NDArray[np.float64]:
    """Return the frequency of each entry of a part, or the centre of each band; of an image the pixels' numbers."""
    if settings.image_shape is not None:
        return np.arange(settings.n_bins, dtype=np.float64)
    if settings.bands != "none":
        return band_frequencies_hz(settings)
    return np.asarray(np.fft.rfftfreq(settings.fft_size, 1.0 / sample_rate_hz), np.float64)


def band_edges_hz(settings: FeatureSettings) -> NDArray[np.float64]:
    """Return the lower and upper edge of each band [shape=(n_bands, 2)]."""
    if settings.bands == "third-octave":
        return np.asarray(band_frequencies_hz(settings)[:, np.newaxis] * [1.0 / _HALF_BAND, _HALF_BAND])
    corners = _mel_corners_hz(settings)
    return np.stack([corners[:-2], corners[2:]], axis=1)


def _mel_corners_hz(settings: FeatureSettings) -> NDArray[np.float64]:
    low, high = mel_of_hz([settings.bands_from_hz, settings.bands_to_hz])
    return hz_of_mel(np.linspace(low, high, settings.n_mels + 2))


def power_weights(settings: FeatureSettings, sample_rate_hz: float) -> NDArray[np.float64]:
    """Return the weights of the powers |FFT|² in each band, without A-weighting [shape=(n_bands, fft_size // 2 + 1)].

    A one-third-octave band contains each frequency of the transform as far as the interval of one bin around it lies
    in the band: fractions from 0 to 1, which do not overlap. A band narrower than a bin contains a part of its power.
    The weights of a mel band form a triangle over frequency, with peak 1 at its centre and zeros at its neighbours'
    centres, as ``librosa.filters.mel(htk=True, norm=None)`` and torchaudio have it.
    """
    step_hz = sample_rate_hz / settings.fft_size
    bins_hz = step_hz * np.arange(settings.n_fft_bins)
    low, high = band_edges_hz(settings).T[:, :, np.newaxis]
    if settings.bands == "third-octave":
        overlap = np.minimum(high, bins_hz + step_hz / 2.0) - np.maximum(low, bins_hz - step_hz / 2.0)
        return np.asarray(np.maximum(overlap, 0.0) / step_hz)
    centre = band_frequencies_hz(settings)[:, np.newaxis]
    rising, falling = (bins_hz - low) / (centre - low), (high - bins_hz) / (high - centre)
    return np.asarray(np.maximum(np.minimum(rising, falling), 0.0))


def problem(settings: FeatureSettings, sample_rate_hz: float) -> tuple[str, object, str] | None:
    """Return name, value and expected value of a setting that does not fit the sample rate; None if all do."""
    if settings.bands == "none":
        return None
    if settings.n_bins == 0 or settings.bands_to_hz < settings.bands_from_hz:
        return next(iter(settings.conflicts()))
    edges = band_edges_hz(settings)
    if edges[-1, 1] > sample_rate_hz / 2.0 * (1.0 + 1e-9):
        most = sample_rate_hz / 2.0
        if settings.bands == "third-octave":
            most = nominal_hz(most / _HALF_BAND)
        ends = f"the highest band ends at {edges[-1, 1]:.0f} Hz, above half the sample rate ({sample_rate_hz / 2:g} Hz)"
        return "bands_to_hz", settings.bands_to_hz, f"at most {most:g}, as {ends}"
    empty = np.flatnonzero(~power_weights(settings, sample_rate_hz).any(axis=1))
    if len(empty):
        low, high = edges[empty[0]]
        expected = (
            f"less, or the FFT size larger: band {empty[0] + 1}, from {low:.0f} to {high:.0f} Hz, contains none of the "
            f"frequencies of the FFT, which are {sample_rate_hz / settings.fft_size:.3g} Hz apart"
        )
        return "n_mels", settings.n_mels, expected
    return None


def in_bands(magnitudes: NDArray[np.float64], settings: FeatureSettings, sample_rate_hz: float) -> NDArray[np.float64]:
    """Return the magnitudes of bands, and with A-weighting, if the settings ask for them.

    The magnitude of a band is the square root of the weighted sum of |FFT|² in it, see :func:`power_weights`. A row
    gives the same bits alone or in a batch.

    Parameters
    ----------
    magnitudes : np.ndarray [shape=(n_clips, n_parts * (fft_size // 2 + 1))]
        |FFT|, one part of the clip after another.
    settings
        Feature settings.
    sample_rate_hz
        Sample rate of the clips.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_magnitudes)]

    Raises
    ------
    DataError
        If the bands do not fit the sample rate or the transform.
    """
    if settings.bands == "none" and settings.frequency_weighting == "none":
        return magnitudes
    spectra = magnitudes.reshape(-1, settings.n_fft_bins)
    if settings.bands == "none":
        return (spectra * weighting_gain(settings, sample_rate_hz)).reshape(magnitudes.shape)
    power = np.square(spectra)
    bands = _occupied(settings, sample_rate_hz)
    out = np.empty((len(power), len(bands)))
    with np.errstate(over="ignore", invalid="ignore"):  # of samples that are not finite
        for index, (first, weights) in enumerate(bands):
            out[:, index] = np.sum(power[:, first : first + len(weights)] * weights, axis=1)
    return np.sqrt(out).reshape(len(magnitudes), -1)


@lru_cache(maxsize=16)
def weighting_gain(settings: FeatureSettings, sample_rate_hz: float) -> NDArray[np.float64]:
    """Return the factor of the magnitude at each frequency of a transform [shape=(fft_size // 2 + 1,)].

    The array is cached and cannot be changed.
    """
    frequencies = np.asarray(np.fft.rfftfreq(settings.fft_size, 1.0 / sample_rate_hz), np.float64)
    gain = _a_gain(frequencies) if settings.frequency_weighting == "A" else np.ones(len(frequencies))
    gain.flags.writeable = False
    return gain


@lru_cache(maxsize=16)
def _occupied(settings: FeatureSettings, sample_rate_hz: float) -> tuple[tuple[int, NDArray[np.float64]], ...]:
    """Return the first frequency of each band and its weights, with the frequency weighting."""
    require_fit(settings, sample_rate_hz)
    weights = power_weights(settings, sample_rate_hz) * weighting_gain(settings, sample_rate_hz) ** 2
    occupied = []
    for row in weights:
        inside = np.flatnonzero(row)
        first, last = (int(inside[0]), int(inside[-1])) if len(inside) else (0, 0)
        occupied.append((first, row[first : last + 1].copy()))
    return tuple(occupied)


def require_fit(settings: FeatureSettings, sample_rate_hz: float) -> None:
    """Raise a DataError if the bands do not fit the sample rate or the transform."""
    found = problem(settings, sample_rate_hz)
    if found is not None:
        raise DataError(sentence(SettingError(*found), FeatureSettings).rstrip("."))

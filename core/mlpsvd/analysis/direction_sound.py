"""Sound of a singular direction: noise shaped by the magnitude of a row of Vᵀ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import DataError
from mlpsvd.features.bands import power_weights, weighting_gain
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.streams import Purpose, seeds

__all__ = ["LEVEL_DBFS", "PEAK", "direction_noise"]

LEVEL_DBFS = -26.0
"""Root mean square of the sound in dB relative to full scale."""

PEAK = 0.5
"""No sample exceeds it."""

_PART_S = 1.5
_FADE_S = 0.02


def direction_noise(
    row: NDArray[np.floating], features: FittedFeatures, part_s: float = _PART_S, seed: int = 1
) -> NDArray[np.float32]:
    """Return noise whose spectrum has the magnitude of a row of Vᵀ.

    The sign of the row is not audible: frequencies that speak for and against the direction sound alike. The parts of
    features with several time segments follow one another, with the levels that the row gives them. The power of a band
    is spread over its frequencies; A-weighting is applied to the noise, as to the clips.

    Parameters
    ----------
    row : np.ndarray [shape=(n_magnitudes,)]
        A row of Vᵀ of the first layer, over frequency.
    features
        Gives frequencies, parts and sample rate.
    part_s
        Length of each part in seconds.
    seed
        Seed of the noise.

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        At the features' sample rate; −26 dBFS, less where a sample would exceed half of full scale.

    Raises
    ------
    DataError
        If the row has another length than the features, is zero or not finite.
    """
    if features.image_shape is not None:
        raise DataError("the direction is an image; only a direction over frequency can be heard")
    magnitudes = np.abs(np.asarray(row, np.float64))
    if magnitudes.shape != (features.n_magnitudes,):
        raise DataError(f"the direction has the shape {magnitudes.shape}; it should be ({features.n_magnitudes},)")
    if not np.isfinite(magnitudes).all() or not magnitudes.any():
        raise DataError("the direction cannot be heard: its values are zero or not finite")
    random = np.random.default_rng(seeds(Purpose.HEARD_DIRECTION, seed))
    n_parts = int(features.parts[-1]) + 1
    rate_hz = features.sample_rate_hz
    bins = np.asarray(np.fft.rfftfreq(features.settings.fft_size, 1.0 / rate_hz), np.float64)
    spectra = _over_bins(magnitudes.reshape(n_parts, -1), features)
    sound = np.concatenate([_shaped(part, bins, rate_hz, part_s, random) for part in spectra])
    level = 10.0 ** (LEVEL_DBFS / 20.0) / np.sqrt(np.mean(sound**2))
    return np.asarray(sound * min(level, PEAK / np.abs(sound).max()), np.float32)


def _over_bins(magnitudes: NDArray[np.float64], features: FittedFeatures) -> NDArray[np.float64]:
    """Return magnitudes at the frequencies of the transform [shape=(n_parts, fft_size // 2 + 1)]."""
    settings, rate_hz = features.settings, features.sample_rate_hz
    if settings.bands != "none":
        weights = power_weights(settings, rate_hz)
        magnitudes = np.sqrt((np.square(magnitudes) / weights.sum(axis=1)) @ weights)
    return magnitudes * weighting_gain(settings, rate_hz)


def _shaped(
    magnitudes: NDArray[np.float64],
    bins_hz: NDArray[np.float64],
    rate_hz: float,
    part_s: float,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    n_samples = max(2, round(part_s * rate_hz))
    spectrum = np.fft.rfft(random.standard_normal(n_samples))
    spectrum *= np.interp(np.fft.rfftfreq(n_samples, 1.0 / rate_hz), bins_hz, magnitudes)
    spectrum[0] = 0.0  # a constant is not audible
    sound = np.fft.irfft(spectrum, n_samples)
    n_fade = min(round(_FADE_S * rate_hz), n_samples // 2)
    ramp = np.linspace(0.0, 1.0, n_fade)
    sound[:n_fade] *= ramp
    sound[n_samples - n_fade :] *= ramp[::-1]
    return np.asarray(sound)

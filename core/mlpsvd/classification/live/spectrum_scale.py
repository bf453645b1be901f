"""Spectra of network input in dB relative to a full-scale sine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.features.magnitudes import LOG_FLOOR, window
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.models.model import Model

__all__ = ["SpectrumScale"]

Vector = NDArray[np.floating]


class SpectrumScale:
    """Converts magnitudes, class means and backgrounds of a model to spectra on a common scale.

    Class means of principal components are the spectra that these components keep of them.

    The scale is dBFS. If each feature vector is divided by its maximum, a class mean has no level: the curves are then
    the network input, and no background is shown.
    """

    def __init__(self, model: Model) -> None:
        features = model.features
        self._features = features
        self._reference = model.reference
        self._frequencies_hz = np.asarray(features.frequencies_hz[features.parts == 0])
        self._full_scale = _full_scale(features.settings)
        self.has_level = features.settings.scaling != "per sample"

    @property
    def frequencies_hz(self) -> NDArray[np.float64]:
        """Frequencies of a spectrum."""
        return self._frequencies_hz

    @property
    def label(self) -> tuple[str, str]:
        """Name and unit of the values."""
        unit = "dBFS (A)" if self._features.settings.frequency_weighting == "A" else "dBFS"
        return ("Level", unit) if self.has_level else ("Network input", "")

    def curve(self, decision: LiveDecision) -> Vector:
        """Return the window as a curve on the scale of the class means."""
        return (
            self.level_db(decision.magnitudes)
            if self.has_level
            else self._mean(self._features.spectra(decision.features))
        )

    def level_db(self, magnitudes: Vector) -> Vector:
        """Return magnitudes |FFT| [shape=(n_magnitudes,)] as one spectrum in dBFS, the mean over the parts in time."""
        return np.asarray(20.0 * np.log10(np.maximum(self._mean(magnitudes), LOG_FLOOR) / self._full_scale))

    def class_means(self) -> Vector | None:
        """Return the class means; None if the model has no statistics of its training set."""
        if self._reference is None:
            return None
        means = self._features.spectra(self._reference.class_means)
        if not self.has_level:
            return np.stack([self._mean(mean) for mean in means])
        values = means * self._features.scale + self._features.offset
        magnitudes = np.exp(values) if self._features.settings.magnitude == "log" else np.maximum(values, 0.0)
        return np.stack([self.level_db(one) for one in magnitudes])

    def background(self, power: Vector | None) -> Vector | None:
        """Return a background, mean |FFT|² of each magnitude, as a curve."""
        return None if power is None or not self.has_level else self.level_db(np.sqrt(power))

    def _mean(self, vector: Vector) -> Vector:
        return np.asarray(vector.reshape(-1, len(self._frequencies_hz)).mean(axis=0))


def _full_scale(settings: FeatureSettings) -> float:
    """Return the magnitude of a full-scale sine: at the centre of a bin, or of all bins of a band together."""
    weights = window(settings)
    if settings.bands == "none":
        return float(weights.sum()) / 2.0
    return float(np.sqrt(settings.fft_size * np.square(weights).sum())) / 2.0

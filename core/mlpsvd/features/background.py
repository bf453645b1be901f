"""Measured background noise, prepared for spectral subtraction with the microphone's response."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.correction import MicrophoneCorrection
from mlpsvd.errors import DataError
from mlpsvd.features.conditioning import Conditioning
from mlpsvd.features.spectra import Clips, FittedFeatures

__all__ = ["conditioning_for", "measure_background"]


def measure_background(features: FittedFeatures, windows: Clips) -> NDArray[np.float64]:
    """Return the mean power of the background in each magnitude.

    Parameters
    ----------
    features
        The model's features. A background is valid only for the features that it was measured with.
    windows
        Segments of background noise only, each as long as a window of the model and at its sample rate. With ten
        windows, the standard error of a power from a single transform is about 1.4 dB.

    Returns
    -------
    np.ndarray [shape=(n_magnitudes,)]
        Mean of the squared magnitudes over the windows, not corrected for the microphone.

    Raises
    ------
    DataError
        If there is no window, or one holds a sample that is not a finite number.
    """
    magnitudes = features.unscaled(windows)
    if not len(magnitudes):
        raise DataError(
            "the background cannot be measured: no window of background noise was given; at least one is required"
        )
    if not np.isfinite(magnitudes).all():
        raise DataError(
            "the background cannot be measured: a window has samples that are not finite; all should be finite"
        )
    mean: NDArray[np.float64] = np.square(magnitudes).mean(axis=0)
    return mean


def conditioning_for(
    features: FittedFeatures,
    correction: MicrophoneCorrection | None = None,
    background: NDArray[np.float64] | None = None,
) -> Conditioning | None:
    """Return the conditioning for ``features.transform``, or None if neither a correction nor a background is given.

    It is specific to the model, as the frequencies of the transform depend on its features. In a band, the response of
    the microphone at the centre is removed.
    """
    if correction is None and background is None:
        return None
    n_bins = features.settings.n_bins
    response_db = None if correction is None else correction.at(features.frequencies_hz[:n_bins])
    return Conditioning(response_db, background)

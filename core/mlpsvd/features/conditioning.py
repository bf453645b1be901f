"""Conditioning of magnitudes: microphone correction and spectral subtraction.

A recording contains the frequency response of the microphone and the background noise of the room. Both can be
measured and removed from the magnitudes before the model's logarithm and scaling.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import DataError

__all__ = ["BACKGROUND_FLOOR", "Conditioning"]

BACKGROUND_FLOOR = 0.001
"""Spectral floor as a fraction of the background power: 30 dB below the background.

Measured with spoken digits in white noise and in pink noise with hum, at signal-to-noise ratios of 20, 10 and 0 dB, and
a network trained on clean digits: the accuracy is 59 % with this floor, 57 % with a floor of 20 dB, 58 % with 40 dB,
and 35 % without subtraction.
"""


@dataclass(frozen=True, eq=False)
class Conditioning:
    """Spectral subtraction of a background and correction of a microphone's response, applied to magnitudes |FFT|.

    First, the mean power B of the background is subtracted from the power of each entry [1]_. A result below 0.001 B is
    raised to this spectral floor [2]_, because recordings have no powers of zero, which have no logarithm. No entry
    is increased. Then the magnitudes are divided by the microphone's response.

    Attributes
    ----------
    correction_db : np.ndarray [shape=(n_bins,)] or None
        Response of the microphone in dB at each frequency of a transform, or at the centre of each band; it is
        *subtracted*.
    background : np.ndarray [shape=(n_magnitudes,)] or None
        Mean power |FFT|² of the background in each magnitude, recorded with the same microphone and not corrected;
        see :func:`mlpsvd.features.background.measure_background`.

    Raises
    ------
    DataError
        If an entry is not a finite number, or a power is negative.

    References
    ----------
    .. [1] S. F. Boll, Suppression of acoustic noise in speech using spectral subtraction, IEEE Trans. ASSP 27(2), 1979;
       here with powers instead of magnitudes.
    .. [2] M. Berouti, R. Schwartz, J. Makhoul, Enhancement of speech corrupted by acoustic noise, Proc. ICASSP, 1979.
    """

    correction_db: NDArray[np.float64] | None = field(default=None, repr=False)
    background: NDArray[np.float64] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name, array in (("correction", self.correction_db), ("background", self.background)):
            if array is not None and not np.isfinite(array).all():
                raise DataError(f"the {name} holds values that are not finite; they should all be numbers")
        if self.background is not None and (self.background < 0.0).any():
            raise DataError("the background holds a negative power; every entry should be 0 or more")

    def apply(self, magnitudes: NDArray[np.float64], n_bins: int) -> NDArray[np.float64]:
        """Return the magnitudes after spectral subtraction and microphone correction.

        Parameters
        ----------
        magnitudes : np.ndarray [shape=(n_clips, n_parts * n_bins)]
            |FFT|, one part of the clip after another.
        n_bins
            Number of frequencies of one transform, or of bands.

        Returns
        -------
        np.ndarray [shape=(n_clips, n_parts * n_bins)]

        Raises
        ------
        DataError
            If the correction or the background was made for features of another length.
        """
        if self.background is not None:
            _require_length("background", self.background, magnitudes.shape[1], "entries of a feature vector")
            magnitudes = _without(magnitudes, self.background)
        if self.correction_db is not None:
            _require_length("correction", self.correction_db, n_bins, "frequencies of a transform")
            gains = 10.0 ** (-self.correction_db / 20.0)
            magnitudes = magnitudes * np.tile(gains, magnitudes.shape[1] // n_bins)
        return magnitudes


def _without(magnitudes: NDArray[np.float64], background: NDArray[np.float64]) -> NDArray[np.float64]:
    power = np.square(magnitudes)
    left = np.maximum(power - background, BACKGROUND_FLOOR * background)
    return np.sqrt(np.minimum(left, power))


def _require_length(name: str, array: NDArray[np.float64], n: int, of_what: str) -> None:
    if array.shape != (n,):
        raise DataError(
            f"the {name} has {len(array)} entries; it should have one for each of the {n} {of_what}, so measure or "
            "read it again for this model"
        )

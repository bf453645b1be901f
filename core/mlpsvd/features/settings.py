"""Feature settings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mlpsvd.features.third_octaves import n_third_octaves
from mlpsvd.settings import setting

__all__ = [
    "Bands",
    "FeatureSettings",
    "FrequencyWeighting",
    "Magnitude",
    "Scaling",
    "Segments",
    "Window",
    "complete_features",
]

_MOST_OVERLAP = 256
"""Maximum number of segments that contain the same sample; with more, features are computed slower than real time."""

Window = Literal["rectangular", "hann", "hamming", "blackman"]
Segments = Literal["first", "mean", "several"]
Magnitude = Literal["linear", "log", "pixels"]
Bands = Literal["none", "third-octave", "mel"]
FrequencyWeighting = Literal["none", "A"]
Scaling = Literal["training maximum", "centred", "per sample", "standardised", "none"]


@dataclass(frozen=True)
class FeatureSettings:
    """Settings of the features: magnitudes of short Fourier transforms (Paul and Nelson, section III B).

    Examples
    --------
    >>> import mlpsvd
    >>> mlpsvd.FeatureSettings(fft_size=512, window="hann").fft_size
    512
    """

    fft_size: int = setting(256, label="FFT size", unit="samples", low=8, high=65536,
                            help="Samples per transform; it gives half as many magnitudes plus one.")  # fmt: skip
    window: Window = setting("rectangular", label="Window",
                             help="Window function of each segment; the paper uses none (rectangular).")  # fmt: skip
    hop: int = setting(128, label="Hop", unit="samples", low=1, high=65536,
                       help="Distance between the starts of successive segments.")  # fmt: skip
    segments: Segments = setting("first", label="Segments",
                            help="first: one transform of the first samples of the clip, as in the paper. mean: the "
                            "mean magnitude over all segments. several: the mean in each of several equal parts of the "
                            "clip, in sequence.")  # fmt: skip
    trim_db: float = setting(0.0, label="Trim ends", unit="dB", low=0.0, high=120.0, zero="not trimmed",
                             help="Parts at the start and end of a clip that are quieter than its loudest part by more "
                             "than this are removed, so that silence around a word has no effect. 0 keeps whole clips, "
                             "as in the paper.")  # fmt: skip
    n_parts: int = setting(3, label="Parts", low=1, high=64, help="Number of equal parts of a clip for 'several'.")
    bands: Bands = setting("none", label="Bands",
                         help="none: every frequency of the transform, as in the paper. third-octave: one-third-octave "
                         "bands of IEC 61260-1. mel: triangles on the mel scale of HTK. The magnitude of a band is the "
                         "root of the sum of the squared magnitudes in it.")  # fmt: skip
    bands_from_hz: float = setting(100.0, label="Bands from", unit="Hz", low=1.0, high=384000.0,
                                   help="Nominal centre frequency of the first one-third-octave band, or lower edge of "
                                   "the first mel band.")  # fmt: skip
    bands_to_hz: float = setting(3500.0, label="Bands to", unit="Hz", low=1.0, high=384000.0,
                                 help="Highest nominal centre frequency of one-third-octave bands, or upper edge of "
                                 "the last mel band.")  # fmt: skip
    n_mels: int = setting(24, label="Mel bands", low=1, high=512, help="Number of mel bands.")
    frequency_weighting: FrequencyWeighting = setting("none", label="Frequency weighting",
                                   help="A: the A-weighting of IEC 61672-1, applied to the magnitudes of the "
                                   "transform. Standardised features hardly depend on it.")  # fmt: skip
    magnitude: Magnitude = setting("linear", label="Magnitude",
                                   help="log: natural logarithm of each magnitude. pixels: no transform, the first "
                                   "values themselves, as many as the FFT size; for images only.")  # fmt: skip
    floor_db: float = setting(50.0, label="Floor of logarithm", unit="dB", low=0.0, high=200.0, zero="fixed",
                              help="Floor of the logarithm, relative to the largest magnitude of the clip; smaller "
                              "magnitudes are raised to it, so that an empty band has little effect. 0: a fixed floor "
                              "of 1e-7, as in models of format version 2.")  # fmt: skip
    scaling: Scaling = setting("training maximum", label="Scaling",
                           help="training maximum: divide by the largest value of the training set. centred: subtract "
                           "the mean of each entry over the training set, then divide by the largest absolute value. "
                           "per sample: divide each vector by its maximum. standardised: zero mean and unit variance "
                           "of each entry over the training set.")  # fmt: skip
    n_components: int = setting(0, label="Principal components", low=0, high=65536, zero="off",
                                help="The scaled features are projected onto this many principal components of the "
                                "training set, and the network gets the projections. 0: off, as in the "
                                "paper.")  # fmt: skip

    @property
    def n_fft_bins(self) -> int:
        """Frequencies of one transform, or the pixels of an image."""
        return self.fft_size if self.image_shape else self.fft_size // 2 + 1

    @property
    def n_bins(self) -> int:
        """Entries of one part of a feature vector: the bins of a transform, bands, or the pixels of an image."""
        if self.bands == "third-octave":
            return n_third_octaves(self.bands_from_hz, self.bands_to_hz)
        return self.n_mels if self.bands == "mel" else self.n_fft_bins

    @property
    def n_magnitudes(self) -> int:
        """Entries of a feature vector before any projection: those of all its parts."""
        return self.n_bins * (self.n_parts if self.segments == "several" else 1)

    @property
    def image_shape(self) -> tuple[int, int] | None:
        """Height and width of the image that a feature vector is, row after row; None for a spectrum over hertz.

        Examples
        --------
        >>> import mlpsvd
        >>> mlpsvd.FeatureSettings(fft_size=900, magnitude="pixels").image_shape
        (30, 30)
        """
        if self.magnitude != "pixels":
            return None
        side = math.isqrt(self.fft_size)
        return (side, side) if side * side == self.fft_size else (1, self.fft_size)

    def conflicts(self) -> Iterator[tuple[str, object, str]]:
        """Yield conflicting settings: a hop too small for the FFT size, more components than entries."""
        if self.image_shape and (self.segments != "first" or self.trim_db):
            yield "magnitude", self.magnitude, "linear or log unless segments is 'first' and trim_db is 0"
        if self.image_shape and self.bands != "none":
            yield "bands", self.bands, "none for images"
        if self.image_shape and self.frequency_weighting != "none":
            yield "frequency_weighting", self.frequency_weighting, "none for images"
        if self.bands == "mel" and self.bands_to_hz <= self.bands_from_hz:
            yield "bands_to_hz", self.bands_to_hz, f"above {self.bands_from_hz:g}, where the bands begin"
        elif not self.n_bins:
            yield "bands_to_hz", self.bands_to_hz, f"higher: no band lies from {self.bands_from_hz:g} Hz to there"
        least = -(-self.fft_size // _MOST_OVERLAP)
        if self.segments != "first" and self.hop < least:
            yield "hop", self.hop, f"at least {least} samples with an FFT size of {self.fft_size}"
        if self.n_components > self.n_magnitudes > 0:
            yield "n_components", self.n_components, f"at most the {self.n_magnitudes} entries of a feature vector"


def complete_features(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table of feature settings with the keys that files of earlier versions lack.

    Log magnitudes without ``floor_db`` were saved when the floor was fixed, and keep that fixed floor.
    """
    return {"floor_db": 0.0, **table} if table.get("magnitude") == "log" else dict(table)

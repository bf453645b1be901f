"""Noise of unit variance: Gaussian, uniform and pink."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import SettingError

__all__ = ["NOISES", "PINK_LOWEST", "Noise", "noise"]

Noise = Literal["gaussian", "uniform", "pink"]
NOISES: tuple[Noise, ...] = get_args(Noise)

PINK_LOWEST = 2e-4
"""Pink noise falls by 3 dB an octave above this share of the sample rate (3.2 Hz at 16 kHz) and is flat below."""

_PINK_POLE_RATIO = 2.5


def noise(kind: Noise, n_samples: int, n_clips: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw independent clips of stationary noise with zero mean and unit variance.

    Random numbers are drawn sample by sample for all clips, so that shorter clips from a generator in the same state
    are, bit for bit, the beginning of longer ones. A caller that needs only the first 256 samples draws only those.

    Parameters
    ----------
    kind
        One of :data:`NOISES`.
    n_samples, n_clips
        Length of each clip in samples, and number of clips.
    rng
        Random number generator.

    Returns
    -------
    np.ndarray [shape=(n_samples, n_clips)]
        One clip per column.

    Raises
    ------
    SettingError
        If ``kind`` is not a known noise.
    """
    if kind == "gaussian":
        return rng.standard_normal((n_samples, n_clips))
    if kind == "uniform":
        return rng.uniform(-np.sqrt(3.0), np.sqrt(3.0), (n_samples, n_clips))
    if kind == "pink":
        return _pink(n_samples, n_clips, rng)
    raise SettingError("noise", kind, "one of " + ", ".join(NOISES))


def _pink(n_samples: int, n_clips: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return white noise filtered by parallel first-order low-pass filters.

    The initial states are drawn from the stationary distribution, so that no warm-up of some thousand samples is
    needed.
    """
    from scipy.signal import lfilter

    poles, gains, covariance = _pink_sections()
    state = np.linalg.cholesky(covariance) @ rng.standard_normal((len(poles), n_clips))
    clips = rng.standard_normal((n_samples, n_clips))
    pink = np.zeros_like(clips)
    for pole, gain, before in zip(poles, gains, state, strict=True):
        low_passed, _ = lfilter((1.0,), (1.0, -pole), clips, axis=0, zi=pole * before[np.newaxis])
        pink += gain * low_passed
    return pink


def _pink_sections() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return poles, gains [shape=(n,)] and stationary covariance [shape=(n, n)] of the low-pass filters for pink noise.

    Poles at equal steps of log frequency, with a zero midway between neighbours, approximate a slope of -3 dB per
    octave within 0.2 dB up to a quarter of the sample rate and 1.2 dB up to half of it. The gains are the residues
    of that cascade, normalised to unit output variance.
    """
    n_poles = 1 + int(np.log(0.5 / PINK_LOWEST) / np.log(_PINK_POLE_RATIO))
    pole_frequencies = PINK_LOWEST * _PINK_POLE_RATIO ** np.arange(n_poles)
    poles = np.exp(-2.0 * np.pi * pole_frequencies)
    zeros = np.exp(-2.0 * np.pi * pole_frequencies[:-1] * np.sqrt(_PINK_POLE_RATIO))
    between_poles = 1.0 - poles / poles[:, np.newaxis]
    np.fill_diagonal(between_poles, 1.0)
    gains = np.prod(1.0 - zeros / poles[:, np.newaxis], axis=1) / np.prod(between_poles, axis=1)
    covariance = 1.0 / (1.0 - np.outer(poles, poles))
    return poles, gains / np.sqrt(gains @ covariance @ gains), covariance

"""Magnitudes of short Fourier transforms, averaged over the segments of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mlpsvd.features.settings import FeatureSettings
from mlpsvd.features.trimming import sounding_part

__all__ = ["LOG_FLOOR", "clip_magnitudes", "n_parts", "window"]

LOG_FLOOR = 1e-7
"""Lower limit of magnitudes before a logarithm; it is below the quantisation noise of 24-bit recordings."""

_BLOCK_SAMPLES = 2**20  # transformed at once: 8 MB of float64 stay near the cache and bound the memory


def n_parts(settings: FeatureSettings) -> int:
    """Return the number of consecutive parts of a clip that are analysed separately."""
    return settings.n_parts if settings.segments == "several" else 1


def window(settings: FeatureSettings) -> NDArray[np.float64]:
    """Return the weights of one segment [shape=(fft_size,)].

    Periodic, as is usual for spectra; not normalised, so that the rectangular window gives the paper's raw |FFT|.
    """
    n = settings.fft_size
    angle = 2.0 * np.pi * np.arange(n) / n
    if settings.window == "hann":
        return 0.5 - 0.5 * np.cos(angle)
    if settings.window == "hamming":
        return 0.54 - 0.46 * np.cos(angle)
    if settings.window == "blackman":
        return 0.42 - 0.5 * np.cos(angle) + 0.08 * np.cos(2.0 * angle)
    return np.ones(n)


@lru_cache(maxsize=16)
def _weights(settings: FeatureSettings) -> NDArray[np.float64]:
    """Return the weights of one segment; the array is cached and must not be changed."""
    weights = window(settings)
    weights.flags.writeable = False
    return weights


def clip_magnitudes(
    samples: Sequence[NDArray[np.float32]] | NDArray[np.float32], settings: FeatureSettings
) -> NDArray[np.float64]:
    """Return the mean magnitude spectrum of each part of each clip, one part after another.

    ``first`` takes one transform of the first ``fft_size`` samples. ``mean`` averages |FFT| over segments ``hop``
    samples apart; ``several`` does so within each of ``n_parts`` equal parts of the clip. Samples after the last whole
    segment of a part are ignored. A part shorter than ``fft_size`` is padded with zeros. With ``trim_db``, each clip is
    first trimmed by :func:`~mlpsvd.features.trimming.sounding_part`.

    Parameters
    ----------
    samples
        One array [shape=(n_samples,)] per clip, or [shape=(n_clips, n_samples)]. A single 1-D array is one clip.
    settings
        Feature settings.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_parts * n_fft_bins)]
        Raw |FFT|; of images the pixels.
    """
    if isinstance(samples, np.ndarray):
        samples = np.atleast_2d(samples)
    if settings.image_shape is not None:
        return _pixels(samples, settings.fft_size)
    if settings.trim_db:
        samples = [sounding_part(clip, settings.trim_db, settings.hop) for clip in samples]
    if isinstance(samples, np.ndarray):
        return _equally_long(samples, settings)
    lengths: dict[int, list[int]] = {}
    for index, clip in enumerate(samples):
        lengths.setdefault(len(clip), []).append(index)
    out = np.empty((len(samples), n_parts(settings) * settings.n_fft_bins))
    for indices in lengths.values():
        out[indices] = _equally_long(np.stack([samples[index] for index in indices]), settings)
    return out


def _pixels(clips: Sequence[NDArray[np.float32]] | NDArray[np.float32], n_pixels: int) -> NDArray[np.float64]:
    """Return the first values of each clip [shape=(n_clips, n_pixels)], with zeros where it is shorter."""
    out = np.zeros((len(clips), n_pixels))
    for row, clip in zip(out, clips, strict=True):
        row[: len(clip)] = clip[:n_pixels]
    return out


def _equally_long(clips: NDArray[np.float32], settings: FeatureSettings) -> NDArray[np.float64]:
    """Return magnitudes [shape=(n_clips, n_features)] of clips [shape=(n_clips, n_samples)]."""
    if settings.segments == "first":
        clips = clips[:, : settings.fft_size]
    count = n_parts(settings)
    edges = [clips.shape[1] * index // count for index in range(count + 1)]
    if len(clips) == 1:
        counts = [(end - start - settings.fft_size) // settings.hop + 1 for start, end in pairwise(edges)]
        if min(counts) > 0 and sum(counts) * settings.fft_size <= _BLOCK_SAMPLES:
            return _one_clip(np.ascontiguousarray(clips[0]), edges, counts, settings)
    parts = [_mean_magnitude(clips[:, start:end], settings) for start, end in pairwise(edges)]
    return np.concatenate(parts, axis=1)


def _one_clip(
    clip: NDArray[np.float32], edges: Sequence[int], counts: Sequence[int], settings: FeatureSettings
) -> NDArray[np.float64]:
    """Return magnitudes [shape=(1, n_features)] of one clip [shape=(n_samples,)]; a fast path for live input.

    The result is bit-identical to that of :func:`_mean_magnitude`, as the operations and their order are the same. All
    parts are processed together, and the view of the segments is created without bounds checks.
    """
    size, hop, item = settings.fft_size, settings.hop, clip.itemsize
    segments = np.empty((sum(counts), size))
    weights, at = _weights(settings), 0
    for first, n_segments in zip(edges, counts, strict=False):
        laid_over = np.ndarray((n_segments, size), clip.dtype, clip, first * item, (hop * item, item))
        np.multiply(laid_over, weights, out=segments[at : at + n_segments])
        at += n_segments
    with np.errstate(invalid="ignore"):  # samples that are not finite give entries that are not
        modulus = _modulus(np.fft.rfft(segments))
    out, at = np.empty((len(counts), size // 2 + 1)), 0
    for part, n_segments in zip(out, counts, strict=True):
        np.add.reduce(modulus[at : at + n_segments], axis=0, out=part)
        part /= n_segments
        at += n_segments
    return out.reshape(1, -1)


def _mean_magnitude(clips: NDArray[np.float32], settings: FeatureSettings) -> NDArray[np.float64]:
    """Return mean |FFT| [shape=(n_clips, n_bins)] over the segments of clips [shape=(n_clips, n_samples)]."""
    size = settings.fft_size
    missing = size - clips.shape[1]
    if missing > 0:
        clips = np.pad(clips, ((0, 0), (0, missing)))
    segments = sliding_window_view(clips, size, axis=1)[:, :: settings.hop]
    n_segments = segments.shape[1]
    # The number of segments per block depends only on the FFT size, not on the number of clips, so that a clip gives
    # the same bits alone or in a batch.
    at_once = max(1, _BLOCK_SAMPLES // size)
    clips_at_once = max(1, at_once // n_segments)
    weights = _weights(settings)
    total = np.zeros((len(clips), size // 2 + 1))
    for first in range(0, len(clips), clips_at_once):
        some = slice(first, first + clips_at_once)
        for start in range(0, n_segments, at_once):
            with np.errstate(invalid="ignore"):  # samples that are not finite give entries that are not
                spectra = np.fft.rfft(segments[some, start : start + at_once] * weights)
            total[some] += _modulus(spectra).sum(axis=1)
    mean: NDArray[np.float64] = total / n_segments
    return mean


def _modulus(spectra: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Return |z| from correctly rounded operations: np.abs may round differently in vectorised and other elements."""
    modulus: NDArray[np.float64] = np.sqrt(spectra.real**2 + spectra.imag**2)
    return modulus

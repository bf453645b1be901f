"""Augmentation: changed copies of training clips, with another level, added noise and a shift in time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mlpsvd.datasets.clips import ClipSet
from mlpsvd.datasets.settings import AugmentationSettings
from mlpsvd.streams import Purpose, seeds

__all__ = ["augmented_samples", "changed"]

Samples = NDArray[np.float32]


def augmented_samples(clips: ClipSet, settings: AugmentationSettings, seed: int) -> list[Samples]:
    """Return changed copies of clips: first one copy of every clip, then the next.

    The random numbers of a copy depend on the seed, the number of the copy and the origin of the clip, so that added
    recordings do not change the copies of others.

    Parameters
    ----------
    clips
        The clips.
    settings
        Number of copies, and limits of the changes.
    seed
        The experiment's seed.

    Returns
    -------
    list of np.ndarray [shape=(n_samples,)]
        ``settings.copies`` times the number of clips.
    """
    return list(_copies(clips, settings, seed))


def _copies(clips: ClipSet, settings: AugmentationSettings, seed: int) -> Iterator[Samples]:
    for number in range(settings.copies):
        for samples, origin in zip(clips.samples, clips.origins, strict=True):
            digest = hashlib.sha256(origin.encode("utf-8", "surrogatepass")).digest()
            key = int.from_bytes(digest[:4], "big")
            rng = np.random.default_rng(seeds(Purpose.AUGMENTATION, seed, number, key))
            yield changed(samples, clips.sample_rate_hz, settings, rng)


def changed(
    samples: Samples, sample_rate_hz: float, settings: AugmentationSettings, rng: np.random.Generator
) -> Samples:
    """Return a clip that is shifted, to which noise is added, and whose level is changed, in this order.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,)]
        The clip; it is not changed.
    sample_rate_hz
        Its sample rate.
    settings
        Limits of the changes.
    rng
        Source of the random numbers.
    """
    longest = min(len(samples) - 1, round(settings.shift_s * sample_rate_hz))
    copy: NDArray[np.floating] = _shifted(samples, int(rng.integers(-longest, longest, endpoint=True)))
    if settings.snr_db:
        rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
        copy = copy + rms * 10.0 ** (-settings.snr_db / 20.0) * rng.standard_normal(len(copy))
    gain_db = rng.uniform(-settings.gain_db, settings.gain_db)
    return np.asarray(copy * 10.0 ** (gain_db / 20.0), dtype=np.float32)


def _shifted(samples: Samples, n_samples: int) -> NDArray[np.floating]:
    """Move samples to later times (to earlier ones if negative)."""
    moved = np.zeros_like(samples)
    if n_samples > 0:
        moved[n_samples:] = samples[:-n_samples]
    elif n_samples < 0:
        moved[:n_samples] = samples[-n_samples:]
    else:
        moved[:] = samples
    return moved

"""Digest of the samples of a recording, independent of name, folder and file format."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST", "SoundDigest"]

MOST = 2**52
"""Digests are whole numbers below this: a float64 holds each of them exactly."""


class SoundDigest:
    """Digest of the samples of a recording, block by block."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(digest_size=8)

    def add(self, samples: NDArray[np.float32]) -> None:
        """Add the next samples [shape=(n_samples,)] as read from the file, without resampling."""
        self._hash.update(np.ascontiguousarray(samples, dtype="<f4").data)

    @property
    def value(self) -> int:
        """The digest of the samples so far, from 0 to 2^52 - 1."""
        return int.from_bytes(self._hash.digest(), "little") % MOST

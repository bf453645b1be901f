"""Resampling of a recording that is read block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.files import same_rate

__all__ = ["StreamedResampling"]

_MOST_OUT = 2**20
"""Output samples at once: a block at 100 Hz is 480 times as long at 48 kHz."""


class StreamedResampling:
    """Resamples one block after another; together the samples of :func:`mlpsvd.audio.files.resample`, bit for bit.

    Parameters
    ----------
    from_hz, to_hz
        Sample rates. Where they are equal (within 0.1 %), samples stay as they are.
    """

    def __init__(self, from_hz: float, to_hz: float) -> None:
        self._stream: Any = None
        self._most_in = max(1, int(_MOST_OUT * from_hz / to_hz))
        if not same_rate(from_hz, to_hz):
            import soxr

            self._stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")

    def __call__(self, block: NDArray[np.float32], is_last: bool) -> Iterator[NDArray[np.float32]]:
        """Yield the output for the next block, in pieces of any length."""
        if self._stream is None:
            yield block
            return
        for start in range(0, max(1, len(block)), self._most_in):
            end = start + self._most_in
            yield self._stream.resample_chunk(block[start:end], last=is_last and end >= len(block))

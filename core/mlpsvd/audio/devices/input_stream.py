"""One open stream of an input device: its callback and the blocks received."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.devices.clocks import now_s
from mlpsvd.audio.devices.portaudio import PortAudioLibrary

__all__ = ["BLOCK_S", "Block", "InputStream"]

BLOCK_S = 0.01
"""Block length. A sound server delivers blocks of 5, 10 or 20 ms 0.2 ms after their last sample (measured). With 10 ms,
the callback runs 100 times per second, and a sample waits 5 ms on average until its block is full."""
_N_AGES = 64
_OLDEST_S = 2.0


@dataclass(frozen=True)
class Block:
    """Data of one call of the callback.

    Attributes
    ----------
    samples : np.ndarray [shape=(n_samples, n_channels)]
    arrived_s
        When, by :func:`mlpsvd.audio.devices.clocks.now_s`.
    has_overflowed
        Whether the device reports a loss of sound before it.
    """

    samples: NDArray[np.float32]
    arrived_s: float
    has_overflowed: bool


class InputStream:
    """Receives the blocks of a device from its opening to its loss.

    The callback copies the block and wakes the reader; PortAudio's own thread does nothing else. After
    :meth:`retire`, further blocks (a server that hung sends all that it buffered) are dropped, and the stream ends.

    Parameters
    ----------
    library, settings
        PortAudio, and what ``sounddevice.InputStream`` is to be opened with. Belongs to PortAudio's owner thread.
    wake
        Set at each block, and at the end.
    remark
        Notes for the user about how it was opened; may be empty.
    source_index
        The sound server's number of the source, where one was asked for by name.
    """

    def __init__(
        self,
        library: PortAudioLibrary,
        settings: dict[str, Any],
        wake: threading.Event,
        remark: str = "",
        source_index: int | None = None,
    ) -> None:
        self.remark = remark
        self.source_index = source_index
        self._blocks: deque[Block] = deque()
        self._wake = wake
        self._abort = library.sd.CallbackAbort
        self._is_retired = False
        self._has_ended = False
        self._ages_s: deque[float] = deque(maxlen=_N_AGES)
        self._stream = library.sd.InputStream(
            **settings, dtype="float32", callback=self._on_block, finished_callback=self._on_end
        )
        library.register(self._stream)
        self.rate_hz = float(self._stream.samplerate)
        self._said_latency_s = float(self._stream.latency)
        try:
            self._stream.start()
        except library.sd.PortAudioError:
            library.close_stream(self._stream)
            raise

    @property
    def has_ended(self) -> bool:
        """Whether PortAudio has ended the stream, as the device was removed."""
        return self._has_ended

    @property
    def latency_s(self) -> float:
        """Age of a block's first sample on arrival: the length of the block plus PortAudio's measured delay.

        PortAudio reports the data that wait in the driver or server. Through PulseAudio it reports from 0 to 20 ms for
        the same stream, although the actual delay is 0.2 ms. Host APIs that do not measure report a constant, the size
        of their buffers.
        """
        # An atomic copy, as PortAudio's thread appends meanwhile: iterating over a deque that grows is an error.
        ages = [age for age in self._ages_s.copy() if 0.0 < age < _OLDEST_S]
        return max(float(np.median(ages)) if ages else self._said_latency_s, BLOCK_S)

    def take(self) -> list[Block]:
        """Return the blocks received since the last call."""
        return [self._blocks.popleft() for _ in range(len(self._blocks))]

    def retire(self) -> None:
        """Stop receiving; may be called from any thread."""
        self._is_retired = True
        self._blocks.clear()

    def close(self, library: PortAudioLibrary) -> bool:
        """Close it in PortAudio's thread; return False if that is impossible because the sound server hangs."""
        self.retire()
        return library.close_stream(self._stream)

    def _on_block(self, samples: NDArray[np.float32], _n_samples: int, time: Any, status: Any) -> None:
        if self._is_retired:
            raise self._abort
        self._blocks.append(Block(samples.copy(), now_s(), bool(status.input_overflow)))
        self._ages_s.append(time.currentTime - time.inputBufferAdcTime)
        self._wake.set()

    def _on_end(self) -> None:
        self._has_ended = True
        self._wake.set()

"""The interface of every source of sound."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum

from mlpsvd.audio.ring_buffer import RingBuffer

__all__ = ["AudioSource", "SourceHealth", "SourceState", "SourceStatus"]


class SourceState(Enum):
    """State of a source."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    STALLED = "waiting for the device"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether no more samples will come without another start."""
        return self in (SourceState.FINISHED, SourceState.STOPPED, SourceState.FAILED)


@dataclass(frozen=True)
class SourceStatus:
    """Status of a source: a state and a message for the user (the reason of a failure)."""

    state: SourceState
    message: str = ""


@dataclass(frozen=True)
class SourceHealth:
    """Samples received compared with the time elapsed.

    Attributes
    ----------
    received_s
        Seconds of sound delivered since the source's first sample.
    expected_s
        Seconds elapsed since then on the monotonic clock. Without unreported losses it equals ``received_s + gaps_s``,
        apart from samples in transit and the drift of the device's clock.
    n_gaps, gaps_s
        Number and total duration of gaps.
    """

    received_s: float = 0.0
    expected_s: float = 0.0
    n_gaps: int = 0
    gaps_s: float = 0.0


class AudioSource(ABC):
    """Delivers samples from a thread of its own into a ring buffer, and does nothing else there.

    A file, the synthetic bank and the microphone are started, watched and stopped in the same way. Whatever goes
    wrong after the start is reported by :attr:`status`, never by an exception: it happens in another thread.
    ``status`` is one frozen object, replaced as a whole, and may be read from any thread at any time.

    Attributes
    ----------
    name
        Its name for the user: a file's name, a class, a device.
    sample_rate_hz
        Samples a second that arrive in the ring buffer: the model's rate, whatever the file or device has.
    latency_s
        What the source itself adds between the sound and its delivery; 0 where there is no device. It may change
        while a device is running.
    """

    def __init__(self, name: str, sample_rate_hz: float) -> None:
        self.name = name
        self.sample_rate_hz = sample_rate_hz
        self.latency_s = 0.0
        self._status = SourceStatus(SourceState.IDLE)
        self._raw_ring: RingBuffer | None = None
        self._raw_rate_hz = sample_rate_hz

    @property
    def raw_ring(self) -> RingBuffer | None:
        """The samples as the device gave them, before any resampling: what a recording keeps.

        None before the start, and of a device until its first sound; from then on the same ring for the source's
        life. It may be read from any thread and advanced by none. Of files and the synthetic bank it is the ring given
        to :meth:`start`.
        """
        return self._raw_ring

    @property
    def raw_rate_hz(self) -> float:
        """Sample rate of :attr:`raw_ring`; fixed once that is there."""
        return self._raw_rate_hz

    @property
    def health(self) -> SourceHealth:
        """How many samples came, against the clock; all zero for sources that have their samples already."""
        return SourceHealth()

    @property
    def status(self) -> SourceStatus:
        """The present state, with its reason."""
        return self._status

    @property
    def finished(self) -> bool:
        """Whether no more samples will arrive: all played, stopped, or failed."""
        return self._status.state.is_over

    @abstractmethod
    def start(self, ring: RingBuffer) -> None:
        """Start writing to ``ring``; returns immediately."""

    @abstractmethod
    def stop(self) -> None:
        """Stop; returns within a fraction of a second and may be called at any time, also twice."""

    def _report(self, state: SourceState, message: str = "") -> None:
        self._status = SourceStatus(state, message)

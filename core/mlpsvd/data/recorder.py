"""Recording from a running source: a second reader of its ring, which writes what it reads to disk as it comes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.data.record_settings import RecordSettings
from mlpsvd.data.take import Take

__all__ = ["Recorder", "RecorderState"]


@dataclass(frozen=True)
class RecorderState:
    """Where a recorder stands; one frozen object, replaced as a whole, to be read from any thread.

    Attributes
    ----------
    armed
        Whether it was started and not stopped: a take is running, or a trigger is waited for.
    recording
        Whether a take is running.
    label
        The class it records for; "" where it is not armed.
    duration_s
        Length of the running take so far, pre-roll included.
    message
        What a person should know, in one sentence: sound that was lost, a take that was too short, a disk that is
        full. "" where all is well.
    """

    armed: bool = False
    recording: bool = False
    label: str = ""
    duration_s: float = 0.0
    message: str = ""


class Recorder:
    """Makes takes out of a source's samples.

    It never advances the ring: the classifier reads the same ring and is not disturbed. ``start``, ``stop`` and
    ``state`` may be used from any thread, return at once and touch no file. ``poll`` belongs to one thread, the one
    that may wait for a disk, and wants to be called at least every 100 ms: what it has read is on disk when it
    returns.

    Parameters
    ----------
    ring
        The ring of a source, usually its ``raw_ring``: samples as the device gives them.
    rate_hz
        Their sample rate.
    settings
        Mode, lengths, trigger.
    spool_folder
        Where running takes lie; usually ``collection.spool_folder``. It is made when the first take begins.
    device
        What the clips say they were recorded from.
    """

    def __init__(
        self, ring: RingBuffer, rate_hz: float, settings: RecordSettings, spool_folder: Path, device: str = ""
    ) -> None:
        self._ring = ring
        self._rate_hz = rate_hz
        self._settings = settings
        self._spool_folder = spool_folder
        self._device = device
        self._state = RecorderState()

    @property
    def state(self) -> RecorderState:
        """Where it stands."""
        return self._state

    def set_settings(self, settings: RecordSettings) -> None:
        """Record the next take with other settings; a running one keeps its own. From any thread."""
        self._settings = settings

    def start(self, label: str) -> None:
        """Begin a take with the sample that arrives now (or wait for the trigger), less the pre-roll.

        By hand and triggered: until :meth:`stop`. Fixed length: one take, then it is no longer armed; another start
        while it runs is ignored.
        """
        raise NotImplementedError

    def stop(self) -> None:
        """End the running take with the sample that arrived last, and wait for no trigger any more."""
        raise NotImplementedError

    def poll(self) -> list[Take]:
        """Write what came since the last call to disk, and return the takes that ended; never raises.

        What goes wrong (a disk that is full) is told by ``state.message``; what is on disk stays there.
        """
        raise NotImplementedError

    def close(self) -> list[Take]:
        """Stop, poll a last time and return the takes that ended; call it from the thread that polls."""
        self.stop()
        return self.poll()

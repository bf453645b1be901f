"""An input device as a source: opened at its own rate, resampled for the model, reconnected after a loss."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future

from mlpsvd.audio.devices.clocks import SleepWatch, now_s
from mlpsvd.audio.devices.devices import InputDevice
from mlpsvd.audio.devices.input_stream import Block, InputStream
from mlpsvd.audio.devices.open_input import ChannelError, Target, check_channel, open_input, require_answer
from mlpsvd.audio.devices.portaudio import PortAudioLibrary, PortAudioMissingError
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.devices.pulse import PulseState
from mlpsvd.audio.devices.receiver import Receiver
from mlpsvd.audio.devices.removal_watch import RemovalWatch
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sources.source import AudioSource, SourceHealth, SourceState
from mlpsvd.errors import DeviceError, MissingLibraryError

__all__ = ["DEFAULT_RATE_HZ", "MicrophoneSource"]

DEFAULT_RATE_HZ = 48000.0
"""Sample rate of the default device if no rate is given, as the device and its rate may change."""

_log = logging.getLogger(__name__)

_TICK_S = 0.1
_STALLED_S = 0.5
_MOST_PATIENCE_S = 4.0
_RETRY_S = 0.25
_LATENCY_S = 0.25
_JOIN_S = 0.5
_MOST_ERRORS = 3
_ERRORS_WITHIN_S = 60.0
_BY_ITSELF = "listening resumes automatically when it is back"


class MicrophoneSource(AudioSource):
    """Source for an input device.

    The device is opened at its native rate; the callback copies samples, and a thread of this source resamples and
    writes them. This thread also closes and reopens a stream that has ended, or has delivered no samples for half a
    second, until it works. The time without sound, measured with the clock, is a break in both ring buffers. Old sound
    that is delivered after a server hung or the computer slept is dropped.

    Parameters
    ----------
    host
        The owner of PortAudio.
    device
        The device; None listens to the system's default. With a sound server that is followed at once when it
        changes, elsewhere when the device is lost or the list of devices refreshed.
    sample_rate_hz
        The rate to deliver at: the model's. None takes the device's own, for the default :data:`DEFAULT_RATE_HZ`.
    channel
        Counted from 1; 0 mixes all of them down.

    Raises
    ------
    DeviceError
        If the device has no such channel.
    """

    def __init__(
        self,
        host: PortAudioThread,
        device: InputDevice | None = None,
        sample_rate_hz: float | None = None,
        channel: int = 0,
    ) -> None:
        if device is not None:
            check_channel(device, channel)
        native_rate_hz = DEFAULT_RATE_HZ if device is None else device.native_rate_hz
        super().__init__("Default microphone" if device is None else device.name, sample_rate_hz or native_rate_hz)
        self._host = host
        self._target = Target(device, channel)
        self._raw_rate_hz = native_rate_hz
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        # PortAudio's thread's own:
        self._opened: list[InputStream] = []
        self._had_server = False
        # The pump's own:
        self._reception: Receiver | None = None
        self._stream: InputStream | None = None
        self._removal: RemovalWatch | None = None
        self._job: Future[InputStream | None] | None = None
        self._requested_s = 0.0
        self._retry_at_s = 0.0
        self._silent_s = 0.0
        self._has_sound = False
        self._looked_at_s = 0.0
        self._measured_at_s = 0.0
        self._patience_s = _STALLED_S
        self._look_again = False
        self._erred_at_s: list[float] = []

    @property
    def health(self) -> SourceHealth:
        """Samples received compared with the clock since the first one."""
        return SourceHealth() if self._reception is None else self._reception.health

    def start(self, ring: RingBuffer) -> None:
        """Start writing to ``ring``; returns immediately."""
        if self._thread is not None:
            raise RuntimeError(f"{self.name} has already been started")
        self._reception = Receiver(ring, self.sample_rate_hz, self._target.channel)
        self._report(SourceState.STARTING)
        self._thread = threading.Thread(target=self._run, name=f"microphone {self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; returns within a fraction of a second, even if the sound system hangs."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)
        if not self.finished:
            self._report(SourceState.STOPPED)

    # -- the pump

    def _run(self) -> None:
        watch = SleepWatch()
        try:
            while not self._stopping.is_set() and not self.finished:
                try:
                    self._step(watch)
                except Exception as error:
                    self._recover_from(error)
                self._wake.wait(_TICK_S)
                self._wake.clear()
            self._shut_down()
        except Exception as error:
            # A thread that dies silently would leave the window waiting for samples that never come.
            self._fail(error)
        if not self.finished:
            self._report(SourceState.STOPPED)

    def _step(self, watch: SleepWatch) -> None:
        slept_s = watch.slept_s()
        stream = self._stream
        if stream is None:
            self._request_stream()
        elif slept_s:
            self._release(
                stream, f"{self._target.name} is reopened automatically: the computer slept for {slept_s:.0f} s"
            )
        else:
            self._listen(stream)

    def _recover_from(self, error: Exception) -> None:
        """Reopen the device after an unexpected error, unless the error is repeated.

        Such an error is a fault of the program, not of the device, and should not end a long recording.
        """
        _log.error("error while listening to %s", self._target.name, exc_info=error)
        now = now_s()
        self._erred_at_s = [at_s for at_s in self._erred_at_s if now - at_s < _ERRORS_WITHIN_S] + [now]
        if len(self._erred_at_s) > _MOST_ERRORS:
            self._fail(error)
        elif self._stream is not None:
            self._release(self._stream, f"{self._target.name} is reopened automatically after an error: {error}")

    def _fail(self, error: Exception) -> None:
        self._report(SourceState.FAILED, f"{self._target.name} cannot be used: {error}")

    def _listen(self, stream: InputStream) -> None:
        blocks = stream.take()
        now, before_s = now_s(), self._looked_at_s
        self._looked_at_s = now
        # Limited per tick: if another thread holds the interpreter for long, sound waits outside the process.
        self._silent_s = 0.0 if blocks else self._silent_s + min(now - before_s, 1.5 * _TICK_S)
        if self._removal is not None and self._removal.has_gone():
            self._release(stream, f"{self._target.name} was disconnected or switched off; {_BY_ITSELF}")
        elif blocks:
            self._write_blocks(stream, blocks)
        elif stream.has_ended:
            self._release(stream, f"{self._target.name} was lost; {_BY_ITSELF}")
        elif self._silent_s > self._patience_s:
            # A Bluetooth headset takes seconds to deliver its first sample, so the timeout is doubled each time.
            self._patience_s = _STALLED_S if self._has_sound else min(_MOST_PATIENCE_S, 2.0 * self._patience_s)
            self._release(
                stream,
                f"{self._target.name} sends no sound: it is suspended, or its driver or server hangs; listening "
                "resumes "
                "automatically when sound arrives",
            )

    def _release(self, stream: InputStream, why: str) -> None:
        stream.retire()
        self._receive.end_stream()
        self._stream = None
        self._stop_watching()
        self._retry_at_s = now_s()
        self._look_again = True
        self._report(SourceState.STALLED, why)
        self._request_stream()

    def _request_stream(self) -> None:
        """Ask for the device to be opened, or see what has become of it."""
        if self._job is None:
            if now_s() >= self._retry_at_s:
                self._requested_s = now_s()
                self._job = self._host.ask(self._open)
                self._job.add_done_callback(lambda _: self._wake.set())
        elif self._job.done():
            job, self._job = self._job, None
            self._finish_opening(job)
        elif now_s() - self._requested_s > _STALLED_S:
            self._report(
                SourceState.STALLED,
                f"{self._target.name} cannot be opened because the sound system does not respond; listening resumes "
                "automatically when it does",
            )

    def _finish_opening(self, job: Future[InputStream | None]) -> None:
        try:
            stream = job.result()
        except (MissingLibraryError, PortAudioMissingError, ChannelError) as error:
            self._report(SourceState.FAILED, str(error))
        except DeviceError as error:
            self._report(SourceState.STALLED, str(error))
            self._look_again = True
            self._retry_at_s = now_s() + _RETRY_S
        else:
            self._stream = stream
            if stream is not None and stream.source_index is not None:
                self._removal = RemovalWatch(stream.source_index)
            self._has_sound = False
            self._silent_s, self._looked_at_s = 0.0, now_s()

    def _write_blocks(self, stream: InputStream, blocks: list[Block]) -> None:
        if self._raw_ring is None:
            # At the rate at which it is first opened, whatever rate it may come back with.
            self._raw_rate_hz = stream.rate_hz
            self._raw_ring = self._receive.add_raw_ring(stream.rate_hz)
        for block in blocks:
            self._receive.take(block, stream.rate_hz)
        self._has_sound, self._patience_s = True, _STALLED_S
        if self.status.state is not SourceState.RUNNING:
            self._report(SourceState.RUNNING, stream.remark)
        if self._looked_at_s - self._measured_at_s > _LATENCY_S:
            self._measured_at_s = self._looked_at_s
            self.latency_s = stream.latency_s + self._receive.delay_s

    @property
    def _receive(self) -> Receiver:
        assert self._reception is not None  # it is there from the start on
        return self._reception

    def _stop_watching(self) -> None:
        if self._removal is not None:
            self._removal.close()
            self._removal = None

    def _shut_down(self) -> None:
        self._stop_watching()
        if self._stream is not None:
            self._stream.retire()
        self._receive.finish()
        # Queued in PortAudio's thread, so that this thread does not wait if that one hangs.
        self._host.ask(self._close_streams)

    # -- in PortAudio's thread

    def _open(self, library: PortAudioLibrary) -> InputStream | None:
        if self._stopping.is_set():
            return None
        pulse = require_answer(library, self._target, self._had_server)
        self._had_server = self._had_server or pulse.state is PulseState.ANSWERS
        self._close_streams(library)
        stream = open_input(library, self._target, pulse, self._wake, self._look_again)
        self._opened.append(stream)
        return stream

    def _close_streams(self, library: PortAudioLibrary) -> None:
        self._opened = [stream for stream in self._opened if not stream.close(library)]

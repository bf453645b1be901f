"""An input device as a source: opened at its own rate, resampled to the model's, and back by itself when lost."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray

from mlpsvd.audio.clocks import SleepWatch, now_s
from mlpsvd.audio.devices import InputDevice
from mlpsvd.audio.input_stream import Block, InputStream
from mlpsvd.audio.opening import ChannelError, Target, check_channel, open_input, require_answer
from mlpsvd.audio.outlet import Outlet
from mlpsvd.audio.pulse import PulseState
from mlpsvd.audio.removal_watch import RemovalWatch
from mlpsvd.audio.ring_buffer import RingBuffer
from mlpsvd.audio.sample_clock import SampleClock
from mlpsvd.audio.sound_host import SoundHost
from mlpsvd.audio.sound_library import PortAudioMissingError, SoundLibrary
from mlpsvd.audio.source import AudioSource, SourceHealth, SourceState
from mlpsvd.errors import DeviceError, MissingLibraryError

__all__ = ["DEFAULT_RATE_HZ", "MicrophoneSource"]

DEFAULT_RATE_HZ = 48000.0
"""What the default device is resampled to where no rate is asked for: it may change, and its rate with it."""

_TICK_S = 0.1
_STALLED_S = 0.5
_MOST_PATIENCE_S = 4.0
_RETRY_S = 0.25
_LATENCY_S = 0.25
_RAW_S = 30.0
_JOIN_S = 0.5
_BY_ITSELF = "listening goes on by itself as soon as it is back"


class MicrophoneSource(AudioSource):
    """Listens to an input device.

    The device is opened at its own rate; the callback copies, a thread of this source resamples and writes. The same
    thread watches: a stream that has ended, or has been silent for half a second, is given up and opened anew
    until it works, for as long as it takes. What was not heard meanwhile is a break in both ring buffers, as long
    as the clock says. Old sound that a server sends after it hung, or the computer after it slept, is dropped.

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
        host: SoundHost,
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
        self._clock = SampleClock()
        self._outlets: list[Outlet] = []
        self._kept: list[NDArray[np.float32]] = []
        self._stream: InputStream | None = None
        self._removal: RemovalWatch | None = None
        self._is_new_stream = True
        self._job: Future[InputStream | None] | None = None
        self._asked_s = 0.0
        self._retry_at_s = 0.0
        self._heard_at_s = 0.0
        self._measured_at_s = 0.0
        self._patience_s = _STALLED_S
        self._look_again = False

    @property
    def health(self) -> SourceHealth:
        """Samples received against the clock since the first one."""
        return self._clock.health(now_s())

    def start(self, ring: RingBuffer) -> None:
        """Begin to deliver into ``ring``; returns at once, whatever the device does."""
        if self._thread is not None:
            raise RuntimeError(f"{self.name} has been started already")
        self._outlets = [Outlet(ring, self.sample_rate_hz)]
        self._tell(SourceState.STARTING)
        self._thread = threading.Thread(target=self._run, name=f"microphone {self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver nothing more; returns within a fraction of a second, also while the sound system hangs."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)
        if not self.finished:
            self._tell(SourceState.STOPPED)

    # -- the pump

    def _run(self) -> None:
        watch = SleepWatch()
        try:
            while not self._stopping.is_set() and not self.finished:
                self._step(watch)
                self._wake.wait(_TICK_S)
                self._wake.clear()
        except Exception as error:
            # A thread that dies silently would leave the window waiting for samples that never come.
            self._tell(SourceState.FAILED, f"{self.name} cannot be listened to: {error}")
        self._give_up()
        if not self.finished:
            self._tell(SourceState.STOPPED)

    def _step(self, watch: SleepWatch) -> None:
        slept_s = watch.slept_s()
        stream = self._stream
        if stream is None:
            self._look_for_stream()
        elif slept_s:
            self._lose(stream, f"{self._target.name} is opened anew by itself: the computer slept for {slept_s:.0f} s")
        else:
            self._listen(stream)

    def _listen(self, stream: InputStream) -> None:
        blocks = stream.take()
        if self._removal is not None and self._removal.has_gone():
            self._lose(stream, f"{self._target.name} has been unplugged or switched off; {_BY_ITSELF}")
        elif blocks:
            self._take_in(stream, blocks)
        elif stream.has_ended:
            self._lose(stream, f"{self._target.name} has gone; {_BY_ITSELF}")
        elif now_s() - self._heard_at_s > self._patience_s:
            # A Bluetooth headset needs seconds for its first sample: each time it is given longer.
            self._patience_s = min(_MOST_PATIENCE_S, 2.0 * self._patience_s) if self._is_new_stream else _STALLED_S
            self._lose(
                stream,
                f"{self._target.name} sends no sound: it is suspended, or its driver or server hangs; listening goes "
                "on by itself as soon as sound comes",
            )

    def _lose(self, stream: InputStream, why: str) -> None:
        stream.retire()
        self._stream = None
        self._watch_no_more()
        self._retry_at_s = now_s()
        self._look_again = True
        self._kept.clear()
        self._tell(SourceState.STALLED, why)
        self._look_for_stream()

    def _look_for_stream(self) -> None:
        """Ask for the device to be opened, or see what has become of it."""
        if self._job is None:
            if now_s() >= self._retry_at_s:
                self._asked_s = now_s()
                self._job = self._host.ask(self._open)
                self._job.add_done_callback(lambda _: self._wake.set())
        elif self._job.done():
            job, self._job = self._job, None
            self._take_answer(job)
        elif now_s() - self._asked_s > _STALLED_S:
            self._tell(
                SourceState.STALLED,
                f"{self._target.name} cannot be heard because the sound system does not answer; listening goes on by "
                "itself as soon as it does",
            )

    def _take_answer(self, job: Future[InputStream | None]) -> None:
        try:
            stream = job.result()
        except (MissingLibraryError, PortAudioMissingError, ChannelError) as error:
            self._tell(SourceState.FAILED, str(error))
        except DeviceError as error:
            self._tell(SourceState.STALLED, str(error))
            self._look_again = True
            self._retry_at_s = now_s() + _RETRY_S
        else:
            self._stream = stream
            if stream is not None and stream.source_index is not None:
                self._removal = RemovalWatch(stream.source_index)
            self._is_new_stream = True
            self._heard_at_s = now_s()

    def _take_in(self, stream: InputStream, blocks: list[Block]) -> None:
        if len(self._outlets) == 1:
            self._make_raw_ring(stream.rate_hz)
        for block in blocks:
            self._take_in_one(stream, block)
        self._heard_at_s = now_s()
        if self.status.state is not SourceState.RUNNING:
            self._patience_s = _STALLED_S
            self._tell(SourceState.RUNNING, stream.remark)
        if self._heard_at_s - self._measured_at_s > _LATENCY_S:
            self._measured_at_s = self._heard_at_s
            self.latency_s = stream.latency_s + self._outlets[0].delay_s

    def _take_in_one(self, stream: InputStream, block: Block) -> None:
        is_first = self._raw_ring is not None and not self._raw_ring.n_written and not self._kept
        duration_s = len(block.samples) / stream.rate_hz
        gap_s = self._clock.add(duration_s, block.arrived_s, self._is_new_stream, block.has_overflowed)
        self._is_new_stream = False
        self._kept.append(self._mono(block.samples))
        if is_first or gap_s is not None:
            for outlet in self._outlets:
                outlet.begin(stream.rate_hz, gap_s)
        if not self._clock.is_undecided:
            samples = self._kept[0] if len(self._kept) == 1 else np.concatenate(self._kept)
            self._kept.clear()
            for outlet in self._outlets:
                outlet.write(samples)

    def _mono(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """One channel, or the mean of all, of samples [shape=(n_samples, n_channels)]."""
        if samples.shape[1] == 1:
            return samples[:, 0]
        if self._target.channel:
            return np.ascontiguousarray(samples[:, self._target.channel - 1])
        mean: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
        return mean

    def _make_raw_ring(self, rate_hz: float) -> None:
        """Keep the device's own samples, at the rate at which it was first opened."""
        ring = RingBuffer(int(_RAW_S * rate_hz))
        self._outlets.append(Outlet(ring, rate_hz))
        self._raw_rate_hz = rate_hz
        self._raw_ring = ring

    def _watch_no_more(self) -> None:
        if self._removal is not None:
            self._removal.close()
            self._removal = None

    def _give_up(self) -> None:
        self._watch_no_more()
        if self._stream is not None:
            self._stream.retire()
        for outlet in self._outlets:
            outlet.finish()
        # Whatever hangs in PortAudio's thread, this waits behind it there and not here.
        self._host.ask(self._close_streams)

    # -- in PortAudio's thread

    def _open(self, library: SoundLibrary) -> InputStream | None:
        if self._stopping.is_set():
            return None
        pulse = require_answer(library, self._target, self._had_server)
        self._had_server = self._had_server or pulse.state is PulseState.ANSWERS
        self._close_streams(library)
        stream = open_input(library, self._target, pulse, self._wake, self._look_again)
        self._opened.append(stream)
        return stream

    def _close_streams(self, library: SoundLibrary) -> None:
        self._opened = [stream for stream in self._opened if not stream.close(library)]

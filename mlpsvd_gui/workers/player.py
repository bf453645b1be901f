"""Playback of clips, in the thread that owns PortAudio."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from mlpsvd.audio.devices.portaudio import PortAudioLibrary, PortAudioMissingError
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.devices.pulse import PulseState
from mlpsvd.audio.files import resample
from mlpsvd.errors import DeviceError, MissingLibraryError
from mlpsvd_gui.threads.latest import LatestRunner, Progress

__all__ = ["Player"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

_PEAK = 0.5
_FADE_S = 0.005
_GRACE_S = 1.0
_POLL_S = 0.02
_ANSWER_S = 3.0
_NO_LIBRARY = "Clips cannot be played: the PortAudio library is missing (on Debian: apt-get install libportaudio2)."
_NO_PACKAGE = "Clips cannot be played: the Python package sounddevice is not installed."
_NO_DEVICE = "Clips cannot be played: no audio output found."
_HANGS = "Clips cannot be played: the sound system does not respond. Try again later, or restart the sound server."


@dataclass(frozen=True, eq=False)
class _Play:
    samples: NDArray[np.float32] | None
    """None only checks for an audio output."""
    sample_rate_hz: float


class Player(QObject):
    """Plays one clip at a time through the default output; a new clip replaces the last one.

    Parameters
    ----------
    host
        The owner of PortAudio, shared by the window; by default a new one.
    """

    available_changed = Signal(str)
    """Emits why nothing can be played, in one sentence; otherwise an empty text."""
    failed = Signal(str)
    """Emits why a clip could not be played, in one sentence."""
    playing_changed = Signal(bool)
    moved = Signal(float)
    """Emits the fraction of the clip that has been heard, 0 to 1, about 50 times a second."""

    def __init__(self, host: PortAudioThread | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._host, self._is_own_host = host or PortAudioThread(), host is None
        self._runner = LatestRunner(_PlayWork(self._host), "playback", self)
        self._runner.answered.connect(self._on_answered)
        self._runner.progressed.connect(self._on_progressed)
        self._runner.failed.connect(lambda _, sentence: self.failed.emit(sentence))

    def look_for_output(self) -> None:
        """Check for an audio output in the background; see :attr:`available_changed`."""
        self._runner.ask(_Play(None, 0.0))

    def play(self, samples: NDArray[np.float32], sample_rate_hz: float) -> None:
        """Play a clip, normalised to half of full scale."""
        self.playing_changed.emit(True)
        self._runner.ask(_Play(samples, sample_rate_hz))

    def stop(self) -> None:
        """Stop playback."""
        self._runner.cancel()
        self.playing_changed.emit(False)

    def close(self) -> bool:
        """Stop and end the thread within a second."""
        has_ended = self._runner.close()
        if self._is_own_host:
            self._host.close(0.5)
        return has_ended

    def _on_progressed(self, request: _Play, share: float) -> None:
        if request.samples is not None:
            self.moved.emit(share)

    def _on_answered(self, request: _Play, problem: str) -> None:
        if request.samples is None:
            self.available_changed.emit(problem)
            return
        self.playing_changed.emit(False)
        if problem:
            self.failed.emit(problem)


class _PlayWork:
    """Play, or check whether it is possible; return the reason if not."""

    def __init__(self, host: PortAudioThread) -> None:
        self._host = host

    def __call__(self, request: _Play, progress: Progress) -> str:
        try:
            rate_hz = self._answer(self._host.ask(_output_rate_hz), progress)
            if request.samples is not None:
                self._play(resample(request.samples, request.sample_rate_hz, rate_hz), rate_hz, progress)
        except PortAudioMissingError:
            return _NO_LIBRARY
        except MissingLibraryError:
            return _NO_PACKAGE
        except TimeoutError:
            return _HANGS
        except DeviceError as error:
            return str(error)
        return ""

    def _play(self, clip: NDArray[np.float32], rate_hz: float, progress: Progress) -> None:
        output = _Output(_levelled(clip, rate_hz), rate_hz)
        try:
            self._answer(self._host.ask(output.open), progress)
            output.wait(progress)
        finally:
            # Behind the opening, wherever that is: a clip called off while the server hung is not played later.
            output.is_wanted = False
            self._host.ask(output.close)

    @staticmethod
    def _answer(future: Future[T], progress: Progress) -> T:
        """Wait for PortAudio's thread, with a timeout, unless the request is cancelled."""
        for _ in range(int(_ANSWER_S / _POLL_S)):
            try:
                return future.result(_POLL_S)
            except TimeoutError:
                progress(0.0)
        return future.result(0.0)


def _output_rate_hz(library: PortAudioLibrary) -> float:
    """Return the rate of the default output. DeviceError if there is none."""
    if library.ask_pulse().state is PulseState.HANGS:
        raise DeviceError(_HANGS)
    sd = library.sd
    for may_look_again in (library.is_idle, False):
        try:
            return float(sd.query_devices(kind="output")["default_samplerate"])
        except (sd.PortAudioError, ValueError) as error:
            _log.info("no sound output: %s", error)
        if not may_look_again:
            break
        library.reinitialise()  # PortAudio knows only the devices at its start
    raise DeviceError(_NO_DEVICE)


class _Output:
    """A clip being played."""

    def __init__(self, samples: NDArray[np.float32], rate_hz: float) -> None:
        self._samples = samples
        self._rate_hz = rate_hz
        self._position = 0
        self._latency = 0
        self._done = threading.Event()
        self._stream: Any = None
        self.is_wanted = True

    def open(self, library: PortAudioLibrary) -> None:
        """Start; in PortAudio's thread."""
        if not self.is_wanted:
            return
        sd = library.sd

        def callback(out: NDArray[np.float32], frames: int, _time: Any, _status: Any) -> None:
            block = self._samples[self._position : self._position + frames]
            self._position += len(block)
            out[: len(block), 0] = block
            out[len(block) :, 0] = 0.0
            if not len(block):
                raise sd.CallbackStop

        try:
            self._stream = sd.OutputStream(
                self._rate_hz, channels=1, dtype="float32", callback=callback, finished_callback=self._done.set
            )
            library.register(self._stream)
            self._stream.start()
            self._latency = round(float(self._stream.latency) * self._rate_hz)
        except (sd.PortAudioError, ValueError) as error:
            _log.info("no sound output: %s", error)
            raise DeviceError(_NO_DEVICE) from None

    def wait(self, progress: Progress) -> None:
        """Wait for the end of the clip, with a timeout."""
        for _ in range(int((len(self._samples) / self._rate_hz + _GRACE_S) / _POLL_S)):
            if self._done.wait(_POLL_S):
                return
            progress(self._heard)

    @property
    def _heard(self) -> float:
        """Fraction of the clip that has left the loudspeaker: the last samples are still on their way."""
        return max(0, self._position - self._latency) / max(1, len(self._samples))

    def close(self, library: PortAudioLibrary) -> None:
        """End playback; in PortAudio's thread."""
        if self._stream is not None:
            library.close_stream(self._stream)


def _levelled(samples: NDArray[Any], rate_hz: float) -> NDArray[np.float32]:
    """Normalise the peak to half of full scale and fade the ends to avoid clicks."""
    peak = float(np.abs(samples).max(initial=0.0)) or 1.0
    levelled = np.asarray(samples * (_PEAK / peak), dtype=np.float32)
    n_fade = min(round(_FADE_S * rate_hz), len(levelled) // 2)
    if n_fade:
        ramp = np.linspace(0.0, 1.0, n_fade, dtype=np.float32)
        levelled[:n_fade] *= ramp
        levelled[-n_fade:] *= ramp[::-1]
    return levelled

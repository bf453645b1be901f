"""Hearing a clip: one thread owns the sound card, and its absence is one sentence."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from mlpsvd.audio.files import resample
from mlpsvd_gui.workers.latest import LatestRunner, Progress

__all__ = ["Player"]

_log = logging.getLogger(__name__)

_PEAK = 0.5
_FADE_S = 0.005
_GRACE_S = 1.0
_POLL_S = 0.02
_NO_LIBRARY = "Clips cannot be played: the PortAudio library is missing (on Debian: apt-get install libportaudio2)."
_NO_DEVICE = "Clips cannot be played: this machine has no sound output."


@dataclass(frozen=True, eq=False)
class _Play:
    samples: NDArray[np.float32] | None
    """None only asks whether there is a sound output."""
    sample_rate_hz: float


class Player(QObject):
    """Plays one clip at a time through the default output; a new one takes the place of the last."""

    available_changed = Signal(str)
    """Emits why nothing can be played, in one sentence; an empty text where it can."""
    failed = Signal(str)
    """Emits one sentence: this clip could not be played."""
    playing_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runner = LatestRunner(_work, "playback", self)
        self._runner.answered.connect(self._on_answered)
        self._runner.failed.connect(lambda _, sentence: self.failed.emit(sentence))

    def look_for_output(self) -> None:
        """Find out in the background whether there is a sound output; see :attr:`available_changed`."""
        self._runner.ask(_Play(None, 0.0))

    def play(self, samples: NDArray[np.float32], sample_rate_hz: float) -> None:
        """Play a clip, its peak at half of full scale."""
        self.playing_changed.emit(True)
        self._runner.ask(_Play(samples, sample_rate_hz))

    def stop(self) -> None:
        """Stop what plays."""
        self._runner.cancel()
        self.playing_changed.emit(False)

    def close(self) -> bool:
        """Stop and end the thread within a second."""
        return self._runner.close()

    def _on_answered(self, request: _Play, problem: str) -> None:
        if request.samples is None:
            self.available_changed.emit(problem)
            return
        self.playing_changed.emit(False)
        if problem:
            self.failed.emit(problem)


def _work(request: _Play, progress: Progress) -> str:
    """Play, or look whether one could; return why not, empty where all went well."""
    try:
        import sounddevice as sd  # looks for PortAudio as it is imported
    except OSError:
        return _NO_LIBRARY
    except ImportError:
        return "Clips cannot be played: the Python package sounddevice is not installed."
    try:
        device = sd.query_devices(kind="output")
        if request.samples is not None:
            _play(sd, float(device["default_samplerate"]), request.samples, request.sample_rate_hz, progress)
    except (sd.PortAudioError, ValueError) as error:
        _log.info("no sound output: %s", error)
        return _NO_DEVICE
    return ""


def _play(sd: Any, rate_hz: float, clip: NDArray[np.float32], clip_rate_hz: float, progress: Progress) -> None:
    samples = _levelled(resample(clip, clip_rate_hz, rate_hz), rate_hz)
    position, done = [0], threading.Event()

    def callback(out: NDArray[np.float32], frames: int, _time: Any, _status: Any) -> None:
        block = samples[position[0] : position[0] + frames]
        position[0] += len(block)
        out[: len(block), 0] = block
        out[len(block) :, 0] = 0.0
        if not len(block):
            raise sd.CallbackStop

    stream = sd.OutputStream(rate_hz, channels=1, dtype="float32", callback=callback, finished_callback=done.set)
    try:
        stream.start()
        _wait(done, len(samples) / rate_hz + _GRACE_S, progress)
    finally:
        stream.abort()
        stream.close()


def _wait(done: threading.Event, at_most_s: float, progress: Progress) -> None:
    for _ in range(int(at_most_s / _POLL_S)):
        if done.wait(_POLL_S):
            return
        progress(0.0)


def _levelled(samples: NDArray[Any], rate_hz: float) -> NDArray[np.float32]:
    """Bring the peak to half of full scale and fade the ends, so that nothing clicks."""
    peak = float(np.abs(samples).max(initial=0.0)) or 1.0
    levelled = np.asarray(samples * (_PEAK / peak), dtype=np.float32)
    n_fade = min(round(_FADE_S * rate_hz), len(levelled) // 2)
    if n_fade:
        ramp = np.linspace(0.0, 1.0, n_fade, dtype=np.float32)
        levelled[:n_fade] *= ramp
        levelled[-n_fade:] *= ramp[::-1]
    return levelled

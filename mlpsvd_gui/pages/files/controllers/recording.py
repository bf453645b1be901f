"""Controller of the selected recording: reads, shows and plays it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from numpy import float32
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.passages import read_passage
from mlpsvd.features.spectrogram import Spectrogram
from mlpsvd.text import sentence
from mlpsvd_gui.log import error_sentence
from mlpsvd_gui.pages.files.views.panel import FilesPanel
from mlpsvd_gui.pages.files.workers.recording import SpectrogramRequest, make_spectrogram
from mlpsvd_gui.threads.background_jobs import BackgroundJobs
from mlpsvd_gui.threads.latest import LatestRunner
from mlpsvd_gui.workers.player import Player

__all__ = ["RecordingController"]

_FEWEST_COLUMNS, _MOST_COLUMNS = 200, 1600
_SAME = 1e-6


class RecordingController(QObject):
    """Shows the current recording of the table, reading only what is visible of it.

    Parameters
    ----------
    panel
        The page.
    sound
        The owner of PortAudio.
    """

    def __init__(self, panel: FilesPanel, sound: PortAudioThread | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._view = panel.windows.recording
        self._path: Path | None = None
        self._name = ""
        self._channel = 0
        self._is_shown = False
        self._covered = (0.0, 0.0)
        self._played_s = 0.0
        self._player = Player(sound, self)
        self._has_looked = False
        self._reader = LatestRunner(make_spectrogram, "spectrogram", self)
        self._passages = BackgroundJobs("passage", self)
        panel.current_shown.connect(self._show)
        self._view.view_changed.connect(self._refine)
        self._view.play_requested.connect(self._play)
        self._view.stop_requested.connect(self.stop)
        self._reader.answered.connect(self._take)
        self._reader.failed.connect(self._report_unread)
        self._player.available_changed.connect(self._view.show_sound)
        self._player.failed.connect(panel.show_error)
        self._player.playing_changed.connect(self._show_playing)
        self._player.moved.connect(lambda share: self._view.show_heard(share * self._played_s))

    def set_channel(self, channel: int) -> None:
        """Set the channel that the model of the results takes, from 1; 0 for the mean of all."""
        if channel != self._channel:
            self._channel, self._path = channel, None
            self._show()

    def stop(self) -> None:
        """Stop playback."""
        self._passages.cancel()
        self._player.stop()

    def close(self) -> None:
        """Stop reading and playback."""
        self._reader.close(0.3)
        self._passages.close(0.2)
        self._player.close()

    def _show(self) -> None:
        entry = self._panel.current
        path = entry.file.path if entry is not None else None
        if path == self._path:
            return
        if self._path is not None:
            self.stop()
        self._path, self._is_shown = path, False
        if entry is None or path is None:
            self._reader.cancel()
            self._view.show_nothing()
            return
        if not self._has_looked:
            self._has_looked = True
            self._player.look_for_output()
        self._name = path.name
        self._view.show_reading()
        self._reader.ask(SpectrogramRequest(path, self._channel, self._n_columns))

    @property
    def _n_columns(self) -> int:
        return min(_MOST_COLUMNS, max(_FEWEST_COLUMNS, self._view.plot.width()))

    def _refine(self, start_s: float, end_s: float) -> None:
        """Read what is visible again after zoom or pan, in full detail."""
        is_same = max(abs(start_s - self._covered[0]), abs(end_s - self._covered[1])) < _SAME
        if self._path is not None and self._is_shown and not is_same and end_s > start_s:
            self._covered = start_s, end_s
            self._reader.ask(SpectrogramRequest(self._path, self._channel, self._n_columns, start_s, end_s))

    def _take(self, request: SpectrogramRequest, shown: Spectrogram) -> None:
        if request.path != self._path:
            return
        if self._is_shown:
            self._view.show_part(shown)
            return
        self._is_shown = True
        self._covered = 0.0, shown.duration_s
        self._view.show_recording(self._name, shown)
        self._panel.windows.show_spans()

    def _report_unread(self, request: SpectrogramRequest, text: str) -> None:
        if request.path == self._path:
            self._view.show_nothing(sentence(text))

    def _play(self, start_s: float, end_s: float) -> None:
        if self._path is None:
            return
        self._played_s = end_s - start_s
        self._view.show_playing(True, start_s)
        self._passages.submit(
            partial(read_passage, self._path, start_s, end_s, self._channel), self._start, self._report_unplayed
        )

    def _start(self, passage: tuple[NDArray[float32], float]) -> None:
        samples, rate_hz = passage
        if not len(samples):
            self._view.show_playing(False)
            return
        self._played_s = len(samples) / rate_hz
        self._player.play(samples, rate_hz)

    def _show_playing(self, is_playing: bool) -> None:
        if not is_playing:
            self._view.show_playing(False)

    def _report_unplayed(self, error: Exception) -> None:
        self._view.show_playing(False)
        self._panel.show_error(error_sentence(error))

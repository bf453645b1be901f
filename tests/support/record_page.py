"""The Record page with its controllers and a source of sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.sources.source import AudioSource
from mlpsvd_gui.pages.record.controllers.record import RecordController
from mlpsvd_gui.pages.record.views.panel import RecordPanel
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.listening_state import ListeningState
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.workers.live_session import LiveSession
from mlpsvd_gui.workers.training_job import TrainingJob


class Ears(QObject):
    """The Listen page's part of listening, without its page: starts and stops real sessions of a given source."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ListeningState(self)
        self.make_source: Callable[[], AudioSource] | None = None
        self.state.start_requested.connect(self.start)
        self.state.stop_requested.connect(self.stop)

    def start(self) -> None:
        assert self.make_source is not None
        session = LiveSession(self.make_source(), None)
        session.news.connect(self._draw)
        session.start()
        self.state.set_session(session)

    def stop(self) -> None:
        session = self.state.session
        if session is not None:
            session.close()
            self.state.set_session(None)

    def _draw(self) -> None:
        levels = self.state.session.drain().levels if self.state.session is not None else ()
        if levels:
            self.state.levels_changed.emit(levels[-1].rms_dbfs, levels[-1].peak_dbfs, levels[-1].clipped)


@dataclass
class Page:
    """The page with all that it joins."""

    panel: RecordPanel
    controller: RecordController
    ears: Ears
    experiments: ExperimentState
    run: RunState
    training: TrainingJob
    folder: Path
    host: PortAudioThread

    @property
    def counts(self) -> dict[str, int]:
        return {row.name: row.n_clips for row in self.panel.classes.rows}

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.rglob("*.flac")) if self.folder.is_dir() else []

    @property
    def visible_files(self) -> list[Path]:
        return [path for path in self.files if not any(part.startswith(".") for part in path.parts)]

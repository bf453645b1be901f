"""Controller of recording: follows the session of the Listen page, draws the input, emits takes."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from mlpsvd import setting_labels, settings
from mlpsvd.audio.sources.source import SourceState
from mlpsvd.collection.recording.recorder import RecorderState
from mlpsvd.collection.recording.settings import TRIGGERED, RecordSettings
from mlpsvd.setting_labels import inside_sentence
from mlpsvd.text import sentence
from mlpsvd_gui.pages.record.controllers import texts
from mlpsvd_gui.pages.record.views.panel import RecordPanel
from mlpsvd_gui.pages.record.views.scope import ScopeView, TakeMark
from mlpsvd_gui.pages.record.workers.recording import InputView, RecordingWorker, TakeSpan
from mlpsvd_gui.state.listening_state import ListeningState
from mlpsvd_gui.state.record_memory import RecordMemory
from mlpsvd_gui.state.undo_steps import ValueHistory
from mlpsvd_gui.widgets.messages import MessageKind
from mlpsvd_gui.workers.live_session import LiveSession

__all__ = ["TakesController"]

_DRAW_MS = 40
_QUIETEST_TRIGGER_DBFS = -80.0
_WAIT_S = 2.0
_REOPENED_WITHIN_S = 1.0
"""A session that follows within this time is a reopened one (for another model); recording continues in it."""


class TakesController(QObject):
    """Manages one :class:`RecordingWorker` per session and shows its state; ``stack`` gets the changes of settings."""

    take_ready = Signal(object, object)
    """Emits a :class:`Take` and the folder of the collection that it was recorded for."""
    settled = Signal()
    """Emitted when no take is pending for a previous collection."""

    def __init__(
        self,
        panel: RecordPanel,
        listening: ListeningState,
        memory: RecordMemory,
        stack: QUndoStack,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._listening = listening
        self._memory = memory
        self._settings = memory.settings
        self._history = ValueHistory(self._use, self, stack)
        self._folder: Path | None = None
        self._spool_folder: Path | None = None
        self._worker: RecordingWorker | None = None
        self._ending: list[RecordingWorker] = []
        self._message = ""
        self._interrupted: tuple[str, float] = ("", 0.0)
        self._timer = QTimer(self)
        self._timer.setInterval(_DRAW_MS)
        self._connect()
        self._show_settings()
        self._on_session(listening.session)

    @property
    def settings(self) -> RecordSettings:
        """The recording settings."""
        return self._settings

    @property
    def is_on(self) -> bool:
        """Whether a take is running or the trigger is armed."""
        return self._worker is not None and self._worker.state.armed

    @property
    def recorded_s(self) -> float:
        """Duration of the running take; 0 without one."""
        return self._worker.state.duration_s if self._worker is not None else 0.0

    def set_target(self, folder: Path | None, spool_folder: Path | None) -> None:
        """Record into this collection; a running take ends and belongs to the previous one."""
        if folder != self._folder:
            self._folder, self._spool_folder = folder, spool_folder
            self._on_session(self._listening.session)
            if not self._ending:
                self.settled.emit()

    def close(self) -> None:
        """End a running take and wait until it is on disk."""
        self._timer.stop()
        self._retire_worker()
        for worker in list(self._ending):
            worker.close(_WAIT_S)
            self._on_ended(worker)

    def _connect(self) -> None:
        controls = self._panel.controls
        controls.record_requested.connect(self._record)
        controls.stop_requested.connect(self._stop)
        controls.settings_edited.connect(self._edit)
        self._panel.bar.start_requested.connect(self._start)
        self._panel.bar.stop_requested.connect(self._listening.request_stop)
        self._panel.bar.meter.trigger_dragged.connect(self._drag_trigger)
        self._listening.session_changed.connect(self._on_session)
        self._listening.levels_changed.connect(self._show_level)
        self._listening.failed.connect(self._report_failure)
        self._timer.timeout.connect(self._draw)

    # -- sessions

    def _start(self) -> None:
        self._panel.messages.clear()
        self._listening.request_start()

    def _report_failure(self, sentence: str) -> None:
        if self._panel.isVisible():
            self._panel.show_error(sentence)

    def _on_session(self, session: LiveSession | None) -> None:
        if session is None and self._worker is not None:
            self._interrupted = (self._worker.state.label, time.monotonic())
        self._retire_worker()
        if session is not None:
            worker = RecordingWorker(session.source, self._settings, self._folder, self._spool_folder, self)
            worker.takes_ready.connect(partial(self._emit_takes, worker))
            worker.ended.connect(partial(self._on_ended, worker))
            self._worker = worker
            worker.start()
            self._timer.start()
        else:
            self._timer.stop()
            self._panel.bar.meter.show_silence()
        self._draw()

    def _retire_worker(self) -> None:
        """End the worker; its last take is emitted when available."""
        worker, self._worker = self._worker, None
        if worker is not None:
            self._ending.append(worker)
            worker.ask_to_end()

    def _on_ended(self, worker: RecordingWorker) -> None:
        self._emit_takes(worker)
        if worker in self._ending:
            self._ending.remove(worker)
            worker.close()
            worker.deleteLater()
            if not self._ending:
                self.settled.emit()
        self._draw()

    def _emit_takes(self, worker: RecordingWorker) -> None:
        if worker is self._worker:
            self._report(worker.state)  # first: it must not hide messages about the takes
        for take in worker.fetch():
            if worker.folder is not None:
                self.take_ready.emit(take, worker.folder)

    # -- requests of the page

    def _record(self) -> None:
        label = self._panel.classes.chosen
        if self._worker is not None and label:
            self._worker.record(label)
            self._draw()

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.stop()
            self._draw()

    def _edit(self, name: str, value: object) -> None:
        edited = settings.with_value(self._settings, name, value)
        problem = next(iter(settings.problems(edited)), None)
        if problem is not None:
            self._panel.controls.show_settings(edited, sentence(str(problem)))
            return
        if edited == self._settings:
            self._show_settings()
            return
        label = inside_sentence(setting_labels.label(RecordSettings, name))
        self._history.add(f"change of {label}", self._settings, edited, name)
        if self._panel.messages.kind is MessageKind.DONE:
            self._panel.messages.clear()  # its Undo would undo this change instead

    def _use(self, record: RecordSettings) -> None:
        self._settings = self._memory.settings = record
        if self._worker is not None:
            self._worker.set_settings(record)
        self._show_settings()

    def _drag_trigger(self, trigger_dbfs: float) -> None:
        self._edit("trigger_dbfs", max(_QUIETEST_TRIGGER_DBFS, trigger_dbfs))

    def _show_settings(self) -> None:
        self._panel.controls.show_settings(self._settings)
        if self._settings.mode == TRIGGERED:
            self._panel.bar.meter.show_trigger(self._settings.trigger_dbfs)
        else:
            self._panel.bar.meter.hide_trigger()
        self._draw()

    # -- display

    def _show_level(self, rms_dbfs: float, peak_dbfs: float, clipped: bool) -> None:
        if self._panel.isVisible():
            self._panel.bar.meter.show_level(rms_dbfs, peak_dbfs, clipped, time.monotonic())

    def draw_now(self) -> None:
        """Show the state immediately, after a change of classes or counts."""
        self._draw()

    def _draw(self) -> None:
        if self._timer.isActive() and not self._panel.isVisible():
            return  # the next visible tick draws
        worker = self._worker
        state = worker.state if worker is not None else RecorderState()
        reason = self._reason()
        self._panel.controls.show_recording(state.armed, not reason, reason)
        self._show_lamp(state, reason)
        self._show_source()
        self._resume()
        view = worker.view if worker is not None else None
        self._panel.scope.show_view(self._scope(view) if view is not None else None)
        self._report(state)

    def _report(self, state: RecorderState) -> None:
        if state.message is not self._message:  # not "!=": the same text may be shown again after another attempt
            self._message = state.message
            if state.message:
                self._panel.show_warning(state.message)

    def _resume(self) -> None:
        """Continue recording in a reopened session."""
        label, since_s = self._interrupted
        if self._worker is not None and self._worker.can_record:
            self._interrupted = ("", 0.0)
            if label and time.monotonic() - since_s < _REOPENED_WITHIN_S:
                self._worker.record(label)

    def _reason(self) -> str:
        """Return why recording is not possible; otherwise an empty text."""
        if self._folder is None:
            return "Make or open a collection first"
        if not self._panel.classes.chosen:
            return "Add a class first"
        if self._spool_folder is None:
            return "The collection is read-only"
        if self._worker is None:
            return "No input yet. Press Start listening"
        if self._worker.can_record:
            return ""
        return "The source has ended" if self._worker.source.finished else "Opening the source"

    def _show_lamp(self, state: RecorderState, reason: str) -> None:
        lamp = self._panel.controls.lamp
        if state.recording:
            lamp.show_state("recording", *texts.running_text(state, self._settings))
        elif state.armed:
            lamp.show_state("waiting", *texts.waiting_text(state, self._settings))
        else:
            classes = self._panel.classes
            n_clips = next((row.n_clips for row in classes.rows if row.name == classes.chosen), 0)
            words = texts.idle_text(classes.chosen, n_clips, classes.goal)
            lamp.show_state("idle", words, f"{reason}." if reason else texts.ready_note(self._settings))

    def _show_source(self) -> None:
        if self._worker is None:
            self._panel.bar.show_source("No input", False)
            return
        status = self._worker.source.status
        text = self._worker.source.name
        if status.state is SourceState.STARTING:
            text = f"Opening {self._worker.source.name}…"
        elif status.state is SourceState.STALLED:
            text = status.message or "Waiting for the device"
        self._panel.bar.show_source(text, True)

    def _scope(self, view: InputView) -> ScopeView:
        recording = self._settings if self._folder is not None else None
        trigger = 10.0 ** (self._settings.trigger_dbfs / 20.0) if self._settings.mode == TRIGGERED else 0.0
        return ScopeView(
            view.low,
            view.high,
            view.shown_s,
            tuple(self._mark(one, view) for one in view.takes),
            recording.pre_roll_s if recording is not None else 0.0,
            trigger,
        )

    def _mark(self, one: TakeSpan, view: InputView) -> TakeMark:
        begins_s, ends_s = (view.end - one.first) / view.rate_hz, (view.end - one.end) / view.rate_hz
        is_running = view.state.recording and one is view.takes[-1]
        return TakeMark(begins_s, ends_s, one.pre_roll_s, self._panel.classes.colour_of(one.label), is_running)

"""Controller of the Listen page."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QSettings

from mlpsvd.audio.devices.microphone import MicrophoneSource
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.sources.source import SourceState
from mlpsvd.audio.sources.synthetic_source import SyntheticSource
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.errors import MlpSvdError
from mlpsvd.text import frequency_text, sentence
from mlpsvd_gui.pages.listen.controllers.calibration import CalibrationController
from mlpsvd_gui.pages.listen.controllers.conditioning import ConditioningController
from mlpsvd_gui.pages.listen.controllers.decision_log import LiveLog
from mlpsvd_gui.pages.listen.controllers.devices import DevicesController
from mlpsvd_gui.pages.listen.controllers.drawing import LiveDrawing, step_of
from mlpsvd_gui.pages.listen.controllers.last_choice import LastChoice
from mlpsvd_gui.pages.listen.controllers.notes import NotesController
from mlpsvd_gui.pages.listen.controllers.settings import LiveSettingsController
from mlpsvd_gui.pages.listen.controllers.sources import SourceFactory
from mlpsvd_gui.pages.listen.controllers.texts import right_text, status_text
from mlpsvd_gui.pages.listen.views.panel import ListenPanel
from mlpsvd_gui.pages.listen.views.source_chooser import FILE_SOURCE, MICROPHONE_SOURCE, SYNTHETIC_SOURCE
from mlpsvd_gui.state.available_models import AvailableModel, default_model
from mlpsvd_gui.state.listening_state import ListeningState
from mlpsvd_gui.state.model_library import ModelLibrary
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.workers.live_session import LiveSession, LiveUpdate

__all__ = ["ListenController"]


class ListenController(QObject):
    """Starts and stops sessions; changes models and settings while they run.

    Parameters
    ----------
    panel
        The page.
    models
        The networks to choose from.
    listening
        Where the session is kept that other pages follow.
    preferences
        Stored choices; by default those of the program.
    host
        The owner of PortAudio; by default a new one, closed with the controller.
    """

    def __init__(
        self,
        panel: ListenPanel,
        models: ModelLibrary,
        listening: ListeningState,
        preferences: Preferences | None = None,
        host: PortAudioThread | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        preferences = preferences or Preferences(QSettings())
        self._own_host = PortAudioThread() if host is None else None
        host = host or self._own_host or PortAudioThread()
        source = panel.controls.source
        self._panel = panel
        self._model: AvailableModel | None = None
        self._chosen_key = ""  # of the model that the user chose last
        self._session: LiveSession | None = None
        self._update: LiveUpdate | None = None
        self._starts_again = False
        self._is_silent = False
        self._has_offered = False
        self._started_s = 0.0
        self._models = models
        self._listening = listening
        self.devices = DevicesController(source.devices, host, preferences, self)
        self.settings = LiveSettingsController(panel.settings_form, panel.meter, preferences, self)
        self.conditioning = ConditioningController(panel.sound_form, preferences, self, self.settings.history.stack)
        self.calibration = CalibrationController(self.conditioning, panel, self)
        self.drawing = LiveDrawing(panel, self._to_db_spl, self)
        self._choice = LastChoice(source, preferences, self)
        self._sources = SourceFactory(source, self.devices, host)
        self._notes = NotesController()
        self._log = LiveLog(panel, self)
        self._connect()
        self._choose_source()
        self._on_models()

    @property
    def session(self) -> LiveSession | None:
        """The current session; None without one."""
        return self._session

    @property
    def is_running(self) -> bool:
        """Whether a session is running."""
        return self._session is not None

    def close(self) -> None:
        """Stop everything, within a second."""
        self.drawing.close()
        if self._session is not None:
            self._session.close()
            self._session = None
            self._listening.set_session(None)
        for part in (self.devices, self.calibration, self.conditioning, self._log):
            part.close()
        if self._own_host is not None:
            self._own_host.close()

    def _connect(self) -> None:
        controls = self._panel.controls
        controls.start_requested.connect(self.start)
        controls.stop_requested.connect(self.stop)
        controls.model_chosen.connect(self._choose_model)
        controls.model_file_chosen.connect(self._models.open_model)
        controls.source.class_chosen.connect(self._choose_class)
        controls.source.kind_chosen.connect(lambda _: self._choose_source())
        self.devices.changed.connect(self._choose_source)
        self.settings.changed.connect(self._use_settings)
        self.conditioning.changed.connect(self._use_conditioning)
        self.conditioning.start_requested.connect(self.start)
        self._panel.sound_form.calibration_requested.connect(self.calibration.open)
        self.calibration.start_requested.connect(self.start)
        self.drawing.levels_drawn.connect(self._listening.levels_changed)
        self.drawing.levels_drawn.connect(lambda rms_dbfs, *_: self.settings.add_level(rms_dbfs))
        self._panel.messages.action_requested.connect(lambda _: self.settings.use_event_mode())
        self.drawing.levels_drawn.connect(self.calibration.show_level)
        self.drawing.ticked.connect(self._tick)
        self._models.models_changed.connect(self._on_models)
        self._listening.start_requested.connect(self._start_to_record)
        self._listening.stop_requested.connect(self.stop)
        self._models.opened.connect(self._on_opened)
        self._models.failed.connect(lambda text: self._panel.show_error(sentence(text)))

    # --- choices -------------------------------------------------------------------------------------------------

    def _choose_model(self, key: str) -> None:
        self._chosen_key = key
        self._use(self._models.find(key) or self._model)

    def _on_opened(self, model: AvailableModel) -> None:
        self._panel.messages.clear()
        self._chosen_key = model.key
        self._use(model)

    def _on_models(self) -> None:
        chosen = default_model(self._models.entries(), self._chosen_key)
        # While the next run trains there are no outcomes yet: a running session keeps its model.
        if chosen is None and self._session is not None:
            chosen = self._model
        self._use(chosen)

    def _use(self, model: AvailableModel | None) -> None:
        before, self._model = self._model, model
        controls = self._panel.controls
        entries = [(one.key, one.text, one.tip) for one in self._models.entries()]
        controls.model_box.show_models(entries, model.key if model is not None else "")
        self._panel.welcome.show_reason(self._models.refusal)
        bank = model.bank if model is not None else None
        controls.source.show_classes([one.label for one in bank.filters] if bank is not None else [])
        if model is not before:
            self.conditioning.use_model(model)
        if self._session is None:
            self._panel.show_model(model is not None)
            if model is not None:
                controls.source.suggest(SYNTHETIC_SOURCE if bank is not None else FILE_SOURCE)
        elif model is not None and model is not before:
            self._swap(self._session, before, model)
        self._show_startable()

    def _swap(self, session: LiveSession, before: AvailableModel | None, model: AvailableModel) -> None:
        if self._sources.serves(session.source, before, model):
            try:
                session.swap(model.classifier, self.conditioning.conditioning())
            except MlpSvdError:  # windows longer than the buffer
                pass
            else:
                self._begin_view(session)
                return
        rate = frequency_text(model.classifier.sample_rate_hz)
        self._notes.show_notice(f"Input reopened at {rate} for {model.text}.")
        self._starts_again = True
        session.ask_to_stop()

    def _choose_source(self) -> None:
        is_microphone = self._panel.controls.source.kind == MICROPHONE_SOURCE
        self._panel.controls.show_problem(self.devices.problem if is_microphone and not self.is_running else "")
        self.conditioning.use_device(self.devices.key if is_microphone else None, self.devices.name)
        self._show_startable()

    def _choose_class(self, index: int) -> None:
        source = self._session.source if self._session is not None else None
        if isinstance(source, SyntheticSource) and index >= 0:
            source.choose(index)

    def _use_settings(self, wanted: LiveSettings) -> None:
        if self._session is not None:
            self._session.set_settings(wanted)
            if self._model is not None and self._panel.probabilities.step_s != step_of(self._model, wanted):
                self._begin_view(self._session)

    def _use_conditioning(self) -> None:
        if self._session is not None:
            self._session.set_conditioning(self.conditioning.conditioning())
        self._show_conditioning()

    def _show_conditioning(self) -> None:
        measured = self.conditioning.background
        self._notes.use_background(measured, self.conditioning.subtracts)
        scale = self.drawing.scale
        power = measured.power if measured is not None else None
        self._panel.spectra.show_background(scale.background(power) if scale is not None else None)
        self._panel.show_active(self.conditioning.active_texts())

    def _to_db_spl(self, level_dbfs: float) -> float | None:
        calibration = self.conditioning.calibration
        return None if calibration is None else calibration.to_db_spl(level_dbfs)

    # --- start and stop ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start with the chosen source and model, unless a session is running."""
        if self._session is not None:
            return
        self._panel.messages.clear()
        model = self._model
        try:
            source = self._sources.make(model)
            classifier = model.classifier if model is not None else None
            conditioning = self.conditioning.conditioning()
            session = LiveSession(source, classifier, self.settings.settings, conditioning, self)
        except MlpSvdError as error:
            self._report(f"{error}")
            return
        session.news.connect(self._on_news)
        self._session = session
        self._started_s = time.monotonic()
        self._update = None
        self._log.begin()
        self.drawing.latency.clear()
        self._panel.meter.reset()
        self.settings.forget_levels()
        self._begin_view(session)
        self._show_running(True)
        session.start()
        is_microphone = isinstance(source, MicrophoneSource)
        self._listening.set_session(session)
        self.conditioning.use_session(session if is_microphone else None)
        self.calibration.use_session(session if is_microphone else None)

    def _start_to_record(self) -> None:
        """Start with the microphone, or with the source that the user chose."""
        if self._session is None:
            self._panel.controls.source.suggest(MICROPHONE_SOURCE)
        self.start()

    def _report(self, text: str) -> None:
        self._panel.show_error(sentence(text))
        self._listening.failed.emit(sentence(text))

    def stop(self) -> None:
        """Ask the session to end."""
        self._starts_again = False
        if self._session is not None:
            self._session.ask_to_stop()

    def _begin_view(self, session: LiveSession) -> None:
        model = self._model
        self._notes.begin(session.source, model)
        self.drawing.begin(session, model, self.settings.settings)
        self._show_conditioning()
        self._suggest_event_mode(model)

    def _suggest_event_mode(self, model: AvailableModel | None) -> None:
        """Suggest whole-sound decisions, once, for a network of whole recordings, unless windows were chosen."""
        is_fitting = model is not None and model.bank is None and model.classifier.model.contract.cut_s == 0
        is_open = not self.settings.chose_windows and self.settings.settings.windows == "running"
        if is_fitting and is_open and not self._has_offered:
            self._has_offered = True
            self._panel.suggest_event_mode()

    def _show_running(self, is_running: bool) -> None:
        self._panel.controls.show_running(is_running)
        self.devices.set_running(is_running)
        if is_running:
            self._panel.controls.show_problem("")

    def _end(self, update: LiveUpdate) -> None:
        session, self._session = self._session, None
        self.drawing.stop()
        self._show_status(session, update)
        if session is not None:
            session.close()
            self.conditioning.use_session(None)
            self.calibration.use_session(None)
            self._listening.set_session(None)
            session.deleteLater()
        self._show_running(False)
        if update.status.state is SourceState.FAILED:
            self._report(update.status.message)
        if update.status.state is not SourceState.FINISHED:
            self._panel.meter.show_silence()  # a frozen level looks like input
        self._panel.notes.show_sentences(())
        if not self._log.n_decisions:
            self._panel.show_model(self._model is not None)
        if self._starts_again:
            self._starts_again = False
            self.start()
        else:
            self._notes.show_notice("")
        self._show_startable()

    def _show_startable(self) -> None:
        reason = self._sources.reason_not_to_start(self._model)
        self._panel.controls.show_startable(not reason, reason)
        if self._session is None and self._update is None:
            self._panel.show_status(f"{reason}." if reason else "Ready.")

    # --- input ---------------------------------------------------------------------------------------------------

    def _on_news(self) -> None:
        if self.sender() is self._session:
            self._drain()

    def _tick(self) -> None:
        """Poll the status: a stalled device sends no updates."""
        self._drain()
        if self._session is not None and self._update is not None and self._panel.isVisible():
            self._show_status(self._session, self._update)
            self._panel.notes.show_sentences(self._notes.sentences())

    def _drain(self) -> None:
        session = self._session
        if session is None:
            return
        update = self._update = session.drain()
        self._notes.show_status(update.status)
        self._report_silence(update.status.state is SourceState.STALLED)
        if update.decisions:
            self._log.add(update.decisions, session.source, self.settings.clips_align)
            for decision in update.decisions:
                self._notes.take(decision)
        self.drawing.take(update)
        if update.ended:
            self._end(update)

    def _report_silence(self, is_silent: bool) -> None:
        if is_silent and not self._is_silent:
            self._panel.show_silence()
        self._is_silent = is_silent

    def _show_status(self, session: LiveSession | None, update: LiveUpdate) -> None:
        if session is not None:
            elapsed_s, source = time.monotonic() - self._started_s, session.source
            text = status_text(source.name, update, source.health, self._log.n_decisions, elapsed_s)
            self._panel.show_status(text + right_text(self._log.n_right, self._log.n_judged))

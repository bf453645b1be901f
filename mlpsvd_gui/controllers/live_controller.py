"""Joins the live tab with the trained networks, a source of sound and the thread that classifies it."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

from mlpsvd.audio.level import Level
from mlpsvd.audio.source import SourceState
from mlpsvd.audio.synthetic_source import SyntheticSource
from mlpsvd.errors import MlpSvdError
from mlpsvd.models.live import LiveDecision
from mlpsvd_gui.controllers.live_log import LiveLog
from mlpsvd_gui.controllers.live_model_list import LiveModels
from mlpsvd_gui.controllers.live_models import LiveModel
from mlpsvd_gui.controllers.live_sources import make_source, reason_not_to_start
from mlpsvd_gui.controllers.live_texts import LatencyLog, right_text, status_text
from mlpsvd_gui.models.run_model import RunModel
from mlpsvd_gui.views.live_controls import FILE_SOURCE, SYNTHETIC_SOURCE
from mlpsvd_gui.views.live_panel import LivePanel
from mlpsvd_gui.workers.live import LiveSession, LiveUpdate

__all__ = ["LiveController"]

_DRAW_MS = 50
_SPECTRUM_EVERY = 3
"""Drawings from one spectrum to the next: it costs as much time as all the rest."""


class LiveController(QObject):
    """Starts and stops sessions, swaps models, and draws at most twenty times a second.

    The label is shown as soon as a decision is there; raster, spectrum, meter and log wait for the next drawing.
    """

    session_changed = Signal(object)
    """Emits the :class:`LiveSession` that has just been started, or None: nothing plays any more."""
    levels_drawn = Signal(float, float, bool)
    """Emits root mean square and peak of the last moments in dBFS, and whether they clipped; twenty times a second."""

    def __init__(self, panel: LivePanel, run_model: RunModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._run_model = run_model
        self.models = LiveModels(run_model, self)
        self._model: LiveModel | None = None
        self._session: LiveSession | None = None
        self._shown_names: tuple[str, ...] = ()
        self._starts_again = False
        self._started_s = 0.0
        self._log = LiveLog(panel, self)
        self._undrawn: list[LiveDecision] = []
        self._latest: LiveDecision | None = None
        self._n_drawn = 0
        self._levels: list[Level] = []
        self._update: LiveUpdate | None = None
        self._latency = LatencyLog()
        self._timer = QTimer(self)
        self._timer.setInterval(_DRAW_MS)
        self._connect()
        self._take_models()

    @property
    def session(self) -> LiveSession | None:
        """What plays now, None where nothing does."""
        return self._session

    def start(self) -> None:
        """Begin with the chosen source and model, as the Start button does; nothing where something plays."""
        self._start()

    def stop(self) -> None:
        """Ask what plays to stop; :attr:`session_changed` follows."""
        self._stop()

    @property
    def is_running(self) -> bool:
        """Whether a source plays."""
        return self._session is not None

    def close(self) -> None:
        """Stop everything, within a second."""
        self._timer.stop()
        if self._session is not None:
            self._session.close()
            self._session = None
            self.session_changed.emit(None)
        self.models.close()
        self._log.close()

    def _connect(self) -> None:
        controls = self._panel.controls
        controls.start_requested.connect(self._start)
        controls.stop_requested.connect(self._stop)
        controls.model_chosen.connect(self._choose_model)
        controls.model_file_chosen.connect(self.open_model)
        controls.class_chosen.connect(self._choose_class)
        controls.source_kind_chosen.connect(lambda _: self._show_startable())
        self._panel.decision.painted.connect(self._latency.painted)
        self.models.models_changed.connect(self._take_models)
        self.models.opened.connect(self._take_opened)
        self.models.failed.connect(lambda sentence: self._panel.show_error(_sentence(sentence)))
        self._timer.timeout.connect(self._draw)

    # --- which model ---------------------------------------------------------------------------------------------

    def open_model(self, path: str) -> None:
        """Read a model file in the background and choose it."""
        self.models.open_model(path)

    def _take_opened(self, model: LiveModel) -> None:
        self._panel.show_error("")
        self._use(model)

    def _take_models(self) -> None:
        current = self._model.key if self._model is not None else ""
        models = self.models.entries()
        chosen = next((model for model in models if model.key == current), models[-1] if models else None)
        # While the next run trains there are no outcomes yet: a session that runs keeps the model it has.
        if chosen is None and self._session is not None:
            chosen = self._model
        self._use(chosen)

    def _choose_model(self, key: str) -> None:
        self._use(self.models.find(key) or self._model)

    def _use(self, model: LiveModel | None) -> None:
        before, self._model = self._model, model
        entries = [(one.key, one.text, one.tip) for one in self.models.entries()]
        self._panel.controls.show_models(entries, model.key if model is not None else "")
        bank = model.bank if model is not None else None
        self._panel.controls.show_classes([one.label for one in bank.filters] if bank is not None else [])
        if self._session is None:
            self._panel.show_model(model is not None)
            if model is not None:
                self._panel.controls.suggest_source(SYNTHETIC_SOURCE if bank is not None else FILE_SOURCE)
        elif model is not None and model is not before:
            self._swap(before, model)
        self._show_startable()

    def _swap(self, before: LiveModel | None, model: LiveModel) -> None:
        if self._session is None:
            return
        if before is not None and before.plays_like(model):
            self._session.swap(model.classifier)
            self._begin_view(model)
        else:
            self._starts_again = True
            self._session.ask_to_stop()

    # --- start and stop ------------------------------------------------------------------------------------------

    def _start(self) -> None:
        model = self._model
        if model is None or self._session is not None:
            return
        self._panel.show_error("")
        try:
            source = make_source(self._panel.controls, model)
            session = LiveSession(source, model.classifier, self._panel.controls.hop_share, self)
        except MlpSvdError as error:
            self._tell_error(error)
            return
        session.news.connect(self._take_news)
        self._session = session
        self._log.begin()
        self._latency.clear()
        self._begin_view(model)
        self._panel.controls.show_running(True)
        self._started_s = time.monotonic()
        self._timer.start()
        session.start()
        self.session_changed.emit(session)

    def _begin_view(self, model: LiveModel) -> None:
        classifier = model.classifier
        window_s = classifier.n_samples / classifier.sample_rate_hz
        self._shown_names = tuple(classifier.class_names)
        self._undrawn.clear()
        self._latest = None
        self._panel.begin(self._shown_names, window_s * self._panel.controls.hop_share)
        self._panel.show_spectra(model.frequencies_hz, model.class_means)

    def _stop(self) -> None:
        if self._session is not None:
            self._session.ask_to_stop()

    def _choose_class(self, index: int) -> None:
        source = self._session.source if self._session is not None else None
        if isinstance(source, SyntheticSource) and index >= 0:
            source.choose(index)

    def _end(self, update: LiveUpdate) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
            self.session_changed.emit(None)
            session.deleteLater()
        self._timer.stop()
        self._draw()
        self._panel.controls.show_running(False)
        if update.status.state is SourceState.FAILED:
            self._panel.show_error(_sentence(update.status.message))
        if not self._log.n_decisions:
            self._panel.show_model(self._model is not None)
        if self._starts_again:
            self._starts_again = False
            self._start()
        self._show_startable()

    def _show_startable(self) -> None:
        controls = self._panel.controls
        reason = reason_not_to_start(controls, self._model)
        controls.show_startable(not reason, reason)
        if self._session is None and not self._log.n_decisions:
            self._panel.show_status(f"{reason}." if reason else "Ready.")

    # --- what comes in -------------------------------------------------------------------------------------------

    def _take_news(self) -> None:
        if self._session is None or self.sender() is not self._session:
            return
        update = self._session.drain()
        self._update = update
        self._levels.extend(update.levels)
        if update.decisions:
            self._take_decisions(update.decisions)
        if update.ended:
            self._end(update)

    def _take_decisions(self, decisions: tuple[LiveDecision, ...]) -> None:
        if self._session is not None:
            self._log.add(decisions, self._session.source, self._panel.controls.hop_share == 1.0)
        # A window that the last model had in hand when it was swapped is in the log, but has no row to be drawn in.
        fitting = [one for one in decisions if one.class_names == self._shown_names]
        if fitting:
            self._undrawn.extend(fitting)
            self._latency.decided(fitting[-1])
            self._panel.show_label(fitting[-1])

    def _draw(self) -> None:
        if self._levels:
            levels, self._levels = self._levels, []
            peak_dbfs = max(level.peak_dbfs for level in levels)
            clipped = any(level.clipped for level in levels)
            self._panel.show_level(levels[-1].rms_dbfs, peak_dbfs, clipped)
            self.levels_drawn.emit(levels[-1].rms_dbfs, peak_dbfs, clipped)
        if self._undrawn:
            decisions, self._undrawn = self._undrawn, []
            self._panel.add_decisions(decisions)
            self._latest = decisions[-1]
        self._n_drawn += 1
        if self._n_drawn % _SPECTRUM_EVERY == 0 or self._session is None:
            self._draw_spectrum()
        if self._update is not None:
            self._panel.show_latency(self._latency.parts())
            elapsed_s = time.monotonic() - self._started_s
            text = status_text(self._source_name(), self._update, self._log.n_decisions, elapsed_s)
            self._panel.show_status(text + right_text(self._log.n_right, self._log.n_judged))

    def _draw_spectrum(self) -> None:
        latest, self._latest = self._latest, None
        if latest is not None and self._model is not None and len(latest.features) == self._n_features():
            self._panel.show_input(self._model.shown(latest.features))

    def _n_features(self) -> int:
        return self._model.classifier.model.features.n_features if self._model is not None else 0

    def _source_name(self) -> str:
        return self._session.source.name if self._session is not None else "Source"

    def _tell_error(self, error: Exception) -> None:
        self._panel.show_error(_sentence(str(error)))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."

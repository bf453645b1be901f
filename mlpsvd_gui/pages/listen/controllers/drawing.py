"""Schedule of drawing: the label immediately, everything else at most twenty times per second if visible."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from mlpsvd.audio.level import Level
from mlpsvd.audio.sources.source import SourceState
from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.classification.live.spectrum_scale import SpectrumScale
from mlpsvd.classification.live.verdict import VerdictKind
from mlpsvd.text import percent, with_minus
from mlpsvd_gui.pages.listen.controllers.latency import LatencyLog
from mlpsvd_gui.pages.listen.views.panel import ListenPanel
from mlpsvd_gui.state.available_models import AvailableModel
from mlpsvd_gui.workers.live_session import LiveSession, LiveUpdate
from mlpsvd_gui.workers.live_spectrum import LiveSpectrum, SpectrumColumn

__all__ = ["LiveDrawing", "step_of"]

_DRAW_MS = 50
_RASTER_TURN, _WATERFALL_TURN, _LOG_TURN, _SPECTRUM_TURN = range(4)
_N_TURNS = 4
"""The four drawings have separate frames: together they would block the window for 20 ms."""
_LATENCY_EVERY = 12
_LEAST_STEP_S = 0.02
_SOUND_STEP_S = 0.1


class LiveDrawing(QObject):
    """Collects the updates of a session and draws them into the panel on schedule."""

    ticked = Signal()
    """Emitted before each drawing."""
    levels_drawn = Signal(float, float, bool)
    """Emits RMS and peak level in dBFS and whether the input clipped."""

    def __init__(self, panel: ListenPanel, to_db_spl: Callable[[float], float | None], parent: QObject) -> None:
        super().__init__(parent)
        self._panel = panel
        self._to_db_spl = to_db_spl
        self.latency = LatencyLog()
        self._names: tuple[str, ...] = ()
        self._scale: SpectrumScale | None = None
        self._differ = False
        self._levels: list[Level] = []
        self._decisions: list[LiveDecision] = []
        self._unlisted: list[LiveDecision] = []
        self._unseen: list[LiveDecision] = []
        self._columns: list[SpectrumColumn] = []
        self._latest: LiveDecision | SpectrumColumn | None = None
        self._turn = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_DRAW_MS)
        self._timer.timeout.connect(self.draw)
        panel.decision.painted.connect(self.latency.painted)

    @property
    def scale(self) -> SpectrumScale | None:
        """The scale of the model's spectra; None without a model."""
        return self._scale

    def begin(self, session: LiveSession, model: AvailableModel | None, settings: LiveSettings) -> None:
        """Clear the plots for a model, or for none."""
        self._differ = settings.windows == "whole sounds"
        self._draw_log()  # decisions of the last model stay in the log
        for undrawn in (self._decisions, self._unseen, self._columns):
            undrawn.clear()
        self._latest = None
        spectra = self._panel.spectra
        if model is None:
            self._names, self._scale = (), None
            self._panel.begin((), 0.0)
            frequencies = session.spectrum_frequencies_hz
            spectra.begin(frequencies, (), None, ("Level", "dBFS"), LiveSpectrum.step_s)
        else:
            scale = SpectrumScale(model.classifier.model)
            step_s = step_of(model, settings)
            self._names, self._scale = tuple(model.classifier.class_names), scale
            self._panel.begin(self._names, step_s)
            row_s = max(_LEAST_STEP_S, step_s)
            spectra.begin(scale.frequencies_hz, self._names, scale.class_means(), scale.label, row_s)
        self._timer.start()

    def stop(self) -> None:
        """Draw what is pending, then stop."""
        self._timer.stop()
        self.draw(everything=True)

    def close(self) -> None:
        """Stop drawing."""
        self._timer.stop()

    def take(self, update: LiveUpdate) -> None:
        """Take an update; the label is shown immediately."""
        if update.status.state is SourceState.STALLED:
            self._levels.clear()  # they are old, and the meter shows that there is no input
        else:
            self._levels.extend(update.levels)
        self._columns.extend(update.spectra)
        # A window of the previous model that was in progress is in the log, but has no row to be drawn in.
        fitting = [one for one in update.decisions if one.class_names == self._names]
        if fitting:
            for undrawn in (self._decisions, self._unlisted, self._unseen):
                undrawn.extend(fitting)
            self._show_verdict(fitting[-1])

    def _show_verdict(self, decision: LiveDecision) -> None:
        if self._panel.decision.isVisible():
            self.latency.decided(decision)
        self._panel.show_label(decision, _detail(decision))

    def draw(self, everything: bool = False) -> None:
        """Draw the next part."""
        self.ticked.emit()
        self._draw_level()
        self._turn = (self._turn + 1) % (_N_TURNS * _LATENCY_EVERY)
        turns = range(_N_TURNS) if everything else (self._turn % _N_TURNS,)
        is_seen = everything or self._panel.isVisible()
        self._on_columns()
        if _RASTER_TURN in turns:
            self._draw_raster()
        if _LOG_TURN in turns:
            self._draw_log()
        if _WATERFALL_TURN in turns and is_seen:
            self._panel.spectra.waterfall.redraw()
        if _SPECTRUM_TURN in turns and is_seen:
            self._draw_spectrum()
        if everything or (self._turn % _LATENCY_EVERY == _LOG_TURN and self._panel.latency.isVisible()):
            self._panel.latency.show_rows(self.latency.rows(), self.latency.note())

    def _draw_level(self) -> None:
        if not self._levels:
            return
        levels, self._levels = self._levels, []
        rms_dbfs, peak_dbfs = levels[-1].rms_dbfs, max(level.peak_dbfs for level in levels)
        clipped = any(level.clipped for level in levels)
        self._panel.show_level(rms_dbfs, peak_dbfs, clipped, self._to_db_spl(rms_dbfs))
        self.levels_drawn.emit(rms_dbfs, peak_dbfs, clipped)

    def _draw_raster(self) -> None:
        decisions, self._decisions = self._decisions, []
        self._panel.add_to_raster(decisions, self._differ)

    def _draw_log(self) -> None:
        decisions, self._unlisted = self._unlisted, []
        self._panel.add_to_log(decisions)

    def _on_columns(self) -> None:
        unseen, self._unseen = self._unseen, []
        columns, self._columns = self._columns, []
        waterfall = self._panel.spectra.waterfall
        if unseen and self._scale is not None:
            self._latest = unseen[-1]
            for one in unseen[-waterfall.most_rows :]:
                duration_s = one.duration_s if self._differ else 0.0
                waterfall.append(one.start_s, self._scale.level_db(one.magnitudes), duration_s)
        elif columns and self._scale is None:
            self._latest = columns[-1]
            for column in columns:
                waterfall.append(column.start_s, column.level_db)

    def _draw_spectrum(self) -> None:
        latest, self._latest = self._latest, None
        if isinstance(latest, SpectrumColumn):
            self._panel.spectra.show_live(latest.level_db)
        elif latest is not None and self._scale is not None:
            if latest.label:
                self._panel.spectra.show_class(self._names.index(latest.label))
            self._panel.spectra.show_live(self._scale.curve(latest))


def step_of(model: AvailableModel, settings: LiveSettings) -> float:
    """Return the duration of a raster column: a hop, or a part of an event."""
    if settings.windows == "whole sounds":
        return max(_LEAST_STEP_S, min(_SOUND_STEP_S, model.window_s / 4.0))
    return model.window_s * settings.hop_share


def _detail(decision: LiveDecision) -> str:
    """Return the detail below the label, if it is not a probability."""
    kind = decision.verdict.kind
    if kind is VerdictKind.QUIET:
        return with_minus(f"{decision.level.rms_dbfs:.0f} dBFS, below the trigger level")
    if kind is VerdictKind.UNKNOWN:
        return f"nearest: {decision.label}, {percent(decision.probability, 0)}"
    return ""

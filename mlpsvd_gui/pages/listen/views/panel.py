"""Panel of the Listen page."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.settings import describe
from mlpsvd_gui.pages.listen.views.controls import ListenControls
from mlpsvd_gui.pages.listen.views.decision_display import DecisionDisplay
from mlpsvd_gui.pages.listen.views.latency_table import LatencyTable
from mlpsvd_gui.pages.listen.views.log_view import LiveLogView
from mlpsvd_gui.pages.listen.views.probability_history import ProbabilityHistory
from mlpsvd_gui.pages.listen.views.settings_form import LiveSettingsForm
from mlpsvd_gui.pages.listen.views.sound_form import SoundForm
from mlpsvd_gui.pages.listen.views.spectra import LiveSpectra
from mlpsvd_gui.pages.listen.views.welcome import ListenWelcome
from mlpsvd_gui.plots.theme import Theme, class_colour, theme_for
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Tabs
from mlpsvd_gui.widgets.decision_table import DecisionRow
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.level_meter import LevelMeter
from mlpsvd_gui.widgets.messages import MessageBar, ShowsMessages
from mlpsvd_gui.widgets.note_list import NoteList
from mlpsvd_gui.widgets.quiet_label import QuietLabel

__all__ = ["ListenPanel"]

_READY = "Press Start to classify."
_NO_MODEL = "No model: level and spectrum only."
_EVENT_MODE_HINT = "This model was trained on whole recordings. For words, calls or knocks, use event mode."


class ListenPanel(ShowsMessages, QWidget):
    """Choices at the top; below them label, warnings, level, probabilities and spectra; on the
    right log, settings, microphone and latency.

    Requests come from the signals of its parts.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "listen")
        self._theme = theme_for(self.palette())
        self._names: tuple[str, ...] = ()
        self.controls = ListenControls(self)
        self.messages = MessageBar(self)
        self.decision = DecisionDisplay(self)
        self.notes = NoteList(self)
        self.meter = LevelMeter(self)
        self.probabilities = ProbabilityHistory(self)
        self.welcome = ListenWelcome(self)
        self.spectra = LiveSpectra(self)
        self.log = LiveLogView(self)
        self.settings_form = LiveSettingsForm(describe(LiveSettings), self)
        self.sound_form = SoundForm(self)
        self.latency = LatencyTable(self)
        self.status = QuietLabel(self)
        self.sides = Tabs(self)
        self._top = QStackedWidget(self)
        self._build_layout()
        self.probabilities.set_empty_text("Probability of each class over the last 30 s.")
        self.welcome.open_requested.connect(self.controls.open_button.click)
        self.set_theme(self._theme)
        self.show_model(False)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        for view in (
            self.controls,
            self.decision,
            self.notes,
            self.meter,
            self.probabilities,
            self.welcome,
            self.spectra,
            self.sound_form,
            self.latency,
        ):
            view.set_theme(theme)
        self.decision.recolour(self.colour_of)
        self.log.recolour(self.colour_of)

    def suggest_event_mode(self) -> None:
        """Suggest event mode, with a button for it."""
        self.show_warning(_EVENT_MODE_HINT, "whole sounds", "Use event mode")

    def show_model(self, is_there: bool) -> None:
        """Show the empty history, or the welcome page without a model."""
        self._top.setCurrentWidget(self.probabilities if is_there or self.log.rows else self.welcome)
        self.decision.show_hint(_READY if is_there else _NO_MODEL)

    def show_status(self, text: str) -> None:
        """Show the status."""
        self.status.setText(text)

    def show_active(self, texts: Sequence[str]) -> None:
        """Show the active conditioning."""
        self.meter.show_note("   ·   ".join(texts))

    def show_silence(self) -> None:
        """Clear label and level because there is no input."""
        self.decision.show_hint("No input.")
        self.meter.show_silence()

    def begin(self, names: Sequence[str], step_s: float) -> None:
        """Start empty histories of these classes; without any, only level and spectrum come."""
        self._names = tuple(names)
        self._top.setCurrentWidget(self.probabilities if names else self.welcome)
        self.probabilities.begin(self._names, step_s)
        self.decision.show_hint("Listening…" if names else _NO_MODEL)
        self.notes.show_sentences(())

    def show_level(self, rms_dbfs: float, peak_dbfs: float, clipped: bool, level_db_spl: float | None = None) -> None:
        """Update the level meter."""
        self.meter.show_level(rms_dbfs, peak_dbfs, clipped, time.monotonic(), level_db_spl)

    def show_label(self, decision: LiveDecision, detail: str = "") -> None:
        """Show the latest label."""
        verdict = decision.verdict
        colour = self.colour_of(verdict.label)
        self.decision.show_decision(verdict.label, verdict.probability, colour, verdict.kind, detail)

    def add_to_raster(self, decisions: Sequence[LiveDecision], windows_differ: bool = False) -> None:
        """Append decisions to the raster, oldest first; each as long as it is where windows differ."""
        for one in decisions[-1000:]:
            duration_s = one.duration_s if windows_differ else None
            self.probabilities.append(one.start_s, one.smoothed, duration_s, one.lost_s)

    def add_to_log(self, decisions: Sequence[LiveDecision]) -> None:
        """Append decisions to the log, oldest first."""
        self.log.extend([self._row(decision) for decision in decisions])

    def colour_of(self, label: str) -> QColor:
        """Return the colour of a class; muted for no class."""
        return class_colour(self._names.index(label), self._theme) if label in self._names else self._theme.muted

    def _row(self, decision: LiveDecision) -> DecisionRow:
        verdict = decision.verdict
        return DecisionRow(
            decision.start_s,
            decision.label,
            verdict.probability,
            decision.level.rms_dbfs,
            self.colour_of(verdict.label),
            verdict.label,
            verdict.kind,
            decision.clock_s,
            decision.duration_s,
        )

    def _build_layout(self) -> None:
        body = QSplitter(Qt.Orientation.Horizontal, self)
        body.addWidget(self._build_main())
        body.addWidget(self._build_sides())
        body.setChildrenCollapsible(False)
        body.setSizes([880, 360])
        body.setStretchFactor(0, 1)
        body.setStretchFactor(1, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 4)
        layout.setSpacing(6)
        layout.addWidget(self.controls)
        layout.addWidget(self.messages)
        layout.addWidget(body, 1)
        layout.addWidget(self.status)

    def _build_main(self) -> QWidget:
        main = QWidget(self)
        heading = QHBoxLayout()
        heading.setSpacing(10)
        heading.addWidget(self.decision, 2)
        heading.addWidget(self.notes, 3)
        self._top.addWidget(self.welcome)
        self._top.addWidget(self.probabilities)
        pictures = QSplitter(Qt.Orientation.Vertical, main)
        pictures.addWidget(self._top)
        pictures.addWidget(self.spectra)
        pictures.setChildrenCollapsible(False)
        pictures.setHandleWidth(3)
        pictures.setSizes([150, 300])
        pictures.setStretchFactor(0, 1)
        pictures.setStretchFactor(1, 2)
        column = QVBoxLayout(main)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(4)
        column.addLayout(heading)
        column.addWidget(self.meter)
        column.addWidget(pictures, 1)
        return main

    def _build_sides(self) -> QWidget:
        for page, title, tip in (
            (self.log, "Log", "Log of all decisions"),
            (
                self.settings_form,
                "Settings",
                "Mode, hop, smoothing, hold and thresholds; changes take effect immediately",
            ),
            (self.sound_form, "Microphone", "Background, level calibration and correction of the microphone"),
            (self.latency, "Latency", "Latency from sound to label, by stage"),
        ):
            self.sides.setTabToolTip(self.sides.addTab(page, title), plain_tip(tip))
        self.sides.setDocumentMode(True)
        self.sides.setMinimumWidth(330)
        return self.sides

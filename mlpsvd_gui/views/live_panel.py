"""The tab that hears, decides and shows."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.models.live import LiveDecision
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.theme import Theme, class_colour, theme_for, with_alpha
from mlpsvd_gui.views.decision_display import DecisionDisplay
from mlpsvd_gui.views.decision_table import DecisionRow, DecisionTable
from mlpsvd_gui.views.level_meter import LevelMeter
from mlpsvd_gui.views.live_controls import LiveControls
from mlpsvd_gui.views.live_welcome import LiveWelcome
from mlpsvd_gui.views.messages import MessageBar, MessageKind
from mlpsvd_gui.views.probability_history import ProbabilityHistory

__all__ = ["LivePanel"]

_NO_MODEL = "Train a network on the Explore tab, or open a model file; then choose a source and press Start."
_READY = "Press Start to see the first decision."


class LivePanel(QWidget):
    """Choices on top; below them the decision with its level, probabilities over a spectrum, and the log.

    Asks through signals (those of :attr:`controls`, and ``export_requested``) and shows what it is told.
    """

    export_requested = Signal(str, str)
    """Emits ``csv`` or ``audacity``, and the path to write to."""
    clear_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme_for(self.palette())
        self._names: tuple[str, ...] = ()
        self._frequencies_hz: NDArray[np.floating] = np.zeros(0)
        self._is_drawn: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self._means: NDArray[np.floating] | None = None
        self.controls = LiveControls(self)
        self.messages = MessageBar(self)
        self.decision = DecisionDisplay(self)
        self.meter = LevelMeter(self)
        self.latency = QLabel(self)
        self.probabilities = ProbabilityHistory(self)
        self.spectrum = CurvePlot("Frequency", "Hz", "Network input", "", log_x=True, parent=self)
        self.log = DecisionTable(self)
        self.welcome = LiveWelcome(self)
        self.status = QLabel(self)
        self.csv_button = QPushButton("Export CSV…", self)
        self.audacity_button = QPushButton("Audacity labels…", self)
        self.clear_button = QPushButton("Clear", self)
        self._build_parts()
        self._build_layout()
        self._connect()
        self.set_theme(self._theme)
        self.show_model(False)

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        for view in (self.controls, self.decision, self.meter, self.probabilities, self.spectrum, self.welcome):
            view.set_theme(theme)
        self._paint_means()
        self.decision.recolour(self.colour_of)
        self.log.recolour(self.colour_of)

    def show_error(self, sentence: str) -> None:
        """Say in one sentence what went wrong; an empty one takes it away."""
        if sentence:
            self.messages.show_message(MessageKind.ERROR, sentence)
        else:
            self.messages.clear()

    def show_done(self, sentence: str) -> None:
        """Say in one sentence what was done."""
        self.messages.show_message(MessageKind.DONE, sentence)

    def show_model(self, is_there: bool) -> None:
        """Say what is needed for a decision; without a network and without decisions, only how to get one."""
        self._pages.setCurrentIndex(int(is_there or bool(self.log.rows)))
        self.decision.show_hint(_READY if is_there else _NO_MODEL)

    def show_status(self, text: str) -> None:
        """Say what is going on."""
        self.status.setText(text)

    def show_latency(self, parts: Sequence[tuple[str, str]]) -> None:
        """Show where the time goes between sound and label, as (what, how long); the last one is the sum."""
        rows = [f"<tr><td align=left>{what}</td><td align=right>&nbsp;&nbsp;{long}</td></tr>" for what, long in parts]
        if rows:
            rows[-1] = rows[-1].replace("td", "th")
        self.latency.setText(f"<table width='100%'>{''.join(rows)}</table>" if rows else "")

    def begin(self, names: Sequence[str], step_s: float) -> None:
        """Start empty histories of these classes."""
        self._names = tuple(names)
        self.probabilities.begin(self._names, step_s)
        self.decision.show_hint("Listening…")
        self.meter.reset()

    def show_spectra(self, frequencies_hz: NDArray[np.floating], means: NDArray[np.floating] | None) -> None:
        """Show what the classes look like on average, each row of ``means`` one class, and clear the live curve."""
        self.spectrum.clear_curves()
        self._is_drawn = frequencies_hz > 0  # 0 Hz has no place on a logarithmic axis
        self._frequencies_hz = frequencies_hz[self._is_drawn]
        self._means = means
        self._paint_means()

    def show_input(self, vector: NDArray[np.floating]) -> None:
        """Show what entered the network last, one value for each frequency of :meth:`show_spectra`."""
        if len(self._frequencies_hz):
            shown, colour = vector[self._is_drawn], self._theme.foreground
            self.spectrum.set_curve("live", self._frequencies_hz, shown, "now", colour, width=2.0)

    def show_level(self, rms_dbfs: float, peak_dbfs: float, clipped: bool) -> None:
        """Move the level meter."""
        self.meter.show_level(rms_dbfs, peak_dbfs, clipped, time.monotonic())

    def show_label(self, decision: LiveDecision) -> None:
        """Show the latest decision large."""
        self.decision.show_decision(decision.label, decision.probability, self.colour_of(decision.label))

    def add_decisions(self, decisions: Sequence[LiveDecision]) -> None:
        """Append decisions to raster and log, oldest first."""
        for decision in decisions[-1000:]:
            self.probabilities.append(decision.start_s, decision.probabilities)
        self.log.extend([self._row(decision) for decision in decisions])
        self._show_log_buttons()

    def clear_log(self) -> None:
        """Empty the log."""
        self.log.clear()
        self._show_log_buttons()

    def colour_of(self, label: str) -> QColor:
        """Return the colour of a class."""
        return class_colour(self._names.index(label) if label in self._names else 0, self._theme)

    def _paint_means(self) -> None:
        for index, mean in enumerate(() if self._means is None else self._means):
            colour = with_alpha(class_colour(index, self._theme), 0.75)
            name = self._names[index] if index < len(self._names) else ""
            self.spectrum.set_curve(index, self._frequencies_hz, mean[self._is_drawn], name, colour, width=1.0)

    def _row(self, decision: LiveDecision) -> DecisionRow:
        level_dbfs = decision.level.rms_dbfs
        colour = self.colour_of(decision.label)
        return DecisionRow(decision.start_s, decision.label, decision.probability, level_dbfs, colour)

    def _build_parts(self) -> None:
        self.probabilities.set_empty_text(
            "Here each class gets a row: how probable it was over the last half minute, and how probable it is now."
        )
        self.spectrum.set_empty_text(
            "Here the spectrum that enters the network is drawn live over the mean spectrum of each class."
        )
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.latency.setTextFormat(Qt.TextFormat.RichText)
        self.latency.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.latency.setToolTip(
            "From the end of a window's last sample to the label on the screen: waiting for the classifier's turn, "
            "features, network, and drawing; medians over the last hundred decisions."
        )
        self.csv_button.setToolTip("Write every decision with all probabilities as a CSV table")
        self.audacity_button.setToolTip("Write the decisions as a label track for Audacity (File › Import › Labels)")
        self.clear_button.setToolTip("Empty the log of decisions")
        self._show_log_buttons()

    def _build_layout(self) -> None:
        body = QSplitter(Qt.Orientation.Horizontal, self)
        body.addWidget(self._build_left())
        body.addWidget(self._build_middle())
        body.addWidget(self._build_right())
        body.setChildrenCollapsible(False)
        body.setSizes([260, 640, 340])
        for index, stretch in enumerate((0, 1, 0)):
            body.setStretchFactor(index, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(10)
        layout.addWidget(self.controls)
        layout.addWidget(self.messages)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(body)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.status)

    def _build_left(self) -> QWidget:
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(10)
        column.addWidget(self.decision, 1)
        column.addWidget(self.meter)
        column.addWidget(self.latency)
        left.setMinimumWidth(220)
        return left

    def _build_middle(self) -> QWidget:
        middle = QSplitter(Qt.Orientation.Vertical, self)
        middle.addWidget(self.probabilities)
        middle.addWidget(self.spectrum)
        middle.setChildrenCollapsible(False)
        middle.setSizes([280, 260])
        return middle

    def _build_right(self) -> QWidget:
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(4, 0, 0, 0)
        column.setSpacing(6)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (self.csv_button, self.audacity_button, self.clear_button):
            button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        column.addWidget(self.log, 1)
        column.addLayout(buttons)
        right.setMinimumWidth(320)
        return right

    def _connect(self) -> None:
        self.csv_button.clicked.connect(lambda: self._ask_for_path("csv", "decisions.csv", "CSV (*.csv)"))
        self.audacity_button.clicked.connect(lambda: self._ask_for_path("audacity", "labels.txt", "Text (*.txt)"))
        self.clear_button.clicked.connect(self.clear_requested)
        self.welcome.open_requested.connect(self.controls.open_button.click)

    def _ask_for_path(self, kind: str, name: str, pattern: str) -> None:
        path, _ = QFileDialog.getSaveFileName(self, "Export decisions", name, pattern)
        if path:
            self.export_requested.emit(kind, path)

    def _show_log_buttons(self) -> None:
        for button in (self.csv_button, self.audacity_button, self.clear_button):
            button.setEnabled(bool(self.log.rows))

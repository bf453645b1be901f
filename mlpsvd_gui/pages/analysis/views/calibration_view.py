"""Section Calibration: reliability diagram and temperature."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QSplitter, QWidget

from mlpsvd.analysis.calibration import Calibration
from mlpsvd.text import percent
from mlpsvd_gui.pages.analysis.views.section import Section
from mlpsvd_gui.plots.bar_plot import BarPlot
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.theme import LIGHT, Theme, series_colour
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["CalibrationView"]

_FEWEST = 10
"""Clips in a bin, below which its accuracy says too little to be drawn."""
_NOTE = (
    "Each point is a bin of 10 percentage points: its clips' mean probability of the predicted class, and the share of "
    f"them that is correct; below the dotted line the network is too certain. Bins with fewer than {_FEWEST} clips are "
    "not drawn: a certain network puts few clips there, and their accuracy is too uncertain. Bars: clips in each bin "
    "without a temperature. A temperature T divides the logarithms of the probabilities: above 1 it makes them less "
    "certain."
)
_SAVE_TIP = "Write a model file with this temperature, for Listen, Files and mlpsvd classify"
_USE_TIP = "Store it in the model; Listen and Files show calibrated probabilities"


class CalibrationView(Section):
    """Diagram on the left, number of clips on the right, buttons for the temperature below."""

    use_requested = Signal(float)
    """Emits the temperature to store in the model; 1 removes it."""
    save_requested = Signal(float)
    """Emits the temperature of the model file to write."""

    def __init__(self, parent: QWidget | None = None) -> None:
        question = "Is a clip shown at 90 % correct in 90 of 100 cases, and which temperature makes it so?"
        super().__init__("calibration", "Calibration", question, parent)
        self._shown: Calibration | None = None
        self._stored = 1.0
        self._refusal = ""
        self._theme = LIGHT
        self.diagram = CurvePlot("Mean probability of the predicted class", "%", "Accuracy", "%")
        self.diagram.set_x_range(0.0, 100.0)
        self.diagram.set_y_range(0.0, 100.0)
        self.diagram.set_empty_text("Accuracy against the probability shown.")
        self.counts = BarPlot("Clips")
        self.counts.set_empty_text("Clips at each probability.")
        self.stored = PlainLabel(self)
        self.use_button = QPushButton(self)
        self.remove_button = QPushButton("Remove temperature", self)
        self.save_button = QPushButton("Save model…", self)
        self._build()

    def _build(self) -> None:
        self.stored.setWordWrap(True)
        self.stored.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self.diagram)
        split.addWidget(self.counts)
        split.setSizes([600, 400])
        split.setChildrenCollapsible(False)
        self.content.addWidget(split, 1)
        self.note = PlainLabel(self, _NOTE)
        self.note.setWordWrap(True)
        self.content.addWidget(self.note)
        row = QHBoxLayout()
        row.addWidget(self.stored, 1)
        for button in (self.remove_button, self.use_button, self.save_button):
            row.addWidget(button)
        self.content.addLayout(row)
        self.use_button.clicked.connect(lambda: self._ask(self.use_requested))
        self.save_button.clicked.connect(lambda: self._ask(self.save_requested))
        self.remove_button.clicked.connect(lambda: self.use_requested.emit(1.0))
        self.save_button.setToolTip(
            plain_tip("Write a model file with this temperature, for Listen, Files and mlpsvd classify")
        )
        self.clear()

    def _ask(self, signal: object) -> None:
        if self._shown is not None:
            signal.emit(self._shown.temperature)  # type: ignore[attr-defined]

    def show_calibration(self, found: Calibration) -> None:
        """Show a calibration."""
        self._shown = found
        mlp, svd = series_colour(0, self._theme), series_colour(1, self._theme)
        with self.diagram.changes():
            self.diagram.clear_curves()
            ends = np.array([0.0, 100.0])
            self.diagram.set_curve(
                "equal", ends, ends, "Accuracy = probability", self._theme.muted, 1.0, Qt.PenStyle.DotLine
            )
            for key, one, name, colour, style in (
                ("before", found.before, "Without temperature", svd, Qt.PenStyle.SolidLine),
                ("after", found.after, f"Temperature {found.temperature:.2f}", mlp, Qt.PenStyle.DashLine),
            ):
                some = one.counts >= _FEWEST
                self.diagram.set_curve(
                    key, 100 * one.confidence[some], 100 * one.accuracy[some], name, colour, 2.0, style
                )
        self._show_counts(found)
        self._show_buttons()

    def _show_counts(self, found: Calibration) -> None:
        edges, some = found.before.edges, np.flatnonzero(found.before.counts > 0)
        names = [f"{100 * edges[k]:.0f} to {percent(edges[k + 1], 0)}" for k in some]
        texts = [f"{found.before.counts[k]}" for k in some]
        self.counts.set_bars(names, found.before.counts[some], [series_colour(1, self._theme)] * len(some), texts)

    def show_stored(self, temperature: float, refusal: str) -> None:
        """Show the temperature of the model, and why it cannot be changed here; empty if it can."""
        self._stored, self._refusal = temperature, refusal
        self._show_buttons()

    def _show_buttons(self) -> None:
        found = self._shown
        self.use_button.setText("Use temperature" if found is None else f"Use temperature {found.temperature:.2f}")
        self.use_button.setEnabled(found is not None and not self._refusal)
        self.use_button.setToolTip(
            plain_tip(self._refusal or "Store it in the model; Listen and Files show calibrated probabilities")
        )
        self.save_button.setEnabled(found is not None)
        self.remove_button.setVisible(self._stored != 1.0)
        self.remove_button.setEnabled(not self._refusal)
        none = "The model has no temperature." if found is not None else ""
        text = none if self._stored == 1.0 else f"The model uses the temperature {self._stored:.2f}."
        self.stored.setText(" ".join(part for part in (text, self._refusal if found is not None else "") if part))

    def clear(self) -> None:
        """Remove the content."""
        self._shown = None
        self.diagram.clear_curves()
        self.counts.clear()
        self._show_buttons()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        super().set_theme(theme)
        self._theme = theme
        self.diagram.set_theme(theme)
        self.counts.set_theme(theme)
        self.note.setStyleSheet(f"color: {theme.muted.name()};")
        if self._shown is not None:
            self.show_calibration(self._shown)

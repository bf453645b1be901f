"""View of one clip: waveform with two handles, spectrum, and buttons to play and trim."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from mlpsvd.quantities import Quantity
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.theme import LIGHT, Theme
from mlpsvd_gui.plots.trim_plot import TrimPlot
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.icons import icon
from mlpsvd_gui.widgets.number_field import NumberField
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["RecordClipView"]

_LEAST_S = 0.002
_RANGE_DB = 90.0
_SPECTRUM = "clip"
_CHOOSE = "Select a clip. Drag the two handles to trim it."
_SPECTRUM_EMPTY = "Spectrum of the selected clip"


class RecordClipView(QWidget):
    """Shows a clip and emits requests to play or trim it."""

    play_requested = Signal(float, float)
    """Emits start and end in seconds."""
    stop_requested = Signal()
    trim_requested = Signal(float, float)
    """Emits start and end of the part to keep, in seconds from the start of the clip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._writable = True
        self._is_playing = False
        self._sound_problem = ""
        self.title = ElidedLabel(Qt.TextElideMode.ElideMiddle, least_px=80, parent=self)
        self.wave = TrimPlot(self)
        self.spectrum = CurvePlot("Frequency", "Hz", "Level", "dB", log_x=True, parent=self)
        self.start_box = self._box("Start of the trimmed clip")
        self.end_box = self._box("End of the trimmed clip")
        self.play_button = QPushButton("Play", self)
        self.trim_button = QPushButton("Trim", self)
        self.reset_button = QPushButton("Reset", self)
        self._build()
        self._connect()
        self.show_nothing()

    def _box(self, name: str) -> NumberField:
        box = NumberField(Quantity("s", low=0.0, high=0.0), step=0.01, parent=self)
        box.setAccessibleName(name)
        box.setToolTip(plain_tip(f"{name}; arrow keys move it by 10 ms"))
        return box

    @property
    def is_trimmed(self) -> bool:
        """Whether a handle has been moved."""
        start_s, end_s = self.wave.region_s
        return start_s > 0.0005 or end_s < self.wave.duration_s - 0.0005

    def show_clip(
        self,
        title: str,
        samples: NDArray[np.floating[Any]],
        rate_hz: float,
        frequencies_hz: NDArray[np.floating[Any]],
        magnitudes: NDArray[np.floating[Any]],
        colour: QColor,
    ) -> None:
        """Show a clip [shape=(n_samples,)] and its spectrum, magnitudes at frequencies."""
        self.title.setText(title)
        self.wave.show_samples(samples, rate_hz, colour)
        level_db = 20.0 * np.log10(np.maximum(magnitudes, 1e-9))
        top = float(np.ceil((level_db[frequencies_hz > 0].max(initial=-180.0) + 3.0) / 10.0) * 10.0)
        self.spectrum.set_y_range(top - _RANGE_DB, top)
        audible = frequencies_hz > 0  # 0 Hz cannot be shown on a logarithmic axis
        self.spectrum.set_curve(_SPECTRUM, frequencies_hz[audible], level_db[audible], "", colour, width=1.4)
        self._show_region(*self.wave.region_s)
        self._show_buttons()

    def show_nothing(self, text: str = "") -> None:
        """Clear the view, with an optional reason."""
        self.title.setText("")
        self.wave.set_empty_text(text or _CHOOSE)
        self.wave.show_nothing()
        self.spectrum.clear_curves()
        self._show_region(0.0, 0.0)
        self._show_buttons()

    def show_sound(self, problem: str) -> None:
        """Disable Play with a reason; an empty text enables it."""
        self._sound_problem = problem
        self._show_buttons()

    def show_playing(self, is_playing: bool) -> None:
        """Show whether the clip is playing."""
        self._is_playing = is_playing
        self._show_buttons()
        self._paint_icon()

    def set_writable(self, writable: bool) -> None:
        """Enable or disable trimming."""
        self._writable = writable
        self._show_buttons()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.wave.set_theme(theme)
        self.spectrum.set_theme(theme)
        self.title.setStyleSheet(f"color: {theme.muted.name()};")
        self._paint_icon()

    def play_or_stop(self) -> None:
        """Play the part between the handles, or stop."""
        if self._is_playing:
            self.stop_requested.emit()
        elif self.play_button.isEnabled():
            self.play_requested.emit(*self.wave.region_s)

    # -- building

    def _build(self) -> None:
        self.spectrum.set_empty_text(_SPECTRUM_EMPTY)
        self.spectrum.set_legend_visible(False)
        self.trim_button.setToolTip("Keep only the part between the handles (T); can be undone")
        self.trim_button.setShortcut("T")
        self.reset_button.setToolTip("Reset the handles to the ends of the clip")
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.play_button)
        row.addSpacing(6)
        for text, box in (("&from", self.start_box), ("t&o", self.end_box)):
            label = PlainLabel(self, text)
            label.setBuddy(box)
            row.addWidget(label)
            row.addWidget(box)
        row.addWidget(self.trim_button)
        row.addWidget(self.reset_button)
        row.addWidget(self.title, 1)
        self.title.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        plots = QSplitter(Qt.Orientation.Horizontal, self)
        plots.addWidget(self.wave)
        plots.addWidget(self.spectrum)
        plots.setChildrenCollapsible(False)
        plots.setSizes([360, 260])
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(plots, 1)

    def _connect(self) -> None:
        self.wave.region_changed.connect(self._show_region)
        self.start_box.valueChanged.connect(self._on_numbers)
        self.end_box.valueChanged.connect(self._on_numbers)
        self.play_button.clicked.connect(self.play_or_stop)
        self.trim_button.clicked.connect(lambda: self.trim_requested.emit(*self.wave.region_s))
        self.reset_button.clicked.connect(self._reset_handles)

    def _show_region(self, start_s: float, end_s: float) -> None:
        with QSignalBlocker(self.start_box), QSignalBlocker(self.end_box):
            self.start_box.setRange(0.0, max(0.0, self.wave.duration_s - _LEAST_S))
            self.end_box.setRange(min(_LEAST_S, self.wave.duration_s), self.wave.duration_s)
            self.start_box.setValue(round(start_s, 3))
            self.end_box.setValue(round(end_s, 3))
        self._show_buttons()

    def _on_numbers(self, _: float) -> None:
        start_s = self.start_box.value()
        end_s = max(start_s + _LEAST_S, self.end_box.value())
        self.wave.set_region(start_s, end_s)
        self._show_region(*self.wave.region_s)

    def _reset_handles(self) -> None:
        self.wave.set_region(0.0, self.wave.duration_s)
        self._show_region(*self.wave.region_s)

    def _show_buttons(self) -> None:
        is_there = self.wave.duration_s > 0.0
        self.play_button.setText("Stop" if self._is_playing else "Play")
        self.play_button.setEnabled(is_there and not self._sound_problem)
        tip = "Play the part between the handles, normalised to half of full scale (Enter in the table)"
        self.play_button.setToolTip(plain_tip(self._sound_problem or tip))
        self.trim_button.setEnabled(is_there and self._writable and self.is_trimmed)
        self.reset_button.setEnabled(is_there and self.is_trimmed)
        for box in (self.start_box, self.end_box):
            box.setEnabled(is_there)

    def _paint_icon(self) -> None:
        self.play_button.setIcon(icon("stop" if self._is_playing else "speaker", self._theme.foreground))

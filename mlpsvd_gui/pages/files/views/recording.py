"""Spectrogram of the selected recording with the predictions of its windows, and playback."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from mlpsvd.classification.batch.results import FileResult
from mlpsvd.features.spectrogram import Spectrogram
from mlpsvd.text import percent
from mlpsvd_gui.plots.span_item import Spans
from mlpsvd_gui.plots.spectrogram_plot import SpectrogramPlot
from mlpsvd_gui.plots.theme import LIGHT, Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.icons import icon

__all__ = ["LONGEST_PLAYED_S", "RecordingView"]

LONGEST_PLAYED_S = 120.0
"""Longest part that is played at once."""

_CHOOSE = "Select a recording to see and hear it."
_READING = "Reading the recording…"


class RecordingView(QWidget):
    """Spectrogram with zoom; the playback buttons are placed by the owner."""

    play_requested = Signal(float, float)
    """Emits start and end in seconds."""
    stop_requested = Signal()
    view_changed = Signal(float, float)
    """Emits start and end of what is visible, in seconds."""
    window_chosen = Signal(int)
    """Emits the index of the window that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "review")
        self._theme = LIGHT
        self._is_playing = False
        self._sound_problem = ""
        self._offset_s = 0.0
        self._result: FileResult | None = None
        self.plot = SpectrogramPlot(self)
        self.play_button = QPushButton("Play", self)
        self.window_button = QPushButton("Play window", self)
        self.note = ElidedLabel(parent=self)
        self._build()
        self.show_nothing()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.plot.set_theme(theme)
        self.note.setStyleSheet(f"color: {theme.muted.name()};")
        self._paint_icon()

    def add_keys(self, *widgets: QWidget) -> None:
        """Let Space play what is shown, and Enter the selected window, while one of these widgets has the focus."""
        for widget in (self.plot, *widgets):
            for keys, slot in (("Space", self.play_or_stop), ("Return", self.play_window), ("Enter", self.play_window)):
                shortcut = QShortcut(QKeySequence(keys), widget)
                shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
                shortcut.activated.connect(slot)

    # -- content

    def show_nothing(self, text: str = _CHOOSE) -> None:
        """Clear the view, with a reason."""
        self.plot.set_empty_text(text)
        self.plot.show_nothing()
        self.note.setText("")
        self._show_buttons()

    def show_reading(self) -> None:
        """Clear the view until a recording is read."""
        self.show_nothing(_READING)

    def show_recording(self, title: str, shown: Spectrogram) -> None:
        """Show another recording as a whole."""
        highest_hz = shown.frequency_step_hz * (shown.levels_dbfs.shape[1] - 1)
        self.plot.show_recording(title, shown.duration_s, highest_hz)
        self.show_part(shown)
        self._show_buttons()

    def show_part(self, shown: Spectrogram) -> None:
        """Show the levels of a part of the recording."""
        self.plot.show_levels(shown.levels_dbfs, shown.start_s, shown.step_s, shown.frequency_step_hz)
        few = f"Overview of {percent(shown.analysed, 1)} of the sound; zoom in to see all of it."
        self.note.setText("" if shown.analysed > 0.999 else few)

    def show_windows(self, result: FileResult | None, colour_of: Callable[[str], QColor]) -> None:
        """Show the predictions of the windows, in the colours of their classes."""
        selected = self.plot.selected_span if result is not None and result is self._result else -1
        self._result = result
        if result is None or not result.n_windows:
            self.plot.show_spans(None)
            return
        best = result.probabilities.max(axis=1)

        def text_of(index: int) -> tuple[str, str]:
            name = result.class_names[int(result.window_classes[index])]
            return f"{name} {percent(best[index], 0)}", name

        ends_s = result.starts_s + result.durations_s
        colours = tuple(colour_of(name) for name in result.class_names)
        self.plot.show_spans(Spans(result.starts_s, ends_s, np.asarray(result.window_classes), colours, text_of))
        self.plot.select_span(selected)

    def select_window(self, index: int) -> None:
        """Mark a window; -1 marks none."""
        self.plot.select_span(index)
        self._show_buttons()

    # -- playback

    def show_sound(self, problem: str) -> None:
        """Disable playback with a reason; an empty text enables it."""
        self._sound_problem = problem
        self._show_buttons()

    def show_playing(self, is_playing: bool, start_s: float = 0.0) -> None:
        """Show whether the recording is playing, and from where."""
        self._is_playing, self._offset_s = is_playing, start_s
        self.plot.set_playing(start_s if is_playing else None)
        self._show_buttons()
        self._paint_icon()

    def show_heard(self, seconds: float) -> None:
        """Move the playback cursor to this time after the start of the part that is playing."""
        if self._is_playing:
            self.plot.set_playing(self._offset_s + seconds)

    def play_or_stop(self) -> None:
        """Play what is shown, or stop."""
        if self._is_playing:
            self.stop_requested.emit()
        elif self.play_button.isEnabled():
            self._play(*self.plot.visible_s)

    def play_window(self) -> None:
        """Play the selected window, or what is shown if none is selected; stop if something is playing."""
        spans, index = self.plot.spans, self.plot.selected_span
        if self._is_playing or spans is None or index < 0:
            self.play_or_stop()
        elif self.play_button.isEnabled():
            self._play(float(spans.starts[index]), float(spans.ends[index]))

    def _play(self, start_s: float, end_s: float) -> None:
        self.play_requested.emit(start_s, min(end_s, start_s + LONGEST_PLAYED_S))

    # -- building

    def _build(self) -> None:
        self.plot.setAccessibleName("Spectrogram of the recording")
        self.plot.view_changed.connect(self.view_changed)
        self.plot.place_chosen.connect(self._choose_at)
        self.play_button.clicked.connect(self.play_or_stop)
        self.window_button.clicked.connect(self.play_window)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.plot, 1)
        row = QHBoxLayout()
        row.addWidget(self.note, 1)
        column.addLayout(row)
        self.note.hide()

    def _choose_at(self, moment_s: float) -> None:
        index = self.plot.spans.at(moment_s) if self.plot.spans is not None else -1
        if index >= 0:
            self.window_chosen.emit(index)

    def _show_buttons(self) -> None:
        is_there = self.plot.duration_s > 0.0 and not self._sound_problem
        self.play_button.setText("Stop" if self._is_playing else "Play")
        self.play_button.setEnabled(is_there)
        tip = "Play what is shown, at most 2 minutes, normalised to half of full scale (Space)"
        self.play_button.setToolTip(plain_tip(self._sound_problem or tip))
        self.window_button.setEnabled(is_there and not self._is_playing and self.plot.selected_span >= 0)
        self.window_button.setToolTip(plain_tip(self._sound_problem or "Play the selected window (Enter)"))
        self.note.setVisible(bool(self.note.text()))

    def _paint_icon(self) -> None:
        self.play_button.setIcon(icon("stop" if self._is_playing else "speaker", self._theme.foreground))

"""Spectrogram of a recording, with labelled stretches, zoom and a playback cursor."""

from __future__ import annotations

import html
from typing import Any

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from mlpsvd.chart import Chart
from mlpsvd_gui.plots.base_plot import Range
from mlpsvd_gui.plots.heatmap import Heatmap
from mlpsvd_gui.plots.readout import number_text
from mlpsvd_gui.plots.span_item import SpanItem, Spans

__all__ = ["SpectrogramPlot"]

_RANGE_DB = 80.0
_SETTLED_MS = 120
_SHORTEST_S = 0.01
_PLAYING_COLOUR = "#ff3d7f"


class SpectrogramPlot(Heatmap):
    """Levels over time and frequency; the axes are those of the whole recording, of which a part may be shown."""

    view_changed = Signal(float, float)
    """Emits start and end of what is visible, in seconds, once zoom or pan have settled."""
    place_chosen = Signal(float)
    """Emits the time at which the mouse was clicked, in seconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._duration_s = self._highest_hz = 0.0
        self.title = ""
        super().__init__("Time (s)", "Frequency (Hz)", "Level (dBFS)", parent)
        self.set_log_scale(False)
        self._spans = SpanItem()
        self._playing_line = pg.InfiniteLine(angle=90, movable=False)
        self._playing_line.setZValue(60)
        self._playing_line.hide()
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(lambda: self.view_changed.emit(*self.visible_s))
        self.plot_item.addItem(self._spans, ignoreBounds=True)
        self.plot_item.addItem(self._playing_line, ignoreBounds=True)
        self.view.sigXRangeChanged.connect(lambda *_: self._settled.start())
        self._paint_playing()

    @property
    def duration_s(self) -> float:
        """Length of the recording; 0 if there is none."""
        return self._duration_s

    @property
    def visible_s(self) -> tuple[float, float]:
        """Start and end of what is visible."""
        low, high = self.view.viewRange()[0]
        return max(0.0, float(low)), min(self._duration_s, float(high))

    def show_recording(self, title: str, duration_s: float, highest_hz: float) -> None:
        """Set the axes for another recording and show all of it; its levels follow."""
        super().clear()
        self.title, self._duration_s, self._highest_hz = title, duration_s, highest_hz
        self.view.setLimits(minXRange=min(_SHORTEST_S, duration_s))
        self.set_playing(None)
        self.reset_view()

    def show_levels(self, levels: npt.NDArray[np.floating[Any]], start_s: float, step_s: float, step_hz: float) -> None:
        """Show levels [shape=(n_columns, n_rows)] of a part of the recording, from the first column and 0 Hz on."""
        top = float(np.ceil(levels.max(initial=-180.0) / 5.0) * 5.0)
        self._fixed_range = top - _RANGE_DB, top
        self.set_image(levels, start_s, 0.0, step_s, step_hz)

    def show_nothing(self) -> None:
        """Show the empty text."""
        self._duration_s = 0.0
        self.show_spans(None)
        self.set_playing(None)
        self.clear()

    def show_spans(self, spans: Spans | None) -> None:
        """Show labelled stretches; none is selected."""
        self._spans.show_spans(spans)

    @property
    def spans(self) -> Spans | None:
        """The labelled stretches."""
        return self._spans.spans

    @property
    def selected_span(self) -> int:
        """Index of the selected stretch; -1 for none."""
        return self._spans.selected

    def select_span(self, index: int) -> None:
        """Mark a stretch, and move the view to it if it is not visible; -1 marks none."""
        self._spans.select(index)
        spans = self._spans.spans
        if spans is None or not 0 <= index < len(spans.starts):
            return
        low, high = self.view.viewRange()[0]
        start, end = float(spans.starts[index]), float(spans.ends[index])
        if start < low or end > high:
            width = high - low
            low = min(max(0.0, (start + end - width) / 2.0), max(0.0, self._duration_s - width))
            self.view.setXRange(low, low + width, padding=0.0)

    def zoom_to(self, start_s: float, end_s: float) -> None:
        """Show a part of the recording."""
        self._is_zoomed = True
        self.view.setXRange(start_s, end_s, padding=0.0)

    def set_playing(self, moment_s: float | None) -> None:
        """Move the playback cursor, or remove it."""
        if moment_s is None:
            self._playing_line.hide()
            return
        self._playing_line.setPos(moment_s)
        self._playing_line.show()

    @property
    def playing_s(self) -> float | None:
        """Where the playback cursor is; None if there is none."""
        return float(self._playing_line.value()) if self._playing_line.isVisible() else None

    # -- methods of BasePlot and ImagePlot

    def _data_bounds(self) -> tuple[Range, Range] | None:
        return ((0.0, self._duration_s), (0.0, self._highest_hz)) if self._duration_s > 0.0 else None

    def _paint_theme(self) -> None:
        super()._paint_theme()
        self._paint_playing()

    def _paint_playing(self) -> None:
        if hasattr(self, "_playing_line"):  # the base paints before there is one
            self._playing_line.setPen(self._pen(_PLAYING_COLOUR, 2.0))
            self._cursor_line.setPen(self._pen("#ffffff", 1.0, Qt.PenStyle.DotLine))

    def _on_clicked(self, event: Any) -> None:
        super()._on_clicked(event)
        if event.button() == Qt.MouseButton.LeftButton and not event.double() and self._duration_s > 0.0:
            place = self.view.mapSceneToView(event.scenePos())
            if self.view.sceneBoundingRect().contains(event.scenePos()):
                self.place_chosen.emit(float(place.x()))

    def _readout_place(self, i: int, j: int) -> str:
        time_s, frequency_hz = self._origin[0] + i * self._step[0], j * self._step[1]
        return f"<b>{html.escape(f'{time_s:.3f} s, {number_text(frequency_hz)} Hz')}</b>"

    def chart(self) -> Chart:
        """Return the part that is visible."""
        x, y = self._axis("x", "Time", "s"), self._axis("y", "Frequency", "Hz")
        return Chart("Spectrogram", x, y, cells=self._cells(), title=self.title)

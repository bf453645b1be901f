"""Current spectrum over the class means, and spectrogram below, on one frequency axis."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget

from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.theme import Theme, class_colour, class_line_style, theme_for, with_alpha
from mlpsvd_gui.plots.waterfall import Waterfall, leave_room_for_bar

__all__ = ["LiveSpectra"]

_LEFT_AXIS_PX = 54
_STEP_DB = 10.0
_SPAN_DB = 80.0
_ROOM_FOR_LABEL_PX = 300
_MOST_MEANS = 12
"""With more classes, the curves of the means cannot be distinguished and take seconds to make: only that of the
predicted class is drawn."""
_BACKGROUND_KEY = "background"
_LIVE_KEY = "live"

Vector = NDArray[np.floating]


class LiveSpectra(QSplitter):
    """Spectrum and spectrogram with a shared frequency axis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._theme = theme_for(self.palette())
        self._names: tuple[str, ...] = ()
        self._frequencies_hz: Vector = np.zeros(0)
        self._is_drawn: NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self._means: Vector | None = None
        self._background: Vector | None = None
        self._live: Vector | None = None
        self._class: int | None = None
        self._range_db: tuple[float, float] | None = None
        self.curves = CurvePlot("Frequency", "Hz", "Level", "dB", log_x=True, parent=self)
        self.waterfall = Waterfall(self)
        self._build()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self.curves.set_theme(theme)
        self.waterfall.set_theme(theme)
        self._paint_means()
        self._paint_background()
        self._paint_live()

    def begin(
        self,
        frequencies_hz: Vector,
        names: Sequence[str],
        means: Vector | None,
        y_label: tuple[str, str],
        step_s: float,
    ) -> None:
        """Show the class means and clear the live data.

        Parameters
        ----------
        frequencies_hz : np.ndarray [shape=(n_bins,)]
            Of each value of a spectrum.
        names
            The classes.
        means : np.ndarray [shape=(n_classes, n_bins)] or None
            Class means.
        y_label
            Name and unit of the values.
        step_s
            Time from one spectrum to the next.
        """
        self.curves.clear_curves()
        self._names = tuple(names)
        self._is_drawn = frequencies_hz > 0  # 0 Hz cannot be shown on a logarithmic axis
        self._frequencies_hz = frequencies_hz[self._is_drawn]
        self._means = means
        self._live = None
        self._class = None
        self._range_db = None
        self.curves.set_y_label(*y_label)
        self.curves.set_y_range(None)
        self._paint_means()
        self._paint_background()
        self.waterfall.begin(frequencies_hz, step_s)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Omit axis labels if there is little space."""
        super().resizeEvent(event)
        self.waterfall.plot_item.showLabel("bottom", self.height() >= _ROOM_FOR_LABEL_PX)

    def show_live(self, spectrum: Vector) -> None:
        """Draw the current spectrum [shape=(n_bins,)]."""
        if len(spectrum) == len(self._is_drawn) and len(self._frequencies_hz):
            self._live = spectrum[self._is_drawn]
            self._follow(self._live)
            self._paint_live()

    def show_class(self, index: int | None) -> None:
        """Draw the mean of one class, if there are too many to draw all."""
        if self._means is None or len(self._means) <= _MOST_MEANS or index == self._class:
            return
        if self._class is not None:
            self.curves.remove_curve(self._class)
        self._class = index
        self._paint_means()

    def show_background(self, spectrum: Vector | None) -> None:
        """Draw the measured background, or remove it."""
        self._background = spectrum
        self._paint_background()

    def _follow(self, shown: Vector) -> None:
        """Set the vertical range in steps of 10 dB, so that the axis is steady."""
        rows = [shown] if self._means is None else [shown, self._means[:, self._is_drawn].ravel()]
        low, high = (float(f(np.concatenate(rows))) for f in (np.min, np.max))
        if not (math.isfinite(low) and math.isfinite(high)) or self.curves.y_unit != "dBFS":
            return
        high = _STEP_DB * math.ceil((high + 1.0) / _STEP_DB)
        low = max(_STEP_DB * math.floor((low - 1.0) / _STEP_DB), high - _SPAN_DB)
        if self._range_db is not None:
            low, high = min(low, self._range_db[0]), max(high, self._range_db[1])
            low = max(low, high - _SPAN_DB)
        if (low, high) != self._range_db:
            self._range_db = (low, high)
            self.curves.set_y_range(low, high)

    def _paint_live(self) -> None:
        if self._live is not None:
            self.curves.set_curve(_LIVE_KEY, self._frequencies_hz, self._live, "now", self._theme.foreground, width=1.6)

    def _paint_means(self) -> None:
        for index in self._drawn_classes():
            mean = self._means[index] if self._means is not None else np.zeros(0)
            colour = with_alpha(class_colour(index, self._theme), 0.8)
            name = self._names[index] if index < len(self._names) else ""
            shown, style = mean[self._is_drawn], class_line_style(index)
            self.curves.set_curve(index, self._frequencies_hz, shown, name, colour, width=1.0, style=style)

    def _drawn_classes(self) -> Sequence[int]:
        n = 0 if self._means is None else len(self._means)
        if n <= _MOST_MEANS:
            return range(n)
        return () if self._class is None else (self._class,)

    def _paint_background(self) -> None:
        spectrum = self._background
        if spectrum is None or len(spectrum) != len(self._is_drawn) or not len(self._frequencies_hz):
            self.curves.remove_curve(_BACKGROUND_KEY)
            return
        shown, style = spectrum[self._is_drawn], Qt.PenStyle.DashLine
        self.curves.set_curve(
            _BACKGROUND_KEY, self._frequencies_hz, shown, "background", self._theme.muted, width=1.0, style=style
        )

    def _build(self) -> None:
        self.curves.set_empty_text("Current spectrum over the class means")
        self.waterfall.set_empty_text("Spectrogram of the last 30 s, newest on top")
        for plot in (self.curves, self.waterfall):
            plot.plot_item.getAxis("left").setWidth(_LEFT_AXIS_PX)
            plot.setMinimumHeight(84)
            self.addWidget(plot)
        self.curves.plot_item.getAxis("bottom").setStyle(showValues=False)
        self.curves.plot_item.showLabel("bottom", False)
        leave_room_for_bar(self.curves.plot_item)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(3)

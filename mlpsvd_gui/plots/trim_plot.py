"""Waveform with two trim handles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.theme import with_alpha

__all__ = ["TrimPlot"]

_MOST_POINTS = 200_000
_WAVE = "wave"


class TrimPlot(CurvePlot):
    """Amplitude over time; the parts outside the handles are shaded."""

    region_changed = Signal(float, float)
    """Emits where the two handles are, in seconds, while one of them is dragged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._duration_s = 0.0
        self._region: Any = None
        self._outside: list[Any] = []
        super().__init__("Time", "s", "Amplitude", "", parent=parent)
        self.set_legend_visible(False)
        self._region = pg.LinearRegionItem((0.0, 1.0), swapMode="block")
        self._region.setZValue(20)
        self._outside = [pg.LinearRegionItem((0.0, 0.0), movable=False) for _ in range(2)]
        for item in (*self._outside, self._region):
            self.plot_item.addItem(item, ignoreBounds=True)
            item.hide()
        self._region.sigRegionChanged.connect(self._on_dragged)
        self._paint_theme()

    @property
    def region_s(self) -> tuple[float, float]:
        """Positions of the handles in seconds."""
        low, high = self._region.getRegion()
        return max(0.0, float(low)), min(self._duration_s, float(high))

    @property
    def duration_s(self) -> float:
        """Duration of the waveform."""
        return self._duration_s

    def show_samples(self, samples: NDArray[np.floating[Any]], rate_hz: float, colour: QColor) -> None:
        """Show a waveform [shape=(n_samples,)], the handles at its ends."""
        self._duration_s = len(samples) / rate_hz
        x, y = _thinned(samples, rate_hz)
        self.reset_view()
        peak = max(float(np.abs(samples).max(initial=0.0)), 1e-4)
        self.set_y_range(-1.05 * peak, 1.05 * peak)
        self.set_x_range(0.0, self._duration_s)
        self.set_curve(_WAVE, x, y, "", colour, width=1.0)
        self._region.setBounds((0.0, self._duration_s))
        self.set_region(0.0, self._duration_s)
        for item in (*self._outside, self._region):
            item.show()

    def show_nothing(self) -> None:
        """Show the empty text."""
        self._duration_s = 0.0
        for item in (*self._outside, self._region):
            item.hide()
        self.clear_curves()
        self._fit()

    def set_region(self, start_s: float, end_s: float) -> None:
        """Set the handles; emits nothing."""
        blocked = self._region.blockSignals(True)
        self._region.setRegion((start_s, end_s))
        self._region.blockSignals(blocked)
        self._shade()

    def _on_dragged(self, *_: Any) -> None:
        self._shade()
        self.region_changed.emit(*self.region_s)

    def _shade(self) -> None:
        start_s, end_s = self.region_s
        self._outside[0].setRegion((0.0, start_s))
        self._outside[1].setRegion((end_s, self._duration_s))

    def _paint_theme(self) -> None:
        super()._paint_theme()
        if self._region is None:  # the base paints before there are handles
            return
        accent = self._theme.accent
        for line in self._region.lines:
            line.setPen(self._pen(accent, 2.0))
            line.setHoverPen(self._pen(accent, 4.0))
        self._region.setBrush(pg.mkBrush(with_alpha(accent, 0.05)))
        self._region.setHoverBrush(pg.mkBrush(with_alpha(accent, 0.10)))
        for item in self._outside:
            item.setBrush(pg.mkBrush(with_alpha(self._theme.muted, 0.28)))
            for line in item.lines:
                line.setPen(pg.mkPen(None, style=Qt.PenStyle.NoPen))


def _thinned(samples: NDArray[np.floating[Any]], rate_hz: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return times and amplitudes, of a long take the smallest and largest of each stretch."""
    step = -(-len(samples) // _MOST_POINTS) * 2
    if step <= 2:
        return np.arange(len(samples)) / rate_hz, np.asarray(samples, dtype=np.float64)
    whole = samples[: len(samples) // step * step].reshape(-1, step)
    y = np.stack((whole.min(axis=1), whole.max(axis=1)), axis=1).ravel()
    x: NDArray[np.float64] = np.arange(len(y), dtype=np.float64) * (0.5 * step / rate_hz)
    return x, np.asarray(y, dtype=np.float64)

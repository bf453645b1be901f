"""Class spectra as in figure 6 of the paper: means over clips, and a single clip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.theme import Theme, class_colour, class_line_style, theme_for
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.segments import Segments

__all__ = ["SpectraView"]

_LEAST = 1e-6
_RANGE_DB = 80.0
_CLIP = "clip"

Floats = NDArray[np.float64]


class SpectraView(QWidget):
    """Magnitude over frequency at the inputs of the network."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme_for(self.palette())
        self._names: tuple[str, ...] = ()
        self._frequencies_hz: Floats = np.empty(0)
        self._means: Floats = np.empty((0, 1, 0))
        self._clip: Floats = np.empty((1, 0))
        self._clip_class = 0
        self._selected: int | None = None
        self._focus_hz: tuple[float, float] | None = None
        self._build()

    def _build(self) -> None:
        self.which = Segments(
            ("Both", "Means", "One clip"),
            ("Class means with one clip", "Mean spectrum of each class", "Spectrum of the selected clip"),
        )
        self.scale = Segments(("dB", "Linear"), ("Magnitude in dB, re 1", "Linear magnitude, re full scale"))
        self.zoom = QToolButton(self)
        self.zoom.setText("Zoom")
        self.zoom.setToolTip("Zoom to the filters, or show all inputs of the network")
        self.zoom.setCheckable(True)
        self.zoom.setChecked(True)
        self.zoom.setAutoRaise(True)
        self.zoom.hide()  # until there is a range to zoom to
        self.part = Chooser(self)
        self.part.setToolTip("Part of the clip (the network receives the parts in sequence)")
        self.note = ElidedLabel(least_px=100, parent=self)
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.decibels = CurvePlot("Frequency", "Hz", "Magnitude", "dB")
        self.linear = CurvePlot("Frequency", "Hz", "Magnitude", "")
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (self.which, self.scale, self.zoom, self.part):
            row.addWidget(widget)
        row.addWidget(self.note, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        for plot in self.plots:
            layout.addWidget(plot, 1)
        self.linear.hide()
        self.part.hide()
        self.which.chosen.connect(self._draw)
        self.scale.chosen.connect(self._on_scale)
        self.part.currentIndexChanged.connect(self._draw)
        self.zoom.toggled.connect(self._focus)

    @property
    def plots(self) -> tuple[CurvePlot, CurvePlot]:
        """The dB plot and the linear plot."""
        return self.decibels, self.linear

    @property
    def plot(self) -> CurvePlot:
        """The plot in use."""
        return self.plots[self.scale.index]

    def _on_scale(self, index: int) -> None:
        for number, plot in enumerate(self.plots):
            plot.setVisible(number == index)
        self._draw()

    def show_spectra(self, names: Sequence[str], frequencies_hz: Floats, means: Floats, n_averaged: int) -> None:
        """Show the mean spectra of the classes.

        Parameters
        ----------
        names
            Of the classes.
        frequencies_hz : np.ndarray [shape=(n_bins,)]
        means : np.ndarray [shape=(n_classes, n_parts, n_bins)]
        n_averaged
            Number of clips averaged per class.
        """
        self._names, self._frequencies_hz, self._means = tuple(names), frequencies_hz, means
        self.note.setText(f"mean of {n_averaged} clips" if n_averaged != 1 else "mean of 1 clip")
        self._show_parts(means.shape[1])

    def _show_parts(self, n_parts: int) -> None:
        self.part.setVisible(n_parts > 1)
        if self.part.count() != n_parts + 1:
            self.part.blockSignals(True)
            self.part.clear()
            self.part.addItems(["All parts", *(f"Part {number}" for number in range(1, n_parts + 1))])
            self.part.blockSignals(False)

    def show_clip(self, class_index: int, magnitudes: Floats) -> None:
        """Show one clip [shape=(n_parts, n_bins)] with the means."""
        self._clip_class, self._clip = class_index, magnitudes
        self._draw()

    def set_focus(self, frequencies_hz: tuple[float, float] | None) -> None:
        """Set the frequency range to zoom to; None is the full range."""
        if frequencies_hz == self._focus_hz:
            return
        self._focus_hz = frequencies_hz
        self.zoom.setVisible(frequencies_hz is not None)
        self._focus()

    def _focus(self, _checked: bool = False) -> None:
        low, high = self._focus_hz if self._focus_hz and self.zoom.isChecked() else (None, None)
        for plot in self.plots:
            plot.set_x_range(low, high)
        self._limit(self.plot)  # the curves stay

    def _draw(self, _index: int = 0) -> None:
        plot, n_classes = self.plot, len(self._names)
        draws_means, draws_clip = self.which.index != 2, self.which.index != 1
        with plot.changes():
            for key in plot.curve_keys():
                if key == _CLIP or not draws_means or not isinstance(key, int) or key >= n_classes:
                    plot.remove_curve(key)
            for index in range(n_classes if draws_means else 0):
                self._set_curve(index, self._means[index], self._names[index], index, 1.6)
            if draws_clip and self._names:
                name = f"One clip of {self._names[self._clip_class]}"
                self._set_curve(_CLIP, self._clip, name, self._clip_class, 1.0)
        self._limit(plot)
        plot.highlight(self._selected if draws_means else None)

    def _set_curve(self, key: int | str, magnitudes: Floats, name: str, class_index: int, width: float) -> None:
        y = magnitudes.mean(axis=0) if self.part.currentIndex() <= 0 else magnitudes[self.part.currentIndex() - 1]
        if self.scale.index == 0:
            y = 20.0 * np.log10(np.maximum(y, _LEAST))
        style = Qt.PenStyle.DotLine if key == _CLIP else class_line_style(class_index)
        colour = self._theme.foreground if key == _CLIP else class_colour(class_index, self._theme)
        self.plot.set_curve(key, self._frequencies_hz, y, name, colour, width=width, style=style)

    def _limit(self, plot: CurvePlot) -> None:
        """Limit the dB range, so that a single zero (silence, 0 Hz) does not compress all curves."""
        if self.scale.index == 1 or not plot.curve_keys():
            return
        low_hz, high_hz = self._focus_hz if self._focus_hz and self.zoom.isChecked() else (0.0, np.inf)
        inside = (self._frequencies_hz >= low_hz) & (self._frequencies_hz <= high_hz)
        values = [plot.curve_data(key)[1][inside] for key in plot.curve_keys()]
        top = max(float(y.max()) for y in values)
        bottom = max(min(float(y.min()) for y in values), top - _RANGE_DB)
        plot.set_y_range(np.floor(bottom / 10.0) * 10.0, np.ceil((top + 1.0) / 10.0) * 10.0)

    def select(self, index: int | None) -> None:
        """Highlight one class."""
        if index != self._selected:
            self._selected = index
            self._draw()

    def clear(self, why: str) -> None:
        """Clear the plot and show a message."""
        self._names = ()
        self.note.setText("")
        for plot in self.plots:
            plot.clear_curves()
            plot.set_empty_text(why)

    def set_dimmed(self, dimmed: bool) -> None:
        """Dim the curves while new ones are computed."""
        for plot in self.plots:
            plot.plot_item.setOpacity(0.45 if dimmed else 1.0)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        for plot in self.plots:
            plot.set_theme(theme)
        self.note.setStyleSheet(f"color: {theme.muted.name()};")
        self._draw()

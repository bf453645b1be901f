"""Plots of a filter bank: responses with handles, phase, group delay, impulse responses, poles and zeros."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from mlpsvd.signals.bank import BandPass
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.pole_zero_plot import PoleZeroGroup, PoleZeroPlot
from mlpsvd_gui.plots.response_plot import ResponsePlot
from mlpsvd_gui.plots.theme import Theme, class_colour, class_line_style, theme_for
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.segments import Segments

__all__ = ["POLES_AND_ZEROS", "FilterView"]

_AXES = {
    "Phase": ("Frequency", "Hz", "Phase", "°"),
    "Group delay": ("Frequency", "Hz", "Group delay", "ms"),
    "Impulse response": ("Time", "ms", "Amplitude", ""),
}
_QUANTITIES = ("Magnitude", *_AXES, "Poles and zeros")
POLES_AND_ZEROS = _QUANTITIES.index("Poles and zeros")
"""Index of the quantity drawn in the z-plane."""

Floats = NDArray[np.float64]
PolesAndZeros = tuple[NDArray[np.complex128], NDArray[np.complex128]]


class FilterView(QWidget):
    """Draws one quantity of all filters or of the selected one."""

    quantity_changed = Signal(int)
    """Emits which quantity to draw: magnitude, phase, group delay, impulse response, poles and zeros."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme_for(self.palette())
        self._filters: tuple[BandPass, ...] = ()
        self._selected: int | None = None
        self._build_widgets()
        self._build_layout()
        self.quantity.currentIndexChanged.connect(self._on_quantity)
        self.which.chosen.connect(self._show_which)

    def _build_widgets(self) -> None:
        self.response_plot = ResponsePlot()
        self.curve_plots = [CurvePlot(*axes, log_x=axes[0] == "Frequency") for axes in _AXES.values()]
        for plot in self.curve_plots:
            plot.set_legend_visible(False)
        self.pole_zero_plot = PoleZeroPlot()
        self.plots = QStackedWidget(self)
        for widget in self._every_plot:
            self.plots.addWidget(widget)
        self.quantity = Chooser(self)
        self.quantity.addItems(_QUANTITIES)
        self.quantity.setToolTip("Quantity to draw")
        self.quantity.setAccessibleName("Quantity")
        self.which = Segments(("All", "Selected"), ("Draw all filters", "Draw the selected filter only"))
        self.bandwidth_text = PlainLabel(self)
        self.bandwidth_text.setWordWrap(True)
        self.bandwidth_text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    @property
    def _every_plot(self) -> tuple[ResponsePlot | CurvePlot | PoleZeroPlot, ...]:
        return (self.response_plot, *self.curve_plots, self.pole_zero_plot)

    def _build_layout(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.quantity)
        row.addStretch(1)
        row.addWidget(self.which)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.plots, 1)
        column.addWidget(self.bandwidth_text)

    def _on_quantity(self, index: int) -> None:
        self.plots.setCurrentIndex(index)
        self.quantity_changed.emit(index)

    # -- display

    @property
    def quantity_index(self) -> int:
        """Index of the quantity drawn."""
        return self.quantity.currentIndex()

    def set_limits(self, sample_rate_hz: float) -> None:
        """Set the sample rate, which limits dragging and scales the z-plane."""
        self.response_plot.set_limits(1.0, sample_rate_hz / 2 * 0.999, 0.1, sample_rate_hz / 4 * 0.99)
        self.pole_zero_plot.set_sample_rate(sample_rate_hz)

    def show_filters(self, filters: Sequence[BandPass]) -> None:
        """Show the filters as handles to drag."""
        self._filters = tuple(filters)
        handles = [
            (one.centre_hz, one.bandwidth_hz, one.label, class_colour(index, self._theme))
            for index, one in enumerate(self._filters)
        ]
        self.response_plot.set_filters(handles)

    def show_curves(self, x: Floats, ys: Sequence[Floats | None]) -> None:
        """Draw one curve per filter."""
        if self.quantity_index == 0:
            self.response_plot.set_responses(x, ys)
            return
        plot = self.curve_plots[self.quantity_index - 1]
        drawn = [index for index, y in enumerate(ys) if y is not None and self._is_drawn(index)]
        with plot.changes():
            for key in set(plot.curve_keys()) - set(drawn):
                plot.remove_curve(key)
            for index in drawn:
                colour, style, y = class_colour(index, self._theme), class_line_style(index), ys[index]
                assert y is not None
                plot.set_curve(index, x, y, self._filters[index].label, colour, style=style)
        plot.highlight(self._selected)

    def show_poles_and_zeros(self, every: Sequence[PolesAndZeros | None]) -> None:
        """Draw poles and zeros of each filter in the z-plane; None omits a filter."""
        groups: list[PoleZeroGroup] = []
        highlighted = None
        for index, pair in enumerate(every):
            if pair is not None and self._is_drawn(index):
                highlighted = len(groups) if index == self._selected else highlighted
                groups.append(PoleZeroGroup(self._filters[index].label, class_colour(index, self._theme), *pair))
        self.pole_zero_plot.set_groups(groups)
        self.pole_zero_plot.highlight(highlighted)

    def show_octaves_around(self) -> None:
        """Zoom to the octaves around the filters."""
        if self._filters:
            self.response_plot.show_filters()

    def show_selected(self, index: int | None) -> None:
        """Highlight one filter."""
        self._selected = index
        self.response_plot.select(index)
        for plot in self.curve_plots:
            plot.highlight(index)
        self._show_which()

    def _is_drawn(self, index: int) -> bool:
        return self.which.index == 0 or self._selected is None or index == self._selected

    def _show_which(self, _index: int = 0) -> None:
        drawn = [index for index in range(len(self._filters)) if self._is_drawn(index)]
        self.response_plot.set_visible_filters(None if len(drawn) == len(self._filters) else drawn)
        if _index or self.quantity_index:
            self.quantity_changed.emit(self.quantity_index)

    def show_bandwidth(self, text: str) -> None:
        """Show the measured bandwidth of the selected filter."""
        self.bandwidth_text.setText(text)
        self.bandwidth_text.setVisible(bool(text))

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme; the curves are redrawn after :attr:`quantity_changed`."""
        self._theme = theme
        for plot in self._every_plot:
            plot.set_theme(theme)
        self.bandwidth_text.setStyleSheet(f"color: {theme.muted.name()};")
        self.show_filters(self._filters)
        self.quantity_changed.emit(self.quantity_index)

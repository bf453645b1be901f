"""Section Spectra over training: singular values with the Marchenko-Pastur edge, and effective ranks."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QWidget

from mlpsvd.analysis.weight_spectra import WeightSpectra
from mlpsvd_gui.pages.analysis.views.section import Section
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.heatmap import Heatmap
from mlpsvd_gui.plots.theme import LIGHT, Theme, series_colour
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["SpectraView"]

_EDGE_COLOUR = "#ff3d7f"
_KEY = (
    "Each column holds the singular values of W at one epoch, the largest at the bottom; brighter is larger, empty is "
    "discarded. Cells below the pink line hold values above the Marchenko-Pastur edge s (√m + √n), the largest that an "
    "m × n matrix of random entries has; s is the root mean square of W before training. What lies above it, training "
    "has made. Thin vertical line: the epoch chosen above."
)
_RANKS_KEY = (
    "Stable rank: sum of the squared singular values over the largest square. Entropy rank: exponential of the entropy "
    "of the squared singular values as shares of their sum. Both are k for k equal values, and nearer 1 the more one "
    "value dominates. Rank: number of values kept. Above the edge: number of values above the Marchenko-Pastur edge."
)


class SpectraView(Section):
    """Heatmap above, ranks below, with one cursor."""

    cursor_moved = Signal(object)
    """Emits the epoch under the cursor, or None when it has left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        question = "How many singular values grow out of the noise of the initial weights during training?"
        super().__init__("spectra", "Spectra over training", question, parent)
        self._shown: WeightSpectra | None = None
        self._theme = LIGHT
        self.heatmap = Heatmap("Epoch", "Number of the value", "Singular value")
        self.heatmap.set_empty_text("Singular values over the epochs.")
        self._edge = pg.PlotDataItem(pen=pg.mkPen(_EDGE_COLOUR, width=2.0), stepMode="center")
        self._edge.setZValue(40)
        self.heatmap.plot_item.addItem(self._edge, ignoreBounds=True)
        self.legend, self.ranks_legend = PlainLabel(self, _KEY), PlainLabel(self, _RANKS_KEY)
        for label in (self.legend, self.ranks_legend):
            label.setWordWrap(True)
        self.ranks = CurvePlot("Epoch", "", "Rank", "")
        self.ranks.set_integer_x(True)
        self.ranks.set_empty_text("Stable rank and entropy rank over the epochs.")
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.addWidget(self.heatmap)
        split.addWidget(self.ranks)
        split.setChildrenCollapsible(False)
        split.setSizes([320, 240])
        self.content.addWidget(self.legend)
        self.content.addWidget(split, 1)
        self.content.addWidget(self.ranks_legend)
        for plot in (self.heatmap, self.ranks):
            plot.cursor_moved.connect(lambda x: self.cursor_moved.emit(max(0, round(x))))
            plot.cursor_left.connect(lambda: self.cursor_moved.emit(None))
        self.clear()

    def show_spectra(self, found: WeightSpectra) -> None:
        """Show the spectra of a layer."""
        self._shown = found
        self.heatmap.set_image(found.values, x0=float(found.epochs[0]), y0=1.0)
        borders = np.append(found.epochs - 0.5, found.epochs[-1] + 0.5)
        self._edge.setData(borders, found.n_above + 0.5)
        self.legend.show()
        self.ranks_legend.show()
        colours = [series_colour(index, self._theme) for index in range(3)]
        with self.ranks.changes():
            self.ranks.set_curve(
                "kept", found.epochs, np.isfinite(found.values).sum(axis=1), "Rank", self._theme.muted, 1.4
            )
            self.ranks.set_curve("stable", found.epochs, found.stable_rank, "Stable rank", colours[0], 2.0)
            self.ranks.set_curve(
                "entropy", found.epochs, found.entropy_rank, "Entropy rank", colours[1], 2.0, Qt.PenStyle.DashLine
            )
            self.ranks.set_curve(
                "above", found.epochs, found.n_above, "Above the edge", colours[2], 1.6, Qt.PenStyle.DotLine
            )

    def show_epoch(self, epoch: float | None) -> None:
        """Mark the epoch in the heatmap."""
        self.heatmap.set_cursor(epoch)

    def show_cursor(self, epoch: float | None) -> None:
        """Move the cursor of both plots."""
        for plot in (self.heatmap, self.ranks):
            if not plot.underMouse():
                plot.set_cursor(epoch)

    def edge_line(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the line of the edge, for tests."""
        x, y = self._edge.getData()
        return np.asarray(x), np.asarray(y)

    def clear(self) -> None:
        """Remove the content."""
        self._shown = None
        self.heatmap.clear()
        self._edge.setData([0, 1], [0])
        self.ranks.clear_curves()
        self.legend.hide()
        self.ranks_legend.hide()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        super().set_theme(theme)
        self._theme = theme
        self.heatmap.set_theme(theme)
        self.ranks.set_theme(theme)
        for label in (self.legend, self.ranks_legend):
            label.setStyleSheet(f"color: {theme.muted.name()};")
        if self._shown is not None:
            self.show_spectra(self._shown)

"""Singular values panel: values of a layer over the epochs, and the factors U, σ, Vᵀ at one epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from mlpsvd.contenders import Contender
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.heatmap import Heatmap
from mlpsvd_gui.plots.matrix_view import MatrixView
from mlpsvd_gui.plots.theme import LIGHT, Theme, series_colour
from mlpsvd_gui.widgets.eliding import ElidedLabel, ElidingComboBox
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.segments import Segments

__all__ = ["Factors", "LayerChoice", "SingularValuesPanel"]

_EMPTY = "Singular values of a layer over the epochs; discarded values are left blank.\nPress Train (F5) to see them."
_NARROWEST_PLOT = 110
_WIDEST_CHOOSER = 260
_NO_FACTORS = "The parameters of this epoch were not kept, to save memory. Select another epoch."

_FAINT = 0.45


@dataclass(frozen=True)
class LayerChoice:
    """A layer to show: contender, index and name."""

    contender: str
    layer: int
    text: str


@dataclass(frozen=True)
class Factors:
    """U, σ and Vᵀ of one layer at one epoch.

    Attributes
    ----------
    u, sigma, vt : np.ndarray [shape=(n_out, rank)], [shape=(rank,)], [shape=(rank, n_in)]
        W = U Σ Vᵀ.
    trained
        Whether these are the trained factors, or the singular value decomposition of W.
    epoch
        Epoch of the factors.
    column_hz : np.ndarray [shape=(n_in,)] or None
        Frequency of each column of Vᵀ in hertz; None beyond the first layer.
    why
        Why the trained factors differ from the decomposition of W, in one sentence; empty if there are none.
    """

    u: NDArray[np.floating]
    sigma: NDArray[np.floating]
    vt: NDArray[np.floating]
    trained: bool
    epoch: int
    column_hz: NDArray[np.floating] | None
    why: str = ""


class SingularValuesPanel(QWidget):
    """Shows a heatmap of epoch × index with the values at the cursor, or the three factors as images."""

    layer_chosen = Signal(str, int)
    """Emits the contender and the layer to show."""
    cursor_moved = Signal(object)
    """Emits the epoch under the cursor, or None when it has left."""
    factors_wanted = Signal(bool)
    """Emits whether U, σ, Vᵀ are visible, so that they are computed only then."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "singular-values")
        self.layer_box = ElidingComboBox(self)
        self.pages = Segments(
            ("Over epochs", "U σ Vᵀ"),
            ("Heatmap of the singular values", "Factors at the selected epoch as images"),
            self,
        )
        self.heatmap = Heatmap("Epoch", "Index", "Singular value")
        self.values = CurvePlot("Index", "", "Singular value", "")
        self.u_view = MatrixView("U")
        self.sigma_view = CurvePlot("Index", "", "σ", "")
        self.vt_view = MatrixView("Vᵀ")
        self._factors_note = ElidedLabel(parent=self)
        self._why_note = ElidedLabel(parent=self)
        self._trained_box = QCheckBox("Factors as trained", self)
        self._trained_box.toggled.connect(self.factors_wanted)
        self._stack = QStackedWidget(self)
        self._theme = LIGHT
        self._spectrum: tuple[int, NDArray[np.floating], float | None, Contender] | None = None
        for plot in (self.values, self.u_view, self.sigma_view):
            plot.setMinimumWidth(_NARROWEST_PLOT)
        self.values.set_integer_x(True)
        self.values.set_steady_y(True)
        self.sigma_view.set_integer_x(True)
        self._build()
        self.clear()

    def _build(self) -> None:
        self.layer_box.setAccessibleName("Layer whose singular values are shown")
        self.layer_box.setMinimumContentsLength(14)
        self.layer_box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.layer_box.setMaximumWidth(_WIDEST_CHOOSER)
        self.layer_box.activated.connect(self._choose_layer)
        self.pages.chosen.connect(self._show_page)
        self.heatmap.cursor_moved.connect(lambda x: self.cursor_moved.emit(max(0, round(x))))
        self.heatmap.cursor_left.connect(lambda: self.cursor_moved.emit(None))
        self._stack.addWidget(self._build_heatmap_page())
        self._stack.addWidget(self._build_factors_page())
        head = QHBoxLayout()
        head.addWidget(self.pages)
        head.addStretch(0)
        head.addWidget(self.layer_box, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 4)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)

    def _build_heatmap_page(self) -> QWidget:
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.heatmap)
        split.addWidget(self.values)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setChildrenCollapsible(False)
        return split

    def _build_factors_page(self) -> QWidget:
        self.sigma_view.set_legend_visible(False)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        for widget, stretch in ((self.u_view, 4), (self.sigma_view, 3), (self.vt_view, 6)):
            split.addWidget(widget)
            split.setStretchFactor(split.count() - 1, stretch)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(split, 1)
        foot = QHBoxLayout()
        foot.addWidget(self._factors_note, 1)
        foot.addWidget(self._trained_box)
        layout.addLayout(foot)
        layout.addWidget(self._why_note)
        return page

    def clear(self) -> None:
        """Clear the panel and show the empty text."""
        self.show_layers(())
        self._spectrum = None
        self.heatmap.clear()
        self.heatmap.set_empty_text(_EMPTY)
        self.values.clear_curves()
        self.values.set_empty_text("Singular values at the selected epoch.")
        self.show_factors(None, _EMPTY)

    def expect(self, n_epochs: int) -> None:
        """Prepare for a run: draw axes up to its last epoch."""
        self.heatmap.set_x_range(-0.5, n_epochs + 0.5)
        for plot in (self.heatmap, self.values):
            plot.set_empty_text(None)
        none = np.empty(0)
        self._draw_spectrum(0, none, (none, none), self._theme.accent)

    def show_waiting(self, text: str) -> None:
        """Show what a run is waiting for."""
        for plot in (self.heatmap, self.values, self.vt_view):
            plot.set_empty_text(f"{text[0].upper()}{text[1:]}")

    def set_dimmed(self, dimmed: bool) -> None:
        """Dim the plots while they show results of other settings."""
        for plot in (self.heatmap, self.values):
            plot.plot_item.setOpacity(_FAINT if dimmed else 1.0)

    def show_layers(self, choices: Sequence[LayerChoice], current: int = 0) -> None:
        """Set the layers to choose from."""
        self.layer_box.clear()
        for choice in choices:
            self.layer_box.addItem(choice.text, (choice.contender, choice.layer))
        self.layer_box.setCurrentIndex(current if choices else -1)
        self.layer_box.setEnabled(bool(choices))

    def show_history(self, values: NDArray[np.floating]) -> None:
        """Show all singular values so far.

        Parameters
        ----------
        values : np.ndarray [shape=(n_epochs + 1, n_values)]
            NaN where a value has been discarded.
        """
        self.heatmap.set_empty_text(None)
        self.heatmap.set_image(values, x0=0.0, y0=1.0)  # epoch 0, the value of index 1

    def show_spectrum(
        self, epoch: int, values: NDArray[np.floating], threshold: float | None, contender: Contender
    ) -> None:
        """Show the singular values at one epoch.

        Parameters
        ----------
        epoch
            Which epoch.
        values : np.ndarray [shape=(rank,)]
            Largest first.
        threshold
            Values below it are discarded at the next discarding point; None if there is no threshold.
        contender
            Contender, for the colour.
        """
        self._spectrum = (epoch, values, threshold, contender)
        self.values.set_empty_text(None)
        colour = series_colour(contender.colour, self._theme)
        line = None if threshold is None else (np.array([0.5, len(values) + 0.5]), np.full(2, threshold))
        self._draw_spectrum(epoch, values, line, colour)

    def _draw_spectrum(
        self,
        epoch: int,
        values: NDArray[np.floating],
        threshold: tuple[NDArray[np.floating], NDArray[np.floating]] | None,
        colour: QColor,
    ) -> None:
        index = np.arange(1.0, len(values) + 1.0)
        self.values.set_curve("values", index, values, f"epoch {epoch}", colour, width=2.0)
        if threshold is None:
            self.values.remove_curve("threshold")
        else:  # a curve and not a guide line: the axis must reach down to it
            self.values.set_curve("threshold", *threshold, "threshold", style=Qt.PenStyle.DotLine)

    def show_epoch(self, epoch: int | None) -> None:
        """Move the cursor to an epoch."""
        self.heatmap.set_cursor(None if epoch is None else float(epoch))

    def show_factors(self, factors: Factors | None, reason: str = _NO_FACTORS) -> None:
        """Show U, σ and Vᵀ, or a message if there are none."""
        if factors is None:
            for picture in (self.u_view, self.vt_view):
                picture.clear()
            self.sigma_view.clear_curves()
            for view in (self.u_view, self.vt_view, self.sigma_view):
                view.set_empty_text(reason if view is self.vt_view else "")
            self._factors_note.setText("")
            self._why_note.setText("")
            return
        for view in (self.u_view, self.vt_view, self.sigma_view):
            view.set_empty_text(None)
        self.u_view.set_matrix(factors.u)
        if factors.column_hz is None:
            self.vt_view.set_matrix(factors.vt)
        else:
            self.vt_view.set_matrix(factors.vt, factors.column_hz, "Frequency", "Hz")
        index = np.arange(1.0, len(factors.sigma) + 1.0)
        self.sigma_view.set_curve("sigma", index, factors.sigma, "σ", self._theme.accent, width=2.0)
        what = "Trained factors" if factors.trained else "Singular value decomposition of W"
        self._factors_note.setText(f"{what} at epoch {factors.epoch}, rank {len(factors.sigma)}")
        self._why_note.setText(factors.why)
        self._trained_box.setEnabled(bool(factors.why))

    @property
    def shows_factors(self) -> bool:
        """Whether the page with U, σ, Vᵀ is visible."""
        return self.pages.index == 1

    @property
    def wants_trained(self) -> bool:
        """Whether the factors are wanted as trained instead of the decomposition of W."""
        return self._trained_box.isChecked()

    @property
    def note(self) -> str:
        """The caption of the factors."""
        return self._factors_note.text()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        for view in (self.heatmap, self.values, self.u_view, self.sigma_view, self.vt_view):
            view.set_theme(theme)
        for label in (self._factors_note, self._why_note):
            label.setStyleSheet(f"color: {theme.muted.name()};")
        if self._spectrum is not None:
            self.show_spectrum(*self._spectrum)

    def _choose_layer(self, index: int) -> None:
        contender, layer = self.layer_box.itemData(index)
        self.layer_chosen.emit(contender, layer)

    def _show_page(self, index: int) -> None:
        self._stack.setCurrentIndex(index)
        self.factors_wanted.emit(index == 1)

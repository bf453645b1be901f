"""Training curves of the networks over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from mlpsvd.contenders import DEFAULT_CONTENDERS, Contender
from mlpsvd.experiments.bayes_limit import BayesLimit
from mlpsvd.metrics.uncertainty import ASSUMPTION, accuracy_text
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.theme import LIGHT, Theme, series_colour, with_alpha
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.segments import Segments

__all__ = ["TrainingCurves", "TrainingPanel"]

_EMPTY = "Accuracy of each network over the epochs.\nPress Train (F5) to start."
_READING_TIP = f"Test accuracy at the selected epoch, or the latest. {ASSUMPTION}"
_THIN, _BESIDE, _BOLD = 1.0, 1.3, 2.2
_LIGHT = 0.75
_FAINT = 0.45
_LOW_PX = 88
_LONG_LEGEND = 3
"""With more networks, the legend has one entry for each."""


@dataclass(frozen=True)
class TrainingCurves:
    """One contender's history as columns; every array has shape=(n_epochs + 1,).

    Attributes
    ----------
    epochs
        0 is the state before training.
    train_accuracy, test_accuracy, train_loss, test_loss
        Accuracies from 0 to 1.
    ranks : np.ndarray [shape=(n_epochs + 1, n_layers)]
        Singular values of each layer.
    n_weights
        Number of trained weights.
    discards
        Epochs after which singular values were discarded.
    n_test
        Number of test clips; 0 if unknown.
    """

    epochs: NDArray[np.intp]
    train_accuracy: NDArray[np.floating]
    test_accuracy: NDArray[np.floating]
    train_loss: NDArray[np.floating]
    test_loss: NDArray[np.floating]
    ranks: NDArray[np.intp]
    n_weights: NDArray[np.intp]
    discards: NDArray[np.intp]
    n_test: int = 0


class TrainingPanel(QWidget):
    """Shows accuracy, loss, or rank and weights, with an epoch cursor."""

    cursor_moved = Signal(object)
    """Emits the epoch under the cursor, or None when the cursor has left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "training")
        self._reading = QLabel(self)
        self.pages = Segments(
            ("Accuracy", "Loss", "Rank and weights"),
            ("Test (bold) and training (thin) accuracy", "Mean loss per clip", "Singular values and trained weights"),
            self,
        )
        self.accuracy = CurvePlot("Epoch", "", "Accuracy", "%")
        self.loss = CurvePlot("Epoch", "", "Loss", "")
        self.rank = CurvePlot("Epoch", "", "Rank", "")
        self.weights = CurvePlot("Epoch", "", "Trained weights", "")
        self._stack = QStackedWidget(self)
        self._theme = LIGHT
        self._shown: dict[Contender, TrainingCurves] = {}
        self._n_marks: dict[tuple[int, str], int] = {}
        self._has_pair = False
        self._is_many = False
        self._epoch: int | None = None
        self._build()

    @property
    def _plots(self) -> tuple[CurvePlot, ...]:
        return self.accuracy, self.loss, self.rank, self.weights

    def _build(self) -> None:
        both = QWidget()
        pair = QVBoxLayout(both)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.addWidget(self.rank)
        pair.addWidget(self.weights)
        for page in (self.accuracy, self.loss, both):
            self._stack.addWidget(page)
        for plot in (self.rank, self.weights):
            plot.setMinimumHeight(_LOW_PX)  # so that the page with five networks fits on 720 lines
        for plot in self._plots:
            plot.set_empty_text(_EMPTY)
            plot.set_integer_x(True)
            plot.set_steady_y(True)
            plot.cursor_moved.connect(lambda x: self.cursor_moved.emit(max(0, round(x))))
            plot.cursor_left.connect(lambda: self.cursor_moved.emit(None))
        self.accuracy.set_empty_y_range(0.0, 100.0)
        self.pages.chosen.connect(self._show_page)
        self._reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._reading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._reading.setToolTip(_READING_TIP)
        head = QHBoxLayout()
        head.addWidget(self.pages)
        head.addWidget(self._reading, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 2)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self._stack, 1)

    def clear(self) -> None:
        """Clear the panel and show the empty text."""
        self._shown = {}
        self._n_marks = {}
        for plot in self._plots:
            plot.clear_curves()
            plot.set_empty_text(_EMPTY)
        self._reading.clear()

    def show_waiting(self, text: str) -> None:
        """Show what a run is waiting for."""
        for plot in self._plots:
            plot.set_empty_text(f"{text[0].upper()}{text[1:]}")

    def set_dimmed(self, dimmed: bool) -> None:
        """Dim the plots while they show results of other settings."""
        for plot in self._plots:
            plot.plot_item.setOpacity(_FAINT if dimmed else 1.0)

    def expect(self, contenders: Sequence[Contender], n_epochs: int) -> None:
        """Prepare for a run: axes up to its last epoch, and empty curves.

        Drawing new curves and legends takes 10 ms, moving axes 5 ms, which would delay the window during training.
        """
        self._has_pair = set(DEFAULT_CONTENDERS) <= {one.key for one in contenders}
        self._is_many = len(contenders) > _LONG_LEGEND
        for plot in self._plots:
            plot.set_x_range(0.0, float(n_epochs))
            plot.set_empty_text(None)
        none, no_number = np.empty(0, np.intp), np.empty(0)
        empty = TrainingCurves(none, no_number, no_number, no_number, no_number, np.empty((0, 0), np.intp), none, none)
        for contender in contenders:
            self._draw_page(contender, empty)

    def put_off_painting(self) -> None:
        """Defer painting to a later pass of the event loop."""
        for plot in self._plots:
            plot.put_off_painting()

    def show_curves(self, contender: Contender, curves: TrainingCurves) -> None:
        """Show a contender's history so far. Only the visible page is drawn; the others follow when chosen."""
        self._shown[contender] = curves
        self._draw_page(contender, curves)

    def _draw_page(self, contender: Contender, curves: TrainingCurves) -> None:
        (self._draw_accuracy, self._draw_loss, self._draw_sizes)[self.pages.index](contender, curves)

    def _draw_accuracy(self, contender: Contender, curves: TrainingCurves) -> None:
        self._draw_pair(self.accuracy, contender, curves, 100 * curves.test_accuracy, 100 * curves.train_accuracy)

    def _draw_loss(self, contender: Contender, curves: TrainingCurves) -> None:
        self._draw_pair(self.loss, contender, curves, curves.test_loss, curves.train_loss)

    def _draw_pair(
        self,
        plot: CurvePlot,
        contender: Contender,
        curves: TrainingCurves,
        test: NDArray[np.floating],
        train: NDArray[np.floating],
    ) -> None:
        name, colour, width = contender.title, self._colour(contender), self._width(contender)
        if width == _BOLD:
            train_name, in_legend = f"{name}, training", not self._is_many
            plot.set_curve(
                f"{contender.key}/train", curves.epochs, train, train_name, colour, width=_THIN, in_legend=in_legend
            )
        test_name = f"{name}, test" if width == _BOLD and not self._is_many else name
        plot.set_curve(f"{contender.key}/test", curves.epochs, test, test_name, colour, width=width)
        self._mark(plot, contender, curves)

    def _draw_sizes(self, contender: Contender, curves: TrainingCurves) -> None:
        name, colour, width = contender.title, self._colour(contender), self._width(contender)
        for layer in range(curves.ranks.shape[1]):
            style = _LAYER_STYLES[layer % len(_LAYER_STYLES)]
            key, text = f"{contender.key}/{layer}", f"{name}, layer {layer + 1}"
            self.rank.set_curve(key, curves.epochs, curves.ranks[:, layer], text, colour, width=width, style=style)
        self.weights.set_curve(contender.key, curves.epochs, curves.n_weights, name, colour, width=width)
        self._mark(self.rank, contender, curves)
        self._mark(self.weights, contender, curves)

    def _colour(self, contender: Contender) -> QColor:
        colour = series_colour(contender.colour, self._theme)
        return colour if self._width(contender) == _BOLD else with_alpha(colour, _LIGHT)

    def _width(self, contender: Contender) -> float:
        """Return the width of a contender's main curve; beside the paper's pair, the others are thinner."""
        is_beside = self._has_pair and contender.key not in DEFAULT_CONTENDERS
        return _BESIDE if is_beside else _BOLD

    def _mark(self, plot: CurvePlot, contender: Contender, curves: TrainingCurves) -> None:
        key = (self._plots.index(plot), contender.key)
        if self._n_marks.get(key, 0) != len(curves.discards):
            self._n_marks[key] = len(curves.discards)
            texts = [f"Singular values discarded after epoch {epoch}" for epoch in curves.discards]
            plot.set_markers(contender.key, curves.discards, texts=texts)

    def _show_page(self, index: int) -> None:
        self._stack.setCurrentIndex(index)
        for contender, curves in list(self._shown.items()):
            self.show_curves(contender, curves)

    def show_limit(self, limit: BayesLimit | None) -> None:
        """Draw the Bayes limit with its 95 % interval; None removes it."""
        if limit is None:
            self.accuracy.set_horizontal_line("best", None)
        else:
            self.accuracy.set_horizontal_line("best", 100 * limit.accuracy, f"Bayes limit {limit.describe()}")

    def show_epoch(self, epoch: int | None) -> None:
        """Move the cursor to an epoch and show the values there; None shows the latest."""
        self._epoch = epoch
        for plot in self._plots:
            plot.set_cursor(None if epoch is None else float(epoch))
        shown = {name: self._index_at(curves, epoch) for name, curves in self._shown.items()}
        self._read_all(shown)
        intervals = [self._with_interval(name, index) for name, index in shown.items()]
        self._reading.setToolTip(plain_tip("\n".join((*intervals, _READING_TIP))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the networks' names in the readout if they fit."""
        super().resizeEvent(event)
        self._read_all({name: self._index_at(curves, self._epoch) for name, curves in self._shown.items()})

    def _read_all(self, shown: Mapping[Contender, int]) -> None:
        """Show the readout; if it does not fit, without names, which are colour-coded, or of the paper's pair only."""
        pair = {one: index for one, index in shown.items() if one.key in DEFAULT_CONTENDERS} or shown
        for some, with_name in ((shown, True), (shown, False), (pair, True), (pair, False)):
            self._reading.setText("&nbsp;&nbsp; ".join(self._read(*one, with_name) for one in some.items()))
            if self._reading.sizeHint().width() <= self._reading.width():
                return

    @staticmethod
    def _index_at(curves: TrainingCurves, epoch: int | None) -> int:
        last = len(curves.epochs) - 1
        return last if epoch is None else max(0, min(epoch - int(curves.epochs[0]), last))

    def _read(self, contender: Contender, index: int, with_name: bool) -> str:
        percent = round(100 * float(self._shown[contender].test_accuracy[index]), 1)
        accuracy = (
            "100 %" if percent == 100.0 else f"{percent:.1f} %"
        )  # two times "100.0 %" does not fit at 1280 pixels
        colour = self._colour(contender).name()
        name = f"{contender.title} " if with_name else ""
        return f"<span style='color: {colour}'>{name}<b>{accuracy}</b></span>"

    def _with_interval(self, contender: Contender, index: int) -> str:
        curves = self._shown[contender]
        return f"{contender.title}: {accuracy_text(float(curves.test_accuracy[index]), curves.n_test)}"

    @property
    def reading(self) -> str:
        """The values shown for the cursor."""
        return self._reading.text()

    @property
    def reading_tip(self) -> str:
        """The same values with their intervals, as in the tooltip."""
        return self._reading.toolTip()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        for plot in self._plots:
            plot.set_theme(theme)
        for contender, curves in list(self._shown.items()):
            self.show_curves(contender, curves)
        self.show_epoch(self._epoch)


_LAYER_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)

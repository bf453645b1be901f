"""Section Rank: accuracy at every smaller rank, confusion matrix, and the clips that are misclassified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.text import percent
from mlpsvd_gui.pages.analysis.views.section import NO_SOUND, Section
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.image_grid import ImageGrid
from mlpsvd_gui.plots.theme import LIGHT, Theme, class_colour
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.confusion_map import ConfusionMap
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.tables import list_rows

__all__ = ["RankView", "ShownClip", "ShownRank"]

_HEADS = ("Actual", "Predicted", "Probability")


@dataclass(frozen=True, eq=False)
class ShownClip:
    """A misclassified clip.

    Attributes
    ----------
    index
        Row of the test set.
    actual, predicted
        Class indices.
    probability
        Of the predicted class.
    features : np.ndarray [shape=(n_features,)]
        What entered the network.
    """

    index: int
    actual: int
    predicted: int
    probability: float
    features: NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class ShownRank:
    """Content of the section.

    Attributes
    ----------
    accuracies : np.ndarray [shape=(rank,)]
        Accuracy with 1, 2, … singular values.
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        At the epoch.
    class_names
        Name of each class.
    clips
        Misclassified clips, the most certain first.
    n_wrong
        How many there are in all.
    x : np.ndarray [shape=(n_features,)]
        Frequency of each feature in hertz, or its number where frequencies repeat.
    x_is_hz
        Whether ``x`` is in hertz.
    class_means : np.ndarray [shape=(n_classes, n_features)]
        Mean feature vector of each class.
    near : tuple of float or None
        Range of ``x`` around the filters; None for all of it.
    image_shape
        Height and width of the image that a feature vector is; None for a spectrum.
    feature_label, feature_tip
        What a feature is: the label of the axis, and the features in one sentence.
    """

    accuracies: NDArray[np.float64]
    confusion: NDArray[np.intp]
    class_names: tuple[str, ...]
    clips: Sequence[ShownClip]
    n_wrong: int
    x: NDArray[np.float64]
    x_is_hz: bool
    class_means: NDArray[np.float64]
    near: tuple[float, float] | None
    image_shape: tuple[int, int] | None = None
    feature_label: str = "Feature"
    feature_tip: str = ""


class RankView(Section):
    """Curve and confusion matrix on the left, misclassified clips on the right."""

    play_requested = Signal(int)
    """Emits the row of the test set to play."""
    stop_sound_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        question = "How accurate is the network with fewer singular values, and which clips does it misclassify?"
        super().__init__("rank", "Rank", question, parent)
        self._shown: ShownRank | None = None
        self._listed: list[ShownClip] = []
        self._cell: tuple[int, int] | None = None
        self._wanted: tuple[int, int] | None = None
        self._is_playing = False
        self._theme = LIGHT
        self.curve = CurvePlot("Rank: singular values kept, largest first", "", "Test accuracy", "%")
        self.curve.set_integer_x(True)
        self.curve.set_legend_visible(False)
        self.curve.set_empty_text("Accuracy with fewer singular values.")
        self.confusion = ConfusionMap("test clips", self)
        self.count = PlainLabel(self)
        self.table = QTableWidget(0, len(_HEADS), self)
        self.play_button = QPushButton("Play", self)
        self.all_button = QPushButton("Show all", self)
        self.spectrum = CurvePlot("Frequency", "Hz", "Feature", "")
        self.spectrum.set_empty_text("Select a misclassified clip to see its features over the class means.")
        self.images = ImageGrid(self)
        self.images.hide()
        self._build()

    def _build(self) -> None:
        self.table.setHorizontalHeaderLabels(_HEADS)
        list_rows(self.table)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setAccessibleName("Misclassified clips")
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.currentCellChanged.connect(lambda *_: self._show_clip())
        self.play_button.clicked.connect(self._play)
        self.all_button.clicked.connect(lambda: self._choose(None))
        self.confusion.cell_chosen.connect(lambda row, column: self._choose((row, column)))
        self.confusion.setMinimumHeight(150)
        self.curve.setMinimumHeight(170)
        row = QHBoxLayout()
        row.addWidget(self.count, 1)
        row.addWidget(self.all_button)
        row.addWidget(self.play_button)
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        lower = QSplitter(Qt.Orientation.Vertical, right)
        lower.addWidget(self.table)
        lower.addWidget(self.spectrum)
        lower.addWidget(self.images)
        lower.setChildrenCollapsible(False)
        column.addWidget(lower, 1)
        left = QSplitter(Qt.Orientation.Vertical, self)
        left.addWidget(self.curve)
        left.addWidget(self._matrix())
        left.setChildrenCollapsible(False)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(left)
        split.addWidget(right)
        split.setChildrenCollapsible(False)
        split.setSizes([500, 500])
        self.content.addWidget(split, 1)
        self.show_sound("")
        self._list()

    def _matrix(self) -> QWidget:
        self.confusion_label = PlainLabel(
            self, "Rows: actual, columns: predicted. Click a cell (or arrow keys, Enter) to list its clips."
        )
        box = QWidget(self)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.confusion_label)
        column.addWidget(self.confusion, 1)
        return box

    def show_rank(self, shown: ShownRank) -> None:
        """Show everything of one epoch."""
        self._shown = shown
        ranks = np.arange(1.0, len(shown.accuracies) + 1.0)
        self.curve.set_curve("rank", ranks, 100.0 * shown.accuracies, "Test accuracy", self._theme.accent, 2.0)
        self.curve.set_y_range(0.0, 100.0)
        self.spectrum.setVisible(shown.image_shape is None)
        self.images.setVisible(shown.image_shape is not None)
        self.spectrum.set_x_range(*(shown.near or (None, None)))
        self.spectrum.set_y_label(shown.feature_label, "")
        self.spectrum.plot_item.getAxis("left").setToolTip(plain_tip(shown.feature_tip, is_long=True))
        self.confusion.show_counts(shown.confusion, shown.class_names)
        self.show_sound(self._sound_problem)
        wanted, self._wanted = self._wanted, None
        self._choose(wanted)

    def choose_cell(self, row: int, column: int) -> None:
        """List the clips of a cell of the confusion matrix that is shown next."""
        self._wanted = row, column

    def clear(self) -> None:
        """Remove the content."""
        self._shown = None
        self.curve.clear_curves()
        self.confusion.show_counts(np.zeros((0, 0), np.intp), ())
        self._choose(None)

    def show_sound(self, problem: str) -> None:
        """Disable Play with a reason; an empty text enables it."""
        self._sound_problem = problem
        has_images = self._shown is not None and self._shown.image_shape is not None
        self._problem = problem = NO_SOUND if has_images else problem
        tip = problem or "Play the selected clip, normalised to half of full scale"
        self.play_button.setToolTip(plain_tip(tip))
        self._enable()

    def show_playing(self, is_playing: bool) -> None:
        """Show whether a clip is playing."""
        self._is_playing = is_playing
        self.play_button.setText("Stop" if is_playing else "Play")
        self._enable()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        super().set_theme(theme)
        self._theme = theme
        self.curve.set_theme(theme)
        self.confusion.set_theme(theme)
        self.spectrum.set_theme(theme)
        self.images.set_theme(theme)
        self.confusion_label.setStyleSheet(f"color: {theme.muted.name()};")
        if self._shown is not None:
            self.show_rank(self._shown)

    def _enable(self) -> None:
        has_clip = self.table.currentRow() >= 0
        self.play_button.setEnabled(self._is_playing or (has_clip and not self._problem))

    def _choose(self, cell: tuple[int, int] | None) -> None:
        self._cell = cell
        self.all_button.setVisible(cell is not None)
        self._list()

    def _list(self) -> None:
        shown = self._shown
        clips = (
            []
            if shown is None
            else [one for one in shown.clips if self._cell is None or (one.actual, one.predicted) == self._cell]
        )
        self._listed = clips
        self.table.setRowCount(len(clips))
        for row, one in enumerate(clips):
            names = () if shown is None else (shown.class_names[one.actual], shown.class_names[one.predicted])
            for column, text in enumerate((*names, percent(one.probability))):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(text))
                self.table.setItem(row, column, item)
        self.count.setText("" if shown is None else _count_text(len(clips), shown.n_wrong, self._cell is not None))
        self.table.setCurrentCell(0 if clips else -1, 0)
        self._show_clip()

    def _show_clip(self) -> None:
        row, shown = self.table.currentRow(), self._shown
        self._enable()
        with self.spectrum.changes():
            self.spectrum.clear_curves()
            self.images.clear("Select a misclassified image to see it beside the class means.")
            if shown is None or not 0 <= row < len(self._listed):
                return
            one = self._listed[row]
            if shown.image_shape is not None:
                self._show_images(shown, one, shown.image_shape)
                return
            self.spectrum.plot_item.setLabel(
                "bottom", "Frequency (Hz)" if shown.x_is_hz else "Feature (parts in order)"
            )
            for index, role in ((one.actual, "actual"), (one.predicted, "predicted")):
                self.spectrum.set_curve(
                    role, shown.x, shown.class_means[index], f"Mean of {shown.class_names[index]} ({role})",
                    class_colour(index, self._theme), 1.4,
                    Qt.PenStyle.SolidLine if role == "actual" else Qt.PenStyle.DashLine,
                )  # fmt: skip
            self.spectrum.set_curve("clip", shown.x, one.features, "This clip", self._theme.foreground, 1.6)

    def _show_images(self, shown: ShownRank, one: ShownClip, shape: tuple[int, int]) -> None:
        actual, predicted = (f"mean of {shown.class_names[k]}" for k in (one.actual, one.predicted))
        captions = ("this image", f"{actual} (actual)", f"{predicted} (predicted)")
        images = (one.features, shown.class_means[one.actual], shown.class_means[one.predicted])
        self.images.show_images([np.asarray(image).reshape(shape) for image in images], captions)

    def _play(self) -> None:
        row = self.table.currentRow()
        if self._is_playing:
            self.stop_sound_requested.emit()
        elif 0 <= row < len(self._listed):
            self.play_requested.emit(self._listed[row].index)


def _count_text(n_listed: int, n_wrong: int, is_cell: bool) -> str:
    if is_cell:
        return f"{n_listed} misclassified clips in this cell"
    if n_listed < n_wrong:
        return f"{n_wrong} misclassified clips, the {n_listed} most certain listed"
    return f"{n_wrong} misclassified clips, the most certain first"

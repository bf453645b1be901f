"""Section Directions: the singular directions of a layer, or the effective filters of its neurons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from mlpsvd.analysis.directions import Directions, why_factors_differ
from mlpsvd.text import percent
from mlpsvd_gui.pages.analysis.views.class_key import ClassKey
from mlpsvd_gui.pages.analysis.views.row_list import RowList
from mlpsvd_gui.pages.analysis.views.section import NO_SOUND, Section
from mlpsvd_gui.pages.analysis.views.shown_row import ShownFrame, ShownRow
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.segments import Segments

__all__ = ["DirectionsView", "LayerScene"]

_NEURONS = 1
_INTRO = (
    "The weights W of a layer are a sum of directions. Each compares the input with a pattern, its row of Vᵀ: where "
    "{positive}, {more} raises the activation of the direction, {negative} it lowers it. The singular value σ is its "
    "strength, and its column of U passes it to the neurons."
)
_NEURON_INTRO = (
    "A neuron adds up its input, weighted by its row of W: where {positive}, {more} drives it, {negative} it inhibits "
    "it. {bars}"
)
_SIGNS = {
    True: ("the image is orange", "where it is blue"),
    False: ("the thick line is above the middle", "below"),
}
_OUTGOING = {
    True: "Bars: its weights to the classes; above the middle they speak for a class, below against it.",
    False: "Bars: its weights to the neurons of the next layer.",
}
_MEANS_KEY = "Thin coloured lines: class means, scaled to the height."
_FILTERS_KEY = "Dashed: filter centres."
_IMAGE_KEY = "Each image has its own scale, centred at zero."
_SIGNS_KEY = "A row of Vᵀ and its column of U can be flipped together: only differences between classes have a meaning."
_VALUES_KEY = "Hold the mouse over a row for values, over a heading for its meaning."
_TIPS = (
    "Singular value σ of W; the bar is its share of the largest",
    "What the direction compares the input of the layer with, scaled to the height of the row. The signs of this row "
    "and of its column of U can be flipped together: W and the network stay the same",
    "How much the direction adds to the input of each neuron; its sign belongs to that of the row of Vᵀ",
    "Mean (bar) and standard deviation (line) over the test clips of each class of σ vᵀx: x is the input of the layer, "
    "vᵀ the row of Vᵀ. It has the unit of x: {unit}",
    "Test accuracy of the network without this direction, the others unchanged, and the change in percentage points. "
    "No. 1 is the direction whose removal costs the most accuracy",
)
_NEURON_TIPS = (
    "Norm of the row of W; the bar is its share of the largest",
    "Row of W: the weights that the neuron gives the input of the layer, scaled to the height of the row",
    "Weights from this neuron to the next layer",
    "",
    "",
)
_NO_UNIT = "outputs of the layer before, without a unit"


@dataclass(frozen=True, eq=False)
class LayerScene:
    """What lies behind the rows of a layer.

    Attributes
    ----------
    x : np.ndarray [shape=(n_points,)]
        Frequencies in hertz, or numbers of neurons.
    n_parts
        How often they are repeated in a row.
    unit
        ``Hz`` or empty.
    class_means : np.ndarray [shape=(n_classes, n_parts, n_points)]
        Mean feature vectors; empty beyond the first layer.
    centres_hz
        Centre of each class's filter; empty for recordings.
    near : tuple of float or None
        Range of frequencies around the filters; None without filters.
    class_names
        Name of each class.
    outgoing : np.ndarray [shape=(n_next, n_out)]
        Weight matrix of the next layer; empty for the last.
    outgoing_is_classes
        Whether the next layer is the last.
    image_shape
        Height and width of the image that a row of Vᵀ is; None for a line.
    input_unit
        Unit of what enters the layer, in words.
    meanings
        What each direction separates, in words.
    """

    x: NDArray[np.float64]
    n_parts: int
    unit: str
    class_means: NDArray[np.float64]
    centres_hz: tuple[float, ...]
    near: tuple[float, float] | None
    class_names: tuple[str, ...]
    outgoing: NDArray[np.float64]
    outgoing_is_classes: bool
    image_shape: tuple[int, int] | None = None
    input_unit: str = _NO_UNIT
    meanings: tuple[str, ...] = ()


class DirectionsView(Section):
    """Rows with a choice of what they show."""

    hear_requested = Signal(int)
    """Emits the index of the direction to play."""
    trained_chosen = Signal(bool)
    """Emits whether to show the factors as trained."""

    def __init__(self, parent: QWidget | None = None) -> None:
        question = "What does each singular direction of the layer respond to, and what is lost without it?"
        super().__init__("directions", "Directions", question, parent)
        self._shown: tuple[Directions, LayerScene] | None = None
        self._problem = ""
        self.kind = Segments(
            ("Directions", "Neurons"),
            ("One row for each singular direction", "One row for each neuron: its effective filter, a row of W"),
            self,
        )
        self.range = Segments(
            ("Near the filters", "All frequencies"), ("Frequencies around the filter centres", "All frequencies"), self
        )
        self.trained_box = QCheckBox("Factors as trained", self)
        self.trained_box.setToolTip(
            plain_tip("Show the trained U, σ, Vᵀ instead of the singular value decomposition of W")
        )
        self.note = PlainLabel(self)
        self.legend = PlainLabel(self)
        self.classes = ClassKey(self)
        self.rows = RowList(self)
        self.meaning = PlainLabel(self)
        self._build()

    def _build(self) -> None:
        for label in (self.note, self.legend, self.meaning):
            label.setWordWrap(True)
        self.meaning.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head = QHBoxLayout()
        head.setSpacing(12)
        for widget in (self.kind, self.range, self.trained_box):
            head.addWidget(widget)
        head.addWidget(self.note, 1)
        head.addStretch(0)
        self.content.addLayout(head)
        self.content.addWidget(self.meaning)
        self.content.addWidget(self.rows, 1)
        self.content.addWidget(self.classes)
        self.content.addWidget(self.legend)
        self.kind.chosen.connect(self._redraw)
        self.range.chosen.connect(self._redraw)
        self.trained_box.toggled.connect(self.trained_chosen)
        self.rows.hear_requested.connect(self.hear_requested)
        self.rows.meaning_changed.connect(self._show_meaning)

    def show_directions(self, found: Directions, scene: LayerScene) -> None:
        """Show the directions of a layer."""
        self._shown = (found, scene)
        departure = found.factors.departure
        self.trained_box.setEnabled(departure is not None)
        self.note.setText("" if departure is None else why_factors_differ(departure))
        self.range.setVisible(scene.near is not None)
        self.legend.show()
        self.classes.show_names(scene.class_names)
        self._redraw()

    def clear(self) -> None:
        """Remove the rows."""
        self._shown = None
        self.note.setText("")
        self.legend.hide()
        self.classes.show_names(())
        self.rows.list.clear()
        self.rows.rows = []
        self._show_meaning("")

    def _show_meaning(self, text: str) -> None:
        self.meaning.setText(text.replace(" %", "\u00a0%"))
        self.meaning.setVisible(bool(text))

    def show_sound(self, problem: str) -> None:
        """Disable Hear with a reason; an empty text enables it."""
        self._problem = problem
        if self._shown is None or self._shown[1].image_shape is None:
            self.rows.show_sound(problem)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        super().set_theme(theme)
        self.rows.set_theme(theme)
        self.classes.set_theme(theme)
        for label in (self.note, self.legend):
            label.setStyleSheet(f"color: {theme.muted.name()};")

    def _redraw(self, *_: int) -> None:
        if self._shown is None:
            return
        found, scene = self._shown
        whole = (float(scene.x[0]), float(scene.x[-1]) if len(scene.x) > 1 else float(scene.x[0]) + 1.0)
        x_range = scene.near if scene.near is not None and self.range.index == 0 else whole
        is_neurons = self.kind.index == _NEURONS
        for widget in (self.trained_box, self.note):
            widget.setVisible(not is_neurons)
        intro, last = (_NEURON_INTRO, ()) if is_neurons else (_INTRO, (_SIGNS_KEY,))
        has_image = scene.image_shape is not None
        positive, negative = _SIGNS[has_image]
        more = "a larger pixel" if has_image else "more energy" if scene.unit else "a larger input"
        bars = _OUTGOING[scene.outgoing_is_classes] if scene.outgoing.size else ""
        text = " ".join(
            (
                intro.format(more=more, bars=bars, positive=positive, negative=negative).strip(),
                *_keys(scene),
                *last,
                _VALUES_KEY,
            )
        )
        self.legend.setText(text)
        rows = neuron_rows(found, scene) if is_neurons else direction_rows(found, scene)
        most_important = 0 if is_neurons else int(found.importance.argmin())
        self.rows.show_rows(rows, _frame(found, scene, is_neurons), x_range, most_important)
        self.rows.show_sound(NO_SOUND if scene.image_shape else self._problem)


def direction_rows(found: Directions, scene: LayerScene) -> list[ShownRow]:
    """Return one row for each direction."""
    factors = found.factors
    largest = float(np.abs(factors.sigma).max(initial=0.0)) or 1.0
    return [
        ShownRow(
            name=f"Direction {r + 1}",
            value=f"σ = {factors.sigma[r]:.4g}",
            share=float(abs(factors.sigma[r]) / largest),
            line=factors.vt[r].reshape(scene.n_parts, -1),
            column=factors.u[:, r],
            mean=found.activation_mean[r],
            spread=found.activation_std[r],
            effect=_effect(found, r),
            can_be_heard=scene.unit == "Hz" or scene.image_shape is not None,
            meaning=scene.meanings[r] if scene.meanings else "",
        )
        for r in range(factors.rank)
    ]


def neuron_rows(found: Directions, scene: LayerScene) -> list[ShownRow]:
    """Return one row for each neuron."""
    norms = np.linalg.norm(found.weights, axis=1)
    largest = float(norms.max(initial=0.0)) or 1.0
    none = np.empty(0)
    return [
        ShownRow(
            name=f"Neuron {j + 1}",
            value=f"‖w‖ = {norms[j]:.4g}",
            share=float(norms[j] / largest),
            line=found.weights[j].reshape(scene.n_parts, -1),
            column=scene.outgoing[:, j] if scene.outgoing.size else none,
            mean=none,
            spread=none,
            effect=(),
            can_be_heard=False,
        )
        for j in range(len(found.weights))
    ]


def _effect(found: Directions, r: int) -> tuple[str, ...]:
    without = found.accuracy_without[r]
    change = f"{100.0 * (without - found.accuracy):+.1f}".replace("-", "−")
    return percent(without), f"{change} points", f"No. {found.importance[r]} of {found.factors.rank}"


def _keys(scene: LayerScene) -> tuple[str, ...]:
    if scene.image_shape:
        return (_IMAGE_KEY,)
    if scene.unit != "Hz":
        return ()
    return (_MEANS_KEY, _FILTERS_KEY) if scene.centres_hz else (_MEANS_KEY,)


def _frame(found: Directions, scene: LayerScene, is_neurons: bool) -> ShownFrame:
    over = "as an image" if scene.image_shape else "over frequency" if scene.unit else "over neurons"
    heads = ("Singular value", f"Row of Vᵀ {over}", "Column of U", "Activation by class", "Accuracy without")
    if is_neurons:
        outgoing = (
            "" if not scene.outgoing.size else "Weights to classes" if scene.outgoing_is_classes else "Next weights"
        )
        heads = ("Norm", f"Effective filter: row of W {over}", outgoing, "", "")
    tips = _NEURON_TIPS if is_neurons else tuple(one.format(unit=scene.input_unit) for one in _TIPS)
    return ShownFrame(
        heads=heads,
        tips=tips,
        x=scene.x,
        unit=scene.unit,
        class_means=scene.class_means,
        centres=scene.centres_hz,
        class_names=scene.class_names,
        image_shape=scene.image_shape,
        column_is_classes=(is_neurons and scene.outgoing_is_classes)
        or (not is_neurons and found.factors.u.shape[0] == len(scene.class_names) and not scene.outgoing.size),
    )

"""Review of the selected recordings: go to the next one, accept or correct its label, train on the labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QMenu, QPushButton, QWidget

from mlpsvd.classification.batch.results import FileResult
from mlpsvd.quantities import Quantity
from mlpsvd.text import one_line
from mlpsvd_gui.pages.files.views.rows import UNCERTAIN_BELOW
from mlpsvd_gui.qt_text import menu_text, plain_tip
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.number_field import NumberField
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.swatch import swatch_icon

__all__ = ["ReviewBar"]

_N_KEYS = 9
_LONGEST = 40


class ReviewBar(QWidget):
    """Buttons in one row, and the keys that do the same."""

    step_requested = Signal(int)
    """Emits 1 for the next recording to review, -1 for the previous one."""
    accept_requested = Signal()
    label_requested = Signal(str)
    """Emits the label for the selected recordings; empty removes it."""
    train_requested = Signal()
    collection_requested = Signal()
    """Requests copies of the selected recordings in the collection of the page *Record*."""
    below_changed = Signal(float)
    """Emits the probability below which a prediction is uncertain."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._can_label = False
        self._colour_of: Callable[[str], QColor] = lambda _: QColor("grey")
        self.previous_button = QPushButton("Previous", self)
        self.next_button = QPushButton("Next", self)
        self.count_label = PlainLabel(self)
        self.below_box = NumberField(Quantity("%", low=0.0, high=100.0), 100.0 * UNCERTAIN_BELOW, 5.0, self)
        self.state_label = ElidedLabel(parent=self)
        self.accept_button = QPushButton("Accept", self)
        self.label_button = QPushButton("Correct", self)
        self.collection_button = QPushButton("To collection", self)
        self.train_button = QPushButton("Train on labels…", self)
        self._build()
        self.show_left(0)
        self.show_result(None, 0)

    def add_keys(self, *areas: QWidget) -> None:
        """Let the keys work while one of these widgets, or a widget in it, has the focus."""
        keys: list[tuple[str, Callable[[], object]]] = [
            ("N", partial(self._step, 1)),
            ("Shift+N", partial(self._step, -1)),
            ("A", self._accept),
            ("Backspace", partial(self._ask, "")),
        ]
        keys += [(str(number), partial(self._label_by_key, number)) for number in range(1, _N_KEYS + 1)]
        for area in areas:
            for text, slot in keys:
                shortcut = QShortcut(QKeySequence(text), area)
                shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                shortcut.activated.connect(slot)

    def show_classes(self, names: Sequence[str], colour_of: Callable[[str], QColor]) -> None:
        """Set the classes, in the order of their keys."""
        self._names, self._colour_of = tuple(names), colour_of
        menu = self.label_button.menu()
        menu.clear()
        for number, name in enumerate(names, start=1):
            keys = f"\t{number}" if number <= _N_KEYS else ""
            menu.addAction(swatch_icon(colour_of(name)), f"{menu_text(name)}{keys}", partial(self._ask, name))
        menu.addSeparator()
        menu.addAction("&Other class…", self.ask_for_name)
        menu.addAction("&Remove label\tBackspace", partial(self._ask, ""))

    def show_left(self, n_left: int) -> None:
        """Show how many of the listed recordings are to be reviewed."""
        self.count_label.setText(f"{n_left:,} to review")
        self.previous_button.setEnabled(n_left > 0)
        self.next_button.setEnabled(n_left > 0)

    def show_result(self, result: FileResult | None, n_selected: int) -> None:
        """Show the label of the current recording, and enable what applies to the selected ones."""
        self._can_label = result is not None and result.is_usable
        self.accept_button.setEnabled(self._can_label)
        self.label_button.setEnabled(self._can_label)
        self.collection_button.setEnabled(self._can_label)
        self.state_label.setText(_state(result, n_selected))

    def show_trainable(self, is_trainable: bool) -> None:
        """Enable training, if any recording has a known label."""
        self.train_button.setEnabled(is_trainable)

    def ask_for_name(self) -> None:
        """Ask for the name of a class that the model does not have."""
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Other class")
        dialog.setLabelText("Label of the selected recordings:")
        dialog.textValueSelected.connect(self._take_name)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take_name(self, text: str) -> None:
        if text.strip():
            self.label_requested.emit(text)

    def _step(self, direction: int) -> None:
        if self.next_button.isEnabled():
            self.step_requested.emit(direction)

    def _accept(self) -> None:
        if self._can_label:
            self.accept_requested.emit()

    def _ask(self, label: str) -> None:
        if self._can_label:
            self.label_requested.emit(label)

    def _label_by_key(self, number: int) -> None:
        if number <= len(self._names):
            self._ask(self._names[number - 1])

    def _build(self) -> None:
        self.previous_button.setToolTip("Previous wrong or uncertain recording that is not reviewed (Shift+N)")
        self.next_button.setToolTip("Next wrong or uncertain recording that is not reviewed (N)")
        self.below_box.setAccessibleName("Probability below which a prediction is uncertain")
        self.below_box.setToolTip("Predictions with a lower probability are to be reviewed, like wrong ones")
        self.accept_button.setToolTip("Label the selected recordings with their predicted class (A); can be undone")
        self.label_button.setToolTip("Give the selected recordings another label (1 to 9); can be undone")
        self.label_button.setMenu(QMenu(self.label_button))
        self.collection_button.setToolTip(
            plain_tip(
                "Copy the selected recordings that have a label into the collection that is open on Record; Undo there "
                "removes them",
                is_long=True,
            )
        )
        self.train_button.setToolTip(
            plain_tip(
                "Save a list of all recordings with a known label (reviewed, else from folder or file name), and open "
                "it on Explore for training",
                is_long=True,
            )
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        label = PlainLabel(self, "Uncertain below")
        label.setBuddy(self.below_box)
        for widget in (self.previous_button, self.next_button, self.count_label):
            row.addWidget(widget)
        row.addSpacing(6)
        row.addWidget(label)
        row.addWidget(self.below_box)
        row.addWidget(self.state_label, 1)
        self.state_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for button in (self.accept_button, self.label_button, self.collection_button, self.train_button):
            row.addWidget(button)
        self.previous_button.clicked.connect(partial(self._step, -1))
        self.next_button.clicked.connect(partial(self._step, 1))
        self.accept_button.clicked.connect(self._accept)
        self.collection_button.clicked.connect(self.collection_requested)
        self.train_button.clicked.connect(self.train_requested)
        self.below_box.valueChanged.connect(lambda value: self.below_changed.emit(float(value) / 100.0))


def _state(result: FileResult | None, n_selected: int) -> str:
    if result is None or not result.is_usable:
        return ""
    if n_selected > 1:
        return f"{n_selected:,} selected"
    if not result.reviewed:
        return "Not reviewed"
    how = "corrected" if result.is_corrected else "accepted"
    return f"{one_line(result.reviewed, _LONGEST)} ({how})"

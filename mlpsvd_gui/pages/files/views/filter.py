"""Filter bar: kind, predicted and actual class, text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from mlpsvd_gui.pages.files.views.rows import (
    ALL,
    DOUBTFUL,
    PROBLEMS,
    REVIEWED,
    TO_REVIEW,
    UNCERTAIN_BELOW,
    UNCLEAR,
    WRONG,
    RowFilter,
)
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.eliding import ElidedLabel, ElidingComboBox

__all__ = ["FileFilter"]

_KINDS = (
    (ALL, "All recordings"),
    (TO_REVIEW, "To review (wrong or uncertain)"),
    (WRONG, "Wrong predictions"),
    (UNCLEAR, "Ambiguous (windows differ)"),
    (DOUBTFUL, "Doubtful"),
    (REVIEWED, "Reviewed"),
    (PROBLEMS, "With errors"),
)


class FileFilter(QWidget):
    """Choosers above the table of files."""

    changed = Signal(object)
    """Emits the current :class:`RowFilter`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind_box = Chooser(self)
        self.label_box = ElidingComboBox(self)
        self.truth_box = ElidingComboBox(self)
        self.find_edit = QLineEdit(self)
        self.reset_button = QToolButton(self)
        self.count_label = ElidedLabel(parent=self)
        self._names: tuple[str, ...] = ()
        self._below = UNCERTAIN_BELOW
        self._build()
        self._layout()
        self.show_classes((), has_truth=False)

    @property
    def filter(self) -> RowFilter:
        """The current filter."""
        kind = str(self.kind_box.currentData())
        return RowFilter(
            kind,
            str(self.label_box.currentData() or ""),
            str(self.truth_box.currentData() or ""),
            self.find_edit.text().strip(),
            self._below if kind == TO_REVIEW else UNCERTAIN_BELOW,
        )

    def choose(self, row_filter: RowFilter) -> None:
        """Set the filter."""
        choices: tuple[tuple[QComboBox, str], ...] = (
            (self.kind_box, row_filter.kind),
            (self.label_box, row_filter.label),
            (self.truth_box, row_filter.truth),
        )
        for box, value in choices:
            box.blockSignals(True)
            box.setCurrentIndex(max(0, box.findData(value)))
            box.blockSignals(False)
        self.find_edit.blockSignals(True)
        self.find_edit.setText(row_filter.text)
        self.find_edit.blockSignals(False)
        self._emit_filter()

    def set_uncertain_below(self, below: float) -> None:
        """Set the probability below which a prediction is uncertain."""
        self._below = below
        self._emit_filter()

    def show_classes(self, names: Sequence[str], has_truth: bool) -> None:
        """Set the classes."""
        self.truth_box.setVisible(has_truth)
        if tuple(names) == self._names:
            return
        self._names = tuple(names)
        for box, text in ((self.label_box, "Predicted: any"), (self.truth_box, "Actual: any")):
            box.blockSignals(True)
            chosen = box.currentData()
            box.clear()
            box.addItem(text, "")
            for name in names:
                box.addItem(f"{'Predicted' if box is self.label_box else 'Actual'}: {name}", name)
            box.setCurrentIndex(max(0, box.findData(chosen)))
            box.blockSignals(False)
        self._emit_filter()

    def show_count(self, n_shown: int, n_all: int) -> None:
        """Show how many files pass the filter."""
        self.count_label.setText("" if n_shown == n_all else f"{n_shown:,} of {n_all:,} shown")

    def _build(self) -> None:
        for kind, text in _KINDS:
            self.kind_box.addItem(text, kind)
        self.kind_box.setAccessibleName("Recordings to show")
        self.label_box.setAccessibleName("Predicted class of the shown recordings")
        self.truth_box.setAccessibleName("Actual class of the shown recordings")
        for box in (self.label_box, self.truth_box):
            box.setMinimumContentsLength(14)
        self.find_edit.setPlaceholderText("Find in file names")
        self.find_edit.setClearButtonEnabled(True)
        self.find_edit.setAcceptDrops(False)  # the whole page accepts dropped files
        self.find_edit.setToolTip("Show only recordings whose file name contains this text (Ctrl+F)")
        self.find_edit.setMinimumWidth(90)
        self.reset_button.setText("Show all")
        self.reset_button.setToolTip("Clear the filter")
        boxes: tuple[QComboBox, ...] = (self.kind_box, self.label_box, self.truth_box)
        for chooser in boxes:
            chooser.currentIndexChanged.connect(self._emit_filter)
        self.find_edit.textChanged.connect(self._emit_filter)
        self.reset_button.clicked.connect(lambda: self.choose(RowFilter()))
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        shortcut.activated.connect(self._find)

    def _layout(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        shows = QLabel("Sho&w", self)
        shows.setBuddy(self.kind_box)
        for widget in (shows, self.kind_box, self.label_box, self.truth_box):
            row.addWidget(widget)
        row.addWidget(self.find_edit, 1)
        row.addWidget(self.reset_button)
        row.addWidget(self.count_label)

    def _find(self) -> None:
        self.find_edit.setFocus()
        self.find_edit.selectAll()

    def _emit_filter(self) -> None:
        self.reset_button.setVisible(self.filter != RowFilter())
        self.changed.emit(self.filter)

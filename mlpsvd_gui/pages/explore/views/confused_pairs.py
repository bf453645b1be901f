"""Lists beside a confusion matrix of many classes: the most confused pairs, and the scores of each class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from mlpsvd.metrics.confused_pairs import most_confused
from mlpsvd.text import percent
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.tables import list_rows

__all__ = ["ClassScoreList", "ConfusedPairs"]

_NUMBER = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class _List(QTableWidget):
    """A list whose first columns share the width."""

    def __init__(self, headings: Sequence[str], n_names: int, name: str, parent: QWidget | None) -> None:
        super().__init__(0, len(headings), parent)
        self.setHorizontalHeaderLabels(list(headings))
        list_rows(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAccessibleName(name)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(30)
        for column in range(len(headings)):
            stretches = column < n_names
            mode = QHeaderView.ResizeMode.Stretch if stretches else QHeaderView.ResizeMode.ResizeToContents
            header.setSectionResizeMode(column, mode)
            heading = self.horizontalHeaderItem(column)
            if heading is not None and not stretches:
                heading.setTextAlignment(_NUMBER)

    def _fill(self, rows: Sequence[Sequence[str]], n_names: int) -> None:
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                if column < n_names:
                    item.setToolTip(plain_tip(text))
                else:
                    item.setTextAlignment(_NUMBER)
                self.setItem(number, column, item)


class ConfusedPairs(_List):
    """The largest off-diagonal entries."""

    pair_chosen = Signal(int, int)
    """Emits the indices of the actual and the predicted class."""

    def __init__(self, noun: str, parent: QWidget | None = None) -> None:
        super().__init__(("Actual", "Predicted", noun, "Share"), 2, "Most confused classes", parent)
        self._pairs: list[tuple[int, int]] = []
        self.cellClicked.connect(self._choose)
        self.activated.connect(lambda index: self._choose(index.row(), 0))

    def show_counts(self, counts: NDArray[np.intp], names: Sequence[str]) -> None:
        """Show the pairs of a confusion matrix [shape=(n_classes, n_classes)]."""
        pairs = most_confused(counts)
        self._pairs = [(one.actual, one.predicted) for one in pairs]
        self._fill(
            [(names[one.actual], names[one.predicted], f"{one.count:,}", percent(one.share, 0)) for one in pairs],
            2,
        )

    def _choose(self, row: int, _column: int) -> None:
        self.pair_chosen.emit(*self._pairs[row])


class ClassScoreList(_List):
    """Recall, precision and F1 of each class."""

    class_chosen = Signal(int)
    """Emits the index of a class."""

    def __init__(self, headings: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(("Class", *headings), 1, "Scores of each class", parent)
        self.cellClicked.connect(lambda row, _: self.class_chosen.emit(row))
        self.activated.connect(lambda index: self.class_chosen.emit(index.row()))

    def show_scores(self, names: Sequence[str], scores: Sequence[NDArray[np.floating]]) -> None:
        """Show scores [shape=(n_classes,)] from 0 to 1, one array a column."""
        texts = [[percent(value, 0) if np.isfinite(value) else "—" for value in values] for values in scores]
        self._fill([(name, *row) for name, *row in zip(names, *texts, strict=True)], 1)

    def select_class(self, index: int | None) -> None:
        """Select the row of a class."""
        if index is None:
            self.clearSelection()
        elif index < self.rowCount() and index != self.currentRow():
            self.selectRow(index)

"""Confusion panel: confusion matrix with precision, recall and F1 per class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QSplitter,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.chart import Axis, Chart
from mlpsvd.contenders import Contender
from mlpsvd.metrics.confusion_chart import confusion_chart
from mlpsvd.metrics.scores import balanced_accuracy
from mlpsvd.text import one_line, percent
from mlpsvd_gui.pages.explore.views.confused_pairs import ClassScoreList, ConfusedPairs
from mlpsvd_gui.plots.picture_menu import offer_picture
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Chooser, Tabs
from mlpsvd_gui.widgets.confusion_map import LONGEST_NAME, MOST_IN_TABLE, ConfusionMap
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["ClassScores", "ConfusionPanel"]

_MOST_WITH_COUNTS = 6
_SCORES = ("Recall", "Precision", "F1")
_HOW_TO_OPEN = "; double-click to see and hear them"
_EMPTY = (
    "How the test clips were classified: actual classes in rows, predicted classes in columns.\n"
    "It appears when a training run ends or is stopped: press Train (F5)."
)


@dataclass(frozen=True)
class ClassScores:
    """One contender's confusion matrix.

    Attributes
    ----------
    counts : np.ndarray [shape=(n_classes, n_classes)]
        Test clips; rows are actual classes, columns predicted classes.
    precision, recall, f1 : np.ndarray [shape=(n_classes,)]
        0 to 1, NaN where undefined.
    """

    counts: NDArray[np.intp]
    precision: NDArray[np.floating]
    recall: NDArray[np.floating]
    f1: NDArray[np.floating]


class ConfusionPanel(QWidget):
    """Shows confusion matrices; clicking a row selects its class on all panels, a double click opens a cell."""

    class_selected = Signal(int)
    """Emits the index of the class whose row was clicked."""
    cell_opened = Signal(str, int, int)
    """Emits the key of the network, and the indices of actual and predicted class, on a double click or Enter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "confusion")
        self.table = QTableWidget(self)
        self.contender_box = Chooser(self)
        self._empty = PlainLabel(self, _EMPTY)
        self._summary = ElidedLabel(parent=self)
        self.map = ConfusionMap("test clips", self)
        self.pairs = ConfusedPairs("Clips", self)
        self.scores = ClassScoreList(_SCORES, self)
        self._stack = QStackedWidget(self)
        self._views = QStackedWidget(self)
        self._scores: dict[str, ClassScores] = {}
        self._names: tuple[str, ...] = ()
        self._selected: int | None = None
        self._has_tall_rows = True
        self._accent = QColor("#3b7dd8")
        self._build()

    def _build(self) -> None:
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setEnabled(False)
        self.contender_box.setAccessibleName("Network whose confusion matrix is shown")
        self.contender_box.currentIndexChanged.connect(self._show)
        head = QHBoxLayout()
        head.addWidget(self.contender_box)
        head.addWidget(self._summary, 1)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(head)
        self._views.addWidget(self.table)
        self._views.addWidget(self._build_many())
        layout.addWidget(self._views, 1)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(page)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self._build_table()
        offer_picture(self.table, self.chart)

    def chart(self) -> Chart:
        """Return the matrix shown."""
        scores = self._scores.get(self.contender_box.currentData())
        if scores is None:
            return Chart("Confusion matrix", Axis(""), Axis(""))
        return confusion_chart(scores.counts, self._names, self.contender_box.currentText())

    def _build_many(self) -> QWidget:
        lists = Tabs(self)
        lists.addTab(self.pairs, "Most confused")
        lists.addTab(self.scores, "Classes")
        lists.setDocumentMode(True)
        self.map.cell_chosen.connect(lambda row, _: self.class_selected.emit(row))
        self.map.cell_opened.connect(self._open_cell)
        self.pairs.pair_chosen.connect(lambda row, _: self.class_selected.emit(row))
        self.scores.class_chosen.connect(self.class_selected)
        both = QSplitter(Qt.Orientation.Horizontal, self)
        both.addWidget(self.map)
        both.addWidget(lists)
        both.setChildrenCollapsible(False)
        both.setMinimumSize(1, 1)  # the panel may be no taller than the table of a few classes
        both.setSizes([600, 400])
        both.setStretchFactor(0, 3)
        both.setStretchFactor(1, 2)
        return both

    def _build_table(self) -> None:
        table = self.table
        table.setAccessibleName("Confusion matrix")
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setFrameShape(QFrame.Shape.NoFrame)
        table.cellClicked.connect(lambda row, _: self.class_selected.emit(row))
        table.cellActivated.connect(self._open_cell)
        table.verticalHeader().sectionClicked.connect(self.class_selected)
        for header in (table.horizontalHeader(), table.verticalHeader()):
            header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
            header.setMinimumSectionSize(22)
            header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.horizontalHeader().setMinimumSectionSize(40)

    def _open_cell(self, row: int, column: int) -> None:
        key = self.contender_box.currentData()
        if key in self._scores and column < len(self._names):
            self.cell_opened.emit(key, row, column)

    def show_scores(self, scores: Mapping[Contender, ClassScores], class_names: Sequence[str]) -> None:
        """Show the contenders' matrices; without any, show the empty text."""
        self._scores, self._names = {one.key: score for one, score in scores.items()}, tuple(class_names)
        current = self.contender_box.currentData()
        blocked = self.contender_box.blockSignals(True)
        self.contender_box.clear()
        for contender in scores:
            self.contender_box.addItem(contender.title, contender.key)
        factored = next((one.key for one in scores if one.is_factored), None)
        wanted = current if current in self._scores else factored
        self.contender_box.setCurrentIndex(max(0, self.contender_box.findData(wanted)))
        self.contender_box.blockSignals(blocked)
        self._show()

    def select_class(self, index: int | None) -> None:
        """Highlight the row of the selected class."""
        self._selected = index
        self.map.select_class(index)
        self.scores.select_class(index)
        for row in range(self.table.rowCount()):
            header = self.table.verticalHeaderItem(row)
            font = header.font()
            font.setBold(row == index)
            header.setFont(font)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._accent = QColor(theme.accent)
        self.map.set_theme(theme)
        self._show()

    def _show(self, *_: object) -> None:
        scores = self._scores.get(self.contender_box.currentData())
        self._stack.setCurrentIndex(1 if scores is not None else 0)
        if scores is None:
            return
        total, right = int(scores.counts.sum()), int(np.trace(scores.counts))
        balance = ""
        if len(set(scores.counts.sum(axis=1).tolist())) > 1:
            balance = f" · balanced accuracy {percent(balanced_accuracy(scores.counts))}"
        self._summary.setText(
            f"{right:,} of {total:,} test clips correct{balance} · rows: actual class, columns: predicted class"
        )
        is_large = len(self._names) > MOST_IN_TABLE
        self._views.setCurrentIndex(int(is_large))
        if is_large:
            self.map.show_counts(scores.counts, self._names)
            self.pairs.show_counts(scores.counts, self._names)
            self.scores.show_scores(self._names, (scores.recall, scores.precision, scores.f1))
        else:
            self._fill_table(scores)
        self.select_class(self._selected)

    def _fill_table(self, scores: ClassScores) -> None:
        n = len(self._names)
        self.table.setRowCount(n)
        self.table.setColumnCount(n + len(_SCORES))
        short = [one_line(name, LONGEST_NAME) for name in self._names]
        self.table.setVerticalHeaderLabels([f"{name} →" for name in short])
        self.table.setHorizontalHeaderLabels([*short, *_SCORES])
        for index, name in enumerate(self._names):
            for heading, kind in (
                (self.table.verticalHeaderItem(index), "Actual"),
                (self.table.horizontalHeaderItem(index), "Predicted"),
            ):
                if heading is not None:
                    heading.setToolTip(plain_tip(f"{kind} class {name}"))
        self._has_tall_rows = self._rows_are_tall()
        for row in range(n):
            self._fill_row(row, scores)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show counts without percentages if the rows are too low."""
        super().resizeEvent(event)
        is_small = len(self._names) <= MOST_IN_TABLE
        if self._scores and is_small and self._has_tall_rows != self._rows_are_tall():
            self._show()

    def _rows_are_tall(self) -> bool:
        height = self.table.height() - self.table.horizontalHeader().height()
        return height >= len(self._names) * (2 * self.fontMetrics().lineSpacing() + 6)

    def _fill_row(self, row: int, scores: ClassScores) -> None:
        counts = scores.counts[row]
        total = max(1, int(counts.sum()))
        for column, count in enumerate(counts):
            share = count / total
            item = self._cell(self._text(int(count), share))
            item.setToolTip(
                plain_tip(
                    f"{count} of {total} test clips of {self._names[row]} ({percent(share)}) "
                    f"were predicted as {self._names[column]}{_HOW_TO_OPEN if count and row != column else ''}"
                )
            )
            self._paint(item, share)
            self.table.setItem(row, column, item)
        for offset, values in enumerate((scores.recall, scores.precision, scores.f1)):
            text = percent(values[row], 0) if np.isfinite(values[row]) else "—"
            item = self._cell(text)
            item.setToolTip(plain_tip(f"{_SCORES[offset]} of {self._names[row]}: {text}"))
            self.table.setItem(row, len(self._names) + offset, item)

    def _text(self, count: int, share: float) -> str:
        if not count:
            return ""
        if len(self._names) > _MOST_WITH_COUNTS:
            return f"{100 * share:.0f}"
        return f"{count}\n{percent(share, 0)}" if self._has_tall_rows else f"{count}"

    def _cell(self, text: str) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
        return item

    def _paint(self, item: QTableWidgetItem, share: float) -> None:
        colour = QColor(self._accent)
        colour.setAlphaF(0.08 + 0.82 * share if share > 0 else 0.0)
        item.setBackground(colour)
        if share > 0.6:
            item.setForeground(QColor("#10131a" if self._accent.lightnessF() > 0.6 else "white"))

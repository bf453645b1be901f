"""Tables of a result: ours beside the paper's, and what else was counted."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.views.experiment_shown import ShownTable

__all__ = ["ExperimentTable", "shares_px"]

_MARKS = {True: "=", False: "≠", None: "·"}
_TIPS = {
    True: "Agrees with the paper, as far as chance can tell",
    False: "Differs from the paper",
    None: "Cannot be judged",
}
_COLOURS = {False: {True: "#1f7a4d", False: "#b3400a"}, True: {True: "#6fcf9f", False: "#f59a4c"}}
_WIDEST_PX = 330
_MARK_PX = 30


class ExperimentTable(QTableWidget):
    """Read-only; the first column says whether a row agrees. Ctrl+C copies the selected rows."""

    def __init__(self, shown: ShownTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = shown
        self._first = 1 if shown.marks else 0
        self._natural_px: list[int] = []
        self._build()
        self._fill()
        QShortcut(QKeySequence.StandardKey.Copy, self, self.copy, context=Qt.ShortcutContext.WidgetShortcut)

    def _build(self) -> None:
        self.setAccessibleName(self.shown.title)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.horizontalHeader().setHighlightSections(False)
        self.setStyleSheet("QTableWidget::item { padding: 0 6px; }")

    def _fill(self) -> None:
        shown = self.shown
        self.setColumnCount(len(shown.heads) + self._first)
        self.setRowCount(len(shown.rows))
        for column, head in enumerate(("", *shown.heads) if self._first else shown.heads):
            item = QTableWidgetItem(f" {head} ")
            item.setTextAlignment(self._alignment(column))
            self.setHorizontalHeaderItem(column, item)
        for row, texts in enumerate(shown.rows):
            for column, text in enumerate(texts, start=self._first):
                item = QTableWidgetItem(text)
                item.setTextAlignment(self._alignment(column))
                item.setToolTip(text)
                self.setItem(row, column, item)
        for row, mark in enumerate(shown.marks):
            item = QTableWidgetItem(_MARKS[mark])
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            item.setToolTip(_TIPS[mark])
            self.setItem(row, 0, item)
        self._fit()

    def _fit(self) -> None:
        if self._first:
            self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.horizontalHeader().setMinimumSectionSize(_MARK_PX)
            self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            self.verticalHeader().setMinimumSectionSize(self.fontMetrics().height() + 8)
        self.resizeColumnsToContents()
        self._natural_px = [self.columnWidth(column) + 4 for column in range(self.columnCount())]
        for column, width in enumerate(self._natural_px):
            self.setColumnWidth(column, min(width, _WIDEST_PX))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room out among the columns of a comparison: long texts wrap, nothing has to be scrolled to."""
        super().resizeEvent(event)
        if self._first:
            self._natural_px[0] = _MARK_PX
            for column, width in enumerate(shares_px(self._natural_px, self.viewport().width())):
                self.setColumnWidth(column, width)

    def _alignment(self, column: int) -> Qt.AlignmentFlag:
        is_number = column - self._first in self.shown.right
        side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter

    def set_theme(self, theme: Theme) -> None:
        """Colour the marks of what agrees and what differs; the sign says it as well."""
        for row, mark in enumerate(self.shown.marks):
            for column in (0, self.columnCount() - 1):
                item = self.item(row, column)
                if item is not None:
                    colour = theme.muted if mark is None else QColor(_COLOURS[theme.is_dark][mark])
                    item.setForeground(colour)

    def texts(self) -> list[list[str]]:
        """Return what is shown, row by row."""
        rows, columns = range(self.rowCount()), range(self.columnCount())
        return [[item.text() if (item := self.item(row, column)) else "" for column in columns] for row in rows]

    def copy(self) -> None:
        """Copy the selected rows, or all, as text with tabs."""
        chosen = sorted({index.row() for index in self.selectedIndexes()}) or list(range(self.rowCount()))
        texts = self.texts()
        lines = [list(self.shown.heads), *(texts[row][self._first :] for row in chosen)]
        QApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))


def shares_px(natural_px: Sequence[int], room_px: int) -> list[int]:
    """Return column widths that fill the room: narrow columns keep theirs, wide ones get equal shares of the rest."""
    if sum(natural_px) <= room_px:
        return [*natural_px[:-1], room_px - sum(natural_px[:-1])]
    rest, shares = room_px, list(natural_px)
    by_width = sorted(range(len(natural_px)), key=lambda column: natural_px[column])
    for done, column in enumerate(by_width):
        shares[column] = min(natural_px[column], rest // (len(by_width) - done))
        rest -= shares[column]
    return shares

"""Tables of a paper result."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMargins, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFrame,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from mlpsvd_gui.pages.papers.views.content import ShownTable
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip

__all__ = ["ResultTable", "shares_px"]

_MARKS = {True: "=", False: "≠", None: "·"}
_TIPS = {
    True: "Agrees with the paper within sampling error",
    False: "Differs from the paper",
    None: "Not tested",
}
_COLOURS = {False: {True: "#1f7a4d", False: "#b3400a"}, True: {True: "#6fcf9f", False: "#f59a4c"}}
_WIDEST_PX, _WIDE_PX = 310, 210
"""Maximum widths of texts in the first and the other columns, beyond which they wrap."""
_GAP = "\u2002"
"""Space between a right-aligned number and the text of the next column."""
_MARK_PX = 30
_AIR_PX = 3


class _RoomyCells(QStyledItemDelegate):
    """Adds space between rows of wrapped text."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return super().sizeHint(option, index).grownBy(QMargins(0, _AIR_PX, 0, _AIR_PX))


class ResultTable(QTableWidget):
    """Read-only table; the first column marks agreement. Ctrl+C copies the selected rows."""

    def __init__(self, shown: ShownTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown = shown
        self._first = 1 if shown.marks else 0
        self._natural_px: list[int] = []
        self._build()
        self._fill()

    def _build(self) -> None:
        self.setAccessibleName(self.shown.title)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.horizontalHeader().setHighlightSections(False)

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
                item = QTableWidgetItem(text + _GAP if column - self._first in shown.right else text)
                item.setTextAlignment(self._alignment(column))
                item.setToolTip(plain_tip(text))
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
            self.setItemDelegate(_RoomyCells(self))
            self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            self.verticalHeader().setMinimumSectionSize(self.fontMetrics().height() + 8)
        self.resizeColumnsToContents()
        self._natural_px = [self.columnWidth(column) + 10 for column in range(self.columnCount())]
        for column, width in enumerate(self._natural_px[:-1]):
            self._natural_px[column] = min(width, _WIDEST_PX if column <= self._first else _WIDE_PX)
        for column, width in enumerate(self._natural_px):
            self.setColumnWidth(column, width)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the selected rows instead of the current cell."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Distribute the width among the columns of a comparison; long texts wrap."""
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
        """Colour the marks of agreement and difference."""
        for row, mark in enumerate(self.shown.marks):
            for column in (0, self.columnCount() - 1):
                item = self.item(row, column)
                if item is not None:
                    colour = theme.muted if mark is None else QColor(_COLOURS[theme.is_dark][mark])
                    item.setForeground(colour)

    def texts(self) -> list[list[str]]:
        """Return the shown texts, row by row."""
        rows, columns = range(self.rowCount()), range(self.columnCount())
        return [[item.text().strip() if (item := self.item(row, column)) else "" for column in columns] for row in rows]

    def copy(self) -> None:
        """Copy the selected rows, or all, as text with tabs."""
        chosen = sorted({index.row() for index in self.selectedIndexes()}) or list(range(self.rowCount()))
        lines = [self.shown.heads, *(self.shown.rows[row] for row in chosen)]
        QApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))


def shares_px(natural_px: Sequence[int], room_px: int) -> list[int]:
    """Return column widths that fill the space: narrow columns keep theirs, wide ones share the rest equally."""
    if sum(natural_px) <= room_px:
        return [*natural_px[:-1], room_px - sum(natural_px[:-1])]
    rest, shares = room_px, list(natural_px)
    by_width = sorted(range(len(natural_px)), key=lambda column: natural_px[column])
    for done, column in enumerate(by_width):
        shares[column] = min(natural_px[column], rest // (len(by_width) - done))
        rest -= shares[column]
    return shares

"""Table of runs, for thousands of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from mlpsvd.experiments.runs.kept_run import KeptRun
from mlpsvd_gui.pages.runs.views.rows import COLUMNS, NAME, STAR, STARTED, in_sorted_order
from mlpsvd_gui.plots.theme import LIGHT, Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.tables import list_rows, pad_cells

__all__ = ["RunRows", "RunTable"]

_SAMPLES = ("★★", "", "2026-11-27 11:38", "interrupted, 90 of 100",
            "MLP 100.0 % (70.1–100.0), MLP-SVD 100.0 % (70.1–100.0)", "birds", "")  # fmt: skip
"""Texts that determine the initial column widths."""
_LEAST_PX = {NAME: 130, len(COLUMNS) - 1: 80}
"""Minimum width of names and notes, which share the remaining width; with less, the table scrolls."""
_GAP_PX = 18
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_TOOL_TIP = int(Qt.ItemDataRole.ToolTipRole)
_FOREGROUND = int(Qt.ItemDataRole.ForegroundRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_BAD = {False: QColor("#b3261e"), True: QColor("#ff8a80")}
_STARRED = {False: QColor("#b07a00"), True: QColor("#f0b41e")}
_Index = QModelIndex | QPersistentModelIndex


class RunRows(QAbstractTableModel):
    """The runs, in the order of the view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: list[KeptRun] = []
        self._sorted_by = (STARTED, True)
        self._theme = LIGHT

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of runs."""
        return 0 if parent.isValid() else len(self.shown)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return a heading or its tooltip."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == _DISPLAY:
            return COLUMNS[section].heading
        if role == _TOOL_TIP:
            return plain_tip(COLUMNS[section].tip)
        return int(Qt.AlignmentFlag.AlignLeft) if role == _ALIGNMENT else None

    def data(self, index: _Index, role: int = 0) -> Any:
        """Return the data of a cell."""
        column = index.column()
        if role == _DISPLAY:
            return COLUMNS[column].text(self.shown[index.row()])
        if role == _FOREGROUND:
            return self._foreground(self.shown[index.row()], column)
        if role == _ALIGNMENT and column == STAR:
            return Qt.AlignmentFlag.AlignCenter
        if role == _TOOL_TIP:
            return plain_tip(COLUMNS[column].cell_tip(self.shown[index.row()]))
        return None

    def _foreground(self, run: KeptRun, column: int) -> QColor | None:
        if column == STAR:
            return _STARRED[self._theme.is_dark] if run.about.is_starred else self._theme.muted
        if column == len(COLUMNS) - 1 and run.problem:
            return _BAD[self._theme.is_dark]
        return None

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        if self.shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.shown) - 1, len(COLUMNS) - 1))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        self._sorted_by = (column, order == Qt.SortOrder.DescendingOrder)
        self.set_runs(self.shown)

    def set_runs(self, runs: Sequence[KeptRun]) -> None:
        """Show runs in the order of the view; selected runs that are still there stay selected."""
        shown = in_sorted_order(runs, *self._sorted_by)
        if shown == self.shown:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [self.shown[index.row()].folder for index in before]
        self.shown = shown
        row_of = {run.folder: row for row, run in enumerate(shown)}
        after = [self._index_of(row_of.get(folder), index) for folder, index in zip(kept, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _index_of(self, row: int | None, before: QModelIndex) -> QModelIndex:
        return QModelIndex() if row is None else self.index(row, before.column())


class RunTable(QTableView):
    """Shows :class:`RunRows`; click a heading to sort, Ctrl+C copies the selected runs as a table."""

    chosen = Signal()
    """Emitted when the current run, the selection or the content has changed."""
    star_clicked = Signal(object)
    """Emits the :class:`KeptRun` whose star was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = RunRows(self)
        self.setModel(self.rows)
        list_rows(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.setAccessibleName("Runs")
        pad_cells(self)
        self._build_headers()
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit())

    def _build_headers(self) -> None:
        header = self.horizontalHeader()
        header.setMinimumSectionSize(28)
        for column, sample in enumerate(_SAMPLES):
            self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(sample) + _GAP_PX)
        header.sectionResized.connect(lambda column, *_: None if column in _LEAST_PX else self._share_room())
        header.setSortIndicator(STARTED, Qt.SortOrder.DescendingOrder)
        self.setSortingEnabled(True)

    @property
    def selected(self) -> list[KeptRun]:
        """The selected runs, from the top."""
        rows = sorted(one.row() for one in self.selectionModel().selectedRows())
        return [self.rows.shown[row] for row in rows if row < len(self.rows.shown)]

    def show_runs(self, runs: Sequence[KeptRun]) -> None:
        """Show runs; the selection stays, and where its runs are gone, the next one is selected."""
        row = self.currentIndex().row()
        self.rows.set_runs(runs)
        if self.rows.shown and not self.selected:
            self.selectRow(min(max(row, 0), len(self.rows.shown) - 1))
        self.chosen.emit()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        pad_cells(self)
        self.rows.set_theme(theme)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the selected runs instead of the current cell."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        super().keyPressEvent(event)

    def copy(self) -> None:
        """Copy the selected runs with headings, separated by tabs."""
        lines = ["\t".join(one.heading for one in COLUMNS)]
        lines += ["\t".join(one.text(run) for one in COLUMNS) for run in self.selected]
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Emit :attr:`star_clicked` for a click on a star; all else is the table's own."""
        index = self.indexAt(event.position().toPoint())
        is_plain = event.button() is Qt.MouseButton.LeftButton and not event.modifiers()
        if index.isValid() and index.column() == STAR and is_plain:
            self.star_clicked.emit(self.rows.shown[index.row()])
            return
        super().mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Redistribute the width."""
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        room = self.viewport().width()
        room -= sum(self.columnWidth(one) for one in range(len(COLUMNS)) if one not in _LEAST_PX)
        for number, column in enumerate(_LEAST_PX, start=1):
            width = max(_LEAST_PX[column], room // (len(_LEAST_PX) + 1 - number))
            self.setColumnWidth(column, width)
            room -= width

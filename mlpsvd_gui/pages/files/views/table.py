"""Table of files, for ten thousand files and more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from mlpsvd_gui.pages.files.views.rows import COLUMNS, FileEntry, RowFilter, in_sorted_order
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.swatch import swatch
from mlpsvd_gui.widgets.tables import list_rows, pad_cells

__all__ = ["LABEL", "NOTE", "TRUTH", "FileRows", "FileTable"]

LABEL, AGREEMENT, WINDOWS, DISTANCE, TRUTH, REVIEWED, NOTE = 2, 4, 5, 6, 8, 9, 10
_SAMPLES = ("", "0:00:00", "a longer class", "Probability", "Agreement", "Windows", "Distance", "−100.0 dBFS",
            "✗ actual class", "✓ a longer class", "it is not readable as audio")  # fmt: skip
"""Texts that determine the initial column widths."""
_LEAST_PX = {0: 150, NOTE: 120}
"""Minimum width of names and notes, which share the remaining width; with less, the table scrolls."""
_MOST_NAME_PX = 150
_WRONG = {False: QColor("#b3261e"), True: QColor("#ff8a80")}
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_DECORATION = int(Qt.ItemDataRole.DecorationRole)
_FOREGROUND = int(Qt.ItemDataRole.ForegroundRole)
_TOOL_TIP = int(Qt.ItemDataRole.ToolTipRole)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_Index = QModelIndex | QPersistentModelIndex


class FileRows(QAbstractTableModel):
    """All files, and those shown, in the order of the view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: list[FileEntry] = []
        self.shown: list[FileEntry] = []
        self.filter = RowFilter()
        self._sorted_by: tuple[int, bool] | None = None
        self._colour_of: Callable[[str], QColor] = lambda _: QColor("grey")
        self._muted = QColor("grey")
        self._wrong = _WRONG[False]
        self._is_stale = False

    # --- methods of QAbstractTableModel, called about a thousand times per repaint: fast paths first -----------------

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of files shown."""
        return 0 if parent.isValid() else len(self.shown)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return a heading or its tooltip."""
        if orientation is Qt.Orientation.Horizontal and role == _DISPLAY:
            return COLUMNS[section].heading
        if orientation is Qt.Orientation.Horizontal and role == _TOOL_TIP:
            return COLUMNS[section].tip
        if orientation is Qt.Orientation.Horizontal and role == _ALIGNMENT:
            return int(_RIGHT if COLUMNS[section].is_number else Qt.AlignmentFlag.AlignLeft)
        return None

    def data(self, index: _Index, role: int = 0) -> Any:
        """Return the data of a cell."""
        column = index.column()
        if role == _DISPLAY:
            entry = self.shown[index.row()]
            if column == 0:
                return entry.name
            return COLUMNS[column].text(entry.result) if entry.result is not None else ""
        if role == _ALIGNMENT:
            return _RIGHT if COLUMNS[column].is_number else None
        if role == _FOREGROUND:
            return self._foreground(self.shown[index.row()], column)
        if role == _DECORATION and column == LABEL:
            result = self.shown[index.row()].result
            return swatch(self._colour_of(result.label)) if result is not None and result.label else None
        if role == _TOOL_TIP:
            return plain_tip(self._tip(self.shown[index.row()], column))
        return None

    def _foreground(self, entry: FileEntry, column: int) -> QColor | None:
        if column == 0 or entry.result is None:
            return None
        if self._is_stale:
            return self._muted
        is_bad = column == NOTE and (entry.result.problem or entry.result.is_doubtful)
        if is_bad or (column == TRUTH and entry.result.is_wrong):
            return self._wrong
        return None

    @staticmethod
    def _tip(entry: FileEntry, column: int) -> str:
        if column == NOTE and entry.result is not None and entry.result.problem:
            return entry.result.sentence
        if column == NOTE and entry.result is not None and entry.result.notes:
            return "\n".join(entry.result.notes)
        if column == LABEL and entry.result is not None and entry.result.majority != entry.result.label:
            majority = entry.result.majority
            return f"{entry.result.label} by mean probability; most windows were predicted as {majority}"
        return str(entry.file.path)

    # --- changes -----------------------------------------------------------------------------------------------------

    def add(self, entries: Sequence[FileEntry]) -> None:
        """Append files."""
        self.entries.extend(entries)
        if self._sorted_by is not None or self.filter != RowFilter():
            self.rebuild()
        elif entries:
            first = len(self.shown)
            self.beginInsertRows(QModelIndex(), first, first + len(entries) - 1)
            self.shown.extend(entries)
            self.endInsertRows()

    def remove(self, entries: Iterable[FileEntry]) -> None:
        """Remove files."""
        gone = {id(entry) for entry in entries}
        self.entries = [entry for entry in self.entries if id(entry) not in gone]
        self.rebuild()

    def results_changed(self) -> None:
        """Update results, and order and filter if they depend on them."""
        if self.filter.needs_results or (self._sorted_by is not None and self._sorted_by[0]):
            self.rebuild()
        else:
            self.repaint()

    def repaint(self) -> None:
        """Redraw every cell."""
        if self.shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.shown) - 1, len(COLUMNS) - 1))

    def set_filter(self, row_filter: RowFilter) -> None:
        """Apply a filter."""
        if row_filter != self.filter:
            self.filter = row_filter
            self.rebuild()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order of addition."""
        self._sorted_by = (column, order == Qt.SortOrder.DescendingOrder) if column >= 0 else None
        self.rebuild()

    def set_colours(self, colour_of: Callable[[str], QColor], theme: Theme) -> None:
        """Set the colours of classes and theme."""
        self._colour_of = colour_of
        self._muted = theme.muted
        self._wrong = _WRONG[theme.is_dark]
        self.repaint()

    def set_stale(self, is_stale: bool) -> None:
        """Dim the results because another model is chosen."""
        if is_stale != self._is_stale:
            self._is_stale = is_stale
            self.repaint()

    def rebuild(self) -> None:
        """Filter and sort again; the selection is kept."""
        shown = [entry for entry in self.entries if self.filter.accepts(entry)]
        if self._sorted_by is not None:
            shown = in_sorted_order(shown, *self._sorted_by)
        if shown == self.shown:
            self.repaint()
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [self.shown[index.row()] for index in before]
        self.shown = shown
        row_of = {id(entry): row for row, entry in enumerate(shown)}
        after = [self._index_of(row_of.get(id(entry)), index) for entry, index in zip(kept, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _index_of(self, row: int | None, before: QModelIndex) -> QModelIndex:
        return QModelIndex() if row is None else self.index(row, before.column())


class FileTable(QTableView):
    """Shows :class:`FileRows`; click a heading to sort, Delete removes files, Ctrl+C copies them as a table."""

    entry_chosen = Signal(object)
    """Emits the current :class:`FileEntry`, or None."""
    remove_requested = Signal(list)
    """Emits the entries to remove."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = FileRows(self)
        self.setModel(self.rows)
        list_rows(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setAccessibleName("Recordings")
        self.setItemDelegateForColumn(NOTE, _EndsWithDots(self))
        pad_cells(self)
        self._build_headers()
        self._build_keys()
        self.selectionModel().currentRowChanged.connect(lambda *_: self.entry_chosen.emit(self.current))
        self.show_columns(has_truth=False, has_notes=False)

    def _build_headers(self) -> None:
        header = self.horizontalHeader()
        header.setMinimumSectionSize(40)
        for column, sample in enumerate(_SAMPLES):
            self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(sample) + 20)
        for column in _LEAST_PX:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        header.sectionResized.connect(lambda column, *_: None if column in _LEAST_PX else self._share_room())
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)

    def _build_keys(self) -> None:
        for keys, slot in (
            (QKeySequence.StandardKey.Delete, self._ask_to_remove),
            (QKeySequence.StandardKey.Copy, self.copy),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(slot)

    @property
    def current(self) -> FileEntry | None:
        """The current file."""
        row = self.currentIndex().row()
        return self.rows.shown[row] if 0 <= row < len(self.rows.shown) else None

    @property
    def selected(self) -> list[FileEntry]:
        """The selected files, from the top."""
        return [self.rows.shown[row] for row in self._selected_rows()]

    @property
    def n_selected(self) -> int:
        """Number of selected files."""
        return len(self._selected_rows())

    def _selected_rows(self) -> list[int]:
        """Return the selected rows in order; Qt's own list of them takes seconds for ten thousand."""
        ranges = self.selectionModel().selection().toList()
        return sorted({row for one in ranges for row in range(one.top(), one.bottom() + 1)})

    def choose(self, entry: FileEntry | None) -> bool:
        """Select a file alone, if it is shown; return whether it is."""
        row = next((row for row, one in enumerate(self.rows.shown) if one is entry), -1)
        if row >= 0:
            self.selectRow(row)
            self.scrollTo(self.rows.index(row, 0))
        return row >= 0

    def show_columns(
        self,
        has_truth: bool,
        has_notes: bool,
        has_distances: bool = False,
        has_several: bool = True,
        has_reviews: bool = False,
    ) -> None:
        """Show the relevant columns; ``has_several``: a file has more than one window."""
        for column, is_shown in (
            (TRUTH, has_truth), (NOTE, has_notes), (DISTANCE, has_distances), (AGREEMENT, has_several),
            (WINDOWS, has_several), (REVIEWED, has_reviews),
        ):  # fmt: skip
            self.setColumnHidden(column, not is_shown)
        self._share_room()

    def fit_names(self, names: Sequence[str]) -> None:
        """Fit the columns of classes to the longest name, within limits."""
        longest = max((self.fontMetrics().horizontalAdvance(name) for name in names), default=0)
        for column in (LABEL, TRUTH, REVIEWED):
            least = self.fontMetrics().horizontalAdvance(COLUMNS[column].heading) + 20
            self.setColumnWidth(column, max(least, min(longest, _MOST_NAME_PX) + 40))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Redistribute the width."""
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        shown = [one for one in range(len(COLUMNS)) if not self.isColumnHidden(one)]
        sharing = [one for one in _LEAST_PX if one in shown]
        room = self.viewport().width() - sum(self.columnWidth(one) for one in shown if one not in sharing)
        for number, column in enumerate(sharing, start=1):
            width = max(_LEAST_PX[column], room // (len(sharing) + 1 - number))
            self.setColumnWidth(column, width)
            room -= width

    def copy(self) -> None:
        """Copy the selected rows with headings, separated by tabs."""
        columns = [one for one in range(len(COLUMNS)) if not self.isColumnHidden(one)]
        rows = sorted(self.selectionModel().selectedRows(), key=lambda one: one.row())
        lines = ["\t".join(COLUMNS[one].heading for one in columns)]
        lines += ["\t".join(str(row.siblingAtColumn(one).data()) for one in columns) for row in rows]
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")

    def _ask_to_remove(self) -> None:
        if self.selected:
            self.remove_requested.emit(self.selected)


class _EndsWithDots(QStyledItemDelegate):
    """Elides notes at the end and names in the middle."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideRight

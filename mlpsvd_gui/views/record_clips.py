"""Every clip of a collection in a table: chosen, filtered by class, relabelled, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from mlpsvd_gui.views.record_classes import swatch

__all__ = ["ClipRow", "ClipTable"]

_HEADINGS = ("Class", "Length", "Level", "Marks", "Recorded")
_TIPS = (
    "The clip's label",
    "Length in seconds",
    "Root mean square in dBFS; a full-scale sine is 0 dBFS",
    "clipped: a sample reached full scale. gap: sound was lost right before or behind it",
    "When its first sample was heard",
)
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_DECORATION = int(Qt.ItemDataRole.DecorationRole)
_FOREGROUND = int(Qt.ItemDataRole.ForegroundRole)
_TOOL_TIP = int(Qt.ItemDataRole.ToolTipRole)
_SORT = int(Qt.ItemDataRole.UserRole)
_ID = _SORT + 1
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WARM = QColor("#c8730a")
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class ClipRow:
    """One clip as the table shows it."""

    id: str
    name: str
    label: str
    duration_s: float
    level_dbfs: float
    clipped: bool
    has_gap: bool
    recorded_at: datetime | None
    colour: QColor

    @property
    def marks(self) -> str:
        """What is wrong with it, in words; empty where nothing is."""
        return ", ".join(word for word, is_so in (("clipped", self.clipped), ("gap", self.has_gap)) if is_so)


class _Rows(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[ClipRow] = []
        self.tips: dict[str, str] = {}

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation is Qt.Orientation.Horizontal and role in (_DISPLAY, _TOOL_TIP):
            return (_HEADINGS if role == _DISPLAY else _TIPS)[section]
        return None

    def data(self, index: _Index, role: int = 0) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role == _DISPLAY:
            return _text(row, column)
        if role == _SORT:
            return _sort_key(row, column, index.row())
        if role == _ALIGNMENT:
            return _RIGHT if column in (1, 2) else None
        if role == _DECORATION and column == 0:
            return swatch(row.colour)
        if role == _FOREGROUND and column == 3:
            return _WARM
        if role == _TOOL_TIP:
            return row.name
        return row.id if role == _ID else None

    def show(self, rows: Sequence[ClipRow]) -> None:
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()


class _OfClass(QSortFilterProxyModel):
    """The clips of one class, or all."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.label: str | None = None
        self.setSortRole(_SORT)

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        source = self.sourceModel()
        assert isinstance(source, _Rows)
        return self.label is None or source.rows[row].label == self.label


class ClipTable(QTableView):
    """Clips, newest on top until sorted otherwise; selection by id, so that it outlives every change."""

    chosen = Signal(object)
    """Emits the ids of the selected clips, the current one first; a tuple, perhaps empty."""
    play_requested = Signal()
    """Enter, or a double click."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty_text = ""
        self._rows = _Rows(self)
        self._shown = _OfClass(self)
        self._shown.setSourceModel(self._rows)
        self.setModel(self._shown)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setSortingEnabled(True)
        self.sortByColumn(4, Qt.SortOrder.DescendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setAccessibleName("Clips")
        self._build_headers()
        self.selectionModel().selectionChanged.connect(self._tell)
        self.activated.connect(lambda _: self.play_requested.emit())

    def _build_headers(self) -> None:
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 7)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, sample in ((1, "00.000 s"), (2, "−00.0 dB"), (3, "clipped"), (4, "30 Nov 00:00")):
            self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(sample) + 14)

    @property
    def rows(self) -> tuple[ClipRow, ...]:
        """The clips shown, from top to bottom."""
        return tuple(self._row(self._shown.index(row, 0)) for row in range(self._shown.rowCount()))

    @property
    def selected_ids(self) -> tuple[str, ...]:
        """The selected clips, the current one first."""
        ids = [str(index.data(_ID)) for index in self.selectionModel().selectedRows()]
        current = self.currentIndex()
        first = str(current.data(_ID)) if current.isValid() else ""
        return tuple(sorted(ids, key=lambda one: one != first))

    def row_of(self, clip_id: str) -> ClipRow | None:
        """Return a clip's row, shown or not."""
        return next((row for row in self._rows.rows if row.id == clip_id), None)

    def set_empty_text(self, text: str) -> None:
        """Say what will be here."""
        self._empty_text = text
        self.viewport().update()

    def show_rows(self, rows: Sequence[ClipRow]) -> None:
        """Show these clips; what was selected and is still there stays so. Else the row that takes its place is."""
        if list(rows) == self._rows.rows:
            return
        selected, at = self.selected_ids, self.currentIndex().row()
        blocked = self.selectionModel().blockSignals(True)
        self._rows.show(rows)
        self._select(selected)
        if selected and not self.selected_ids and self._shown.rowCount():
            self.selectRow(min(max(at, 0), self._shown.rowCount() - 1))
        self.selectionModel().blockSignals(blocked)
        self.viewport().update()
        self._tell()

    def show_class(self, label: str | None) -> None:
        """Show the clips of one class only; None: all."""
        if label != self._shown.label:
            self._shown.label = label
            self._shown.invalidate()

    def select(self, ids: Sequence[str]) -> None:
        """Select these clips and scroll to the first."""
        self._select(ids)
        self._tell()

    def _select(self, ids: Sequence[str]) -> None:
        wanted = set(ids)
        found = [index for index in self._indices() if str(index.data(_ID)) in wanted]
        selection = QItemSelection()
        for index in found:
            selection.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        if found:
            current = next((index for index in found if str(index.data(_ID)) == ids[0]), found[0])
            self.selectionModel().setCurrentIndex(current, flags.NoUpdate)
            self.scrollTo(current)
        self.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)

    def _indices(self) -> list[QModelIndex]:
        return [self._shown.index(row, 0) for row in range(self._shown.rowCount())]

    def _row(self, index: QModelIndex) -> ClipRow:
        return self._rows.rows[self._shown.mapToSource(index).row()]

    def _tell(self, *_: object) -> None:
        self.chosen.emit(self.selected_ids)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or say what will be there."""
        super().paintEvent(event)
        if not self._shown.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            area = self.viewport().rect().adjusted(16, 8, -16, -8)
            text = self._empty_text if not self._rows.rows else "This class has no clips yet."
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
            painter.end()


def _text(row: ClipRow, column: int) -> str:
    if column == 0:
        return row.label
    if column == 1:
        return f"{row.duration_s:.3f} s"
    if column == 2:
        return f"{row.level_dbfs:.1f} dB".replace("-", "−") if row.level_dbfs == row.level_dbfs else "–"
    return row.marks if column == 3 else when_text(row.recorded_at)


def _sort_key(row: ClipRow, column: int, number: int) -> Any:
    if column == 4:
        return (row.recorded_at.timestamp() if row.recorded_at is not None else 0.0) + 1e-6 * number
    return (row.label.casefold(), row.duration_s, row.level_dbfs, row.marks)[column]


def when_text(moment: datetime | None) -> str:
    """Write when it was: the time alone for today, the day before it otherwise."""
    if moment is None:
        return "–"
    local = moment.astimezone()
    today = datetime.now().astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local.day} {local:%b %H:%M}"

"""Table of the clips of a collection."""

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
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from mlpsvd.text import with_minus
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.swatch import swatch_icon
from mlpsvd_gui.widgets.tables import list_rows

__all__ = ["ClipRow", "ClipTable"]

_HEADINGS = ("Class", "Length", "Level", "Flags", "Recorded")
_TIPS = (
    "Class of the clip",
    "Length in seconds",
    "RMS level in dBFS (full-scale sine: 0 dBFS)",
    "clipped: a sample reached full scale. gap: sound was lost at the start or end",
    "Time of the first sample",
)
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_DECORATION = int(Qt.ItemDataRole.DecorationRole)
_FOREGROUND = int(Qt.ItemDataRole.ForegroundRole)
_TOOL_TIP = int(Qt.ItemDataRole.ToolTipRole)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WARM = QColor("#c8730a")
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class ClipRow:
    """A row of the table."""

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
        """The flags as text; may be empty."""
        return ", ".join(word for word, is_so in (("clipped", self.clipped), ("gap", self.has_gap)) if is_so)


class _Rows(QAbstractTableModel):
    """Table model with its own filter and sorting: Qt's proxy takes 0.15 s for 3,000 clips."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.all: list[ClipRow] = []
        self.rows: list[ClipRow] = []
        self.number_of: dict[str, int] = {}

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
        if role == _ALIGNMENT:
            return _RIGHT if column in (1, 2) else None
        if role == _DECORATION and column == 0:
            return swatch_icon(row.colour)
        if role == _FOREGROUND and column == 3:
            return _WARM
        return plain_tip(row.name) if role == _TOOL_TIP else None

    def arrange(self, label: str | None, column: int, is_descending: bool) -> None:
        """Show the clips of one class, or all, in order."""
        self.beginResetModel()
        shown = [(number, row) for number, row in enumerate(self.all) if label is None or row.label == label]
        shown.sort(key=lambda pair: (_sort_key(pair[1], column), pair[0]), reverse=is_descending)
        self.rows = [row for _, row in shown]
        self.number_of = {row.id: number for number, row in enumerate(self.rows)}
        self.endResetModel()


class ClipTable(QTableView):
    """Table of clips, newest first by default; selected by id, so that selections survive changes."""

    chosen = Signal(object)
    """Emits the ids of the selected clips, the current one first; a tuple, perhaps empty."""
    play_requested = Signal()
    """Emitted on Enter or a double click."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty_text = ""
        self._label: str | None = None
        self._is_quiet = False
        self._rows = _Rows(self)
        self.setModel(self._rows)
        list_rows(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Clips")
        self._build_headers()
        self.selectionModel().selectionChanged.connect(self._emit_selection)
        self.activated.connect(lambda _: self.play_requested.emit())

    def _build_headers(self) -> None:
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, sample in ((1, "00.000 s"), (2, "−00.0 dB"), (3, "clipped"), (4, "30 Nov 00:00")):
            self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(sample) + 14)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(4, Qt.SortOrder.DescendingOrder)
        header.sortIndicatorChanged.connect(lambda *_: self._rearrange())

    @property
    def rows(self) -> tuple[ClipRow, ...]:
        """The clips shown, from top to bottom."""
        return tuple(self._rows.rows)

    @property
    def selected_ids(self) -> tuple[str, ...]:
        """The selected clips, the current one first."""
        current = self.currentIndex().row()
        numbers = sorted((index.row() for index in self.selectionModel().selectedRows()), key=lambda n: n != current)
        return tuple(self._rows.rows[number].id for number in numbers)

    def row_of(self, clip_id: str) -> ClipRow | None:
        """Return the row of a clip, shown or not."""
        return next((row for row in self._rows.all if row.id == clip_id), None)

    def set_empty_text(self, text: str) -> None:
        """Set the empty text."""
        self._empty_text = text
        self.viewport().update()

    def show_rows(self, rows: Sequence[ClipRow]) -> None:
        """Show the clips; the selection is kept, or moves to the row in its place."""
        if list(rows) != self._rows.all:
            self._rows.all = list(rows)
            self._rearrange()

    def show_class(self, label: str | None) -> None:
        """Show the clips of one class; None for all."""
        if label != self._label:
            self._label = label
            self._rearrange()

    def select(self, ids: Sequence[str]) -> None:
        """Select these clips and scroll to the first."""
        self._is_quiet = True
        self._select(ids)
        self._is_quiet = False
        self._emit_selection()

    def _rearrange(self) -> None:
        selected, at = self.selected_ids, self.currentIndex().row()
        header = self.horizontalHeader()
        is_descending = header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder
        self._is_quiet = True
        self._rows.arrange(self._label, header.sortIndicatorSection(), is_descending)
        self._select(selected)
        if selected and not self.selected_ids and self._rows.rows:
            self.selectRow(min(max(at, 0), len(self._rows.rows) - 1))
        self._is_quiet = False
        self.viewport().update()
        self._emit_selection()

    def _select(self, ids: Sequence[str]) -> None:
        numbers = [self._rows.number_of[clip_id] for clip_id in ids if clip_id in self._rows.number_of]
        selection = QItemSelection()
        for number in numbers:
            index = self._rows.index(number, 0)
            selection.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        if numbers:
            current = self._rows.index(numbers[0], 0)
            self.selectionModel().setCurrentIndex(current, flags.NoUpdate)
            self.scrollTo(current)
        self.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)

    def _emit_selection(self, *_: object) -> None:
        if not self._is_quiet:
            self.chosen.emit(self.selected_ids)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or the empty text."""
        super().paintEvent(event)
        if not self._rows.rows:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            area = self.viewport().rect().adjusted(16, 8, -16, -8)
            text = self._empty_text if not self._rows.all else "This class has no clips yet."
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
            painter.end()


def _text(row: ClipRow, column: int) -> str:
    if column == 0:
        return row.label
    if column == 1:
        return f"{row.duration_s:.3f} s"
    if column == 2:
        return with_minus(f"{row.level_dbfs:.1f} dB") if row.level_dbfs == row.level_dbfs else "–"
    return row.marks if column == 3 else when_text(row.recorded_at)


def _sort_key(row: ClipRow, column: int) -> Any:
    if column == 4:
        return row.recorded_at.timestamp() if row.recorded_at is not None else 0.0
    if column == 2:
        return row.level_dbfs if row.level_dbfs == row.level_dbfs else -1000.0
    return (row.label.casefold(), row.duration_s, row.level_dbfs, row.marks)[column]


def when_text(moment: datetime | None) -> str:
    """Format a time: time only for today, with the date otherwise."""
    if moment is None:
        return "–"
    local = moment.astimezone()
    today = datetime.now().astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local.day} {local:%b %H:%M}"

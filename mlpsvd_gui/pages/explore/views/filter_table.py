"""Table of classes: name, centre frequency, bandwidth and Q of each filter, edited in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from mlpsvd_gui.widgets.swatch import SWATCH_PX, swatch_icon

__all__ = ["FilterRow", "FilterTable"]

_COLUMNS = ("Class", "Centre\nHz", "Width\nHz", "Q", "")
_FIELDS = ("label", "centre_hz", "bandwidth_hz", "q")
_TIPS = (
    "Name of the class. A name that is the centre frequency follows it.",
    "Centre frequency f_c in Hz (gain 1), below half the sample rate",
    "Bandwidth B in Hz, between the two −3 dB points",
    "Quality factor Q = f_c / B. Editing it changes the bandwidth.",
    "Remove this class",
)
_REMOVE_COLUMN = 4

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class FilterRow:
    """One row of the table."""

    label: str
    centre_hz: float
    bandwidth_hz: float
    colour: QColor

    def text(self, field: str) -> str:
        """Return a field as shown in the table."""
        if field == "label":
            return self.label
        return f"{self.centre_hz / self.bandwidth_hz if field == 'q' else getattr(self, field):.6g}"


class _FilterTableModel(QAbstractTableModel):
    """Table model; an edit is a request to the controller and changes nothing itself."""

    edit_requested = Signal(int, str, str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: tuple[FilterRow, ...] = ()

    def set_rows(self, rows: Sequence[FilterRow]) -> None:
        if len(rows) != len(self.rows):
            self.beginResetModel()
            self.rows = tuple(rows)
            self.endResetModel()
            return
        self.rows = tuple(rows)
        if rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(_COLUMNS) - 1))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return _COLUMNS[section]
            if role == Qt.ItemDataRole.ToolTipRole:
                return _TIPS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], index.column()
        if role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS[column]
        if column == _REMOVE_COLUMN:
            return self._cross(role)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row.text(_FIELDS[column])
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return swatch_icon(row.colour)
        if role == Qt.ItemDataRole.TextAlignmentRole and column > 0:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    @staticmethod
    def _cross(role: int) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return "×"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignCenter)
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        field = _FIELDS[index.column()]
        if role == Qt.ItemDataRole.EditRole and value.strip() != self.rows[index.row()].text(field):
            self.edit_requested.emit(index.row(), field, value)
        return False

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags if index.column() == _REMOVE_COLUMN else flags | Qt.ItemFlag.ItemIsEditable


class FilterTable(QTableView):
    """Shows the classes and emits requests to edit them."""

    edit_requested = Signal(int, str, str)
    """Emits row, field (``label``, ``centre_hz``, ``bandwidth_hz``, ``q``) and the text typed."""
    remove_requested = Signal(int)
    """Emits the row of the class to remove."""
    row_selected = Signal(int)
    """Emits the row that the user selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = _FilterTableModel(self)
        self._showing = False
        self.setModel(self._rows)
        self._rows.edit_requested.connect(self.edit_requested)
        self.clicked.connect(self._on_clicked)
        self.selectionModel().currentRowChanged.connect(self._on_row_changed)
        self._build()

    def _build(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.setTabKeyNavigation(False)  # Tab leads out; the arrow keys go from cell to cell
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setAlternatingRowColors(True)
        self.setIconSize(QSize(SWATCH_PX, SWATCH_PX))
        self.setAccessibleName("Classes and their filters")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self._size_columns()

    def _size_columns(self) -> None:
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(16)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, sample in ((1, "00000"), (2, "0000"), (3, "0000"), (_REMOVE_COLUMN, "×")):
            self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(sample) + 14)

    @property
    def rows(self) -> tuple[FilterRow, ...]:
        """The rows shown."""
        return self._rows.rows

    def show_rows(self, rows: Sequence[FilterRow]) -> None:
        """Show the classes; an open editor of another cell stays open."""
        self._showing = True
        self._rows.set_rows(rows)
        self._showing = False

    def show_selected(self, row: int | None) -> None:
        """Select a row (None: none); emits nothing."""
        self._showing = True
        if row is None or row >= len(self.rows):
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        elif self.currentIndex().row() != row:
            self.selectRow(row)
            self.scrollTo(self._rows.index(row, 0))
        self._showing = False

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.column() == _REMOVE_COLUMN:
            self.remove_requested.emit(index.row())

    def _on_row_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if not self._showing and current.isValid():
            self.row_selected.emit(current.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove the class of the current row on Delete."""
        if event.key() == Qt.Key.Key_Delete and self.currentIndex().isValid():
            self.remove_requested.emit(self.currentIndex().row())
            return
        super().keyPressEvent(event)

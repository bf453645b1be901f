"""Table of decisions with time stamps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import isnan
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from mlpsvd.classification.live.verdict import VerdictKind
from mlpsvd.text import percent, with_minus
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.swatch import SWATCH_PX, swatch
from mlpsvd_gui.widgets.tables import list_rows

__all__ = ["DecisionRow", "DecisionTable"]

_HEADINGS = ("Clock", "Start", "Shown", "Prob.")
_TIPS = (
    "Time of day of the window's last sample",
    "Start of the window, from the start of the source",
    "Label shown; in brackets the prediction for this window alone, if different. Consecutive quiet windows share a "
    "row; exports have one row per window.",
    "Probability of the label",
)
_SHOWN = 2
_MOST_ROWS = 5000
_CUT_ROWS = 500
_SAME_QUIET_S = 0.1
"""Maximum distance between quiet windows of one row; more is a gap in the sound."""
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_DECORATION = int(Qt.ItemDataRole.DecorationRole)
_TOOL_TIP = int(Qt.ItemDataRole.ToolTipRole)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_MARGIN_PX = 4
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class DecisionRow:
    """A row of the log.

    Attributes
    ----------
    start_s
        Start of the window.
    label
        Prediction for the window alone; empty if not classified.
    probability
        Probability of the label; NaN if not classified.
    level_dbfs
        Level of the window.
    colour
        Of the class that is shown.
    shown
        The label: a class, "unknown" or "quiet".
    kind
        The kind of label.
    clock_s
        Wall-clock time (``time.time``).
    duration_s
        Duration of the window, or of all quiet windows in the row.
    """

    start_s: float
    label: str
    probability: float
    level_dbfs: float
    colour: QColor
    shown: str
    kind: VerdictKind
    clock_s: float
    duration_s: float = 0.0

    @property
    def end_s(self) -> float:
        """End of the window."""
        return self.start_s + self.duration_s


class _Rows(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[DecisionRow] = []

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADINGS[section]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return _TIPS[section]
        return None

    def data(self, index: _Index, role: int = 0) -> Any:
        # Called a thousand times per repaint, mostly for absent data: cheapest cases first.
        if role == _DISPLAY:
            return _text(self.rows[index.row()], index.column())
        if role == _ALIGNMENT:
            return _RIGHT if index.column() != _SHOWN else None
        if role == _DECORATION and index.column() == _SHOWN:
            row = self.rows[index.row()]
            return _mark(row.colour, row.kind)
        if role == _TOOL_TIP:
            return _tip(self.rows[index.row()])
        return None

    def extend(self, rows: Sequence[DecisionRow]) -> None:
        rows = self._extend_quiet_row(_join_quiet_rows(rows))[-_MOST_ROWS:]
        if not rows:
            return
        first = len(self.rows)
        self.beginInsertRows(QModelIndex(), first, first + len(rows) - 1)
        self.rows.extend(rows)
        self.endInsertRows()
        if len(self.rows) > _MOST_ROWS:
            n_cut = len(self.rows) - _MOST_ROWS + _CUT_ROWS
            self.beginRemoveRows(QModelIndex(), 0, n_cut - 1)
            del self.rows[:n_cut]
            self.endRemoveRows()

    def _extend_quiet_row(self, rows: list[DecisionRow]) -> list[DecisionRow]:
        """Extend the last row by further quiet windows; return the decisions that need new rows."""
        if not rows or not self.rows or not _is_same_quiet(self.rows[-1], rows[0]):
            return rows
        last = len(self.rows) - 1
        self.rows[last] = _joined(self.rows[last], rows[0])
        self.dataChanged.emit(self.index(last, 0), self.index(last, len(_HEADINGS) - 1))
        return rows[1:]

    def clear(self) -> None:
        self.beginResetModel()
        self.rows.clear()
        self.endResetModel()


class _Cells(QStyledItemDelegate):
    """Draws cells six times as fast as Qt's delegate, which queries seven roles per cell."""

    def __init__(self, rows: _Rows, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = rows

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row, column = self._model.rows[index.row()], index.column()
        area = option.rect.adjusted(_MARGIN_PX, 0, -_MARGIN_PX, 0)
        palette, is_selected = option.palette, bool(option.state & QStyle.StateFlag.State_Selected)
        if is_selected:
            painter.fillRect(option.rect, palette.highlight())
        painter.setPen((palette.highlightedText() if is_selected else palette.text()).color())
        if column != _SHOWN:
            painter.drawText(area, _RIGHT, _text(row, column))
            return
        mark = _mark(row.colour, row.kind)
        painter.drawPixmap(area.left(), area.center().y() - SWATCH_PX // 2, mark)
        area = area.adjusted(SWATCH_PX + _MARGIN_PX, 0, 0, 0)
        text = painter.fontMetrics().elidedText(_text(row, column), Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(area, _LEFT, text)


class DecisionTable(QTableView):
    """The latest five thousand decisions, newest at the bottom; follows them unless scrolled away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = _Rows(self)
        self.setModel(self._rows)
        self.setItemDelegate(_Cells(self._rows, self))
        list_rows(self)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Decisions")
        self._build_headers()

    def _build_headers(self) -> None:
        header = self.horizontalHeader()
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(_SHOWN, QHeaderView.ResizeMode.Stretch)
        for column, sample in ((0, "00:00:00.0"), (1, "59:59.999"), (3, "100.0 %")):
            self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(sample) + 14)

    @property
    def rows(self) -> tuple[DecisionRow, ...]:
        """The rows shown, oldest first."""
        return tuple(self._rows.rows)

    def extend(self, rows: Sequence[DecisionRow]) -> None:
        """Append decisions, oldest first."""
        if not rows:
            return
        bar = self.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 2
        self._rows.extend(rows)
        if follows:
            self.scrollToBottom()

    def recolour(self, colour_of: Callable[[str], QColor]) -> None:
        """Update the colours of the labels after a change of theme."""
        self._rows.rows = [replace(row, colour=colour_of(row.shown)) for row in self._rows.rows]
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, or the empty text."""
        super().paintEvent(event)
        if not self._rows.rows:
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            area = self.viewport().rect().adjusted(16, 8, -16, -8)
            text = "No decisions yet"
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
            painter.end()

    def clear(self) -> None:
        """Clear the log."""
        self._rows.clear()


def _mark(colour: QColor, kind: VerdictKind) -> QPixmap:
    """Return the swatch of a class, a dotted frame for unknown sound, and nothing for others."""
    mark = QPixmap(swatch(colour if kind is VerdictKind.CLASS else None))
    if kind is VerdictKind.UNKNOWN:
        painter = QPainter(mark)
        painter.setPen(QPen(QColor("#8a8d94"), 1.0, Qt.PenStyle.DotLine))
        painter.drawRect(0, 0, SWATCH_PX - 1, SWATCH_PX - 1)
        painter.end()
    return mark


def _text(row: DecisionRow, column: int) -> str:
    if column == 0:
        return wall_text(row.clock_s)
    if column == 1:
        return clock_text(row.start_s)
    if column == _SHOWN:
        return _shown_text(row)
    return "" if isnan(row.probability) else percent(row.probability)


def _tip(row: DecisionRow) -> str:
    what = "Level of the loudest window" if row.kind is VerdictKind.QUIET else "Level of the window"
    level = with_minus(f"{what}: {row.level_dbfs:.1f} dBFS")
    return plain_tip(f"{_shown_text(row)}\n{level}")


def _shown_text(row: DecisionRow) -> str:
    if row.kind is VerdictKind.QUIET and row.duration_s > 0.0:
        return f"{row.shown} for {row.duration_s:.1f} s"
    return row.shown if row.label in ("", row.shown) else f"{row.shown} ({row.label})"


def _join_quiet_rows(rows: Sequence[DecisionRow]) -> list[DecisionRow]:
    joined: list[DecisionRow] = []
    for row in rows:
        if joined and _is_same_quiet(joined[-1], row):
            joined[-1] = _joined(joined[-1], row)
        else:
            joined.append(row)
    return joined


def _is_same_quiet(first: DecisionRow, second: DecisionRow) -> bool:
    """Return whether two quiet windows are contiguous."""
    are_quiet = first.kind is VerdictKind.QUIET and second.kind is VerdictKind.QUIET
    return are_quiet and first.start_s <= second.start_s <= first.end_s + _SAME_QUIET_S


def _joined(first: DecisionRow, second: DecisionRow) -> DecisionRow:
    level_dbfs = max(first.level_dbfs, second.level_dbfs)
    return replace(second, start_s=first.start_s, duration_s=second.end_s - first.start_s, level_dbfs=level_dbfs)


def wall_text(clock_s: float) -> str:
    """Format a time of day: 14:03:07.5."""
    return f"{datetime.fromtimestamp(clock_s):%H:%M:%S}.{int(clock_s * 10) % 10}"


def clock_text(seconds: float) -> str:
    """Format seconds as 12.300, 1:02.300 or 1:00:02.300."""
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02d}:{rest / 1000:06.3f}"
    return f"{minutes}:{rest / 1000:06.3f}" if minutes else f"{rest / 1000:.3f} s"

"""Common set-up of read-only tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from PySide6.QtWidgets import QAbstractItemView, QTableView

from mlpsvd_gui.widgets.style_sheets import restyle

__all__ = ["list_rows", "pad_cells", "sorted_rows"]

Row = TypeVar("Row")

_ROOM_PX = 7
_PADDED = "QTableView::item { padding: 0 6px; }"
"""Style with padding between columns."""


def list_rows(table: QTableView) -> None:
    """Set up a read-only table with whole-row selection, compact alternating rows, and Tab leaving it."""
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setTabKeyNavigation(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + _ROOM_PX)
    table.horizontalHeader().setHighlightSections(False)


def pad_cells(table: QTableView) -> None:
    """Add horizontal padding to cells; call again after every change of theme."""
    restyle(table, _PADDED)


def sorted_rows(rows: Iterable[Row], key: Callable[[Row], Any], is_descending: bool) -> list[Row]:
    """Sort rows stably by a key; rows without a value (None or not-a-number) come last in both directions."""
    valued, others = [], []
    for row in rows:
        value = key(row)
        if value is None or value != value:
            others.append(row)
        else:
            valued.append((value, row))
    valued.sort(key=lambda pair: pair[0], reverse=is_descending)
    return [row for _, row in valued] + others

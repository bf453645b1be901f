"""What the tables that only list things have in common."""

from __future__ import annotations

from PySide6.QtWidgets import QAbstractItemView, QTableView

__all__ = ["list_rows", "pad_cells"]

_ROOM_PX = 7
_PADDED = "QTableView::item { padding: 0 6px; }"
"""Style of a table whose numbers do not touch the words in the next column."""


def list_rows(table: QTableView) -> None:
    """Let a table list whole rows, close together and in two shades; nothing in it is edited, and Tab leads out."""
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
    """Give cells room at their sides; to be asked for anew with every theme.

    A view with a style sheet keeps the palette that it had when it got it.
    """
    table.setStyleSheet("")
    table.setStyleSheet(_PADDED)

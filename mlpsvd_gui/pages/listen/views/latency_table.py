"""Table of latencies by stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.plain_label import PlainLabel

__all__ = ["LatencyRow", "LatencyTable"]

_EMPTY = "Latency from the last sample of a window to its displayed label, by stage."


@dataclass(frozen=True)
class LatencyRow:
    """A stage: name, description, median and 95th percentile in milliseconds."""

    name: str
    tip: str
    median_ms: float
    most_ms: float


class LatencyTable(QWidget):
    """Stages in rows, the total last; median and 95th percentile."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "latency")
        self._rows: tuple[LatencyRow, ...] = ()
        self._cells: list[tuple[QLabel, QLabel, QLabel]] = []
        self.note = PlainLabel(self, _EMPTY)
        self.note.setWordWrap(True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(0, 1)
        self._heads = [PlainLabel(self, text) for text in ("", "Median", "95th percentile")]
        for column, head in enumerate(self._heads):
            head.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(head, 0, column)
            head.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 10, 8, 8)
        layout.setSpacing(12)
        layout.addLayout(self._grid)
        layout.addWidget(self.note)
        layout.addStretch(1)
        self.setAccessibleName("Latency")

    @property
    def rows(self) -> tuple[LatencyRow, ...]:
        """The rows shown; the last one is the total."""
        return self._rows

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        for label in (self.note, *self._heads):
            label.setStyleSheet(f"color: {theme.muted.name()};")

    def show_rows(self, rows: Sequence[LatencyRow], note: str = "") -> None:
        """Show the latencies; the last row is the total. Without rows, show the empty text."""
        self._rows = tuple(rows)
        while len(self._cells) < len(rows):
            self._add_cells()
        for cells, row in zip(self._cells, rows, strict=False):
            for label, text in zip(cells, (row.name, _ms(row.median_ms), _ms(row.most_ms)), strict=True):
                label.setText(text)
                label.setToolTip(plain_tip(row.tip))
        for index, cells in enumerate(self._cells):
            for label in cells:
                label.setVisible(index < len(rows))
                font = label.font()
                font.setBold(index == len(rows) - 1)
                label.setFont(font)
        for head in self._heads:
            head.setVisible(bool(rows))
        self.note.setText(note if rows else _EMPTY)

    def _add_cells(self) -> None:
        row = len(self._cells) + 1
        cells = (PlainLabel(self), PlainLabel(self), PlainLabel(self))
        for column, label in enumerate(cells):
            if column:
                label.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(label, row, column)
        self._cells.append(cells)


def _ms(milliseconds: float) -> str:
    if milliseconds < 0.095:
        return f"{milliseconds:.2f} ms"
    return f"{milliseconds:.1f} ms" if milliseconds < 99.95 else f"{milliseconds:.0f} ms"

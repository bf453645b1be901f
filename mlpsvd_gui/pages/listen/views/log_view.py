"""Log of decisions with its buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.widgets.decision_table import DecisionRow, DecisionTable
from mlpsvd_gui.widgets.help_mark import mark_help

__all__ = ["LiveLogView"]


class LiveLogView(QWidget):
    """Table of decisions that scrolls to the newest, with export buttons."""

    export_requested = Signal(str, str)
    """Emits ``csv`` or ``audacity``, and the path to write to."""
    clear_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "log")
        self.table = DecisionTable(self)
        self.csv_button = QPushButton("Export CSV…", self)
        self.audacity_button = QPushButton("Audacity labels…", self)
        self.clear_button = QPushButton("Clear", self)
        self._build()
        self._show_buttons()

    @property
    def rows(self) -> tuple[DecisionRow, ...]:
        """The rows shown, oldest first."""
        return self.table.rows

    def extend(self, rows: Sequence[DecisionRow]) -> None:
        """Append decisions, oldest first."""
        self.table.extend(rows)
        self._show_buttons()

    def clear(self) -> None:
        """Clear the table."""
        self.table.clear()
        self._show_buttons()

    def recolour(self, colour_of: Callable[[str], QColor]) -> None:
        """Update the colours of the labels."""
        self.table.recolour(colour_of)

    def _build(self) -> None:
        self.csv_button.setToolTip("Export every decision with all probabilities as CSV")
        self.audacity_button.setToolTip(
            "Export the displayed labels as a label track for Audacity (File › Import › Labels)"
        )
        self.clear_button.setToolTip("Clear the log")
        self.csv_button.clicked.connect(lambda: self._ask_for_path("csv", "decisions.csv", "CSV (*.csv)"))
        self.audacity_button.clicked.connect(lambda: self._ask_for_path("audacity", "labels.txt", "Text (*.txt)"))
        self.clear_button.clicked.connect(self.clear_requested)
        buttons = QHBoxLayout()
        buttons.setSpacing(6)
        for button in (self.csv_button, self.audacity_button, self.clear_button):
            button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.table, 1)
        column.addLayout(buttons)

    def _ask_for_path(self, kind: str, name: str, pattern: str) -> None:
        ask_for_path(
            self,
            "results",
            "Export decisions",
            lambda path: self.export_requested.emit(kind, path),
            mode=QFileDialog.FileMode.AnyFile,
            name_filter=pattern,
            suggested=name,
        )

    def _show_buttons(self) -> None:
        for button in (self.csv_button, self.audacity_button, self.clear_button):
            button.setEnabled(bool(self.table.rows))

"""Cross-validation panel: accuracy of each group or fold with its interval, mean and spread."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.plots.theme import small_font
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.tables import list_rows

__all__ = ["ValidationPanel"]

_FILES = "CSV (*.csv);;JSON (*.json)"


class ValidationPanel(QWidget):
    """Shows the table of a cross-validation; it can be copied and exported."""

    export_requested = Signal(str)
    """Emits the path of a CSV or JSON file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "cross-validation")
        self.title = ElidedLabel(parent=self)
        self.basis = ElidedLabel(parent=self)
        self.basis.setFont(small_font())
        self.table = QTableWidget(0, 0, self)
        self.table.setAccessibleName("Cross-validation")
        list_rows(self.table)
        self.copy_button = self._button("Copy", "Copy the table")
        self.export_button = self._button("Export…", "Export the results of every group or fold as CSV or JSON")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.copy_button)
        head.addWidget(self.export_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addWidget(self.basis)
        self.copy_button.clicked.connect(self._copy)
        self.export_button.clicked.connect(self._ask_for_path)

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(plain_tip(tip))
        button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        return button

    def show_result(
        self, title: str, rows: Sequence[Sequence[str]], summary: Sequence[Sequence[str]], basis: str
    ) -> None:
        """Show a table.

        Parameters
        ----------
        title
            Method and number of clips, groups or folds.
        rows
            Headings and one row for each group or fold.
        summary
            Rows with mean, spread and interval.
        basis
            What the intervals are.
        """
        self.title.setText(title)
        self.basis.setText(basis)
        self.basis.setToolTip(plain_tip(basis))
        headings, *parts = rows or [()]
        self.table.setColumnCount(len(headings))
        self.table.setHorizontalHeaderLabels(list(headings))
        self.table.setRowCount(len(parts) + len(summary))
        for row, cells in enumerate([*parts, *summary]):
            for column, text in enumerate(cells):
                self.table.setItem(row, column, self._item(text, column, row >= len(parts)))
        for column in range(len(headings)):
            mode = QHeaderView.ResizeMode.Stretch if column != 1 else QHeaderView.ResizeMode.ResizeToContents
            self.table.horizontalHeader().setSectionResizeMode(column, mode)

    @staticmethod
    def _item(text: str, column: int, is_bold: bool) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
        item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        item.setToolTip(plain_tip(text))
        font = item.font()
        font.setBold(is_bold and not column)
        item.setFont(font)
        return item

    def rows(self) -> list[list[str]]:
        """Return the texts of the table with its headings."""
        columns = range(self.table.columnCount())
        headings = [self.table.horizontalHeaderItem(column) for column in columns]
        cells = [[self.table.item(row, column) for column in columns] for row in range(self.table.rowCount())]
        return [["" if item is None else item.text() for item in row] for row in [headings, *cells]]

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join("\t".join(row) for row in self.rows()))

    def _ask_for_path(self) -> None:
        ask_for_path(
            self,
            "results",
            "Export cross-validation",
            self.export_requested.emit,
            mode=QFileDialog.FileMode.AnyFile,
            name_filter=_FILES,
            suggested="cross-validation.csv",
        )

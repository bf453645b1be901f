"""Classes of a collection, with counts, keys and goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from mlpsvd.quantities import Quantity
from mlpsvd.text import length_text
from mlpsvd_gui.plots.theme import LIGHT, Theme, class_colour
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.number_field import NumberField
from mlpsvd_gui.widgets.swatch import swatch_icon

__all__ = ["ClassRow", "RecordClasses"]

_HEADINGS = ("Key", "Class", "Clips", "Length")
_EMPTY = "Add your first class below."
_NAME = 1
_N_KEYS = 9
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_ALIGNMENTS = (
    Qt.AlignmentFlag.AlignHCenter | _MIDDLE,
    Qt.AlignmentFlag.AlignLeft | _MIDDLE,
    Qt.AlignmentFlag.AlignRight | _MIDDLE,
    Qt.AlignmentFlag.AlignRight | _MIDDLE,
)


@dataclass(frozen=True)
class ClassRow:
    """A class: name, number and total duration of its clips, and colour index.

    Rows are in the order of the keys; the colour index is the position in natural order of the names, as on the
    other pages.
    """

    name: str
    n_clips: int
    duration_s: float
    colour_index: int = 0


class RecordClasses(QWidget):
    """Table of classes with keys 1 to 9, a field to add one, and a goal."""

    class_chosen = Signal(str)
    """Emits the class to record."""
    add_requested = Signal(str)
    rename_requested = Signal(str, str)
    """Emits the old and the new name."""
    delete_requested = Signal(str)
    goal_chosen = Signal(int)
    """Emits the goal of clips per class; 0 for none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = LIGHT
        self._rows: tuple[ClassRow, ...] = ()
        self._chosen = ""
        self.table = _ClassTable(0, len(_HEADINGS), self)
        self.name_edit = QLineEdit(self)
        self.add_button = QPushButton("Add", self)
        self.rename_button = QToolButton(self)
        self.delete_button = QToolButton(self)
        self.goal_box = NumberField(Quantity(is_integer=True, low=0, high=9999, zero="none"), step=1, parent=self)
        self._build_table()
        self._build_layout()
        self._connect()
        self._show_buttons()

    @property
    def rows(self) -> tuple[ClassRow, ...]:
        """The classes, in the order of their keys."""
        return self._rows

    @property
    def chosen(self) -> str:
        """Name of the class to record; empty without one."""
        return self._chosen

    @property
    def goal(self) -> int:
        """Goal of clips per class; 0 for none."""
        return int(self.goal_box.value())

    def show_rows(self, rows: Sequence[ClassRow], chosen: str) -> None:
        """Show the classes and the one to record; emits nothing."""
        self._rows = tuple(rows)
        names = [row.name for row in rows]
        self._chosen = chosen if chosen in names else (names[0] if names else "")
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(rows))
            for index, row in enumerate(rows):
                self._fill(index, row)
            self._select()
        self._show_buttons()

    def show_goal(self, goal: int) -> None:
        """Show a goal; emits nothing."""
        with QSignalBlocker(self.goal_box):
            self.goal_box.setValue(goal)
        self._fill_all()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        self._fill_all()

    def choose(self, name: str) -> None:
        """Select the class to record."""
        if name != self._chosen and any(row.name == name for row in self._rows):
            self._chosen = name
            with QSignalBlocker(self.table):
                self._select()
            self._show_buttons()
            self.class_chosen.emit(name)

    def choose_key(self, number: int) -> None:
        """Select a class by key, 1 to 9."""
        if 1 <= number <= min(len(self._rows), _N_KEYS):
            self.choose(self._rows[number - 1].name)

    # -- rows

    def _fill_all(self) -> None:
        with QSignalBlocker(self.table):
            for index, row in enumerate(self._rows):
                self._fill(index, row)

    def _fill(self, index: int, row: ClassRow) -> None:
        goal = self.goal
        count = f"{row.n_clips} of {goal}" if goal else f"{row.n_clips}"
        texts = (str(index + 1) if index < _N_KEYS else "", row.name, count, length_text(row.duration_s, decimals=1))
        for column, text in enumerate(texts):
            item = self._item(index, column)
            item.setText(text)
            item.setTextAlignment(_ALIGNMENTS[column])
        name = self._item(index, _NAME)
        name.setFlags(name.flags() | Qt.ItemFlag.ItemIsEditable)
        name.setIcon(swatch_icon(class_colour(row.colour_index, self._theme)))
        name.setToolTip(
            plain_tip(f"{row.name}: {row.n_clips} clips, {row.duration_s:.1f} s. Press F2 or double-click to rename.")
        )
        font = self.table.font()
        font.setBold(bool(goal) and row.n_clips >= goal)
        self._item(index, 2).setFont(font)

    def _item(self, index: int, column: int) -> QTableWidgetItem:
        item = self.table.item(index, column)
        if item is None:
            item = QTableWidgetItem()
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            self.table.setItem(index, column, item)
        return item

    def colour_of(self, name: str) -> QColor:
        """Return the colour of a class."""
        return class_colour(next((row.colour_index for row in self._rows if row.name == name), 0), self._theme)

    def _select(self) -> None:
        index = next((i for i, row in enumerate(self._rows) if row.name == self._chosen), -1)
        if index >= 0 and self.table.currentRow() != index:
            self.table.setCurrentCell(index, _NAME)
        elif index >= 0 and not self.table.selectionModel().isRowSelected(index):
            self.table.selectRow(index)

    def _on_current(self, row: int, *_: int) -> None:
        if 0 <= row < len(self._rows):
            self.choose(self._rows[row].name)

    def _on_edited(self, item: QTableWidgetItem) -> None:
        if item.column() != _NAME or not 0 <= item.row() < len(self._rows):
            return
        old, new = self._rows[item.row()].name, item.text().strip()
        with QSignalBlocker(self.table):
            item.setText(old)  # the new name is shown once it is applied
        if new and new != old:
            self.rename_requested.emit(old, new)

    # -- building

    def _build_table(self) -> None:
        table = self.table
        table.setHorizontalHeaderLabels(_HEADINGS)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 11)
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        table.setTabKeyNavigation(False)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.setAccessibleName("Classes")
        table.setToolTip("The selected class is recorded next; select it with the keys 1 to 9")
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def _build_layout(self) -> None:
        self.name_edit.setPlaceholderText("New class")
        self.name_edit.setAccessibleName("New class")
        self.rename_button.setText("Rename")
        self.rename_button.setToolTip("Rename the selected class (F2 in the table)")
        self.delete_button.setText("Delete")
        self.delete_button.setToolTip("Delete the selected class and its clips; can be undone")
        self.goal_box.setToolTip("Number of clips wanted per class")
        add = QHBoxLayout()
        add.setSpacing(6)
        add.addWidget(self.name_edit, 1)
        add.addWidget(self.add_button)
        more = QHBoxLayout()
        more.setSpacing(6)
        goal = QLabel("&Goal", self)
        goal.setBuddy(self.goal_box)
        more.addWidget(goal)
        more.addWidget(self.goal_box)
        more.addStretch(1)
        more.addWidget(self.rename_button)
        more.addWidget(self.delete_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.table, 1)
        column.addLayout(add)
        column.addLayout(more)

    def _connect(self) -> None:
        self.table.currentCellChanged.connect(self._on_current)
        self.table.itemChanged.connect(self._on_edited)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.name_edit.returnPressed.connect(self._add)
        self.name_edit.textChanged.connect(self._show_buttons)
        self.add_button.clicked.connect(self._add)
        self.rename_button.clicked.connect(self._rename)
        self.delete_button.clicked.connect(self._delete)
        self.goal_box.valueChanged.connect(self._on_goal)

    def _on_goal(self, goal: int) -> None:
        self._fill_all()
        self.goal_chosen.emit(goal)

    def _add(self) -> None:
        name = self.name_edit.text().strip()
        if name:
            self.name_edit.clear()
            self.add_requested.emit(name)

    def _rename(self) -> None:
        if self.table.currentRow() >= 0:
            self.table.edit_cell(self._item(self.table.currentRow(), _NAME))

    def _delete(self) -> None:
        if self._chosen:
            self.delete_requested.emit(self._chosen)

    def _open_menu(self, position: QPoint) -> None:
        if self.table.itemAt(position) is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Rename", self._rename)
        menu.addAction("Delete with clips", self._delete)
        menu.popup(self.table.viewport().mapToGlobal(position))

    def _show_buttons(self, *_: object) -> None:
        self.add_button.setEnabled(bool(self.name_edit.text().strip()))
        for button in (self.rename_button, self.delete_button):
            button.setEnabled(bool(self._chosen))


class _ClassTable(QTableWidget):
    """Table with a text while it is empty."""

    def edit_cell(self, item: QTableWidgetItem) -> None:
        """Open the editor of a cell; an open one gets the focus."""
        if self.state() is not QAbstractItemView.State.EditingState:
            self.setFocus()  # would close an open editor, and Qt refuses to open another one at that moment
        self.edit(self.indexFromItem(item), QAbstractItemView.EditTrigger.AllEditTriggers, QEvent(QEvent.Type.None_))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            area = self.viewport().rect().adjusted(12, 8, -12, -8)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, _EMPTY)
            painter.end()

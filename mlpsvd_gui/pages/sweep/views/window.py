"""Window of a sweep: the form at the left; table, parallel coordinates and Pareto points at the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.pages.sweep.views.form import SweepForm
from mlpsvd_gui.plots.parallel_plot import ParallelAxis, ParallelPlot
from mlpsvd_gui.plots.point_plot import PointPlot, PointSeries
from mlpsvd_gui.plots.theme import Theme, theme_for
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.messages import MessageBar, ShowsMessages
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.segments import Segments
from mlpsvd_gui.widgets.tables import list_rows, pad_cells

__all__ = ["ShownPoints", "ShownResults", "SweepWindow"]

_FORM_PX = 400
_SIZE = (1180, 700)
_WIDEST_PX = 220


@dataclass(frozen=True)
class ShownPoints:
    """Label of a cost, points of each network, and the Pareto front: number, x, y."""

    label: str
    series: tuple[PointSeries, ...]
    front: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True)
class ShownResults:
    """Headings and rows of the table (by number of the combination, the best first), lines, points, and a note.

    ``grey`` are the numbers of combinations that were not trained to the end.
    """

    heads: tuple[str, ...] = ()
    rows: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    grey: frozenset[int] = frozenset()
    numbers: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()
    axes: tuple[ParallelAxis, ...] = ()
    points: tuple[ShownPoints, ...] = ()
    note: str = ""


class SweepWindow(ShowsMessages, QDialog):
    """A window beside the main window."""

    kept_chosen = Signal(str)
    """Emits the folder of a kept sweep; empty for a new one."""
    open_requested = Signal(int)
    """Emits the number of the combination to open as experiment."""
    export_requested = Signal(str)
    """Emits the folder to write to."""
    theme_changed = Signal()

    def __init__(self, settings: Sequence[tuple[str, str]], n_cores: int, parent: QWidget) -> None:
        super().__init__(parent)
        mark_help(self, "sweep")
        self.messages = MessageBar(self)
        self.kept_box = Chooser(self)
        self.form = SweepForm(settings, n_cores, self)
        self.pages = Segments(("Table", "Parallel coordinates", "Pareto front"), (), self)
        self.cost_box = Chooser(self)
        self.table = QTableWidget(self)
        self.parallel = ParallelPlot(self)
        self.points = PointPlot("", "Mean test accuracy (%)", self)
        self.open_button = QPushButton("Open as experiment", self)
        self.export_button = QPushButton("Export…", self)
        self.note = PlainLabel(self)
        self._stack = QStackedWidget(self)
        self._shown = ShownResults()
        self._build()
        self._layout()
        self.show_results(self._shown)

    @property
    def theme(self) -> Theme:
        """The current theme."""
        return theme_for(self.palette())

    @property
    def selected(self) -> int | None:
        """Number of the selected combination; by default the best one."""
        rows = self.table.selectionModel().selectedRows()
        index = rows[0].row() if rows else 0
        numbers = list(self._shown.rows)
        return numbers[index] if index < len(numbers) else None

    def show_kept(self, folders: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer kept sweeps: folder and name."""
        with QSignalBlocker(self.kept_box):
            self.kept_box.clear()
            self.kept_box.addItem("New sweep of the current experiment", "")
            for folder, name in folders:
                self.kept_box.addItem(name, folder)
            self.kept_box.setCurrentIndex(max(0, self.kept_box.findData(chosen)))

    def show_results(self, shown: ShownResults) -> None:
        """Show results, and keep the selection."""
        before = self.selected if self.table.selectionModel().hasSelection() else None
        self._shown = shown
        with QSignalBlocker(self.table):
            self._fill()
            if before is not None and before in shown.rows:
                self.table.selectRow(list(shown.rows).index(before))
        self.parallel.show_objects(shown.numbers, shown.scores, shown.axes)
        with QSignalBlocker(self.cost_box):
            chosen = max(0, self.cost_box.currentIndex())
            self.cost_box.clear()
            self.cost_box.addItems([one.label for one in shown.points])
            self.cost_box.setCurrentIndex(min(chosen, len(shown.points) - 1))
        self._show_points()
        self.note.setText(shown.note)
        self.note.setVisible(bool(shown.note))
        for button in (self.open_button, self.export_button):
            button.setEnabled(bool(shown.rows))
        self._show_selection()

    def changeEvent(self, event: QEvent) -> None:
        """Apply the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._set_theme()

    def _set_theme(self) -> None:
        for plot in (self.parallel, self.points):
            plot.set_theme(self.theme)
        pad_cells(self.table)
        self._fill()
        self.theme_changed.emit()

    def _fill(self) -> None:
        shown = self._shown
        self.table.setColumnCount(len(shown.heads))
        self.table.setRowCount(len(shown.rows))
        self.table.setHorizontalHeaderLabels(list(shown.heads))
        for row, (number, cells) in enumerate(shown.rows.items()):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(text))
                if number in shown.grey:
                    item.setForeground(QColor(self.theme.muted))
                self.table.setItem(row, column, item)
        self.table.resizeColumnsToContents()
        for column in range(len(shown.heads)):
            self.table.setColumnWidth(column, min(self.table.columnWidth(column) + 10, _WIDEST_PX))

    def _show_points(self) -> None:
        index = self.cost_box.currentIndex()
        if 0 <= index < len(self._shown.points):
            one = self._shown.points[index]
            self.points.show_points(one.label, one.series, one.front)
        else:
            self.points.show_points("", (), ())

    def _show_page(self, index: int) -> None:
        self._stack.setCurrentIndex(index)
        self.cost_box.setVisible(index == 2)

    def _show_selection(self) -> None:
        chosen = self.selected if self.table.selectionModel().hasSelection() else None
        self.parallel.highlight(chosen if chosen in self._shown.numbers else None)
        self.points.choose(chosen)
        self.open_button.setText("Open as experiment" if chosen is not None else "Open best as experiment")

    def _choose(self, number: int) -> None:
        if number in self._shown.rows:
            self.table.selectRow(list(self._shown.rows).index(number))

    def _build(self) -> None:
        self.setWindowTitle("Sweep – MLP-SVD")
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.resize(*_SIZE)
        self.kept_box.setAccessibleName("Sweep")
        self.kept_box.setToolTip("A new sweep, or a kept one to look at and continue")
        list_rows(self.table)
        pad_cells(self.table)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setAccessibleName("Combinations, the best first")
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.cost_box.setAccessibleName("Cost")
        self.cost_box.setToolTip("What the accuracy is drawn against")
        self.cost_box.hide()
        self.parallel.set_empty_text("Complete combinations appear here")
        self.points.set_empty_text("Complete combinations appear here")
        self.open_button.setToolTip("Make the selected combination, or the best one, the experiment of the window")
        self.export_button.setToolTip("Write tables and figures into a folder")
        self.open_button.setAutoDefault(False)
        self.export_button.setAutoDefault(False)
        self.note.setWordWrap(True)
        self.pages.chosen.connect(self._show_page)
        self.cost_box.currentIndexChanged.connect(lambda _: self._show_points())
        self.table.itemSelectionChanged.connect(self._show_selection)
        self.points.chosen.connect(self._choose)
        self.kept_box.currentIndexChanged.connect(lambda _: self.kept_chosen.emit(str(self.kept_box.currentData())))
        self.open_button.clicked.connect(self._open)
        self.export_button.clicked.connect(self._ask_for_folder)

    def _layout(self) -> None:
        left = QWidget(self)
        left.setFixedWidth(_FORM_PX)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.kept_box)
        column.addWidget(self.form, 1)
        head = QHBoxLayout()
        head.addWidget(self.pages)
        head.addWidget(self.cost_box)
        head.addStretch(1)
        head.addWidget(self.open_button)
        head.addWidget(self.export_button)
        for page in (self.table, self.parallel, self.points):
            self._stack.addWidget(page)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addLayout(head)
        right.addWidget(self._stack, 1)
        right.addWidget(self.note)
        body = QHBoxLayout()
        body.setSpacing(14)
        body.addWidget(left)
        body.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.addWidget(self.messages)
        layout.addLayout(body, 1)

    def _open(self) -> None:
        if self.selected is not None:
            self.open_requested.emit(self.selected)

    def _ask_for_folder(self) -> None:
        mode = QFileDialog.FileMode.Directory
        title = "Export sweep to folder"
        ask_for_path(self, "sweep", title, self.export_requested.emit, mode=mode, accept_text="Export")

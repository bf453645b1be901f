"""Comparison of runs: curves on the same axes, accuracies, tests and differing settings as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.pages.runs.views.confusions import Confusions, ShownConfusion
from mlpsvd_gui.plots.curve_plot import CurvePlot
from mlpsvd_gui.plots.theme import Theme, series_colour, theme_for
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.choosers import Chooser
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.help_mark import mark_help
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.segments import Segments
from mlpsvd_gui.widgets.tables import list_rows, pad_cells

__all__ = ["ComparisonView", "ShownComparison", "ShownCurve", "ShownRow", "ShownTable"]

_BOLD, _THIN = 2.2, 1.0
_WIDEST_PX = 230
_TABLES_PX, _PLOT_PX = 630, 600
_MOST_ROWS = 8
_PAGES = (("accuracy", "Accuracy", "%"), ("loss", "Loss", ""), ("rank", "Rank", ""))
_TIPS = ("Test accuracy over the epochs", "Mean test loss per clip", "Singular values of the first layer",
         "Confusion matrices of the test clips, summed over repeats")  # fmt: skip


@dataclass(frozen=True, eq=False)
class ShownCurve:
    """Mean and standard deviation (0 for one run) of a network of a group over the epochs."""

    page: str
    group: int
    contender: str
    name: str
    epochs: NDArray[np.intp]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]


@dataclass(frozen=True)
class ShownRow:
    """Cells of a row, its tooltip, the group whose colour it has, and whether it is greyed."""

    cells: tuple[str, ...]
    tip: str = ""
    group: int | None = None
    is_grey: bool = False


@dataclass(frozen=True)
class ShownTable:
    """Headings and rows."""

    heads: tuple[str, ...]
    rows: tuple[ShownRow, ...]


@dataclass(frozen=True, eq=False)
class ShownComparison:
    """What the view shows; ``contenders`` are key and title of each network."""

    title: str
    contenders: Sequence[tuple[str, str]]
    chosen: str
    curves: Sequence[ShownCurve]
    confusions: Sequence[ShownConfusion]
    accuracies: ShownTable
    tests: ShownTable
    settings: ShownTable


class ComparisonView(QWidget):
    """Shows a :class:`ShownComparison`."""

    back_requested = Signal()
    """Requests the list of runs."""
    export_requested = Signal(str)
    """Emits the folder to write to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        mark_help(self, "run-comparison")
        self.back_button = QPushButton("Back to list", self)
        self.title = ElidedLabel(parent=self)
        self.contender_box = Chooser(self)
        self.pages = Segments([*(title for _, title, _ in _PAGES), "Confusion"], _TIPS, self)
        self.export_button = QPushButton("Export…", self)
        self.plots = {key: CurvePlot("Epoch", "", title, unit) for key, title, unit in _PAGES}
        self.accuracies, self.tests, self.settings = (QTableWidget(self) for _ in range(3))
        self.no_tests = PlainLabel(self)
        self.confusions = Confusions(self)
        self._stack = QStackedWidget(self)
        self._shown: ShownComparison | None = None
        self._theme = theme_for(self.palette())
        self._build()
        self._layout()
        self.set_theme(self._theme)

    def show_comparison(self, shown: ShownComparison) -> None:
        """Show a comparison."""
        self._shown = shown
        self.title.setText(shown.title)
        with QSignalBlocker(self.contender_box):
            self.contender_box.clear()
            for key, title in shown.contenders:
                self.contender_box.addItem(title, key)
            self.contender_box.setCurrentIndex(max(0, self.contender_box.findData(shown.chosen)))
        self._draw()
        self._fill_all()

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._theme = theme
        for plot in self.plots.values():
            plot.set_theme(theme)
        self.confusions.set_theme(theme)
        for table in (self.accuracies, self.tests, self.settings):
            pad_cells(table)
        self.no_tests.setStyleSheet(f"color: {theme.muted.name()};")
        if self._shown is not None:
            self._draw()
            self._fill_all()

    def _draw(self) -> None:
        if self._shown is None:
            return
        key = self.contender_box.currentData()
        self.confusions.show_confusions([one for one in self._shown.confusions if one.contender == key])
        for page, plot in self.plots.items():
            with plot.changes():
                plot.clear_curves()
                for one in self._shown.curves:
                    if one.page == page and one.contender == key:
                        self._draw_curve(plot, one)

    def _draw_curve(self, plot: CurvePlot, one: ShownCurve) -> None:
        colour = series_colour(one.group, self._theme)
        style = _STYLES[one.group // _N_COLOURS % len(_STYLES)]
        plot.set_curve(one.group, one.epochs, one.mean, one.name, colour, width=_BOLD, style=style)
        if one.spread.any():
            for sign in (-1, 1):
                ends = one.mean + sign * one.spread
                ends = np.clip(ends, 0.0, 100.0 if one.page == "accuracy" else None)  # few repeats spread beyond
                plot.set_curve((one.group, sign), one.epochs, ends, "", colour, width=_THIN,
                               style=Qt.PenStyle.DotLine)  # fmt: skip

    def _fill_all(self) -> None:
        if self._shown is not None:
            for table, shown in ((self.accuracies, self._shown.accuracies), (self.tests, self._shown.tests),
                                 (self.settings, self._shown.settings)):  # fmt: skip
                self._fill(table, shown)
            self.tests.setVisible(bool(self._shown.tests.rows))
            self.no_tests.setVisible(not self._shown.tests.rows)

    def _fill(self, table: QTableWidget, shown: ShownTable) -> None:
        table.setColumnCount(len(shown.heads))
        table.setRowCount(len(shown.rows))
        table.setHorizontalHeaderLabels(list(shown.heads))
        for number, row in enumerate(shown.rows):
            for column, text in enumerate(row.cells):
                item = QTableWidgetItem(text)
                item.setToolTip(plain_tip(row.tip or text))
                if row.is_grey:
                    item.setForeground(QColor(self._theme.muted))
                elif column == 0 and row.group is not None:
                    item.setForeground(series_colour(row.group, self._theme))
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                table.setItem(number, column, item)
        if table is not self.settings:  # which takes the rest
            n_rows = min(max(len(shown.rows), 1), _MOST_ROWS)
            room = table.horizontalHeader().sizeHint().height() + table.horizontalScrollBar().sizeHint().height()
            table.setFixedHeight(n_rows * table.verticalHeader().defaultSectionSize() + room + 4)
        table.resizeColumnsToContents()
        for column in range(len(shown.heads)):
            table.setColumnWidth(column, min(table.columnWidth(column) + 10, _WIDEST_PX))

    def _build(self) -> None:
        self.back_button.setToolTip("Show the list of runs (Esc)")
        self.export_button.setToolTip("Write tables, tests, histories and the figure into a folder")
        self.contender_box.setAccessibleName("Network to draw")
        self.contender_box.setToolTip("Network whose curves and matrices are drawn")
        names = ("Accuracies", "Tests", "Settings that differ")
        for table, name in zip((self.accuracies, self.tests, self.settings), names, strict=True):
            list_rows(table)
            table.setAccessibleName(name)
            table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            table.setHorizontalScrollMode(QTableWidget.ScrollMode.ScrollPerPixel)
        self.no_tests.setWordWrap(True)
        self.no_tests.setText("The runs differ in nothing but the seed: they are repeats of one experiment.")
        for plot in self.plots.values():
            plot.set_integer_x(True)
            plot.set_empty_text("No curves of this network")
            self._stack.addWidget(plot)
        self._stack.addWidget(self.confusions)
        self.pages.chosen.connect(self._stack.setCurrentIndex)
        self.contender_box.currentIndexChanged.connect(lambda _: self._draw())
        self.back_button.clicked.connect(self.back_requested)
        self.export_button.clicked.connect(self._ask_for_folder)
        shortcut = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.back_requested)

    def _layout(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.back_button)
        head.addWidget(self.title, 1)
        head.addWidget(self.contender_box)
        head.addWidget(self.pages)
        head.addWidget(self.export_button)
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for text, table in (("Accuracy", self.accuracies), ("Is it better?", self.tests),
                            ("Settings that differ", self.settings)):  # fmt: skip
            column.addWidget(PlainLabel(self, text))
            column.addWidget(table, 1 if table is self.settings else 0)
            if table is self.tests:
                column.addWidget(self.no_tests)
        body = QSplitter(Qt.Orientation.Horizontal, self)
        body.addWidget(self._stack)
        body.addWidget(right)
        body.setChildrenCollapsible(False)
        body.setStretchFactor(0, 3)
        body.setStretchFactor(1, 2)
        body.setSizes([_PLOT_PX, _TABLES_PX])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(body, 1)

    def _ask_for_folder(self) -> None:
        mode = QFileDialog.FileMode.Directory
        title = "Export comparison to folder"
        ask_for_path(self, "comparison", title, self.export_requested.emit, mode=mode, accept_text="Export")


_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DashDotLine)
_N_COLOURS = 7

"""Totals of all files: counts per class, accuracy and confusion matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from mlpsvd.classification.batch.results import FileResult
from mlpsvd.classification.batch.summary import ClassificationTotals
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd.text import counted, length_text, one_line, percent, sentence
from mlpsvd_gui.plots.theme import Theme, small_font, theme_for, with_alpha
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.widgets.confusion_map import LONGEST_NAME, MOST_IN_TABLE, ConfusionMap
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.swatch import swatch
from mlpsvd_gui.widgets.tables import pad_cells

__all__ = ["TotalsView"]

_EMPTY = (
    "Number of recordings predicted as each class. If folders are named after classes, also the accuracy and the "
    "confusion matrix."
)
_NAME_COLUMN = 0
_ANY_HEIGHT = 16_777_215
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_DECORATION = int(Qt.ItemDataRole.DecorationRole)
_BACKGROUND = int(Qt.ItemDataRole.BackgroundRole)
_FOREGROUND = int(Qt.ItemDataRole.ForegroundRole)
_TOOL_TIP = int(Qt.ItemDataRole.ToolTipRole)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_Index = QModelIndex | QPersistentModelIndex


class _Rows(QAbstractTableModel):
    """Base class of both tables."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.totals: ClassificationTotals | None = None

    def show_totals(self, totals: ClassificationTotals | None) -> None:
        same = self.totals is not None and totals is not None and self.totals.class_names == totals.class_names
        if same and self._columns(self.totals) == self._columns(totals):
            self.totals = totals
            if self.rowCount():
                self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))
            return
        self.beginResetModel()
        self.totals = totals
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() or self.totals is None else len(self.totals.class_names)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else self._columns(self.totals)

    def _columns(self, totals: ClassificationTotals | None) -> int:
        raise NotImplementedError


class _ClassRows(_Rows):
    """One row per class: predicted and actual files, and recall."""

    _HEADINGS = ("Class", "Predicted", "Actual", "Recall")
    _TIPS = (
        "Classes of the model",
        "Recordings predicted as this class",
        "Recordings whose actual class is this one",
        "Fraction of the recordings of this class predicted correctly",
    )

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.colour_of: Callable[[str], QColor] = lambda _: QColor("grey")

    def _columns(self, totals: ClassificationTotals | None) -> int:
        return 4 if totals is not None and totals.n_known else 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == _DISPLAY:
            return self._HEADINGS[section]
        if role == _TOOL_TIP:
            return self._TIPS[section]
        if role == _ALIGNMENT:
            return int(_RIGHT if section else Qt.AlignmentFlag.AlignLeft)
        return None

    def data(self, index: _Index, role: int = 0) -> Any:
        if self.totals is None:
            return None
        row, column = index.row(), index.column()
        if role == _DISPLAY:
            return self._text(self.totals, row, column)
        if role == _ALIGNMENT:
            return _RIGHT if column else None
        if role == _DECORATION and column == 0:
            return swatch(self.colour_of(self.totals.class_names[row]))
        return None

    @staticmethod
    def _text(totals: ClassificationTotals, row: int, column: int) -> str:
        if column == 0:
            return totals.class_names[row]
        if column == 1:
            return f"{totals.counts[row]:,}"
        n_of = int(totals.confusion[row].sum())
        if column == 2:
            return f"{n_of:,}"
        return percent(totals.confusion[row, row] / n_of) if n_of else "—"


class _ConfusionRows(_Rows):
    """Actual classes in rows, predicted ones in columns."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.accent = QColor("#3b7dd8")

    def _columns(self, totals: ClassificationTotals | None) -> int:
        return len(totals.class_names) if totals is not None else 0

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if self.totals is None or role not in (_DISPLAY, _TOOL_TIP):
            return None
        name = self.totals.class_names[section]
        if role == _TOOL_TIP:
            tip = f"Recordings of {name}" if orientation is Qt.Orientation.Vertical else f"Predicted as {name}"
            return plain_tip(tip)
        short = one_line(name, LONGEST_NAME)
        return f"{short} →" if orientation is Qt.Orientation.Vertical else short

    def data(self, index: _Index, role: int = 0) -> Any:
        if self.totals is None:
            return None
        count = int(self.totals.confusion[index.row(), index.column()])
        if role == _DISPLAY:
            return f"{count:,}" if count else ""
        if role == _ALIGNMENT:
            return int(Qt.AlignmentFlag.AlignCenter)
        share = count / max(1, int(self.totals.confusion[index.row()].sum()))
        if role == _BACKGROUND and count:
            return with_alpha(self.accent, 0.08 + 0.82 * share)
        if role == _FOREGROUND and share > 0.6:
            return QColor("#10131a" if self.accent.lightnessF() > 0.6 else "white")
        if role == _TOOL_TIP:
            true, taken = (self.totals.class_names[one] for one in (index.row(), index.column()))
            return plain_tip(
                f"{count:,} recordings of {true} were predicted as {taken} ({percent(share)}); click to list them"
            )
        return None


class TotalsView(QWidget):
    """Headline, table of classes, and confusion matrix if the actual classes are known; a click lists the files."""

    files_wanted = Signal(str, str)
    """Requests the files of an actual class (empty: any) that were predicted as a class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.headline = PlainLabel(self)
        self.details = PlainLabel(self)
        self.reviews = PlainLabel(self)
        self.class_table = QTableView(self)
        self.confusion_label = QLabel("Rows: actual class, columns: predicted class", self)
        self.confusion_table = QTableView(self)
        self.confusion_map = ConfusionMap("recordings", self)
        self._classes = _ClassRows(self.class_table)
        self._confusion = _ConfusionRows(self.confusion_table)
        self._build()
        self.set_theme(theme_for(self.palette()))
        self.show_totals(None)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self._confusion.accent = theme.accent
        self.confusion_map.set_theme(theme)
        for label in (self.details, self.reviews, self.confusion_label):
            label.setStyleSheet(f"color: {theme.muted.name()};")
        self.confusion_table.viewport().update()
        pad_cells(self.class_table)

    def set_colours(self, colour_of: Callable[[str], QColor]) -> None:
        """Set the colours of the classes."""
        self._classes.colour_of = colour_of
        self.class_table.viewport().update()

    def show_totals(self, totals: ClassificationTotals | None) -> None:
        """Show the totals, or the empty text."""
        has_any = totals is not None and totals.n_files > 0
        self._classes.show_totals(totals if has_any else None)
        knows = has_any and totals is not None and totals.n_known > 0
        is_large = knows and totals is not None and len(totals.class_names) > MOST_IN_TABLE
        self._confusion.show_totals(totals if knows and not is_large else None)
        self.confusion_label.setVisible(knows)
        self.confusion_table.setVisible(knows and not is_large)
        self.confusion_map.setVisible(is_large)
        if is_large and totals is not None:
            self.confusion_map.show_counts(totals.confusion, totals.class_names)
        self.class_table.setVisible(has_any)
        self.headline.setVisible(has_any)
        self._show_text(totals if has_any else None)
        self._fit()

    def show_reviews(self, results: Sequence[FileResult]) -> None:
        """Show how many recordings were reviewed."""
        reviewed = [one for one in results if one.reviewed]
        n_corrected = sum(one.is_corrected for one in reviewed)
        accepted = f"{len(reviewed) - n_corrected:,} accepted, {n_corrected:,} corrected"
        self.reviews.setText(f"{len(reviewed):,} of {len(results):,} reviewed: {accepted}.")
        self.reviews.setVisible(bool(reviewed))

    def _show_text(self, totals: ClassificationTotals | None) -> None:
        if totals is None:
            self.details.setText(_EMPTY)
            return
        n_usable = totals.n_files - totals.n_unusable
        if totals.n_known:
            self.headline.setText(f"{accuracy_text(totals.accuracy, totals.n_known)} correct")
            first = f"{totals.n_right:,} of {totals.n_known:,} recordings of known class{totals.unseen}. "
        else:
            self.headline.setText(f"{n_usable:,} classified")
            first = ""
        problems = f"; {totals.n_unusable:,} could not be classified" if totals.n_unusable else ""
        length = length_text(totals.duration_s)
        recordings, windows = counted(n_usable, "recording"), counted(totals.n_windows, "window")
        doubts = f" {sentence(totals.doubts)}" if totals.doubts else ""
        self.details.setText(f"{first}{recordings}, {windows}, {length}{problems}.{doubts}")

    def _build(self) -> None:
        font = self.headline.font()
        font.setPointSizeF(font.pointSizeF() * 1.6)
        self.headline.setFont(font)
        self.details.setWordWrap(True)
        self.reviews.setWordWrap(True)
        self.reviews.hide()
        self.details.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.confusion_label.setWordWrap(True)
        for table, rows, name in (
            (self.class_table, self._classes, "Recordings of each class"),
            (self.confusion_table, self._confusion, "Confusion matrix"),
        ):
            table.setModel(rows)
            table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
            table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
            table.setTabKeyNavigation(False)
            table.setWordWrap(False)
            table.setAccessibleName(name)
            table.verticalHeader().setMinimumSectionSize(12)
            table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 2)
            table.horizontalHeader().setHighlightSections(False)
        pad_cells(self.class_table)
        self.class_table.verticalHeader().hide()
        self.class_table.setShowGrid(False)
        self.class_table.setAlternatingRowColors(True)
        self.class_table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.class_table.horizontalHeader()
        header.setMinimumSectionSize(36)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.confusion_table.setFont(small_font())
        self.class_table.clicked.connect(self._ask_for_class)
        self.class_table.activated.connect(self._ask_for_class)
        self.confusion_table.clicked.connect(self._ask_for_cell)
        self.confusion_table.activated.connect(self._ask_for_cell)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.headline)
        layout.addWidget(self.details)
        layout.addWidget(self.reviews)
        layout.addWidget(self.class_table, 1)
        layout.addWidget(self.confusion_label)
        layout.addWidget(self.confusion_table, 1)
        layout.addWidget(self.confusion_map, 1)
        self.confusion_map.cell_chosen.connect(self._ask_for_map_cell)
        layout.addStretch(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the tables to the available space."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Size the cells of the matrix equally, or scroll if there are too many classes."""
        header, rows = self.class_table.horizontalHeader(), self.class_table.verticalHeader()
        if self._classes.columnCount():
            header.setSectionResizeMode(_NAME_COLUMN, QHeaderView.ResizeMode.Stretch)
        n = self._confusion.columnCount()
        height = header.sizeHint().height() + rows.defaultSectionSize() * self._classes.rowCount() + 4
        self.class_table.setMaximumHeight(height if n else _ANY_HEIGHT)
        if n:
            largest = f"{int(self._confusion.totals.confusion.max()):,}" if self._confusion.totals is not None else ""
            least_px = self.confusion_table.fontMetrics().horizontalAdvance(largest) + 7
            room_px = self.width() - self.confusion_table.verticalHeader().sizeHint().width() - 6
            modes = QHeaderView.ResizeMode
            mode = modes.Stretch if room_px / n >= least_px else modes.ResizeToContents
            self.confusion_table.horizontalHeader().setMinimumSectionSize(min(least_px, max(1, room_px // n)))
            self.confusion_table.horizontalHeader().setSectionResizeMode(mode)

    def _ask_for_class(self, index: QModelIndex) -> None:
        if self._classes.totals is not None:
            self.files_wanted.emit("", self._classes.totals.class_names[index.row()])

    def _ask_for_map_cell(self, row: int, column: int) -> None:
        if self._classes.totals is not None:
            names = self._classes.totals.class_names
            self.files_wanted.emit(names[row], names[column])

    def _ask_for_cell(self, index: QModelIndex) -> None:
        if self._confusion.totals is not None:
            names = self._confusion.totals.class_names
            self.files_wanted.emit(names[index.row()], names[index.column()])

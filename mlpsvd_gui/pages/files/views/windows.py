"""One file: review, timeline, spectrogram, and table of its windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QPushButton, QTableView, QVBoxLayout, QWidget

from mlpsvd.classification.batch.results import FileResult
from mlpsvd.text import counted, percent, with_minus
from mlpsvd_gui.pages.files.views.recording import RecordingView
from mlpsvd_gui.pages.files.views.review_bar import ReviewBar
from mlpsvd_gui.pages.files.views.rows import FileEntry
from mlpsvd_gui.pages.files.views.window_strip import WindowStrip
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.widgets.choosers import Tabs
from mlpsvd_gui.widgets.decision_table import clock_text
from mlpsvd_gui.widgets.eliding import ElidedLabel
from mlpsvd_gui.widgets.swatch import swatch
from mlpsvd_gui.widgets.tables import list_rows, pad_cells

__all__ = ["WindowsView"]

_HEADINGS = ("Start", "End", "Predicted", "Probability", "Runner-up", "Distance", "Level")
_NUMBERS = (0, 1, 3, 5, 6)
_LABEL, _RUNNER_UP = 2, 4
_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
_DECORATION = int(Qt.ItemDataRole.DecorationRole)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_Index = QModelIndex | QPersistentModelIndex
_CHOOSE = "Select a recording to see its windows."
_NOT_YET = "Not classified yet."


class _WindowRows(QAbstractTableModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.result: FileResult | None = None
        self.colour_of: Callable[[str], QColor] = lambda _: QColor("grey")

    def show_result(self, result: FileResult | None) -> None:
        self.beginResetModel()
        self.result = result
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() or self.result is None else self.result.n_windows

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == _DISPLAY:
            return _HEADINGS[section]
        if orientation is Qt.Orientation.Horizontal and role == _ALIGNMENT and section in _NUMBERS:
            return _RIGHT
        return None

    def data(self, index: _Index, role: int = 0) -> Any:
        if self.result is None:
            return None
        if role == _DISPLAY:
            return self._text(self.result, index.row(), index.column())
        if role == _ALIGNMENT:
            return _RIGHT if index.column() in _NUMBERS else None
        if role == _DECORATION and index.column() == _LABEL:
            return swatch(self.colour_of(self._label(self.result, index.row())))
        return None

    @staticmethod
    def _label(result: FileResult, row: int) -> str:
        return result.class_names[int(result.window_classes[row])]

    def _text(self, result: FileResult, row: int, column: int) -> str:
        start_s = float(result.starts_s[row])
        if column == 0:
            return clock_text(start_s)
        if column == 1:
            return clock_text(start_s + float(result.durations_s[row]))
        if column == _LABEL:
            return self._label(result, row)
        probabilities = result.probabilities[row]
        if column == 3:
            return percent(probabilities.max())
        if column == 5:
            return f"{result.distances[row]:.2f}" if len(result.distances) else ""
        if column == 6:
            return with_minus(f"{result.levels_dbfs[row]:.1f} dBFS") if len(result.levels_dbfs) else ""
        if len(probabilities) < 2:
            return ""
        second = int(np.argsort(probabilities)[-2])
        return f"{result.class_names[second]} ({percent(probabilities[second])})"


class WindowsView(QWidget):
    """File name, review, timeline, spectrogram and table of the windows, with a shared selection."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel(Qt.TextElideMode.ElideMiddle, parent=self)
        self.audacity_button = QPushButton("Audacity labels…", self)
        self.review = ReviewBar(self)
        self.strip = WindowStrip(self)
        self.recording = RecordingView(self)
        self.tabs = Tabs(self)
        self.table = QTableView(self)
        self._rows = _WindowRows(self.table)
        self._build_table()
        self._build_layout()
        self.strip.window_chosen.connect(self.table.selectRow)
        self.recording.window_chosen.connect(self.table.selectRow)
        self.recording.add_keys(self.strip, self.table)
        self.review.add_keys(self)
        self.table.selectionModel().currentRowChanged.connect(lambda now, _: self._choose(now.row()))
        self.show_entry(None)

    def set_theme(self, theme: Theme) -> None:
        """Apply the colours of a theme."""
        self.strip.set_theme(theme)
        self.recording.set_theme(theme)
        pad_cells(self.table)

    def set_colours(self, colour_of: Callable[[str], QColor]) -> None:
        """Set the colours of the classes."""
        self._rows.colour_of = colour_of
        self.table.viewport().update()
        self.show_spans()

    @property
    def result(self) -> FileResult | None:
        """The shown file."""
        return self._rows.result

    def show_entry(self, entry: FileEntry | None) -> None:
        """Show the windows of a file, or a hint."""
        result = entry.result if entry is not None else None
        self.title.setText(_title(entry))
        self.audacity_button.setEnabled(result is not None and result.is_usable)
        if _has_same_windows(result, self._rows.result):
            self._rows.result = result
        else:
            self._rows.show_result(result)
            self.strip.show_result(result)
            self.show_spans()

    def show_spans(self) -> None:
        """Show the windows in the spectrogram."""
        self.recording.show_windows(self._rows.result, self._rows.colour_of)

    def _choose(self, window: int) -> None:
        self.strip.choose(window)
        self.recording.select_window(window)

    def _build_table(self) -> None:
        table = self.table
        table.setModel(self._rows)
        list_rows(table)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setAccessibleName("Windows of the recording")
        pad_cells(table)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in (_LABEL, _RUNNER_UP):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        for column, sample in (
            (0, "0:00:00.000"),
            (1, "0:00:00.000"),
            (3, "Probability"),
            (5, "Distance"),
            (6, "−100.0 dBFS"),
        ):
            table.setColumnWidth(column, self.fontMetrics().horizontalAdvance(sample) + 16)

    def _build_layout(self) -> None:
        self.audacity_button.setToolTip(
            "Export the windows of this recording as a label track for Audacity (File › Import › Labels)"
        )
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.recording.play_button)
        head.addWidget(self.recording.window_button)
        head.addWidget(self.title, 1)
        head.addWidget(self.audacity_button)
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.recording, "Spectrogram")
        self.tabs.addTab(self._timeline(), "Windows")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.review)
        layout.addWidget(self.tabs, 1)

    def _timeline(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.strip)
        column.addWidget(self.table, 1)
        return page


def _has_same_windows(one: FileResult | None, other: FileResult | None) -> bool:
    """Whether two results differ at most in their review."""
    if one is None or other is None:
        return one is other
    return one.probabilities is other.probabilities


def _title(entry: FileEntry | None) -> str:
    if entry is None:
        return _CHOOSE
    if entry.result is None:
        return f"{entry.name}: {_NOT_YET}"
    if not entry.result.is_usable:
        return f"{entry.name}: {entry.result.problem}."
    n = entry.result.n_windows
    doubts = "; ".join((*(("unknown",) if entry.result.is_unknown else ()), *entry.result.notes))
    return f"{entry.name}: {counted(n, 'window')}{f'. Doubtful: {doubts}' if doubts else ''}"

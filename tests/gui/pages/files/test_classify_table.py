"""The table of files with ten thousand of them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from mlpsvd.classification.batch.find_files import SoundFile
from mlpsvd.classification.batch.results import FileResult
from mlpsvd_gui.pages.files.views.rows import COLUMNS, FileEntry, RowFilter
from mlpsvd_gui.pages.files.views.table import LABEL, NOTE, TRUTH, WINDOWS, FileTable

NAMES = ("yes", "no")


def entry(number: int, n_windows: int = 2) -> FileEntry:
    path = Path(f"folder/take {number}.wav")
    probabilities = np.random.default_rng(number).dirichlet((1.0, 1.0), n_windows)
    starts_s = np.linspace(0.0, n_windows - 1.0, n_windows)
    result = FileResult(path, NAMES, float(n_windows), starts_s, np.ones(n_windows), probabilities, NAMES[number % 2])
    return FileEntry(SoundFile(path, ("folder",)), result)


@pytest.fixture
def table(qtbot: QtBot) -> FileTable:
    table = FileTable()
    qtbot.addWidget(table)
    return table


def test_ten_thousand_files_are_shown_sorted_and_filtered_in_a_moment(qtbot: QtBot, table: FileTable) -> None:
    rows = [entry(number) for number in range(10_000)]
    table.show()
    started_s = time.process_time()  # what other programs take does not count
    table.rows.add(rows)
    for column in range(8):
        table.sortByColumn(column, Qt.SortOrder.DescendingOrder)
        table.rows.results_changed()
        QApplication.processEvents()
    table.rows.set_filter(RowFilter(kind="wrong"))
    table.rows.set_filter(RowFilter(text="77"))
    took_s = time.process_time() - started_s
    assert all("77" in one.name for one in table.rows.shown)
    assert took_s < 5.0


def test_the_model_keeps_the_contract_of_qt(table: FileTable) -> None:
    tester = QAbstractItemModelTester(table.rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    rows = [entry(number) for number in range(20)]
    table.rows.add(rows)
    table.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    table.rows.add([entry(30)])
    table.rows.set_filter(RowFilter(kind="wrong"))
    table.rows.results_changed()
    table.rows.remove(rows[:5])
    table.rows.set_filter(RowFilter())
    table.rows.set_stale(True)
    table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert [one.name for one in table.rows.shown] == [one.name for one in table.rows.entries]
    assert tester.model() is table.rows


def test_the_selection_stays_with_its_file(qtbot: QtBot, table: FileTable) -> None:
    rows = [entry(number) for number in range(20)]
    table.rows.add(rows)
    table.selectRow(7)
    chosen = table.current
    table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    assert table.current is chosen
    assert table.selected == [chosen]
    table.rows.set_filter(RowFilter(text=chosen.name))
    assert table.current is chosen
    table.rows.set_filter(RowFilter(text="nothing of that name"))
    assert table.current is None


def test_names_are_sorted_in_natural_order(table: FileTable) -> None:
    table.rows.add([entry(number) for number in (10, 9, 100)])
    table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    assert [one.name for one in table.rows.shown] == [f"folder/take {number}.wav" for number in (9, 10, 100)]


@pytest.mark.parametrize("has_several", [False, True])
def test_file_names_and_notes_have_room_beside_all_other_columns(
    qtbot: QtBot, table: FileTable, has_several: bool
) -> None:
    table.resize(930, 300)  # as in a window of 1280 x 720
    table.rows.add([entry(number) for number in range(5)])
    with qtbot.waitExposed(table):
        table.show()
    table.fit_names(("eight by george", "no"))
    table.show_columns(has_truth=True, has_notes=True, has_distances=True, has_several=has_several)
    assert table.columnWidth(0) >= 150 and table.columnWidth(NOTE) >= 120
    words = table.fontMetrics().horizontalAdvance("eight by george")
    assert min(table.columnWidth(LABEL), table.columnWidth(TRUTH)) >= words + 20
    assert table.horizontalScrollBar().maximum() == 0 or has_several
    assert table.isColumnHidden(WINDOWS) != has_several
    table.resize(1900, 300)
    assert table.columnWidth(NOTE) > 400 and table.columnWidth(0) > 400
    total = sum(table.columnWidth(one) for one in range(len(COLUMNS)))
    assert total == table.viewport().width()


def test_notes_are_elided_at_their_end(table: FileTable) -> None:
    option = QStyleOptionViewItem()
    table.rows.add([entry(0)])
    delegate: Any = table.itemDelegateForColumn(NOTE)
    delegate.initStyleOption(option, table.rows.index(0, NOTE))
    assert option.textElideMode == Qt.TextElideMode.ElideRight

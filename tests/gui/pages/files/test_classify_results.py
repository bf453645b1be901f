"""Results on the page of many recordings: sorted, filtered, looked at, exported, and marked when they are stale."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import soundfile
from files_page import Page
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot
from trained import Trained

from mlpsvd.datasets.annotations import read_annotations
from mlpsvd_gui.pages.files.views.rows import RowFilter

LEFT = Qt.MouseButton.LeftButton


def test_rows_are_sorted_and_filtered(qtbot: QtBot, ready_page: Page, recordings: Path) -> None:
    ready_page.classify(recordings)
    panel = ready_page.panel
    header = panel.table.horizontalHeader()
    for column, key in ((3, lambda one: one.probability), (5, lambda one: one.n_windows)):
        for is_descending in (False, True):
            where = QPoint(header.sectionViewportPosition(column) + 12, 8)
            qtbot.mouseClick(header.viewport(), LEFT, pos=where)
            shown = [entry.result for entry in panel.table.rows.shown]
            assert shown[-1].problem  # what has no value comes last either way
            values = [key(one) for one in shown[:-1]]
            assert values == sorted(values, reverse=is_descending)
    for kind, expected in (
        ("problems", lambda one: bool(one.problem)),
        ("wrong", lambda one: one.is_wrong),
        ("unclear", lambda one: one.is_usable and one.agreement < 1),
        ("doubtful", lambda one: one.is_doubtful),
    ):
        panel.filter.kind_box.setCurrentIndex(panel.filter.kind_box.findData(kind))
        assert {id(entry.result) for entry in panel.table.rows.shown} == {
            id(one) for one in ready_page.results() if expected(one)
        }
    panel.filter.choose(RowFilter())
    panel.filter.label_box.setCurrentIndex(1)
    name = panel.filter.label_box.currentData()
    assert [entry.result.label for entry in panel.table.rows.shown].count(name) == len(panel.table.rows.shown) > 0


def test_a_click_on_the_confusion_matrix_shows_those_recordings(
    qtbot: QtBot, ready_page: Page, recordings: Path
) -> None:
    ready_page.classify(recordings)
    panel = ready_page.panel
    table = panel.totals.confusion_table
    assert table.isVisible()
    counts = [[table.model().index(row, column).data() for column in range(3)] for row in range(3)]
    assert sum(int(one) for row in counts for one in row if one) == 12
    qtbot.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.model().index(1, 1)).center())
    shown = [entry.result for entry in panel.table.rows.shown]
    assert len(shown) == int(counts[1][1])
    assert {(one.truth, one.label) for one in shown} == {(shown[0].class_names[1],) * 2}


def test_the_windows_of_the_chosen_recording_are_shown(qtbot: QtBot, ready_page: Page, recordings: Path) -> None:
    ready_page.classify(recordings)
    panel = ready_page.panel
    row = next(index for index, entry in enumerate(panel.table.rows.shown) if entry.result.n_windows == 5)
    panel.table.selectRow(row)
    windows, result = panel.windows, panel.table.current.result
    assert windows.result is result
    model = windows.table.model()
    shown = [model.index(one, 2).data() for one in range(model.rowCount())]
    assert shown == [one.label for one in result.decisions()]
    assert model.index(1, 0).data() == "0.100 s"
    strip = windows.strip
    windows.tabs.setCurrentIndex(1)
    qtbot.mouseClick(strip, LEFT, pos=QPoint(round(strip.width() * 0.5), 20))
    assert strip.current == windows.table.currentIndex().row() == 2
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert windows.table.currentIndex().row() == 3
    windows.table.selectRow(0)
    assert strip.current == 0
    picture = strip.grab().toImage()
    colour = picture.pixelColor(round(strip.width() * 0.1), 30)
    assert colour == panel.colour_of(result.decisions()[0].label)


def test_results_are_exported(qtbot: QtBot, ready_page: Page, recordings: Path, tmp_path: Path) -> None:
    ready_page.classify(recordings)
    panel = ready_page.panel
    for kind, name in (("files", "f.csv"), ("windows", "w.csv"), ("json", "all.json")):
        panel.controls.export_actions[kind].trigger()
        ready_page.save_in_dialog(tmp_path / name)
    with (tmp_path / "f.csv").open(newline="") as file:
        assert [row["file"] for row in csv.DictReader(file)] == [str(one.path) for one in ready_page.results()]
    with (tmp_path / "w.csv").open(newline="") as file:
        n_windows = sum(one.n_windows for one in ready_page.results())
        assert len(list(csv.DictReader(file))) == n_windows + 1
    assert json.loads((tmp_path / "all.json").read_text())["n_unusable"] == 1
    panel.table.selectRow(1)
    qtbot.mouseClick(panel.windows.audacity_button, LEFT)
    ready_page.save_in_dialog(tmp_path / "labels.txt")
    first = (tmp_path / "labels.txt").read_text().splitlines()[0].split("\t")
    assert first[0] == "0.000000"
    assert first[2] == panel.table.current.result.decisions()[0].label
    panel.controls.export_actions["raven"].trigger()
    ready_page.save_in_dialog(tmp_path / "table.txt")
    assert read_annotations(tmp_path / "table.txt") == read_annotations(tmp_path / "labels.txt")


def test_an_export_that_cannot_be_written_says_why(
    qtbot: QtBot, ready_page: Page, recordings: Path, tmp_path: Path
) -> None:
    ready_page.classify(recordings)
    ready_page.panel.controls.export_requested.emit("files", str(tmp_path / "nowhere" / "f.csv"))
    qtbot.waitUntil(lambda: "could not be written: No such file" in ready_page.panel.messages.text)


def test_results_of_an_earlier_network_are_marked(
    qtbot: QtBot, ready_page: Page, trained: Trained, retrained: Trained, recordings: Path
) -> None:
    ready_page.classify(recordings)
    panel = ready_page.panel
    assert panel.messages.text == ""
    before = [one.probability for one in ready_page.results()]
    ready_page.finish(trained)  # the list is made anew, but the network is the same
    assert panel.messages.text == ""
    ready_page.finish(retrained)
    assert "has changed since these results" in panel.messages.text
    faint = panel.table.model().index(0, 3).data(Qt.ItemDataRole.ForegroundRole)
    assert faint is not None
    ready_page.press_start()
    ready_page.wait_for_end()
    assert panel.messages.text == ""
    assert [one.probability for one in ready_page.results()] != before
    key = ready_page.models.entries()[0].key
    box = panel.controls.model_box
    box.setCurrentIndex(box.findData(key))
    box.activated.emit(box.currentIndex())
    assert "Results of MLP-SVD" in panel.messages.text


def test_doubtful_recordings_are_marked_and_counted(qtbot: QtBot, ready_page: Page, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros(16000), 16000)
    soundfile.write(tmp_path / "narrow.wav", 0.1 * np.random.default_rng(0).standard_normal(8000), 8000)
    ready_page.classify(tmp_path / "narrow.wav", tmp_path / "silent.wav", n_files=2)
    panel = ready_page.panel
    narrow, silent = (row[-1] for row in ready_page.cells())
    assert "sample rate of 8000 Hz" in narrow
    assert silent.startswith("unknown; it is silent")
    assert "2 of 2 classified files are doubtful" in panel.totals.details.text()
    panel.filter.kind_box.setCurrentIndex(panel.filter.kind_box.findData("doubtful"))
    assert len(panel.table.rows.shown) == 2
    assert "Doubtful: " in panel.windows.title.text()

"""A person's way through the page of many recordings: files dropped, buttons clicked, real networks and processes."""

from __future__ import annotations

import csv
import dataclasses
import json
import multiprocessing
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

from mlpsvd.experiments.file_results import FileResult
from mlpsvd.experiments.results import model_of
from mlpsvd.models.model_file import save_model
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.models.preferences import Preferences
from mlpsvd_gui.plots.theme import DARK, LIGHT
from mlpsvd_gui.views.classify_rows import RowFilter

LEFT = Qt.MouseButton.LeftButton
WAIT_MS = 30_000


def drop(widget, *paths: Path) -> None:
    """Drop files on a widget as the desktop does: what holds it takes them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    actions, no_keys = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), actions, data, LEFT, no_keys)
    QApplication.sendEvent(widget, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(5, 5), actions, data, LEFT, no_keys))


def press_start(qtbot, page) -> None:
    qtbot.mouseClick(page.panel.controls.start_button, LEFT)


def wait_for_files(qtbot, page, n_files: int) -> None:
    qtbot.waitUntil(lambda: len(page.panel.table.rows.entries) == n_files, timeout=WAIT_MS)


def wait_for_end(qtbot, page) -> None:
    qtbot.waitUntil(lambda: page.panel.controls.start_button.text() == "Start", timeout=WAIT_MS)


def classify(qtbot, page, *paths: Path, n_files: int = 13) -> None:
    drop(page.panel, *paths)
    wait_for_files(qtbot, page, n_files)
    press_start(qtbot, page)
    assert page.panel.controls.start_button.text() == "Stop"
    wait_for_end(qtbot, page)


def cells(page) -> list[list[str]]:
    """What the table shows, row by row, without hidden columns."""
    table, model = page.panel.table, page.panel.table.model()
    columns = [one for one in range(model.columnCount()) if not table.isColumnHidden(one)]
    return [[model.index(row, one).data() for one in columns] for row in range(model.rowCount())]


def results(page) -> list[FileResult]:
    return [entry.result for entry in page.panel.table.rows.entries if entry.result is not None]


def save_in_dialog(qtbot, page, path: Path) -> None:
    """Type a name into the dialog that is open, and accept it."""
    (dialog,) = [one for one in page.panel.findChildren(QFileDialog) if one.isVisible()]
    dialog.selectFile(str(path))
    dialog.accept()
    qtbot.waitUntil(lambda: str(path) in page.panel.messages.text, timeout=WAIT_MS)


def test_an_empty_page_says_what_will_be_there_and_how_to_get_it(qtbot, page, trained) -> None:
    welcome = page.panel.welcome
    assert welcome.isVisible()
    assert "Drop files and folders anywhere" in welcome.text.text()
    assert welcome.model_button.isVisible()
    assert not page.panel.controls.start_button.isEnabled()
    assert "Train a network or open a model file" in page.panel.controls.start_button.toolTip()
    page.finish(trained)
    assert not welcome.model_button.isVisible()
    assert "Add recordings" in page.panel.controls.start_button.toolTip()


def test_a_dropped_folder_is_classified_with_the_numbers_of_each_file_alone(
    qtbot, ready_page, trained, recordings
) -> None:
    """The network was trained in this window and is in no file."""
    classify(qtbot, ready_page, recordings)
    panel = ready_page.panel
    classifier = trained.classifier
    found = {one.path.relative_to(recordings).as_posix(): one for one in results(ready_page)}
    assert len(found) == 13
    for name, result in found.items():
        if name == "notes.wav":
            assert "not readable as audio" in result.problem
            continue
        expected = classifier.classify_file(recordings / name)
        assert [one.probabilities.tobytes() for one in result.decisions()] == [
            one.probabilities.tobytes() for one in expected
        ]
    table = cells(ready_page)
    assert table[0][0].startswith("recordings/")
    n_right = sum(one.label == one.truth for one in results(ready_page) if one.is_usable)
    assert n_right >= 9
    assert panel.totals.headline.text() == f"{100 * n_right / 12:.1f} % right"
    assert "1 could not be classified" in panel.totals.details.text()
    assert [len(row) for row in table] == [8] * 13  # true classes and problems are known, so their columns are shown
    assert "13 recordings classified by MLP-SVD" in panel.controls.status.text()


def test_files_can_be_dropped_on_any_part_of_the_page_and_count_once(qtbot, ready_page, recordings) -> None:
    panel = ready_page.panel
    some = sorted(recordings.rglob("take *"))
    drop(panel.welcome.text, some[0])
    wait_for_files(qtbot, ready_page, 1)
    drop(panel.table.viewport(), some[1], some[0])
    wait_for_files(qtbot, ready_page, 2)
    drop(panel.filter.find_edit, some[2])
    drop(panel.windows.strip, *some)
    wait_for_files(qtbot, ready_page, len(some))
    assert panel.filter.find_edit.text() == ""


def test_the_keyboard_alone_starts_chooses_and_takes_away(qtbot, ready_page, recordings) -> None:
    panel = ready_page.panel
    drop(panel, recordings)
    wait_for_files(qtbot, ready_page, 13)
    with qtbot.waitActive(panel):
        panel.activateWindow()
    panel.table.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: panel.controls.start_button.text() == "Stop")
    wait_for_end(qtbot, ready_page)
    qtbot.keyClick(panel.table, Qt.Key.Key_Down)
    chosen = panel.table.current
    assert chosen is panel.table.rows.shown[1]
    assert chosen.name in panel.windows.title.text()
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[0].startswith("File\tLength\tTaken for")
    assert copied[1].startswith(chosen.name)
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert chosen not in panel.table.rows.entries
    assert len(panel.table.rows.shown) == 12
    qtbot.keyClick(panel, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(panel.filter.find_edit, "TAKE 3")
    assert {row[0][-10:] for row in cells(ready_page)} == {"take 3.WAV"}
    assert "shown" in panel.filter.count_label.text()
    qtbot.mouseClick(panel.filter.reset_button, LEFT)
    assert len(panel.table.rows.shown) == 12


def test_a_stopped_run_keeps_what_is_done_and_goes_on_with_the_rest(qtbot, ready_page, recordings, long_file) -> None:
    panel = ready_page.panel
    drop(panel, recordings)
    wait_for_files(qtbot, ready_page, 13)
    copies = [long_file.parent / f"copy {index}.wav" for index in range(6)]
    for copy in copies:
        copy.symlink_to(long_file)
    drop(panel, *copies)
    wait_for_files(qtbot, ready_page, 19)
    press_start(qtbot, ready_page)
    qtbot.waitUntil(lambda: len(results(ready_page)) > 0, timeout=WAIT_MS)
    press_start(qtbot, ready_page)
    asked_s = time.monotonic()
    wait_for_end(qtbot, ready_page)
    assert time.monotonic() - asked_s < 0.5
    done = {one.path: one for one in results(ready_page)}
    assert 0 < len(done) < 19
    assert "Start goes on with the rest" in panel.controls.status.text()
    press_start(qtbot, ready_page)
    wait_for_end(qtbot, ready_page)
    after = {one.path: one for one in results(ready_page)}
    assert len(after) == 19
    assert all(after[path] is one for path, one in done.items())


def test_progress_moves_within_a_long_recording(qtbot, ready_page, long_file) -> None:
    shares: list[int] = []
    ready_page.panel.controls.progress.valueChanged.connect(shares.append)
    classify(qtbot, ready_page, long_file, n_files=1)
    assert any(50 < share < 950 for share in shares)
    (result,) = results(ready_page)
    assert result.n_windows == 6000
    assert not ready_page.panel.controls.progress.isVisible()


def test_recordings_added_meanwhile_are_classified_too(qtbot, ready_page, recordings, long_file) -> None:
    drop(ready_page.panel, long_file)
    wait_for_files(qtbot, ready_page, 1)
    press_start(qtbot, ready_page)
    drop(ready_page.panel, recordings)
    wait_for_files(qtbot, ready_page, 14)
    qtbot.waitUntil(lambda: len(results(ready_page)) == 14, timeout=WAIT_MS)
    wait_for_end(qtbot, ready_page)


def test_rows_are_sorted_and_filtered(qtbot, ready_page, recordings) -> None:
    classify(qtbot, ready_page, recordings)
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
    ):
        panel.filter.kind_box.setCurrentIndex(panel.filter.kind_box.findData(kind))
        assert {id(entry.result) for entry in panel.table.rows.shown} == {
            id(one) for one in results(ready_page) if expected(one)
        }
    panel.filter.choose(RowFilter())
    panel.filter.label_box.setCurrentIndex(1)
    name = panel.filter.label_box.currentData()
    assert [entry.result.label for entry in panel.table.rows.shown].count(name) == len(panel.table.rows.shown) > 0


def test_a_click_on_the_confusion_matrix_shows_those_recordings(qtbot, ready_page, recordings) -> None:
    classify(qtbot, ready_page, recordings)
    panel = ready_page.panel
    table = panel.totals.confusion_table
    assert table.isVisible()
    counts = [[table.model().index(row, column).data() for column in range(3)] for row in range(3)]
    assert sum(int(one) for row in counts for one in row if one != "·") == 12
    qtbot.mouseClick(table.viewport(), LEFT, pos=table.visualRect(table.model().index(1, 1)).center())
    shown = [entry.result for entry in panel.table.rows.shown]
    assert len(shown) == int(counts[1][1])
    assert {(one.truth, one.label) for one in shown} == {(shown[0].class_names[1],) * 2}


def test_the_windows_of_the_chosen_recording_are_shown(qtbot, ready_page, recordings) -> None:
    classify(qtbot, ready_page, recordings)
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
    qtbot.mouseClick(strip, LEFT, pos=QPoint(round(strip.width() * 0.5), 20))
    assert strip.current == windows.table.currentIndex().row() == 2
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert windows.table.currentIndex().row() == 3
    windows.table.selectRow(0)
    assert strip.current == 0
    picture = strip.grab().toImage()
    colour = picture.pixelColor(round(strip.width() * 0.1), 30)
    assert colour == panel.colour_of(result.decisions()[0].label)


def test_results_are_exported(qtbot, ready_page, recordings, tmp_path) -> None:
    classify(qtbot, ready_page, recordings)
    panel = ready_page.panel
    for kind, name in (("files", "f.csv"), ("windows", "w.csv"), ("json", "all.json")):
        panel.controls.export_actions[kind].trigger()
        save_in_dialog(qtbot, ready_page, tmp_path / name)
    with (tmp_path / "f.csv").open(newline="") as file:
        assert [row["file"] for row in csv.DictReader(file)] == [str(one.path) for one in results(ready_page)]
    with (tmp_path / "w.csv").open(newline="") as file:
        n_windows = sum(one.n_windows for one in results(ready_page))
        assert len(list(csv.DictReader(file))) == n_windows + 1
    assert json.loads((tmp_path / "all.json").read_text())["n_unusable"] == 1
    panel.table.selectRow(1)
    qtbot.mouseClick(panel.windows.audacity_button, LEFT)
    save_in_dialog(qtbot, ready_page, tmp_path / "labels.txt")
    first = (tmp_path / "labels.txt").read_text().splitlines()[0].split("\t")
    assert first[0] == "0.000000"
    assert first[2] == panel.table.current.result.decisions()[0].label


def test_an_export_that_cannot_be_written_says_why(qtbot, ready_page, recordings, tmp_path) -> None:
    classify(qtbot, ready_page, recordings)
    ready_page.panel.controls.export_requested.emit("files", str(tmp_path / "nowhere" / "f.csv"))
    qtbot.waitUntil(lambda: "could not be written: No such file" in ready_page.panel.messages.text)


def test_results_of_an_earlier_network_are_marked(qtbot, ready_page, trained, trained_anew, recordings) -> None:
    classify(qtbot, ready_page, recordings)
    panel = ready_page.panel
    assert panel.messages.text == ""
    before = [one.probability for one in results(ready_page)]
    ready_page.finish(trained)  # the list is made anew, but the network is the same
    assert panel.messages.text == ""
    ready_page.finish(trained_anew)
    assert "another network than the one that made these results" in panel.messages.text
    faint = panel.table.model().index(0, 3).data(Qt.ItemDataRole.ForegroundRole)
    assert faint is not None
    press_start(qtbot, ready_page)
    wait_for_end(qtbot, ready_page)
    assert panel.messages.text == ""
    assert [one.probability for one in results(ready_page)] != before
    key = ready_page.models.entries()[0].key
    box = panel.controls.model_box
    box.setCurrentIndex(box.findData(key))
    box.activated.emit(box.currentIndex())
    assert "These are results of MLP-SVD" in panel.messages.text


def test_a_dropped_model_file_is_opened_and_chosen(qtbot, page, trained, recordings, tmp_path) -> None:
    path = tmp_path / "digits.safetensors"
    save_model(path, model_of(trained.prepared, trained.outcomes["mlp"]))
    drop(page.panel, path, recordings / "notes.wav")
    qtbot.waitUntil(lambda: page.panel.controls.model_key == str(path), timeout=WAIT_MS)
    wait_for_files(qtbot, page, 1)
    (tmp_path / "bad.safetensors").write_text("no model")
    drop(page.panel, tmp_path / "bad.safetensors")
    qtbot.waitUntil(lambda: "bad.safetensors" in page.panel.messages.text, timeout=WAIT_MS)
    assert page.panel.controls.model_key == str(path)


def test_a_folder_without_recordings_says_so(qtbot, ready_page, tmp_path) -> None:
    classify(qtbot, ready_page, tmp_path, n_files=1)
    assert "it holds no audio files" in cells(ready_page)[0][-1]


def test_clear_stops_and_empties_the_page(qtbot, ready_page, long_file) -> None:
    drop(ready_page.panel, long_file)
    wait_for_files(qtbot, ready_page, 1)
    press_start(qtbot, ready_page)
    qtbot.mouseClick(ready_page.panel.controls.clear_button, LEFT)
    wait_for_end(qtbot, ready_page)
    assert ready_page.panel.welcome.isVisible()
    assert not ready_page.panel.table.rows.entries
    assert not ready_page.panel.controls.export_button.isEnabled()
    drop(ready_page.panel, long_file)
    wait_for_files(qtbot, ready_page, 1)


def test_closing_ends_the_processes_within_a_second(qtbot, ready_page, long_file) -> None:
    drop(ready_page.panel, long_file)
    wait_for_files(qtbot, ready_page, 1)
    press_start(qtbot, ready_page)
    qtbot.waitUntil(lambda: any(one.name == "classify" for one in multiprocessing.active_children()), timeout=WAIT_MS)
    started_s = time.monotonic()
    ready_page.controller.close()
    assert time.monotonic() - started_s < 1.0
    assert not [one for one in multiprocessing.active_children() if one.name == "classify"]


@pytest.mark.parametrize("size", [(1240, 520), (1600, 900)])
def test_nothing_is_cut_off_in_light_and_dark(size, qtbot, ready_page, recordings) -> None:
    panel = ready_page.panel
    panel.resize(*size)
    classify(qtbot, ready_page, recordings)
    for theme in (LIGHT, DARK):
        panel.set_theme(theme)
        assert panel.minimumSizeHint().width() <= 1240
        assert panel.minimumSizeHint().height() <= 520
        assert panel.table.columnWidth(0) >= 150
        assert not panel.grab().isNull()


def test_the_chosen_network_stays_chosen_when_it_is_trained_anew(qtbot, ready_page, trained_anew) -> None:
    box = ready_page.panel.controls.model_box
    box.setCurrentIndex(box.findData("mlp"))
    box.activated.emit(box.currentIndex())
    ready_page.run_model.begin(trained_anew.prepared.experiment)
    ready_page.finish(trained_anew)
    assert ready_page.panel.controls.model_key == "mlp"


def test_the_page_stands_in_the_window_and_takes_the_network_trained_there(
    qtbot, page, trained, recordings, tmp_path
) -> None:
    store = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(Preferences(store))
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    window.tabs.setCurrentWidget(window.live_page)
    window.live_page.pages.setCurrentWidget(window.classify_panel)
    in_window = dataclasses.replace(
        page,
        panel=window.classify_panel,
        controller=window.classifying,
        run_model=window.run,
        models=window.live.models,
    )
    in_window.finish(trained)
    classify(qtbot, in_window, recordings)
    assert "right" in window.classify_panel.totals.headline.text()
    assert (window.width(), window.height()) == (1280, 720)
    window.close()

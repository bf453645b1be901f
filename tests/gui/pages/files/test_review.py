"""The review of classified recordings: seen, heard, labelled by keys and clicks, undone, kept, exported, trained on."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from files_page import Page
from main_window import open_main_window
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot
from sound_server import SoundServer
from trained import Trained

from mlpsvd_gui.main_window import MainWindow

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def muddled(recordings: Path, tmp_path: Path) -> Path:
    """The recordings, the longest one of the first class in the folder of the second."""
    root = tmp_path / "muddled"
    shutil.copytree(recordings, root)
    (root / "notes.wav").unlink()
    first, second = sorted(one.name for one in root.iterdir())[:2]
    shutil.move(root / first / "take 3.WAV", root / second / "lost.WAV")
    return root


@pytest.fixture
def start(qtbot: QtBot, page: Page, trained: Trained, tmp_path: Path) -> Iterator[Callable[[], Page]]:
    """Return a function that closes the window, if there is one, and starts the program with a trained network."""
    opened: list[MainWindow] = []

    def again() -> Page:
        while opened:
            opened.pop().close()
        window = open_main_window(qtbot, tmp_path / "own", size=(1280, 720))
        opened.append(window)
        window.tabs.setCurrentWidget(window.live_tab)
        window.live_tab.show_page(window.files_panel)
        window.activateWindow()
        one = replace(
            page, panel=window.files_panel, controller=window.files, run_model=window.run, models=window.models
        )
        one.finish(trained)
        return one

    yield again
    while opened:
        opened.pop().close()


def window_of(page: Page) -> MainWindow:
    found = page.panel.window()
    assert isinstance(found, MainWindow)
    return found


@pytest.mark.slow
def test_recordings_are_reviewed_and_trained_on(
    qtbot: QtBot, sound_server: SoundServer, start: Callable[[], Page], muddled: Path, tmp_path: Path
) -> None:
    page = start()
    page.classify(muddled, n_files=12)
    panel, window = page.panel, window_of(page)
    bar, view, plot, table = panel.windows.review, panel.windows.recording, panel.windows.recording.plot, panel.table

    # Only the recording in the wrong folder is wrong for sure: the others are right, uncertain or unknown.
    bar.below_box.setValue(0.0)
    lost = next(entry for entry in table.rows.entries if entry.name.endswith("lost.WAV"))
    truth, predicted = lost.result.truth, lost.result.label
    n_wrong = sum(entry.result.is_wrong or entry.result.is_unknown for entry in table.rows.entries)
    assert lost.result.is_wrong
    assert bar.count_label.text() == f"{n_wrong} to review"
    panel.filter.kind_box.setCurrentIndex(panel.filter.kind_box.findData("to review"))
    assert len(table.rows.shown) == n_wrong
    panel.filter.reset_button.click()
    while panel.current is not lost:
        qtbot.mouseClick(bar.next_button, LEFT)

    # Seen: the spectrogram of this recording, with a box for each of its windows.
    qtbot.waitUntil(lambda: plot.title == "lost.WAV" and plot.has_image)
    samples, rate_hz = soundfile.read(lost.file.path)
    assert plot.duration_s == pytest.approx(len(samples) / rate_hz)
    assert len(plot.spans.starts) == lost.result.n_windows == 5
    loudest_hz = plot._step[1] * int(plot.image().max(axis=0).argmax())
    spectrum = np.abs(np.fft.rfft(samples))
    assert loudest_hz == pytest.approx(np.argmax(spectrum) * rate_hz / len(samples), abs=2 * plot._step[1])
    where = plot.to_pixels(0.35, 1000.0).toPoint()
    qtbot.mouseClick(plot.canvas.viewport(), LEFT, pos=where)
    assert panel.windows.table.currentIndex().row() == plot.selected_span == panel.windows.strip.current == 3
    plot.zoom_to(0.1, 0.2)
    qtbot.waitUntil(lambda: plot._origin[0] == pytest.approx(0.1, abs=0.002))  # read again, in finer steps
    plot.reset_view()

    # Heard: the cursor moves over what is shown, then over the selected window, and Stop stops.
    qtbot.waitUntil(view.play_button.isEnabled)
    cursor: list[float] = []
    page.controller._recording._player.moved.connect(lambda _: cursor.append(plot.playing_s or 0.0))
    for press, start_s, end_s in (
        (lambda: qtbot.mouseClick(view.play_button, LEFT), 0.0, 0.5),
        (lambda: qtbot.keyClick(table, Qt.Key.Key_Return), 0.3, 0.4),
    ):
        table.setFocus()
        cursor.clear()
        press()
        assert view.play_button.text() == "Stop"
        qtbot.waitUntil(lambda: view.play_button.text() == "Play", timeout=10_000)
        assert cursor == sorted(cursor)
        assert start_s <= cursor[0] < cursor[-1] <= end_s
        assert plot.playing_s is None
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert view.play_button.text() == "Stop"
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert view.play_button.text() == "Play"

    # Labelled: accepted by key, undone and redone by the menu, corrected by another key.
    qtbot.keyClick(table, Qt.Key.Key_A)
    assert lost.result.reviewed == predicted
    assert bar.count_label.text() == f"{n_wrong - 1} to review"
    assert window.actions_.undo.text() == "&Undo accept lost.WAV"
    window.actions_.undo.trigger()
    assert lost.result.reviewed == ""
    assert panel.current is lost
    window.actions_.redo.trigger()
    assert lost.result.reviewed == predicted
    other = next(entry for entry in table.rows.entries if entry.result.label == truth)
    table.choose(other)
    number = panel.windows._rows.result.class_names.index(predicted) + 1
    qtbot.keyClick(table, str(number))
    assert (other.result.reviewed, other.result.is_corrected) == (predicted, True)
    assert "2 of 12 reviewed: 1 accepted, 1 corrected." in panel.totals.reviews.text()
    assert not table.isColumnHidden(9)

    # A new start shows the labels with the results.
    page = start()
    page.classify(muddled, n_files=12)
    panel, window = page.panel, window_of(page)
    labels = {entry.name: entry.result.reviewed for entry in panel.table.rows.entries if entry.result.reviewed}
    assert labels == {lost.name: predicted, other.name: predicted}
    panel.controls.export_actions["files"].trigger()
    page.save_in_dialog(tmp_path / "files.csv")
    with (tmp_path / "files.csv").open(newline="") as file:
        rows = {row["file"]: row["reviewed_label"] for row in csv.DictReader(file)}
    assert rows[str(lost.file.path)] == predicted

    # A cell of the matrix leads to its recordings, the first of which is shown.
    matrix = panel.totals.confusion_table
    names = panel.totals._confusion.totals.class_names
    cell = matrix.model().index(names.index(truth), names.index(predicted))
    qtbot.mouseClick(matrix.viewport(), LEFT, pos=matrix.visualRect(cell).center())
    assert {(one.result.truth, one.result.label) for one in panel.table.rows.shown} == {(truth, predicted)}
    assert panel.current is panel.table.rows.shown[0]
    panel.filter.reset_button.click()

    # Copied into the collection that is open on Record; Undo there removes the copy.
    bar, collection = panel.windows.review, window.record.collection
    again = next(entry for entry in panel.table.rows.entries if entry.name == lost.name)
    panel.table.choose(again)
    qtbot.mouseClick(bar.collection_button, LEFT)
    assert "open or create one on the page Record first" in panel.messages.text
    collection.create(tmp_path / "collection", "flac")
    qtbot.waitUntil(lambda: collection.content is not None)
    qtbot.mouseClick(bar.collection_button, LEFT)
    qtbot.waitUntil(lambda: panel.messages.text == f"1 recording added to collection: {predicted}.")
    assert collection.content.counts == {predicted: 1}
    assert again.file.path.is_file()
    window.live_tab.show_page(window.record_panel)
    window.actions_.undo.trigger()
    qtbot.waitUntil(lambda: collection.content.counts == {})
    window.live_tab.show_page(window.files_panel)

    # Trained on: Explore has the labels, corrected ones among them.
    qtbot.mouseClick(panel.windows.review.train_button, LEFT)
    page.save_in_dialog(tmp_path / "reviewed.csv")
    qtbot.waitUntil(lambda: window.tabs.currentIndex() == 0)
    wanted = str(tmp_path / "reviewed.csv")
    qtbot.waitUntil(lambda: window.experiments.experiment.data.recordings.path == wanted)
    data = window.experiments.experiment.data
    assert (data.source, data.recordings.labels_from) == ("recordings", "manifest")
    with Path(wanted).open(newline="") as file:
        written = {row["path"]: (row["label"], row["label_from"]) for row in csv.DictReader(file)}
    assert len(written) == 12
    assert written[lost.file.path.relative_to(tmp_path).as_posix()] == (predicted, "review")
    assert sum(source == "name" for _, source in written.values()) == 10


def test_a_recording_that_cannot_be_read_says_why(qtbot: QtBot, ready_page: Page, recordings: Path) -> None:
    ready_page.drop(recordings / "notes.wav")
    ready_page.wait_for_files(1)
    plot = ready_page.panel.windows.recording.plot
    qtbot.waitUntil(lambda: "notes.wav cannot be used: it is not readable as audio" in plot._empty_label.text())
    assert not ready_page.panel.windows.recording.play_button.isEnabled()
    assert not ready_page.panel.windows.review.accept_button.isEnabled()


def test_several_recordings_are_labelled_at_once(qtbot: QtBot, ready_page: Page, recordings: Path) -> None:
    """With a class that the model does not have; the label of one is taken away again."""
    ready_page.classify(recordings)
    panel = ready_page.panel
    panel.table.selectAll()
    bar = panel.windows.review
    assert bar.state_label.text() == "13 selected"
    bar.label_requested.emit("something\nelse")
    assert "cannot be printed; enter plain text." in panel.messages.text
    bar.label_requested.emit(" something else ")
    assert [one.reviewed for one in ready_page.results()].count("something else") == 12  # all that can be used
    panel.filter.kind_box.setCurrentIndex(panel.filter.kind_box.findData("reviewed"))
    assert len(panel.table.rows.shown) == 12
    with qtbot.waitActive(panel):  # keys are those of the active window
        panel.activateWindow()
    qtbot.mouseClick(panel.table.viewport(), LEFT, pos=QPoint(5, 5))
    qtbot.keyClick(panel.table, Qt.Key.Key_Backspace)
    assert len(panel.table.rows.shown) == 11

    # Digits that are typed into a field are no labels.
    bar.below_box.setFocus()
    bar.below_box.selectAll()
    qtbot.keyClicks(bar.below_box, "25")
    qtbot.keyClick(bar.below_box, Qt.Key.Key_Return)
    assert panel.below == 0.25
    assert len(panel.table.rows.shown) == 11
    assert {one.reviewed for one in ready_page.results()} == {"", "something else"}

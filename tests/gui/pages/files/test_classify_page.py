"""A person's way through the page of many recordings: files dropped, buttons clicked, real networks and processes."""

from __future__ import annotations

import dataclasses
import multiprocessing
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from files_page import Page
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from trained import Trained

from mlpsvd.executors import n_usable_cores
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd.models.model_file import save_model
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.plots.theme import DARK, LIGHT
from mlpsvd_gui.state.preferences import Preferences

LEFT = Qt.MouseButton.LeftButton
WAIT_MS = 30_000


def test_an_empty_page_says_what_will_be_there_and_how_to_get_it(qtbot: QtBot, page: Page, trained: Trained) -> None:
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
    qtbot: QtBot, ready_page: Page, trained: Trained, recordings: Path
) -> None:
    """The network was trained in this window and is in no file."""
    ready_page.classify(recordings)
    panel = ready_page.panel
    classifier = trained.classifier
    found = {one.path.relative_to(recordings).as_posix(): one for one in ready_page.results()}
    assert len(found) == 13
    for name, result in found.items():
        if name == "notes.wav":
            assert "not readable as audio" in result.problem
            continue
        expected = classifier.classify_file(recordings / name)
        assert [one.probabilities.tobytes() for one in result.decisions()] == [
            one.probabilities.tobytes() for one in expected
        ]
    table = ready_page.cells()
    assert table[0][0].startswith("recordings/")
    n_right = sum(one.label == one.truth for one in ready_page.results() if one.is_usable)
    assert n_right >= 9
    assert panel.totals.headline.text() == f"{accuracy_text(n_right / 12, 12)} correct"
    assert "1 could not be classified" in panel.totals.details.text()
    assert [len(row) for row in table] == [10] * 13  # no column is hidden
    assert "13 recordings classified by MLP-SVD" in panel.controls.status.text()


def test_files_can_be_dropped_on_any_part_of_the_page_and_count_once(
    qtbot: QtBot, ready_page: Page, recordings: Path
) -> None:
    panel = ready_page.panel
    some = sorted(recordings.rglob("take *"))
    ready_page.drop(some[0], on=panel.welcome.text)
    ready_page.wait_for_files(1)
    ready_page.drop(some[1], some[0], on=panel.table.viewport())
    ready_page.wait_for_files(2)
    ready_page.drop(some[2], on=panel.filter.find_edit)
    ready_page.drop(*some, on=panel.windows.strip)
    ready_page.wait_for_files(len(some))
    assert panel.filter.find_edit.text() == ""


def test_the_keyboard_alone_starts_chooses_and_takes_away(qtbot: QtBot, ready_page: Page, recordings: Path) -> None:
    panel = ready_page.panel
    ready_page.drop(recordings)
    ready_page.wait_for_files(13)
    with qtbot.waitActive(panel):
        panel.activateWindow()
    panel.table.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: panel.controls.start_button.text() == "Stop")
    ready_page.wait_for_end()
    qtbot.keyClick(panel.table, Qt.Key.Key_Down)
    chosen = panel.table.current
    assert chosen is panel.table.rows.shown[1]
    assert chosen.name in panel.windows.title.text()
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[0].startswith("File\tLength\tPredicted")
    assert copied[1].startswith(chosen.name)
    qtbot.keyClick(panel.table, Qt.Key.Key_Delete)
    assert chosen not in panel.table.rows.entries
    assert len(panel.table.rows.shown) == 12
    qtbot.keyClick(panel, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(panel.filter.find_edit, "TAKE 3")
    assert {row[0][-10:] for row in ready_page.cells()} == {"take 3.WAV"}
    assert "shown" in panel.filter.count_label.text()
    qtbot.mouseClick(panel.filter.reset_button, LEFT)
    assert len(panel.table.rows.shown) == 12


def test_a_stopped_run_keeps_what_is_done_and_goes_on_with_the_rest(
    qtbot: QtBot, ready_page: Page, recordings: Path, tmp_path: Path
) -> None:
    """Stop is measured by the long files that are still finished after it, whatever else the machine does."""
    panel = ready_page.panel
    two_minutes = tmp_path / "two minutes.wav"
    soundfile.write(two_minutes, 0.1 * np.random.default_rng(1).standard_normal(16000 * 120), 16000)
    copies = [tmp_path / f"copy {index}.wav" for index in range(20)]
    for copy in copies:
        copy.symlink_to(two_minutes)
    ready_page.drop(recordings, *copies)
    ready_page.wait_for_files(33)
    ready_page.press_start()
    qtbot.waitUntil(lambda: len(ready_page.results()) > 0, timeout=WAIT_MS)
    n_long = sum(one.path in copies for one in ready_page.results())
    ready_page.press_start()
    ready_page.wait_for_end()
    assert not [one for one in multiprocessing.active_children() if one.name == "classify"]
    done = {one.path: one for one in ready_page.results()}
    assert done
    assert sum(path in copies for path in done) <= n_long + n_usable_cores()  # those in progress
    assert "press Start to continue" in panel.controls.status.text()
    soundfile.write(two_minutes, np.zeros(16000), 16000)  # the rest is short
    ready_page.press_start()
    ready_page.wait_for_end()
    after = {one.path: one for one in ready_page.results()}
    assert len(after) == 33
    assert all(after[path] is one for path, one in done.items())


def test_progress_moves_within_a_long_recording(qtbot: QtBot, ready_page: Page, long_file: Path) -> None:
    shares: list[int] = []
    ready_page.panel.controls.progress.valueChanged.connect(shares.append)
    ready_page.classify(long_file, n_files=1)
    assert any(50 < share < 950 for share in shares)
    (result,) = ready_page.results()
    assert result.n_windows == 2400
    assert not ready_page.panel.controls.progress.isVisible()


def test_recordings_added_meanwhile_are_classified_too(
    qtbot: QtBot, ready_page: Page, recordings: Path, long_file: Path
) -> None:
    ready_page.drop(long_file)
    ready_page.wait_for_files(1)
    ready_page.press_start()
    ready_page.drop(recordings)
    ready_page.wait_for_files(14)
    qtbot.waitUntil(lambda: len(ready_page.results()) == 14, timeout=WAIT_MS)
    ready_page.wait_for_end()


def test_a_dropped_model_file_is_opened_and_chosen(
    qtbot: QtBot, page: Page, trained: Trained, recordings: Path, tmp_path: Path
) -> None:
    path = tmp_path / "digits.safetensors"
    save_model(path, model_of(trained.prepared, trained.outcomes["mlp"]))
    page.drop(path, recordings / "notes.wav")
    qtbot.waitUntil(lambda: page.panel.controls.model_box.key == str(path), timeout=WAIT_MS)
    page.wait_for_files(1)
    (tmp_path / "bad.safetensors").write_text("no model")
    page.drop(tmp_path / "bad.safetensors")
    qtbot.waitUntil(lambda: "bad.safetensors" in page.panel.messages.text, timeout=WAIT_MS)
    assert page.panel.controls.model_box.key == str(path)


def test_a_folder_without_recordings_says_so(qtbot: QtBot, ready_page: Page, tmp_path: Path) -> None:
    ready_page.classify(tmp_path, n_files=1)
    assert "it contains no audio files" in ready_page.cells()[0][-1]


def test_clear_stops_and_empties_the_page(qtbot: QtBot, ready_page: Page, long_file: Path) -> None:
    ready_page.drop(long_file)
    ready_page.wait_for_files(1)
    ready_page.press_start()
    qtbot.mouseClick(ready_page.panel.controls.clear_button, LEFT)
    ready_page.wait_for_end()
    assert ready_page.panel.welcome.isVisible()
    assert not ready_page.panel.table.rows.entries
    assert not ready_page.panel.controls.export_button.isEnabled()
    ready_page.drop(long_file)
    ready_page.wait_for_files(1)


@pytest.mark.alone
def test_closing_ends_the_processes_within_a_second(qtbot: QtBot, ready_page: Page, long_file: Path) -> None:
    ready_page.drop(long_file)
    ready_page.wait_for_files(1)
    ready_page.press_start()
    qtbot.waitUntil(lambda: any(one.name == "classify" for one in multiprocessing.active_children()), timeout=WAIT_MS)
    started_s = time.monotonic()
    ready_page.controller.close()
    assert time.monotonic() - started_s < 1.0
    assert not [one for one in multiprocessing.active_children() if one.name == "classify"]


@pytest.mark.parametrize("size", [(1240, 520), (1600, 900)])
def test_nothing_is_cut_off_in_light_and_dark(
    size: tuple[int, int], qtbot: QtBot, ready_page: Page, recordings: Path
) -> None:
    panel = ready_page.panel
    panel.resize(*size)
    ready_page.classify(recordings)
    for theme in (LIGHT, DARK):
        panel.set_theme(theme)
        assert panel.minimumSizeHint().width() <= 1240
        assert panel.minimumSizeHint().height() <= 520
        assert panel.table.columnWidth(0) >= 150
        assert not panel.grab().isNull()


def test_the_chosen_network_stays_chosen_after_retraining(qtbot: QtBot, ready_page: Page, retrained: Trained) -> None:
    box = ready_page.panel.controls.model_box
    box.setCurrentIndex(box.findData("mlp"))
    box.activated.emit(box.currentIndex())
    ready_page.run_model.begin(retrained.prepared.experiment)
    ready_page.finish(retrained)
    assert ready_page.panel.controls.model_box.key == "mlp"


def test_the_page_stands_in_the_window_and_takes_the_network_trained_there(
    qtbot: QtBot, page: Page, trained: Trained, recordings: Path, tmp_path: Path
) -> None:
    store = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(Preferences(store))
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    window.tabs.setCurrentWidget(window.live_tab)
    window.live_tab.show_page(window.files_panel)
    in_window = dataclasses.replace(
        page,
        panel=window.files_panel,
        controller=window.files,
        run_model=window.run,
        models=window.models,
    )
    in_window.finish(trained)
    in_window.classify(recordings)
    assert "correct" in window.files_panel.totals.headline.text()
    assert (window.width(), window.height()) == (1280, 720)
    window.close()

"""Clips are recorded by button and key, in every mode, straight into a collection on disk."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot
from record_page import Page

RATE_HZ = 16000.0
LEFT = Qt.MouseButton.LeftButton


def set_value(page: Page, name: str, value: object) -> None:
    page.panel.controls.editors[name].edited.emit(value)


def can_record(page: Page) -> bool:
    return page.panel.controls.button.isEnabled()


def total(page: Page) -> int:
    return sum(page.counts.values())


def test_it_says_what_is_missing_at_each_step(
    qtbot: QtBot, page: Page, hear: Callable[..., None], sine: Callable[..., NDArray[np.float32]]
) -> None:
    lamp = page.panel.controls.lamp
    assert page.panel.welcome.isVisible()
    assert "collection" in lamp.note
    page.panel.bar.new_requested.emit(str(page.folder))
    qtbot.waitUntil(lambda: page.controller.collection.content is not None)
    assert not page.panel.welcome.isVisible()
    assert lamp.text == "Add a class first"
    page.panel.classes.name_edit.setText("low")
    qtbot.keyClick(page.panel.classes.name_edit, Qt.Key.Key_Return)
    assert lamp.text == "low: 0 clips"
    assert "Start listening" in lamp.note
    assert not can_record(page)
    hear(sine(300.0, 1.0))
    qtbot.waitUntil(lambda: can_record(page))
    assert "played.wav" in page.panel.bar.source.text()
    qtbot.waitUntil(lambda: page.panel.bar.meter.rms_dbfs is not None)
    assert page.panel.bar.meter.rms_dbfs == pytest.approx(-14.0, abs=0.5)
    qtbot.waitUntil(lambda: page.panel.scope.view is not None)
    page.ears.stop()
    assert page.panel.bar.meter.rms_dbfs is None, "a level that stands still looks like sound"


def test_clips_of_a_fixed_length_have_it_to_the_sample(
    qtbot: QtBot, open_page: Page, hear: Callable[..., None], sine: Callable[..., NDArray[np.float32]]
) -> None:
    page = open_page
    set_value(page, "mode", "fixed length")
    set_value(page, "length_s", 0.3)
    set_value(page, "pre_roll_s", 0.1)
    hear(sine(440.0, 1.0))
    qtbot.waitUntil(lambda: can_record(page))
    for name, n_clips in (("high", 2), ("low", 1)):
        page.panel.classes.choose(name)
        for number in range(n_clips):
            n_before = total(page)
            if number:
                qtbot.mouseClick(page.panel.controls.button, LEFT)
            else:
                qtbot.keyClick(page.panel, Qt.Key.Key_R)
            qtbot.waitUntil(lambda n=n_before: total(page) == n + 1)
            qtbot.waitUntil(lambda: not page.panel.controls.is_on)
    assert page.counts == {"high": 2, "low": 1}
    assert len(page.visible_files) == 3
    for path in page.visible_files:
        samples, rate_hz = soundfile.read(path, dtype="float32")
        assert (len(samples), rate_hz) == (round(0.3 * RATE_HZ), RATE_HZ)
        assert np.sqrt(2 * np.mean(samples**2)) == pytest.approx(0.2, rel=0.02)
    manifest = (page.folder / "manifest.csv").read_text().splitlines()
    assert manifest[0].startswith("path,label") and len(manifest) == 4


def test_a_click_does_not_end_a_take_that_starts_slowly(
    qtbot: QtBot, open_page: Page, hear: Callable[..., None], sine: Callable[..., NDArray[np.float32]]
) -> None:
    """A button held for long ends the take when released; a slow computer must not have that effect."""
    hear(sine(440.0, 1.0))
    qtbot.waitUntil(lambda: can_record(open_page))
    open_page.panel.controls.record_requested.connect(lambda: time.sleep(0.5))
    stops: list[bool] = []
    open_page.panel.controls.stop_requested.connect(lambda: stops.append(True))
    qtbot.mouseClick(open_page.panel.controls.button, LEFT)
    qtbot.waitUntil(lambda: open_page.controller.takes.recorded_s > 0.3)
    assert not stops


def test_by_hand_from_press_to_press_and_as_long_as_the_key_is_held(
    qtbot: QtBot, open_page: Page, hear: Callable[..., None], sine: Callable[..., NDArray[np.float32]]
) -> None:
    page = open_page
    set_value(page, "pre_roll_s", 0.0)
    hear(sine(440.0, 1.0))
    qtbot.waitUntil(lambda: can_record(page))
    lamp = page.panel.controls.lamp
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: lamp.state == "recording")
    assert lamp.text.startswith("REC  0:0") and "recording high" in lamp.note
    qtbot.waitUntil(lambda: page.controller.takes.recorded_s > 0.5)
    assert page.panel.scope.view.takes[-1].is_running
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: total(page) == 1)
    assert lamp.state == "idle" and lamp.text == "high: 1 clip"
    qtbot.keyPress(page.panel, Qt.Key.Key_R)
    qtbot.wait(700)  # the time for which it is held
    qtbot.keyRelease(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: total(page) == 2)
    assert lamp.state == "idle"
    lengths = [row.duration_s for row in page.panel.review.table.rows]
    assert all(0.45 < length_s < 1.5 for length_s in lengths)


def test_space_on_the_button_and_in_the_table_of_classes_records(
    qtbot: QtBot, open_page: Page, hear: Callable[..., None], sine: Callable[..., NDArray[np.float32]]
) -> None:
    page = open_page
    hear(sine(440.0, 1.0))
    qtbot.waitUntil(lambda: can_record(page))
    for widget in (page.panel.controls.button, page.panel.classes.table):
        n_before = total(page)
        widget.setFocus()
        qtbot.keyClick(widget, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda: page.panel.controls.lamp.state == "recording")
        qtbot.waitUntil(lambda: page.controller.takes.recorded_s > 0.2)
        qtbot.keyClick(widget, Qt.Key.Key_Space)
        qtbot.waitUntil(lambda n=n_before: total(page) == n + 1)


def test_sounds_above_the_trigger_become_clips_by_themselves(
    qtbot: QtBot, open_page: Page, hear: Callable[..., None], sine: Callable[..., NDArray[np.float32]]
) -> None:
    page = open_page
    for name, value in (("mode", "triggered"), ("trigger_dbfs", -30.0), ("hang_s", 0.1), ("pre_roll_s", 0.1)):
        set_value(page, name, value)
    silence = np.zeros(round(0.6 * RATE_HZ), dtype=np.float32)
    hear(np.concatenate((silence, sine(440.0, 0.25))))
    qtbot.waitUntil(lambda: can_record(page))
    qtbot.keyClick(page.panel, Qt.Key.Key_1)
    qtbot.mouseClick(page.panel.controls.button, LEFT)
    qtbot.waitUntil(lambda: page.panel.controls.is_on)
    qtbot.waitUntil(lambda: page.panel.controls.lamp.state == "waiting", timeout=3000)
    qtbot.waitUntil(lambda: page.counts["low"] >= 2, timeout=5000)
    qtbot.mouseClick(page.panel.controls.button, LEFT)
    qtbot.waitUntil(lambda: not page.panel.controls.is_on)
    qtbot.wait(200)  # time in which another may come
    for row in page.panel.review.table.rows[1:]:
        assert row.duration_s == pytest.approx(0.1 + 0.25 + 0.1, abs=0.03)
    assert page.panel.scope.view.trigger == pytest.approx(10 ** (-30 / 20))
    assert page.panel.bar.meter.trigger_dbfs == -30.0


def test_a_take_under_way_is_kept_and_marked_when_the_session_ends(
    qtbot: QtBot, open_page: Page, hear: Callable[..., None], sine: Callable[..., NDArray[np.float32]]
) -> None:
    page = open_page
    hear(sine(440.0, 1.0))
    qtbot.waitUntil(lambda: can_record(page))
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: page.panel.controls.lamp.state == "recording")
    qtbot.waitUntil(lambda: page.controller.takes.recorded_s > 0.3)
    page.panel.bar.listen_button.click()
    qtbot.waitUntil(lambda: total(page) == 1)
    assert page.panel.review.table.rows[0].marks == "gap"
    assert page.panel.review.table.rows[0].duration_s > 0.3
    assert page.panel.controls.lamp.state == "idle"
    assert page.panel.bar.source.text() == "No input"


def test_a_take_under_way_is_kept_when_the_window_closes(
    qtbot: QtBot, open_page: Page, hear: Callable[..., None], sine: Callable[..., NDArray[np.float32]]
) -> None:
    page = open_page
    hear(sine(440.0, 1.0))
    qtbot.waitUntil(lambda: can_record(page))
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: page.panel.controls.lamp.state == "recording")
    qtbot.waitUntil(lambda: page.controller.takes.recorded_s > 0.2)
    page.controller.close()
    assert len(page.visible_files) == 1
    assert soundfile.info(page.visible_files[0]).duration > 0.2


def test_a_take_belongs_to_the_collection_that_was_open_when_it_began(
    qtbot: QtBot, open_page: Page, hear: Callable[..., None], tmp_path: Path, sine: Callable[..., NDArray[np.float32]]
) -> None:
    page = open_page
    hear(sine(440.0, 1.0))
    qtbot.waitUntil(lambda: can_record(page))
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: page.controller.takes.recorded_s > 0.2)
    other = tmp_path / "other"
    page.panel.bar.new_requested.emit(str(other))
    qtbot.waitUntil(lambda: page.controller.collection.content.folder == other)
    qtbot.waitUntil(lambda: len(page.visible_files) == 1)
    assert total(page) == 0
    assert not list(other.rglob("*.flac"))
    page.panel.bar.open_requested.emit(str(page.folder))
    qtbot.waitUntil(lambda: page.counts.get("high") == 1)


def test_invalid_settings_are_reported_and_not_applied(qtbot: QtBot, open_page: Page) -> None:
    page = open_page
    set_value(page, "mode", "fixed length")
    set_value(page, "length_s", 0.1)
    assert "pre_roll_s" in page.panel.controls.problem.text()
    assert page.controller.takes.settings.length_s == 1.0
    set_value(page, "length_s", 0.5)
    assert not page.panel.controls.problem.isVisible()


def test_a_folder_that_has_gone_is_one_sentence_until_it_can_be_made_again(
    qtbot: QtBot, open_page: Page, hear: Callable[..., None], sine: Callable[..., NDArray[np.float32]]
) -> None:
    page = open_page
    hear(sine(440.0, 1.0))
    qtbot.waitUntil(lambda: can_record(page))
    shutil.rmtree(page.folder)
    page.folder.write_text("no folder any more")
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: bool(page.panel.messages.text))
    text = page.panel.messages.text
    assert str(page.folder) in text and "cannot be written to" in text and text.count(". ") == 0
    assert page.panel.controls.lamp.state == "idle" and total(page) == 0
    page.folder.unlink()
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: page.controller.takes.recorded_s > 0.3)
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: total(page) == 1)
    assert len(page.visible_files) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits on the size of a file")
def test_a_full_disk_is_one_sentence_and_the_take_is_written_when_there_is_room(
    qtbot: QtBot, open_page: Page, hear: Callable[..., None], sine: Callable[..., NDArray[np.float32]]
) -> None:
    import resource

    page = open_page
    hear(np.tile(sine(440.0, 0.5) + 0.05 * np.random.default_rng(1).standard_normal(8000), 2).astype(np.float32))
    qtbot.waitUntil(lambda: can_record(page))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        qtbot.keyClick(page.panel, Qt.Key.Key_R)
        qtbot.waitUntil(lambda: page.controller.takes.recorded_s > 0.6)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))  # no write beyond 4 kB succeeds any more
        qtbot.keyClick(page.panel, Qt.Key.Key_R)
        qtbot.waitUntil(lambda: page.panel.messages._button.text() == "Try again", timeout=20_000)
        qtbot.wait(200)  # several times the page is drawn anew: the offer must still stand there
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "is kept" in page.panel.messages.text
    assert page.panel.messages._button.isVisible()
    assert total(page) == 0
    page.panel.messages._button.click()
    qtbot.waitUntil(lambda: total(page) == 1)
    assert page.panel.review.table.rows[0].duration_s > 0.6


def test_recording_goes_on_when_the_sound_is_only_opened_anew(
    qtbot: QtBot, open_page: Page, hear: Callable[..., None], sine: Callable[..., NDArray[np.float32]]
) -> None:
    page = open_page
    hear(sine(440.0, 1.0))
    qtbot.waitUntil(lambda: can_record(page))
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: page.controller.takes.recorded_s > 0.3)
    page.ears.stop()
    page.ears.start()  # as a network of another sample rate makes the live tab do
    qtbot.waitUntil(lambda: total(page) == 1)
    qtbot.waitUntil(lambda: page.controller.takes.recorded_s > 0.2)
    qtbot.keyClick(page.panel, Qt.Key.Key_R)
    qtbot.waitUntil(lambda: total(page) == 2)
    assert [row.marks for row in page.panel.review.table.rows] == ["", "gap"]


def test_a_collection_is_made_by_a_dialog_and_opened_from_the_menu(qtbot: QtBot, page: Page, tmp_path: Path) -> None:
    qtbot.mouseClick(page.panel.welcome.new_button, LEFT)
    dialog = next(child for child in page.panel.window().children() if isinstance(child, QFileDialog))
    dialog.setDirectory(str(tmp_path))
    line = dialog.findChild(QLineEdit)
    line.setText("Kitchen sounds")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.controller.collection.content is not None)
    assert page.controller.collection.content.folder == tmp_path / "Kitchen sounds"
    assert page.panel.bar.collection_button.text() == "Kitchen sounds"
    page.panel.bar.new_requested.emit(str(tmp_path / "Other"))
    qtbot.waitUntil(lambda: page.controller.collection.content.folder.name == "Other")
    page.panel.bar._fill_menu()
    recent = next(one for one in page.panel.bar.menu.actions() if one.text().endswith("Kitchen sounds"))
    recent.trigger()
    qtbot.waitUntil(lambda: page.controller.collection.content.folder.name == "Kitchen sounds")
    page.panel.bar.new_requested.emit(str(tmp_path))
    qtbot.waitUntil(lambda: "is not empty" in page.panel.messages.text)

"""Review of clips: view, play, trim, relabel, delete, undo."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hostile_collections import append_step, make_collection, make_outside, tree
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from record_page import Page
from recorded import noise

from mlpsvd.collection.collection import Collection
from mlpsvd.collection.encoding import encode
from mlpsvd.collection.take import Take
from mlpsvd_gui.pages.record.views.bar import RecordBar
from mlpsvd_gui.widgets.messages import MessageKind

RATE_HZ = 16000.0
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def filled(qtbot: QtBot, page: Page, sine: Callable[..., NDArray[np.float32]]) -> Page:
    """A collection of six clips in two classes, open."""
    with Collection.create(page.folder) as collection:
        for number in range(6):
            label, frequency_hz = (("low", 300.0), ("high", 2000.0))[number % 2]
            samples = sine(frequency_hz, 0.4 + 0.1 * number, 0.1 * (number + 1) if number < 5 else 1.0)
            collection.add(Take(samples, RATE_HZ, label, has_gap=number == 2))
    page.panel.bar.open_requested.emit(str(page.folder))
    qtbot.waitUntil(lambda: page.controller.collection.content is not None)
    return page


def names(page: Page) -> list[str]:
    return [row.label for row in page.panel.review.table.rows]


def select(page: Page, *rows: int) -> None:
    table = page.panel.review.table
    table.select([table.rows[row].id for row in rows])


def test_the_table_says_all_about_each_clip(qtbot: QtBot, filled: Page) -> None:
    table = filled.panel.review.table
    marks = {row.marks for row in table.rows}
    assert marks == {"", "gap", "clipped"}
    newest = table.rows[0]
    assert (newest.label, newest.marks) == ("high", "clipped")
    assert newest.duration_s == pytest.approx(0.9)
    assert newest.level_dbfs == pytest.approx(0.0, abs=0.1)
    cells = [table.model().index(0, column).data() for column in range(5)]
    assert cells[:4] == ["high", "0.900 s", "0.0 dB", "clipped"] or cells[2] in ("−0.0 dB", "-0.0 dB")
    assert cells[4].startswith(f"{datetime.now():%H:}")
    assert "2 classes, 6 clips, 3.9 s" in filled.panel.bar.folder.text()


def test_a_collection_in_the_home_folder_is_shown_from_there(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    bar = RecordBar()
    qtbot.addWidget(bar)
    for folder, shown in (
        (tmp_path / "home" / "recordings" / "My words", str(Path("~/recordings/My words"))),
        (tmp_path / "home", "~"),
        (tmp_path / "home2" / "My words", str(tmp_path / "home2" / "My words")),
    ):
        bar.show_collection(str(folder), "1 class")
        assert bar.folder.text() == f"1 class  ·  {shown}"


def test_the_selected_clip_is_drawn_with_its_spectrum(qtbot: QtBot, filled: Page) -> None:
    view = filled.panel.review.view
    select(filled, 0)
    qtbot.waitUntil(lambda: view.wave.duration_s > 0)
    assert view.wave.duration_s == pytest.approx(0.9)
    frequencies_hz, level_db = view.spectrum.curve_data("clip")
    assert frequencies_hz[np.argmax(level_db)] == pytest.approx(2000.0, abs=10.0)
    assert level_db.max() == pytest.approx(0.0, abs=0.6)
    assert not view.trim_button.isEnabled()


def test_a_clip_is_trimmed_by_its_handles_and_whole_again_after_undo(qtbot: QtBot, filled: Page) -> None:
    view = filled.panel.review.view
    select(filled, 0)
    qtbot.waitUntil(lambda: view.wave.duration_s > 0)
    view.wave._region.lines[0].setValue(0.2)  # what dragging the left handle does
    assert view.start_box.value() == pytest.approx(0.2)
    view.end_box.setValue(0.5)
    assert view.wave.region_s == pytest.approx((0.2, 0.5))
    qtbot.keyClick(filled.panel, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: filled.panel.review.table.rows[0].duration_s == pytest.approx(0.3))
    qtbot.waitUntil(lambda: view.wave.duration_s == pytest.approx(0.3))
    assert "trimmed" in filled.panel.messages.text
    path = filled.controller.collection.content.clips[-1].path
    assert soundfile.info(path).frames == round(0.3 * RATE_HZ)
    filled.controller.collection.steps.stack.undo()
    qtbot.waitUntil(lambda: filled.panel.review.table.rows[0].duration_s == pytest.approx(0.9))
    qtbot.waitUntil(lambda: view.wave.duration_s == pytest.approx(0.9))


def test_clips_are_deleted_by_key_and_come_back_by_the_message_bar(qtbot: QtBot, filled: Page) -> None:
    table = filled.panel.review.table
    select(filled, 0, 1, 2)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(table.rows) == 3)
    assert filled.panel.messages.text == "3 clips deleted."
    assert len(filled.visible_files) == 3
    assert len(table.selected_ids) == 1, "the next clip is selected, so that Del can be pressed again"
    assert filled.panel.messages._button.text() == "Undo"
    filled.panel.messages._button.click()
    qtbot.waitUntil(lambda: len(table.rows) == 6)
    assert len(filled.visible_files) == 6
    filled.controller.collection.steps.stack.redo()
    qtbot.waitUntil(lambda: len(table.rows) == 3)


def test_an_undo_that_fails_can_be_tried_again(qtbot: QtBot, filled: Page, tmp_path: Path) -> None:
    table, review, steps = filled.panel.review.table, filled.panel.review, filled.controller.collection.steps
    select(filled, 0)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(table.rows) == 5)
    shutil.move(filled.folder, tmp_path / "unplugged")
    steps.stack.undo()
    qtbot.waitUntil(lambda: filled.panel.messages.kind is MessageKind.ERROR)
    assert steps.stack.canUndo() and review.undo_button.isEnabled() and not review.redo_button.isEnabled()
    shutil.move(tmp_path / "unplugged", filled.folder)
    review.undo_button.click()
    qtbot.waitUntil(lambda: len(table.rows) == 6)


def test_many_clips_get_another_class_by_menu_and_by_key(qtbot: QtBot, filled: Page) -> None:
    review = filled.panel.review
    select(filled, 0, 1, 2)
    review.table.setFocus()
    qtbot.keyClick(review.table, Qt.Key.Key_2, CTRL)
    qtbot.waitUntil(lambda: filled.counts == {"high": 1, "low": 5})
    assert len(review.table.selected_ids) == 3
    assert len(list((filled.folder / "low").glob("*.flac"))) == 5
    review.relabel_button.menu().actions()[0].trigger()
    qtbot.waitUntil(lambda: filled.counts == {"high": 4, "low": 2})
    review.undo_button.click()
    qtbot.waitUntil(lambda: filled.counts == {"high": 1, "low": 5})
    assert "relabelled" in review.redo_button.toolTip()


def test_the_table_shows_one_class_only_where_asked(qtbot: QtBot, filled: Page) -> None:
    review = filled.panel.review
    review.filter_box.setCurrentText("low")
    assert names(filled) == ["low"] * 3
    review.show_all_classes()
    assert len(names(filled)) == 6


def test_a_class_is_added_renamed_and_deleted_and_undone(qtbot: QtBot, filled: Page) -> None:
    classes = filled.panel.classes
    classes.name_edit.setText("  middle ")
    classes.add_button.click()
    assert classes.chosen == "middle" and filled.counts == {"high": 3, "low": 3, "middle": 0}
    classes.choose("low")
    classes.table.item(1, 1).setText("deep")
    qtbot.waitUntil(lambda: filled.counts == {"deep": 3, "high": 3, "middle": 0})
    assert (filled.folder / "deep").is_dir() and classes.chosen == "deep"
    filled.controller.collection.steps.stack.undo()
    qtbot.waitUntil(lambda: filled.counts == {"high": 3, "low": 3, "middle": 0})
    classes.choose("high")
    classes.delete_button.click()
    qtbot.waitUntil(lambda: filled.counts == {"low": 3, "middle": 0})
    filled.panel.messages._button.click()
    qtbot.waitUntil(lambda: filled.counts == {"high": 3, "low": 3, "middle": 0})
    classes.choose("middle")
    classes.delete_button.click()
    assert filled.counts == {"high": 3, "low": 3}


def keys(page: Page) -> list[str]:
    """The classes in the order of keys 1 to 9."""
    table = page.panel.classes.table
    assert [table.item(row, 0).text() for row in range(table.rowCount())] == [
        str(row + 1) for row in range(table.rowCount())
    ]
    return [table.item(row, 1).text() for row in range(table.rowCount())]


def test_class_keys_stay_while_classes_are_added_renamed_and_undone(qtbot: QtBot, filled: Page) -> None:
    classes = filled.panel.classes
    before = keys(filled)
    for name in ("aardvark", "zebra", "kiwi"):
        classes.name_edit.setText(name)
        classes.add_button.click()
    assert keys(filled) == [*before, "aardvark", "zebra", "kiwi"]
    labels = [action.text() for action in filled.panel.review.relabel_button.menu().actions()]
    assert labels == [f"{name}\tCtrl+{number}" for number, name in enumerate(keys(filled), 1)]
    for number, name in enumerate(keys(filled), 1):
        qtbot.keyClick(filled.panel, getattr(Qt.Key, f"Key_{number}"))
        assert classes.chosen == name
    numbers = [row.colour_index for row in classes.rows]
    assert sorted(keys(filled)) == [name for _, name in sorted(zip(numbers, keys(filled), strict=True))]
    place = before.index("low")
    classes.table.item(place, 1).setText("deep")
    qtbot.waitUntil(lambda: filled.counts.get("deep") == 3)
    assert keys(filled)[place] == "deep"
    filled.controller.collection.steps.stack.undo()
    qtbot.waitUntil(lambda: filled.counts.get("low") == 3)
    assert keys(filled) == [*before, "aardvark", "zebra", "kiwi"]


def test_a_rename_to_an_existing_name_says_that_the_classes_are_merged(qtbot: QtBot, filled: Page) -> None:
    classes = filled.panel.classes
    before = keys(filled)
    classes.table.item(before.index("low"), 1).setText("HIGH")
    qtbot.waitUntil(lambda: filled.counts == {"high": 6})
    assert filled.panel.messages.text == "Class low merged into high."
    assert classes.chosen == "high" and keys(filled) == ["high"]
    filled.panel.messages._button.click()
    qtbot.waitUntil(lambda: filled.counts == {"high": 3, "low": 3})


def test_a_goal_is_counted_towards_and_remembered(qtbot: QtBot, filled: Page) -> None:
    filled.panel.classes.goal_box.setValue(20)
    assert filled.panel.classes.table.item(0, 2).text() == "3 of 20"
    assert filled.panel.controls.lamp.text == "high: 3 of 20"
    assert filled.controller.collection._memory.of(str(filled.folder)).goal == 20


def test_the_player_gets_what_lies_between_the_handles(
    qtbot: QtBot, filled: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    played: list[int] = []
    player = filled.controller.reviewer._player
    monkeypatch.setattr(player, "play", lambda samples, rate_hz: played.append(len(samples)))
    qtbot.waitUntil(lambda: not player._runner.is_busy, timeout=10_000)
    view = filled.panel.review.view
    view.show_sound("")
    select(filled, 0)
    qtbot.waitUntil(lambda: view.wave.duration_s > 0)
    view.start_box.setValue(0.4)
    filled.panel.review.table.setFocus()
    qtbot.keyClick(filled.panel.review.table, Qt.Key.Key_Return)
    qtbot.keyClick(filled.panel.review.table, Qt.Key.Key_Space)
    assert played == [round(0.5 * RATE_HZ)] * 2


def test_a_clip_that_has_gone_from_the_disk_is_one_sentence(qtbot: QtBot, filled: Page) -> None:
    select(filled, 1)
    qtbot.waitUntil(lambda: filled.panel.review.view.wave.duration_s > 0)
    shutil.rmtree(filled.folder / "high")
    select(filled, 0)
    qtbot.waitUntil(lambda: filled.panel.review.view.wave.duration_s == 0)
    assert "cannot be read" in filled.panel.review.view.wave._empty_label.text()
    filled.panel.review.delete_button.click()
    qtbot.waitUntil(lambda: bool(filled.panel.messages.text))


def test_keys_of_the_page_can_still_be_typed_into_its_fields(qtbot: QtBot, filled: Page) -> None:
    classes, controls = filled.panel.classes, filled.panel.controls
    classes.choose("low")
    classes.name_edit.setFocus()
    qtbot.keyClicks(classes.name_edit, "Tr1 2r")
    assert classes.name_edit.text() == "Tr1 2r"
    qtbot.keyClick(classes.name_edit, Qt.Key.Key_Return)
    assert classes.chosen == "Tr1 2r"
    classes.choose("low")
    classes.goal_box.setFocus()
    classes.goal_box.selectAll()
    qtbot.keyClicks(classes.goal_box, "12")
    box: Any = controls.editors["pre_roll_s"].editor
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "1.5")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert classes.goal == 12 and filled.controller.takes.settings.pre_roll_s == 1.5
    assert classes.chosen == "low"


def test_the_table_is_sorted_by_what_is_clicked_and_the_selection_stays(qtbot: QtBot, filled: Page) -> None:
    table = filled.panel.review.table
    select(filled, 1)
    chosen = table.selected_ids
    table.horizontalHeader().setSortIndicator(1, Qt.SortOrder.AscendingOrder)
    lengths = [row.duration_s for row in table.rows]
    assert lengths == sorted(lengths)
    assert table.selected_ids == chosen
    table.horizontalHeader().setSortIndicator(0, Qt.SortOrder.DescendingOrder)
    assert names(filled) == ["low"] * 3 + ["high"] * 3


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_malicious_collection_changes_nothing_outside_its_folder(qtbot: QtBot, page: Page, tmp_path: Path) -> None:
    (tmp_path / "sound.flac").write_bytes(encode(noise(), RATE_HZ, "flac").data)
    outside = make_outside(tmp_path / "outside", tmp_path / "sound.flac")
    make_collection(page.folder)
    (trash,) = [path.name for path in sorted((page.folder / ".mlpsvd" / "trash").iterdir())[:1]]
    append_step(page.folder, [[f".mlpsvd/trash/{trash}", "../outside/person/.bashrc"]])
    (page.folder / "linked").symlink_to(outside / "sounds")
    before = tree(outside)
    page.panel.bar.open_requested.emit(str(page.folder))
    qtbot.waitUntil(lambda: page.controller.collection.content is not None)
    assert "The undo history was renamed to journal-damaged-1.jsonl" in page.panel.messages.text
    assert page.counts == {"cat": 2, "dog": 1, "linked": 2, "ox": 1}
    page.panel.classes.choose("linked")
    page.panel.classes.delete_button.click()
    qtbot.waitUntil(lambda: "reached through a link" in page.panel.messages.text)
    assert tree(outside) == before


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_collection_whose_manifest_is_a_link_can_be_heard_and_not_changed(
    qtbot: QtBot, page: Page, tmp_path: Path
) -> None:
    make_collection(page.folder)
    (page.folder / "manifest.csv").rename(tmp_path / "elsewhere.csv")
    (page.folder / "manifest.csv").symlink_to(tmp_path / "elsewhere.csv")
    before = (tmp_path / "elsewhere.csv").read_bytes()
    page.panel.bar.open_requested.emit(str(page.folder))
    qtbot.waitUntil(lambda: page.controller.collection.content is not None)
    assert "manifest.csv is a link" in page.panel.messages.text
    assert page.counts == {"cat": 2, "dog": 1, "ox": 1}
    assert not page.panel.review.delete_button.isEnabled()
    assert (tmp_path / "elsewhere.csv").read_bytes() == before

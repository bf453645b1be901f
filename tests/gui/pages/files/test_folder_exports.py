"""Exports of the Files page that fill a folder, by its menu."""

from __future__ import annotations

import csv
from pathlib import Path

from dialogs import choose_path
from files_page import Page
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from mlpsvd.datasets.annotations import read_annotations


def choose(page: Page, kind: str, folder: Path) -> None:
    """Choose an entry of the menu, and a folder in its dialog."""
    action = page.panel.controls.export_actions[kind]
    assert action in page.panel.controls.export_button.menu().actions()
    action.trigger()
    choose_path(page.qtbot, page.panel, folder)


def test_labels_and_clips_of_all_recordings(qtbot: QtBot, ready_page: Page, recordings: Path, tmp_path: Path) -> None:
    page, messages = ready_page, ready_page.panel.messages
    one_class = sorted(one for one in recordings.iterdir() if one.is_dir())[0]
    page.classify(one_class, recordings / "notes.wav", n_files=5)
    results = [one.result for one in page.panel.table.rows.entries if one.result is not None]
    for kind, end in (("all raven", ".Table.1.selections.txt"), ("all audacity", ".txt")):
        choose(page, kind, tmp_path)
        qtbot.waitUntil(lambda: messages.text == f"Labels of 4 recordings written to {tmp_path}.")
        messages.clear()
        for one in results:
            if one.is_usable:
                found = read_annotations(tmp_path / f"{one.path.stem}{end}")
                assert {each.label for each in found} == {each.label for each in one.decisions()}
    kept = tmp_path / "take 0.txt"
    kept.write_text("mine")
    choose(page, "all audacity", tmp_path)
    box = page.panel.findChild(QMessageBox, "replace labels question")
    assert "holds 4 files with the names of these labels" in box.text()
    next(one for one in box.buttons() if one.text() == "&Keep").click()
    assert kept.read_text() == "mine" and not messages.text
    choose(page, "clips", tmp_path / "clips")
    qtbot.waitUntil(lambda: messages.text.endswith(f"written to {tmp_path / 'clips'}."))
    with (tmp_path / "clips" / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["label"] for row in rows} == {each.label for one in results for each in one.decisions()}
    assert all((tmp_path / "clips" / row["path"]).is_file() for row in rows)
    page.controller._export.write("clips", tmp_path, page.controller._made_by)
    qtbot.waitUntil(lambda: f"{tmp_path} exists and is not empty" in messages.text)
    page.classify(recordings, n_files=13)
    choose(page, "all raven", tmp_path / "clips")
    qtbot.waitUntil(lambda: "3 recordings are named take 0" in messages.text)

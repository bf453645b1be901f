"""The pictures of the window in the documentation: each shows what the present window shows.

A picture holds the fixed texts that were visible in it (docs/pictures/window_pictures/static_texts.py). They are
compared with those of a window that was only just made; nothing is trained, and no pixel is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mlpsvd_gui.main_window import MainWindow
from window_pictures.picture_file import read_record
from window_pictures.scenes import SCENES
from window_pictures.static_texts import TextRecord, visible_texts
from window_pictures.studio import new_window

MOST_BYTES = 300_000
MOST_PX = (1600, 1000)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A window that was only just made, never shown."""
    window = new_window(tmp_path / "window.ini")
    qtbot.addWidget(window)
    yield window
    window.close()


@pytest.fixture
def folder(project_root: Path) -> Path:
    return project_root / "docs/pictures"


def staleness(name: str, folder: Path, window: MainWindow) -> str:
    """Return why a picture is out of date, and how to make it anew; empty if it is not."""
    record = read_record(folder / f"{name}.png")
    if record is None:
        return f"{name}.png was not made by packaging/build pictures {name}"
    gone, added = record.differences(SCENES[name].part(window))
    if not gone and not added:
        return ""
    lines = [f"docs/pictures/{name}.png is out of date; to make it anew: packaging/build pictures {name}"]
    lines += [f"  no longer in the window: {text}" for text in gone]
    return "\n".join(lines + [f"  new in the window: {text}" for text in added])


def test_every_picture_shows_the_present_window(folder: Path, window: MainWindow) -> None:
    stale = [staleness(name, folder, window) for name in SCENES]
    assert not any(stale), "\n" + "\n".join(filter(None, stale))


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_is_small(folder: Path, name: str) -> None:
    assert (folder / f"{name}.png").stat().st_size < MOST_BYTES
    with Image.open(folder / f"{name}.png") as picture:
        assert all(size <= most for size, most in zip(picture.size, MOST_PX, strict=True))


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_holds_texts_that_can_be_compared(folder: Path, name: str) -> None:
    record = read_record(folder / f"{name}.png")
    assert record is not None and len(record.shown) > 5
    assert not record.shown & record.others


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_is_shown_with_a_text_that_says_what_is_seen(project_root: Path, name: str) -> None:
    pages = [project_root / "README.md", *(project_root / "docs").glob("*.md")]
    found = [re.findall(rf"!\[([^\]]*)\]\((?:docs/)?pictures/{name}\.png\)", page.read_text("utf-8")) for page in pages]
    texts = [text for one in found for text in one]
    assert texts and all(len(text.split()) > 5 for text in texts)


def test_a_renamed_button_is_found(folder: Path, window: MainWindow) -> None:
    window.runs_panel.actions_.compare.setText("Weigh")
    text = staleness("runs", folder, window)
    assert text.splitlines() == [
        "docs/pictures/runs.png is out of date; to make it anew: packaging/build pictures runs",
        "  no longer in the window: Compare",
        "  new in the window: Weigh",
    ]
    assert not staleness("listen", folder, window)


def panel(*texts: str, hidden: str = "") -> QWidget:
    """A page with buttons, a label that is filled with values, and a hidden group of one button."""
    page = QWidget()
    column = QVBoxLayout(page)
    for text in texts:
        column.addWidget(QPushButton(text))
    column.addWidget(QLabel("Nothing yet"))
    group = QWidget()
    QVBoxLayout(group).addWidget(QPushButton("Undo"))
    QPushButton(hidden, group)
    column.addWidget(group)
    group.hide()
    return page


@pytest.fixture
def record(qtbot: QtBot) -> TextRecord:
    page = panel("&Start", "Stop")
    qtbot.addWidget(page)
    with qtbot.waitExposed(page):
        page.show()
    return TextRecord.of(panel("&Start", "Stop"), visible_texts(page))


def test_what_is_visible_is_recorded(record: TextRecord) -> None:
    assert record.shown == {"Start", "Stop", "Nothing yet"} and record.others == {"Undo"}
    assert TextRecord.parsed(record.as_text()) == record


@pytest.mark.parametrize(
    "new, gone, added",
    [
        (panel, [], []),
        (lambda *texts: panel(*texts, "Pause"), [], ["Pause"]),
        (lambda *texts: panel(*texts, hidden="Redo"), [], []),  # not in the picture
        (lambda *texts: panel("Begin", *texts[1:]), ["Start"], ["Begin"]),
        (lambda *texts: panel(*texts[:1]), ["Stop"], []),
    ],
)
def test_only_what_the_picture_would_show_makes_it_stale(
    qtbot: QtBot, record: TextRecord, new: object, gone: list[str], added: list[str]
) -> None:
    page = new("Start", "Stop")  # type: ignore[operator]
    qtbot.addWidget(page)
    assert record.differences(page) == (gone, added)

"""Path fields accept typed, pasted and dropped paths."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from mlpsvd_gui.pages.explore.views.data_panel import DataPanel
from mlpsvd_gui.pages.explore.views.recordings_form import RecordingsForm
from mlpsvd_gui.pages.files.views.panel import FilesPanel
from mlpsvd_gui.pages.listen.views.source_chooser import SourceChooser
from mlpsvd_gui.widgets.path_edit import PathEdit


def drop(widget: QWidget, mime: QMimeData) -> None:
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    widget.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, buttons, keys))


def urls(*paths: Path) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def text(words: str) -> QMimeData:
    mime = QMimeData()
    mime.setText(words)
    return mime


@pytest.mark.parametrize("form", ["{}", '"{}"', "'{}'", "file://{}", " {} "])
def test_the_folder_of_recordings(qtbot: QtBot, tmp_path: Path, form: str) -> None:
    one = RecordingsForm()
    qtbot.addWidget(one)
    chosen: list[str] = []
    one.path_chosen.connect(chosen.append)
    qtbot.keyClicks(one.path, form.format(tmp_path))
    qtbot.keyClick(one.path, Qt.Key.Key_Return)
    assert chosen == [str(tmp_path)]


def test_the_home_folder_is_understood_in_every_path_field(qtbot: QtBot) -> None:
    form, chooser = RecordingsForm(), SourceChooser()
    for widget in (form, chooser):
        qtbot.addWidget(widget)
        lines = [line for line in widget.findChildren(QLineEdit) if "path" in line.toolTip() + line.placeholderText()]
        assert all(isinstance(line, PathEdit) for line in lines)
    chosen: list[str] = []
    form.path_chosen.connect(chosen.append)
    qtbot.keyClicks(form.path, "~/digits")
    qtbot.keyClick(form.path, Qt.Key.Key_Return)
    qtbot.keyClicks(chooser.path_edit, "~/digits/1.wav")
    assert chosen == [str(Path.home() / "digits")]
    assert chooser.path == str(Path.home() / "digits" / "1.wav")


def test_what_is_dropped_on_a_path_takes_the_place_of_what_it_held(qtbot: QtBot, tmp_path: Path) -> None:
    form, chooser = RecordingsForm(), SourceChooser()
    for widget in (form, chooser):
        qtbot.addWidget(widget)
    chosen: list[str] = []
    form.path_chosen.connect(chosen.append)
    form.path.setText("/somewhere/else")
    drop(form.path, urls(tmp_path / "my digits"))
    chooser.path_edit.setText("/somewhere/else.wav")
    drop(chooser.path_edit, text(f"file://{tmp_path}/my%20digits/1.wav\r\n"))
    assert chosen == [str(tmp_path / "my digits")]
    assert chooser.path == str(tmp_path / "my digits" / "1.wav")


def test_a_dropped_text_is_a_path_on_the_panels_too(qtbot: QtBot, tmp_path: Path) -> None:
    data, files = DataPanel(), FilesPanel()
    for widget in (data, files):
        qtbot.addWidget(widget)
    dropped: list[str] = []
    data.path_dropped.connect(dropped.append)
    for words in (f'"{tmp_path}"', f"file://{tmp_path}", "~", "x" * 5000, "no folder", "a\0b"):
        drop(data, text(words))
    assert dropped == [str(tmp_path), str(tmp_path), str(Path.home())]
    added: list[list[str]] = []
    files.controls.paths_chosen.connect(added.append)
    drop(files, text(f"file://{tmp_path}/a.wav\nfile://{tmp_path}/b.wav"))
    drop(files, urls(tmp_path / "c.wav"))
    assert added == [[f"{tmp_path}/a.wav", f"{tmp_path}/b.wav"], [f"{tmp_path}/c.wav"]]

"""Evaluation by speaker in the real window, by clicks: groups, training, table, export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from main_window import open_main_window
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFileDialog
from pytestqt.qtbot import QtBot

from mlpsvd.cli import main
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.run_state import RunPhase


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    window = open_main_window(qtbot, tmp_path, size=(1280, 720))
    yield window
    window.close()


def pick(qtbot: QtBot, chooser: QComboBox, text: str) -> None:
    """Choose an entry with the keyboard, as a person does."""
    chooser.setFocus()
    for _ in range(chooser.count()):
        if chooser.currentText() == text:
            return
        qtbot.keyClick(chooser, Qt.Key.Key_Down)
    assert chooser.currentText() == text


def test_one_speaker_left_out_at_a_time_gives_the_numbers_of_the_command(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, spoken_digits: Path
) -> None:
    folder = tmp_path / "digits"
    folder.mkdir()
    for path in (spoken_digits / "recordings").iterdir():
        if int(path.stem.rpartition("_")[2]) < 6:
            (folder / path.name).symlink_to(path)
    window.data_panel.source_chosen.emit("recordings")
    form = window.data_panel.form
    form.path.setFocus()
    form.path.selectAll()
    qtbot.keyClicks(form.path, str(folder))
    qtbot.keyClick(form.path, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.experiments.experiment.data.recordings.path == str(folder), timeout=30_000)
    assert not form.groups.value.isVisible()
    pick(qtbot, form.groups.evaluation, "leave one group out")
    assert any("Groups from is 'none'" in one for one in window.settings.problems())
    pick(qtbot, form.groups.groups_from, "file names")
    assert form.groups.value.isVisible() and form.groups.value.text() == "*_{group}_*"
    assert not window.settings.problems()
    qtbot.waitUntil(lambda: "6 groups (george, jackson, lucas, …)" in form.status.text(), timeout=30_000)
    assert window.settings_panel.rows["data.recordings.repeats"].editor.isVisibleTo(window.settings_panel)
    window.experiments.set_value("training.epochs", 8)
    window.actions_.train.trigger()
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FINISHED, timeout=180_000)
    assert window.explore.results.currentWidget() is window.explore.validation
    rows = window.explore.validation.rows()
    assert rows[0] == ["Group", "Clips", "MLP", "MLP-SVD"]
    assert [row[0] for row in rows[1:7]] == ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]
    assert [row[0] for row in rows[7:9]] == ["Mean ± SD", "95 % interval"]
    assert window.race_panel.note.text() == f"Leave one group out: MLP {rows[7][2]}, MLP-SVD {rows[7][3]}"

    exported = tmp_path / "result.json"
    qtbot.mouseClick(window.explore.validation.export_button, Qt.MouseButton.LeftButton)
    dialog = window.explore.validation.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(exported))
    dialog.close()
    assert "Exported the cross-validation" in window.messages.text
    qtbot.mouseClick(window.explore.validation.copy_button, Qt.MouseButton.LeftButton)
    out = tmp_path / "run"
    options = ["--groups", "*_{group}_*", "--evaluate", "leave-one-group-out", "--set", "training.epochs=8"]
    assert main(["train", str(folder), *options, "--quiet", "--out", str(out)]) == 0
    results = json.loads((out / "results.json").read_text())["contenders"]
    assert json.loads(exported.read_text()) == {key: one["cross_validation"] for key, one in results.items()}
    window.actions_.train.trigger()
    assert not window.explore.results.isTabVisible(2), "the result of the last run is gone"
    qtbot.waitUntil(lambda: window.run.state is RunPhase.TRAINING, timeout=60_000)
    window.training.stop_and_keep()
    qtbot.waitUntil(lambda: not window.run.state.is_active, timeout=60_000)

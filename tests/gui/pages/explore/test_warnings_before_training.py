"""Warnings before training on recordings, in the real window: beside the folder, and at Train."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QPoint, QRect, QSettings, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunPhase

COPIES = "2 recordings are copies of another, sample for sample (a/0.wav, a/copy of 0.wav)"
RATES = (
    "The classes differ in sample rate: a has 44.1 kHz, b 48 kHz. The network may learn the device instead; record "
    "all classes at one rate."
)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    window = MainWindow(Preferences(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)))
    qtbot.addWidget(window)
    window.resize(1280, 720)
    with qtbot.waitExposed(window):
        window.show()
    yield window
    window.close()


def write_sounds(folder: Path, rates_hz: dict[str, int], gains: dict[str, float] | None = None) -> Path:
    """Write the same eight sounds in each class, at the rate of the class."""
    for label, rate_hz in rates_hz.items():
        (folder / label).mkdir(parents=True)
        rng = np.random.default_rng(1)
        time_s = np.arange(round(0.1 * rate_hz)) / rate_hz
        for number in range(8):
            tone = 0.2 * np.sin(2.0 * np.pi * (400.0 + 100.0 * number) * time_s)
            sound = (gains or {}).get(label, 1.0) * (tone + 0.005 * rng.standard_normal(len(time_s)))
            soundfile.write(folder / label / f"{number}.wav", sound, rate_hz)
    return folder


def choose(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    window.data_panel.source_chosen.emit("recordings")
    line = window.data_panel.form.path
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, str(folder))
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "clips" in window.data_panel.form.status.text(), timeout=30_000)


def place(widget: QWidget, window: MainWindow) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def wait_until_whole(qtbot: QtBot, label: QWidget) -> None:
    """Wait for the layout: nothing of a text is cut."""
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()), timeout=5000)


def test_other_rates_and_copies_are_reported_beside_the_folder_and_at_train(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    folder = write_sounds(tmp_path / "words", {"a": 44100, "b": 48000})
    for number in (0, 3):
        shutil.copy(folder / "a" / f"{number}.wav", folder / "a" / f"copy of {number}.wav")
    choose(qtbot, window, folder)
    status = window.data_panel.form.status
    text = status.text()
    assert text.startswith("2 classes, 18 files, 18 clips; none skipped.")
    assert COPIES in text and RATES in text and "more." not in text
    assert status.property("problem") and status.isVisible()
    wait_until_whole(qtbot, status)
    assert window.rect().contains(place(status, window))
    window.experiments.set_value("training.epochs", 5)
    plot = place(window.data_panel.spectra, window)
    window.actions_.train.trigger()
    qtbot.waitUntil(lambda: COPIES in window.messages.text and RATES in window.messages.text, timeout=60_000)
    wait_until_whole(qtbot, window.messages._text)
    assert window.rect().contains(place(window.messages, window))
    assert place(window.data_panel.spectra, window) == plot, "nothing moves"
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FINISHED, timeout=60_000)
    assert any(COPIES in note for note in window.run.notes), "and it is kept with the run"


def test_the_first_warnings_are_shown_and_all_are_in_the_tooltip(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    folder = write_sounds(tmp_path / "words", {"a": 44100, "b": 48000}, {"b": 0.05})
    for number in range(26):
        shutil.copy(folder / "a" / "0.wav", folder / "a" / f"copy {number}.wav")
    choose(qtbot, window, folder)
    status = window.data_panel.form.status
    assert status.text().endswith("… and 1 more.")
    assert "26 dB louder" in status.toolTip() and "26 dB louder" not in status.text()
    wait_until_whole(qtbot, status)
    assert window.data_panel.spectra.height() > 150, "the plots keep their room"


def test_recordings_alike_are_not_warned_of(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    folder = write_sounds(tmp_path / "words", {"a": 8000, "b": 8000})
    for path in (folder / "b").iterdir():
        samples, rate_hz = soundfile.read(path)
        soundfile.write(path, samples[::-1], rate_hz)
    choose(qtbot, window, folder)
    assert window.data_panel.form.status.text() == "2 classes, 16 files, 16 clips; none skipped."
    assert not window.data_panel.form.status.property("problem") and window.data_panel.form.status.toolTip() == ""

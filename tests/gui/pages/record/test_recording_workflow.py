"""Record three classes, retrain, classify live, save, and open it again the next day: a real microphone stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot
from sound_server import SoundServer

from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunPhase

RATE_HZ = 48000
LEFT = Qt.MouseButton.LeftButton
N_CLIPS = 5
N_HEARD = 3


def sounds() -> dict[str, np.ndarray]:
    """Six seconds of each sound: no two stretches of one of them are alike."""
    rng = np.random.default_rng(5)
    time_s = np.arange(6 * RATE_HZ) / RATE_HZ
    noise = rng.standard_normal(len(time_s))
    wobble = 1.0 + 0.03 * np.sin(2 * np.pi * 1.3 * time_s)
    hum = sum(np.sin(2 * np.pi * 110.0 * k * np.cumsum(wobble) / RATE_HZ) / k for k in range(1, 12))
    whistle = np.sin(2 * np.pi * 2500.0 * np.cumsum(wobble) / RATE_HZ)
    return {
        "hiss": 0.1 * noise,
        "hum": 0.1 * hum + 0.001 * noise,
        "whistle": 0.2 * whistle + 0.001 * noise,
    }


@pytest.fixture
def start_window(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[str], MainWindow]]:
    """Return a function that opens the window as a new start of the program does, and closes the last one."""
    opened: list[MainWindow] = []

    def start(name: str) -> MainWindow:
        while opened:
            opened.pop().close()
        store = QSettings(str(tmp_path / name / "window.ini"), QSettings.Format.IniFormat)
        window = MainWindow(Preferences(store))
        qtbot.addWidget(window)
        window.resize(1280, 720)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        window.tabs.setCurrentWidget(window.live_tab)
        opened.append(window)
        return window

    yield start
    while opened:
        opened.pop().close()


def record(qtbot: QtBot, window: MainWindow, sound_server: SoundServer, samples: np.ndarray, key: Qt.Key) -> None:
    panel = window.record_panel
    player = sound_server.play(samples, RATE_HZ)
    qtbot.waitUntil(lambda: (panel.bar.meter.rms_dbfs or -120.0) > -35.0, timeout=5000)
    qtbot.wait(400)  # a take begins before the key, and has to begin within the sound
    qtbot.keyClick(panel.classes.table, key)
    for _ in range(N_CLIPS):
        n_before = sum(row.n_clips for row in panel.classes.rows)
        qtbot.waitUntil(lambda: not panel.controls.is_on)
        qtbot.keyClick(panel.classes.table, Qt.Key.Key_R)
        qtbot.waitUntil(lambda n=n_before: sum(row.n_clips for row in panel.classes.rows) == n + 1, timeout=5000)
    assert player.poll() is None, "the sound lasted as long as the recording"
    sound_server.silence()
    qtbot.waitUntil(lambda: (panel.bar.meter.rms_dbfs or 0.0) < -60.0, timeout=5000)


def heard(qtbot: QtBot, window: MainWindow, sound_server: SoundServer, samples: np.ndarray) -> list[str]:
    """Play a sound and return the labels of the decisions in its middle."""
    log = window.listen_panel.log
    sound_server.play(samples[RATE_HZ : 5 * RATE_HZ], RATE_HZ)
    qtbot.waitUntil(lambda: (window.listen_panel.meter.rms_dbfs or -120.0) > -35.0, timeout=5000)
    qtbot.wait(700)  # a window that began before the sound may hold anything
    n_before = len(log.rows)
    qtbot.waitUntil(lambda: len(log.rows) >= n_before + N_HEARD, timeout=10_000)
    labels = [row.label for row in log.rows[n_before : n_before + N_HEARD]]
    sound_server.silence()
    qtbot.waitUntil(lambda: (window.listen_panel.meter.rms_dbfs or 0.0) < -60.0, timeout=5000)
    return labels


@pytest.mark.slow
def test_three_classes_recorded_trained_heard_saved_and_opened_again(
    qtbot: QtBot, sound_server: SoundServer, start_window: Callable[[str], MainWindow], tmp_path: Path
) -> None:
    window, played = start_window("first"), sounds()
    window.live_tab.show_page(window.record_panel)
    panel, folder = window.record_panel, tmp_path / "My sounds"
    panel.bar.new_requested.emit(str(folder))
    qtbot.waitUntil(lambda: window.record.collection.content is not None)
    for name in played:
        qtbot.keyClicks(panel.classes.name_edit, name)
        qtbot.keyClick(panel.classes.name_edit, Qt.Key.Key_Return)
    for name, value in (("mode", "fixed length"), ("length_s", 0.3), ("pre_roll_s", 0.1)):
        panel.controls.editors[name].edited.emit(value)
    qtbot.mouseClick(panel.bar.listen_button, LEFT)
    qtbot.waitUntil(panel.controls.button.isEnabled, timeout=10_000)
    for samples, key in zip(played.values(), (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3), strict=True):
        record(qtbot, window, sound_server, samples, key)
    assert [(row.name, row.n_clips) for row in panel.classes.rows] == [(name, N_CLIPS) for name in played]

    qtbot.mouseClick(panel.training.button, LEFT)
    qtbot.waitUntil(lambda: window.run.state.is_active, timeout=10_000)
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FINISHED, timeout=120_000)
    assert "MLP-SVD 100 %" in panel.training.result.text().replace("\u00a0", " ")
    assert window.listen.is_running, "the training went on beside the listening"
    qtbot.mouseClick(panel.training.listen_button, LEFT)
    assert window.listen_panel.isVisible()
    for name, samples in played.items():
        assert heard(qtbot, window, sound_server, samples).count(name) >= 2

    window.documents.save_run(tmp_path / "run")
    qtbot.waitUntil(lambda: not window.documents.is_busy and (tmp_path / "run").is_dir(), timeout=60_000)
    tomorrow = start_window("second")
    tomorrow.models.open_model(str(tmp_path / "run" / "model-mlp-svd.safetensors"))
    qtbot.waitUntil(lambda: tomorrow.listen_panel.controls.model_box.key != "", timeout=10_000)
    tomorrow.listening.request_start()
    for name, samples in reversed(played.items()):
        assert heard(qtbot, tomorrow, sound_server, samples).count(name) >= 2
    tomorrow.live_tab.show_page(tomorrow.record_panel)
    tomorrow.record_panel.bar.open_requested.emit(str(folder))
    qtbot.waitUntil(lambda: len(tomorrow.record_panel.review.table.rows) == 3 * N_CLIPS, timeout=10_000)

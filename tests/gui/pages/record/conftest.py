"""The Record page over real sources, a real collection on disk and real training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot
from record_page import Ears, Page

from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.audio.sources.file_source import FileSource
from mlpsvd_gui.pages.record.controllers.record import RecordController
from mlpsvd_gui.pages.record.views.panel import RecordPanel
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.workers.training_job import TrainingJob

RATE_HZ = 16000.0


def make_page(qtbot: QtBot, folder: Path, ini: Path) -> Page:
    host = PortAudioThread()  # one in a process: PortAudio does not bear two threads
    panel, ears = RecordPanel(), Ears()
    experiments, run = ExperimentState(), RunState()
    qtbot.addWidget(panel)
    training = TrainingJob(experiments, run)
    preferences = Preferences(QSettings(str(ini), QSettings.Format.IniFormat))
    controller = RecordController(panel, ears.state, experiments, run, training, preferences, host)
    panel.resize(1280, 570)
    with qtbot.waitActive(panel):  # shortcuts are those of the active window
        panel.show()
        panel.activateWindow()
    return Page(panel, controller, ears, experiments, run, training, folder, host)


@pytest.fixture
def page(qtbot: QtBot, tmp_path: Path) -> Iterator[Page]:
    """The page with nothing open yet."""
    one = make_page(qtbot, tmp_path / "collection", tmp_path / "window.ini")
    yield one
    one.ears.stop()
    one.controller.close()
    one.training.close()
    one.host.close()


@pytest.fixture
def open_page(qtbot: QtBot, page: Page) -> Page:
    """The page with a new collection and two classes."""
    page.panel.bar.new_requested.emit(str(page.folder))
    qtbot.waitUntil(lambda: page.controller.collection.content is not None)
    for name in ("low", "high"):
        page.panel.classes.name_edit.setText(name)
        page.panel.classes.add_button.click()
    return page


@pytest.fixture
def sine() -> Callable[..., NDArray[np.float32]]:
    """Return a function that makes sines at 16 kHz."""

    def make(frequency_hz: float, duration_s: float, level: float = 0.2) -> NDArray[np.float32]:
        time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
        return (level * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)

    return make


@pytest.fixture
def hear(page: Page, tmp_path: Path) -> Callable[..., None]:
    """Return a function that plays samples repeatedly in real time."""

    def start(samples: NDArray[np.float32], loop: bool = True) -> None:
        path = tmp_path / "played.wav"
        soundfile.write(path, samples, int(RATE_HZ), subtype="FLOAT")
        page.ears.make_source = lambda: FileSource(path, RATE_HZ, loop=loop)
        page.panel.bar.listen_button.click()

    return start

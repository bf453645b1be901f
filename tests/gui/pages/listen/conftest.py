"""The live tab with two networks that have really been trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from listen_tab import Tab
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot
from trained import Trained, train

from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.signals.bank import paper_bank
from mlpsvd_gui.pages.listen.controllers.listen import ListenController
from mlpsvd_gui.pages.listen.views.panel import ListenPanel
from mlpsvd_gui.state.listening_state import ListeningState
from mlpsvd_gui.state.model_library import ModelLibrary
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunState

SMALL = {
    "data.synthetic.filters": paper_bank(3, 200.0, 50.0),
    "data.synthetic.duration_s": 0.1,
    "data.synthetic.train_per_class": 150,
    "data.synthetic.test_per_class": 50,
    "training.epochs": 15,
    "training.learning_rate": 0.005,
}


@pytest.fixture(scope="session")
def trained() -> Trained:
    return train(SMALL)


@pytest.fixture
def sound_host() -> Iterator[PortAudioThread]:
    """The one owner of PortAudio; gone for sure before the next test makes its own."""
    host = PortAudioThread()
    yield host
    host.close(10.0)


@pytest.fixture
def open_tab(qtbot: QtBot, tmp_path: Path, sound_host: PortAudioThread) -> Iterator[Callable[[], Tab]]:
    """Return a function that opens the tab as a new start of the program does."""
    opened: list[Tab] = []

    def open_one() -> Tab:
        panel, run_model = ListenPanel(), RunState()
        models, listening = ModelLibrary(run_model), ListeningState()
        qtbot.addWidget(panel)
        store = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
        controller = ListenController(panel, models, listening, Preferences(store), sound_host)
        tab = Tab(panel, controller, run_model, models)
        opened.append(tab)
        panel.resize(1260, 640)
        panel.show()
        return tab

    yield open_one
    for tab in opened:
        tab.controller.close()
        tab.models.close()


@pytest.fixture
def tab(open_tab: Callable[[], Tab]) -> Tab:
    return open_tab()


@pytest.fixture
def finish(tab: Tab, trained: Trained) -> Callable[[], None]:
    """Return a function that lets the tab's run be finished."""
    return lambda: trained.finish_in(tab.run_model)


@pytest.fixture
def finish_in(trained: Trained) -> Callable[[Tab], None]:
    """Return a function that lets the run of any tab be finished."""
    return lambda tab: trained.finish_in(tab.run_model)


@pytest.fixture
def ready_tab(tab: Tab, trained: Trained) -> Tab:
    trained.finish_in(tab.run_model)
    return tab

"""The Listen page with its controller and the run that it observes."""

from __future__ import annotations
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
import pytest
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


@dataclass(frozen=True)
class Tab:
    """The tab, its controller and the run that it looks at."""

    panel: ListenPanel
    controller: ListenController
    run_model: RunState
    models: ModelLibrary


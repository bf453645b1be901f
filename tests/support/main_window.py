"""The real window, with preferences of its own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.experiment import Experiment
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences


def open_main_window(
    qtbot: QtBot, folder: Path, experiment: Experiment | None = None, size: tuple[int, int] | None = None
) -> MainWindow:
    """Start the program with preferences and runs in ``folder``; without an experiment, it continues the last one."""
    folder.mkdir(exist_ok=True)
    window = MainWindow(Preferences(QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)), experiment)
    qtbot.addWidget(window)
    if size is not None:
        window.resize(*size)
    with qtbot.waitExposed(window):
        window.show()
    return window

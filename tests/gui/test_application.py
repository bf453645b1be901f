"""The application: files that macOS passes as events."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import save_experiment
from mlpsvd.experiments.projects.project_folder import create_project

# A QFileOpenEvent is sent as macOS does: while the program starts, or to the open window.
RECEIVE_A_FILE = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer, QUrl
from PySide6.QtGui import QFileOpenEvent
from mlpsvd_gui.application import make_application
from mlpsvd_gui.main_window import MainWindow
import mlpsvd_gui.app

path, name, when = sys.argv[1:]
app = make_application()
waits = QTimer()

def send():
    QCoreApplication.sendEvent(app, QFileOpenEvent(QUrl("https://example.org/")))  # no file
    QCoreApplication.sendEvent(app, QFileOpenEvent(QUrl.fromLocalFile(path)))

def look():
    window = next(one for one in app.topLevelWidgets() if isinstance(one, MainWindow))
    if window.isVisible() and name in window.windowTitle():
        print(window.windowTitle())
        waits.stop()
        window.close()

if when == "at the start":
    send()
else:
    QTimer.singleShot(0, send)
waits.timeout.connect(look)
waits.start(20)
QTimer.singleShot(40_000, lambda: sys.exit("the file was not opened"))
sys.exit(mlpsvd_gui.app.main([]))
"""


@pytest.mark.parametrize("when", ["at the start", "later"])
@pytest.mark.parametrize("kind", ["experiment", "project"])
def test_a_file_that_macos_passes_is_opened(tmp_path: Path, kind: str, when: str) -> None:
    experiment, path = Experiment(name="From the Finder"), tmp_path / "a b ü.toml"
    if kind == "project":
        path = create_project(tmp_path / "Study", experiment)
    else:
        save_experiment(path, experiment)
    expected = path.name if kind == "experiment" else "– Study"
    environment = {**os.environ, **{f"XDG_{one}_HOME": str(tmp_path / one) for one in ("CONFIG", "DATA")}}
    command = [sys.executable, "-c", RECEIVE_A_FILE, str(path), expected, when]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "From the Finder" in done.stdout

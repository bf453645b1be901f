"""The window killed at random moments while it trains, saves and sweeps: what had finished is there at the next start.

More kills by hand: ``MLPSVD_KILLS=20 MLPSVD_KILL_SEED=7 ./test tests/gui/test_killed_window.py``.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from kept_runs import fill, small_run
from killed_programs import KILLS, SEED, WatchedLibrary, run_and_kill
from main_window import open_main_window
from pytestqt.qtbot import QtBot

from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd_gui.state.run_state import RunPhase

SCRIPT = """
import sys
from PySide6.QtCore import QSettings, QTimer
from mlpsvd_gui.application import make_application
app = make_application()
import mlpsvd.experiments.runs.run_folder as run_folder
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunPhase

run_folder.CHECKPOINT_S = 0.02  # ten seconds otherwise
window = MainWindow(Preferences(QSettings(sys.argv[1], QSettings.Format.IniFormat)))
window.show()
for key, value in {"data.synthetic.train_per_class": 40, "data.synthetic.test_per_class": 40, "training.epochs": 60,
                   "training.contenders": ("mlp", "mlp-svd"), "training.retries": 0}.items():
    window.experiments.set_value(key, value)
window.sweep.open()
window.sweep.window.form.show_axes([("network.hidden", "2, 4, 6")])
n_trained = 0


def go():
    global n_trained
    if window.run.state is RunPhase.FINISHED and window.actions_.train.isEnabled():
        n_trained += 1
    if n_trained == 1:
        n_trained += 1
        print("ready", flush=True)
    if window.actions_.train.isEnabled():
        window.actions_.train.trigger()
    if not window.sweep.is_running:
        window.sweep.start()


timer = QTimer()
timer.timeout.connect(go)
timer.start(20)
QTimer.singleShot(60_000, app.quit)
app.exec()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_nothing_that_had_finished_is_lost_by_kills(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLPSVD_RUNS", str(tmp_path / "runs"))
    library = RunLibrary()
    replaced, *_ = fill(library, small_run(), 2)
    watched = WatchedLibrary(library.folder, replaced)
    watched.check("before the first kill")
    generator = random.Random(SEED)
    for number in range(KILLS or 1):
        command, n_before = [sys.executable, "-c", SCRIPT, str(tmp_path / "window.ini")], len(watched.runs)
        assert run_and_kill(command, generator.uniform(0.0, 3.0))
        watched.check((SEED, number))
        assert len(watched.runs) > n_before  # of the run that was finished before it said that it was ready
    print(f"seed {SEED}: runs {len(watched.runs)}, trials {len(watched.trials)}")
    window = open_main_window(qtbot, tmp_path)  # the next start
    assert window.run.state in (RunPhase.EMPTY, RunPhase.FINISHED, RunPhase.STOPPED)
    assert not window.messages.text
    window.close()
    watched.check("after the next start")

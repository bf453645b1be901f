"""A folder of real recordings: the same seed gives the same number in the window and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from mlpsvd.cli import main
from mlpsvd.experiments.presets import RECORDINGS_PRESET
from mlpsvd_gui.main_window import MainWindow
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunPhase


@pytest.mark.slow
def test_digits_from_the_window_and_from_the_command_line(
    qtbot: QtBot, tmp_path: Path, spoken_digits: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recordings = spoken_digits / "recordings"
    window = MainWindow(Preferences(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.use_preset(RECORDINGS_PRESET)
    path_line = window.data_panel.form.path
    path_line.setFocus()
    qtbot.keyClicks(path_line, str(recordings))
    qtbot.keyClick(path_line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.experiments.experiment.data.recordings.path == str(recordings), timeout=30_000)
    window.actions_.train.trigger()
    qtbot.waitUntil(lambda: window.run.state is RunPhase.FINISHED, timeout=120_000)
    shown = {name: window.race_panel.cell(name, "Test accuracy") for name in ("mlp", "mlp-svd")}
    window.close()

    out = tmp_path / "run"
    setting = f"data.recordings.path={recordings}"
    assert main(["train", "--preset", RECORDINGS_PRESET, "--set", setting, "--out", str(out), "--quiet"]) == 0
    results = json.loads((out / "results.json").read_text())["contenders"]
    for name, text in shown.items():
        assert text.partition(" (")[0] == f"{100 * results[name]['test_accuracy']:.1f} %"
        assert results[name]["test_accuracy"] > 0.94
        exact = window.run.outcomes[name].last.test_accuracy
        assert exact == pytest.approx(results[name]["test_accuracy"], abs=1e-9)

"""The dialog About MLP-SVD, the places that it names, and --self-test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

import mlpsvd
from mlpsvd.cli.installation import libraries, places
from mlpsvd_gui.window.about import AboutDialog

# Qt's own answers, without the test mode of this process, beside those of the core.
ASK_QT = """
from PySide6.QtCore import QSettings
from mlpsvd.cli.installation import log_file, window_settings
from mlpsvd_gui.application import make_application
from mlpsvd_gui.log import default_folder
app = make_application()
assert window_settings() == QSettings().fileName(), (window_settings(), QSettings().fileName())
assert log_file().parent == default_folder(), (log_file(), default_folder())
"""

FAULTY_SELF_TEST = """
import sys
import mlpsvd.audio.files
from mlpsvd.cli.self_test_checks import CoreChecks

def silent(path, channel=0):
    return mlpsvd.audio.files.read_sound(path).samples * 0, 16000

mlpsvd.audio.files.read = silent
CoreChecks.kernels = lambda self: "not tested here"
CoreChecks.modules = CoreChecks.libraries = CoreChecks.figures = CoreChecks.processes = CoreChecks.kernels
from mlpsvd_gui.app import main
sys.exit(main(["--self-test"]))
"""


def test_about_names_licences_and_places_and_copies_them(qtbot: QtBot) -> None:
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    (copy,) = [button for button in dialog.findChildren(QPushButton) if "Copy" in button.text()]
    copy.click()
    copied = QGuiApplication.clipboard().text()
    assert "Lesser General Public License, version 3" in copied and "may be replaced" in copied
    assert [path for _, path in places() if path not in copied] == []
    assert {"numpy", "PySide6_Essentials", "soundfile", "pillow"} <= {one.name for one in libraries()}
    assert [one.name for one in libraries() if one.name not in copied or not one.licence] == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the folders of Linux")
@pytest.mark.parametrize("has_folders", [True, False])
def test_the_places_are_those_of_qt(tmp_path: Path, has_folders: bool) -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("XDG_")}
    environment |= {"HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    if has_folders:
        environment |= {"XDG_CONFIG_HOME": str(tmp_path / "c"), "XDG_DATA_HOME": str(tmp_path / "d")}
    done = subprocess.run([sys.executable, "-c", ASK_QT], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_self_test_opens_every_page_and_finds_a_fault(tmp_path: Path) -> None:
    """One process: a reader of audio files that returns silence must fail its row, and only that."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_DATA_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", FAULTY_SELF_TEST], env=environment, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    assert done.returncode == 1, done.stdout + done.stderr
    assert lines[0] == f"MLP-SVD {mlpsvd.__version__}, self-test"
    assert [line.split()[0] for line in lines if "FAILED" in line] == ["Audio"]
    for page in ("Explore", "Runs", "Analysis", "Papers", "Listen", "Record", "Files"):
        assert any(line.startswith(f"Page {page} ") and "passed" in line for line in lines), done.stdout
    assert lines[-1].endswith("1 failed")
    assert list(tmp_path.rglob("*")) == [], "the self-test wrote into the user's data"

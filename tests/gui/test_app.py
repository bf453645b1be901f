"""Starting the program: arguments, a window, and the main job on a machine with no screen."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from mlpsvd import settings
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import save_experiment

SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def _start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in SCREENS}
    environment["HOME"] = str(folder)
    command = [sys.executable, "-m", "mlpsvd_gui", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=180)


@pytest.mark.parametrize(("argument", "said"), [("--help", "Without a display"), ("--version", "MLP-SVD 0.")])
def test_help_and_version_need_no_screen(tmp_path: Path, argument: str, said: str) -> None:
    done = _start(tmp_path, argument)
    assert done.returncode == 0 and said in done.stdout


def test_a_file_that_is_no_experiment_is_one_sentence(tmp_path: Path) -> None:
    done = _start(tmp_path, "absent.toml")
    assert done.returncode == 2
    assert "absent.toml" in done.stderr and "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 is Linux's")
def test_a_display_without_a_server_is_not_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlpsvd_gui.application import has_screen

    served = os.environ.get("DISPLAY", "")
    for name in SCREENS:
        monkeypatch.delenv(name, raising=False)
    assert not has_screen()
    monkeypatch.setenv("DISPLAY", ":987")
    assert not has_screen()
    monkeypatch.setenv("DISPLAY", "elsewhere:0")
    assert has_screen()
    if served:
        monkeypatch.setenv("DISPLAY", served)
        assert has_screen()


def test_numpy_is_loaded_only_after_its_threads_are_limited() -> None:
    code = "import sys, mlpsvd_gui.app; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a screen")
def test_without_a_screen_the_main_job_is_done(tmp_path: Path) -> None:
    experiment = Experiment()
    for key, value in {
        "data.synthetic.train_per_class": 60,
        "data.synthetic.test_per_class": 60,
        "training.epochs": 8,
    }.items():
        experiment = settings.with_value(experiment, key, value)
    save_experiment(tmp_path / "small.toml", experiment)
    done = _start(tmp_path, "small.toml")
    assert done.returncode == 0, done.stderr
    assert "No display" in done.stdout and "MLP-SVD" in done.stdout
    assert "Traceback" not in done.stderr
    out = tmp_path / "mlpsvd-output"
    for name in ("results.json", "model-mlp.safetensors", "model-mlp-svd.safetensors", "experiment.toml"):
        assert (out / name).stat().st_size > 0
    picture = QImage(str(out / "window.png"))
    assert (picture.width(), picture.height()) == (1600, 1000)
    colours = {picture.pixel(x, y) for x in range(0, 1600, 7) for y in range(0, 1000, 7)}
    assert len(colours) > 20, "the window is empty"


GROWS = """
import os, sys, threading
import numpy as np
from mlpsvd_gui.app import give_memory_back
give_memory_back()
def used_mb():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
kept = []
def run():
    for _ in range(2):
        arrays = [np.ones(6 * 2**20, np.uint8) for _ in range(10)]
        kept.append(np.ones(2**16, np.uint8))  # what lies above a freed array keeps its heap from shrinking
        del arrays
def one_run():
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
one_run()
before = used_mb()
for _ in range(5):
    one_run()
print(used_mb() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory so")
def test_the_memory_of_a_run_goes_back_to_the_system() -> None:
    done = subprocess.run([sys.executable, "-c", GROWS], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 20.0

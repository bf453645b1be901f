"""The command line as a process of its own: imports, Ctrl-C, terminals and pipes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and terminals of POSIX")


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "mlpsvd", *arguments]


@pytest.mark.slow
def test_no_command_imports_qt(tmp_path: Path) -> None:
    program = f"""
import sys
from mlpsvd.cli import main
small = ["--set", "data.synthetic.train_per_class=20", "--set", "data.synthetic.test_per_class=5",
         "--set", "training.epochs=2", "--quiet"]
assert main(["train", *small, "--out", {str(tmp_path / "run")!r}]) == 0
assert main(["classify", {str(tmp_path / "run" / "model-mlp.safetensors")!r}, "missing.wav"]) == 1
assert main(["doctor"]) == 0
assert main(["presets"]) == 0
heavy = ("PySide6", "shiboken6", "pyqtgraph", "mlpsvd_gui", "cupy", "matplotlib.pyplot")
print([name for name in heavy if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "[]"


def test_version_and_help_import_no_numbers() -> None:
    program = "import sys; from mlpsvd.cli import main; main(['train', '--help']); print('numpy' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert result.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize("module", ["mlpsvd", "mlpsvd.cli"])
def test_it_runs_as_a_module_and_returns_its_exit_code(module: str) -> None:
    result = subprocess.run([sys.executable, "-m", module, "fly"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert result.stderr.startswith("mlpsvd: ")


@POSIX
@pytest.mark.slow
def test_ctrl_c_stops_after_an_epoch_and_keeps_the_run(tmp_path: Path) -> None:
    arguments = ["--set", "training.epochs=1000000", "--set", "data.synthetic.train_per_class=500"]
    process = subprocess.Popen(
        command("train", *arguments, "--out", str(tmp_path / "run")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "epoch " in process.stderr.readline()  # training is under way
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "the run so far is kept in" in err
    assert "Accuracy" in out
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["contenders"]["mlp"]["stopped_early"] is True
    assert (tmp_path / "run" / "model-mlp-svd.safetensors").exists()


@POSIX
def test_on_a_terminal_a_bar_shows_both_accuracies(tmp_path: Path) -> None:
    import pty

    leader, follower = pty.openpty()
    arguments = ["--set", "training.epochs=3", "--set", "data.synthetic.train_per_class=50"]
    with subprocess.Popen(
        command("train", *arguments),
        stdout=subprocess.PIPE,
        stderr=follower,
        env={**os.environ, "COLUMNS": "120"},
    ) as process:
        os.close(follower)
        shown = _read_all(leader)
        assert process.wait(timeout=60) == 0
    assert "Epoch 3/3" in shown
    assert "MLP-SVD" in shown
    assert "left" in shown
    assert "100 %" in shown


@POSIX
def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    line = " ".join([*command("presets"), "|", "head", "-n", "1"])
    result = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60)
    assert result.stdout == "Paper: 2 classes, 10 Hz\n"
    assert result.stderr == ""


def test_a_terminal_that_lacks_a_letter_gets_it_escaped() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    result = subprocess.run(command("presets"), capture_output=True, text=True, timeout=60, env=environment)
    assert result.returncode == 0, result.stderr
    assert "\\u0394f 5 Hz" in result.stdout


def _read_all(leader: int) -> str:
    content = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # Linux says so when the last writer is gone
            break
        if not chunk:
            break
        content += chunk
    os.close(leader)
    return content.decode(errors="replace")

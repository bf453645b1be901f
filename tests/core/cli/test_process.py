"""The command line in a separate process: imports, Ctrl-C, terminals and pipes."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlpsvd.cli import main

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
    assert any("epoch " in line for line in process.stderr)  # training is under way; it may have to compile first
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "--resume" in err
    assert "Accuracy" in out
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    assert results["contenders"]["mlp"]["stopped_early"] is True
    assert (tmp_path / "run" / "model-mlp-svd.safetensors").exists()


@POSIX
@pytest.mark.slow
def test_a_killed_run_resumes_with_identical_results(tmp_path: Path) -> None:
    """Killed outright between two checkpoints, then resumed: the result of a run that was never disturbed."""
    small = ["--set", "data.synthetic.train_per_class=30", "--set", "data.synthetic.test_per_class=30"]
    program = (
        "import sys; from pathlib import Path; import mlpsvd.experiments.runs.run_folder as t; t.CHECKPOINT_S = 0.0; "
        "from mlpsvd.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    killed = tmp_path / "killed"
    arguments = [*small, "--set", "training.epochs=400", "--out", str(killed)]
    process = subprocess.Popen([sys.executable, "-c", program, "train", "--quiet", *arguments], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (killed / "checkpoint.safetensors").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert not (killed / "results.json").exists()
    assert main(["train", "--resume", str(killed), "--quiet"]) == 0
    whole = tmp_path / "whole"
    assert main(["train", *small, "--set", "training.epochs=400", "--out", str(whole), "--quiet"]) == 0
    for name in ("model-mlp.safetensors", "model-mlp-svd.safetensors", "singular-values-mlp-svd.csv"):
        assert _without_times(killed / name) == _without_times(whole / name)


def _without_times(path: Path) -> bytes:
    from mlpsvd.models.model_file import load_model

    return load_model(path).theta.tobytes() if path.suffix == ".safetensors" else path.read_bytes()


@pytest.mark.parametrize("more", [["--set", "seed=3"], ["--out", "x"], ["--preset", "Paper: 5 classes, 10 Hz"]])
def test_resume_takes_no_other_setting(more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.suppress(SystemExit):
        assert main(["train", "--resume", str(tmp_path), *more]) == 2
    assert "--resume" in capsys.readouterr().err


def test_resume_without_a_checkpoint_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--resume", str(tmp_path)]) == 2
    assert "holds no run and names none in the library" in capsys.readouterr().err


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
    line = f"{shlex.join(command('presets'))} | head -n 1"
    result = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60)
    assert result.stdout.split("  ")[0] == "paper-2-10hz" and result.stdout.endswith("Paper: 2 classes, 10 Hz\n")
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

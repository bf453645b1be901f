"""Ctrl-C and SIGTERM at every moment: from the first import to the end of the interpreter."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.run_folder import has_run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

SMALL = ["--set", "data.synthetic.train_per_class=30", "--set", "data.synthetic.test_per_class=30"]

# Interrupts itself when a module is imported; the libraries that are slow to load are among them.
AT_IMPORT = """
import os, signal, sys
if "ignored" not in sys.argv:  # whoever runs the tests in the background may have left it so
    signal.signal(signal.SIGINT, signal.default_int_handler)
wanted = sys.argv[1]
class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == wanted:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
import mlpsvd.cli.start as start
sys.argv = ["mlpsvd", *sys.argv[2 + ("ignored" in sys.argv) :]]
sys.exit(start.run())
"""

AT_THE_END = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Last:
    def __del__(self, kill=os.kill, pid=os.getpid(), number=signal.SIGINT):
        kill(pid, number)
import mlpsvd.cli.start as start
sys.last_of_all = Last()
sys.argv[:2] = ["mlpsvd"]
sys.exit(start.run())
"""


@pytest.mark.parametrize("module", ["mlpsvd.cli.program", "argparse", "mlpsvd.cli.train", "numpy.linalg"])
def test_ctrl_c_while_a_module_is_loaded_is_quiet(module: str) -> None:
    command = [sys.executable, "-c", AT_IMPORT, module, "train", *SMALL, "--set", "training.epochs=1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, "mlpsvd: stopped\n")


def test_ctrl_c_after_everything_is_done_leaves_the_exit_code() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_THE_END, "-", "presets"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Paper: 5 classes, 10 Hz" in done.stdout


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    command = [
        "sh",
        "-c",
        "trap '' INT; exec \"$@\"",
        "sh",
        sys.executable,
        "-c",
        AT_IMPORT,
        "argparse",
        "ignored",
        "presets",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_training_without_out_is_kept_and_goes_on(number: int, code: int, tmp_path: Path) -> None:
    arguments = [*SMALL, "--set", "training.epochs=1000000"]
    process = _start(tmp_path, "train", *arguments)
    assert process.stderr is not None
    assert any("epoch " in line and "epoch 1/" not in line for line in process.stderr)  # both networks are at epoch 1
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code and "Traceback" not in err
    folder = RunLibrary(tmp_path / "mlpsvd" / "runs").latest()
    assert folder is not None and f"kept in {folder}; mlpsvd train --resume {folder} continues" in err
    run = read_run(folder)
    assert 0 < run.epoch < 1_000_000
    assert (folder / "model-mlp-svd.safetensors").is_file()


@pytest.mark.slow
def test_trainings_that_are_killed_at_random_are_kept_or_were_not_begun(tmp_path: Path) -> None:
    """SIGKILL and SIGTERM at random moments of a training that writes a checkpoint after every epoch."""
    program = (
        "import sys; import mlpsvd.experiments.runs.run_folder as folder; folder.CHECKPOINT_S = 0.0; "
        "from mlpsvd.cli import main; print('ready', flush=True); sys.exit(main(sys.argv[1:]))"
    )
    library, generator = RunLibrary(tmp_path / "mlpsvd" / "runs"), random.Random(3)
    arguments = ["train", "--quiet", *SMALL, "--set", "training.epochs=100000"]
    n_kept = 0
    for number in (signal.SIGKILL, signal.SIGTERM):
        before = set(library.folders())
        process = _start(tmp_path, *arguments, program=program)
        deadline = time.monotonic() + 60
        while not any(has_run(path) for path in library.folder.glob("*") if path not in before):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.01)
        time.sleep(generator.uniform(0.0, 0.3))  # any moment
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        (kept,) = set(library.folders()) - before
        n_kept += read_run(kept).epoch > 0
    assert n_kept >= 1


@pytest.mark.slow
def test_ctrl_c_in_reproduce_reaches_no_worker_that_is_starting(tmp_path: Path) -> None:
    """Interrupt the whole process group, as a terminal does."""
    out = tmp_path / "out"
    arguments = ["reproduce", "table-2", "--trials", "1", "--jobs", "2", "--quiet", "--out", str(out)]
    process = _start(tmp_path, *arguments, start_new_session=True)
    deadline = time.monotonic() + 60
    while not (out / "reproduction.json").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.01)
    time.sleep(0.1)  # workers start
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in err, err


def _start(data: Path, *arguments: str, program: str = "", start_new_session: bool = False) -> subprocess.Popen[str]:
    call = ["-c", program] if program else ["-m", "mlpsvd"]
    return subprocess.Popen(
        [sys.executable, *call, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_DATA_HOME": str(data)},
        start_new_session=start_new_session,
    )

"""Worker processes do not outlive the process that leads them, not even where it is killed outright."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.models.model_file import save_model

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

_TRIALS = """
import os, time
from mlpsvd import executors

def task(_):
    os.write(1, b"%d\\n" % os.getpid())  # at once, where print may write the number and the end of the line in turn
    while True:  # as a trial computes, and asks nobody
        time.sleep(0.01)

if __name__ == "__main__":
    executors.ensure_compiled = lambda: None
    with executors.local_workers(2) as executor:
        list(executor.map(task, range(2)))
"""

_FILES = """
import sys
from pathlib import Path
from multiprocessing import active_children
from mlpsvd.classification.batch.classify import classify_files, find_sound_files
from mlpsvd.models.model_file import load_model

if __name__ == "__main__":
    model, file = (Path(one) for one in sys.argv[1:])
    is_told = False
    for event in classify_files(load_model(model), list(find_sound_files([file] * 1000)), 2):
        if event.share > 0 and not is_told:
            print(*(child.pid for child in active_children()), sep="\\n", flush=True)
            is_told = True
"""


def is_running(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def kill_and_watch(program: Path, *arguments: str) -> None:
    """Start a leader, wait for the numbers of its two workers, kill it, and see them end."""
    with subprocess.Popen([sys.executable, str(program), *arguments], stdout=subprocess.PIPE, text=True) as leader:
        assert leader.stdout is not None
        try:
            workers = [int(leader.stdout.readline()) for _ in range(2)]
            assert all(is_running(pid) for pid in workers)
        finally:
            leader.send_signal(signal.SIGKILL)  # otherwise a failure would wait for it for ever
        deadline = time.monotonic() + 10.0
        while any(is_running(pid) for pid in workers) and time.monotonic() < deadline:
            time.sleep(0.02)
        left = [pid for pid in workers if is_running(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        assert not left


def test_workers_of_trials_end_with_a_killed_command_line(tmp_path: Path) -> None:
    program = tmp_path / "leader.py"
    program.write_text(_TRIALS)
    kill_and_watch(program)


def test_workers_that_classify_end_with_a_killed_command_line(run: Any, tmp_path: Path) -> None:
    program = tmp_path / "leader.py"
    program.write_text(_FILES)
    save_model(tmp_path / "model.safetensors", model_of(run.prepared, run.outcomes["mlp-svd"]))
    soundfile.write(tmp_path / "a.wav", 0.1 * np.random.default_rng(0).standard_normal(16000 * 200), 16000)
    kill_and_watch(program, str(tmp_path / "model.safetensors"), str(tmp_path / "a.wav"))

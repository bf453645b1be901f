"""Programs that are killed at random moments, and what must be intact in the library of runs after each kill."""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from mlpsvd.experiments.runs.index import INDEX
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.sweeps.folder import kept_sweeps, read_sweep, trial_store
from mlpsvd.experiments.sweeps.run import kept_results

__all__ = ["KILLS", "SEED", "WatchedLibrary", "run_and_kill"]

KILLS = int(os.environ.get("MLPSVD_KILLS", "0"))
"""Number of kills; 0 for that of the test."""
SEED = int(os.environ.get("MLPSVD_KILL_SEED", "1"))

_DURATIONS_S: dict[str, float] = {}


def run_and_kill(kind: str, command: Sequence[str], generator: random.Random, guess_s: float = 2.0) -> bool:
    """Start a program, wait until it prints ``ready``, kill it at a random moment; return whether it was killed.

    The moment is uniform over the time that the kind of program took when it was not killed.
    """
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if process.stdout.readline().strip() != "ready":
        _, error = process.communicate(timeout=60)
        raise AssertionError(f"{kind} did not start: {error}")
    began = time.monotonic()
    try:
        process.wait(generator.uniform(0.0, 1.1 * _DURATIONS_S.get(kind, guess_s)))
    except subprocess.TimeoutExpired:
        process.kill()
    else:
        _DURATIONS_S[kind] = time.monotonic() - began
    _, error = process.communicate(timeout=60)
    assert process.returncode in (0, -9), (kind, error)
    return process.returncode != 0


class WatchedLibrary:
    """A library of runs with sweeps; remembers what had finished and checks that it stays.

    Parameters
    ----------
    folder
        The folder of the library.
    replaced
        A run folder that a program may replace by another run: it must always contain a finished one.
    """

    def __init__(self, folder: Path, replaced: Path) -> None:
        self.folder = folder
        self.replaced = replaced
        self.runs: dict[str, str] = {}
        self.trials: dict[Path, bytes] = {}

    def check(self, why: object) -> None:
        """Check everything that had finished; remember what has finished since. ``why`` is shown by a failure."""
        self._check_index(why)
        library = RunLibrary(self.folder)
        found = {}
        for run in library.search():
            assert not run.problem, (why, run)
            assert run.status in ("complete", "interrupted"), (why, run)
            if run.status == "complete":
                read = read_run(run.folder)
                assert read.id == run.id, (why, run)
                found[run.id] = run.folder
        kept = {run_id: folder for run_id, folder in found.items() if folder != self.replaced}
        assert set(self.runs) <= set(kept), (why, "finished runs are missing", set(self.runs) - set(kept))
        for run_id, folder in kept.items():
            content = _digest(folder)
            assert self.runs.setdefault(run_id, content) == content, (why, folder)
        assert len(found) - len(kept) == 1, (why, "the run that is replaced is not whole")
        self._check_sweeps(why)

    def _check_index(self, why: object) -> None:
        """The index is a sound database, or absent."""
        path = self.folder / INDEX
        if path.exists():
            with closing(sqlite3.connect(path)) as file:
                assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",), why

    def _check_sweeps(self, why: object) -> None:
        for path, content in self.trials.items():
            assert path.read_bytes() == content, (why, path)
        for folder in kept_sweeps(self.folder):
            sweep = read_sweep(folder)
            results = kept_results(sweep, trial_store(folder))
            written = list((folder / "trials").glob("*.json"))
            n_read = sum(
                trial_store(folder).get(trial) is not None for one in sweep.combinations for trial in sweep.trials(one)
            )
            assert n_read == len(written), (why, "half a trial", folder)
            assert sum(one.is_complete for one in results) * sweep.n_seeds <= n_read
            self.trials |= {path: path.read_bytes() for path in written}


def _digest(folder: Path) -> str:
    """Return a digest of the models, histories and results of a run."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name != "about.json":
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()

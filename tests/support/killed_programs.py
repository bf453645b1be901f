"""Programs that are killed at random moments, and what must be intact in the library of runs after each kill."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from mlpsvd.experiments.runs.index import INDEX
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.sweeps.folder import kept_sweeps, read_sweep, trial_store
from mlpsvd.experiments.sweeps.run import kept_results
from mlpsvd.models.model_file import load_model

__all__ = ["KILLS", "SEED", "WatchedLibrary", "run_and_kill"]

KILLS = int(os.environ.get("MLPSVD_KILLS", "0"))
"""Number of kills; 0 for that of the test."""
SEED = int(os.environ.get("MLPSVD_KILL_SEED", "1"))


def run_and_kill(command: Sequence[str], moment_s: float) -> bool:
    """Start a program, wait until it prints ``ready``, kill it so many seconds later; return whether it was killed."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    if process.stdout.readline().strip() != "ready":
        _, error = process.communicate(timeout=60)
        raise AssertionError(f"it did not start: {error}")
    try:
        process.wait(moment_s)
    except subprocess.TimeoutExpired:
        process.kill()
    _, error = process.communicate(timeout=60)
    assert process.returncode in (0, -9), error
    return process.returncode != 0


class WatchedLibrary:
    """A library of runs with sweeps; remembers what had finished and checks that it stays.

    Parameters
    ----------
    folder
        The folder of the library.
    replaced
        A run folder that a program may replace by another run: it must always contain the files of one finished run,
        also while an unfinished one is to replace it.
    """

    def __init__(self, folder: Path, replaced: Path) -> None:
        self.folder = folder
        self.replaced = replaced
        self.runs: dict[str, str] = {}
        self.trials: dict[Path, bytes] = {}
        self._replaced = ("", "")

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
            content = _digest(folder, "*.*")
            assert self.runs.setdefault(run_id, content) == content, (why, folder)
        self._check_replaced(why)
        self._check_sweeps(why)

    def _check_replaced(self, why: object) -> None:
        """Results and models are of one run: the earlier one, unchanged, or another one."""
        results = json.loads((self.replaced / "results.json").read_text())
        for key in results["contenders"]:
            load_model(self.replaced / f"model-{key}.safetensors")
        content = _digest(self.replaced, "results.json", "experiment.toml", "model-*.safetensors")
        assert results["run_id"] != self._replaced[0] or content == self._replaced[1], (why, "changed")
        self._replaced = results["run_id"], content

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


def _digest(folder: Path, *patterns: str) -> str:
    """Return a digest of files of a run, without title and notes."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
        if path.is_file() and path.name != "about.json":
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()

"""``mlpsvd`` killed at random moments of training, saving, sweeping and indexing: nothing that had finished is lost.

More kills by hand: ``MLPSVD_KILLS=50 MLPSVD_KILL_SEED=7 ./test tests/core/cli/test_killed_programs.py``.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from kept_runs import fill, small_run
from killed_programs import KILLS, SEED, WatchedLibrary, run_and_kill

from mlpsvd.cli import main
from mlpsvd.executors import local_workers
from mlpsvd.experiments.runs.index import INDEX
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.sweeps.axes import parse_axis
from mlpsvd.experiments.sweeps.folder import SweepFolder, kept_sweeps, new_sweep_folder
from mlpsvd.experiments.sweeps.run import run_sweep
from mlpsvd.experiments.sweeps.sweep import Sweep
from mlpsvd.files import is_leftover

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")

START = """
import sys
import mlpsvd.experiments.runs.run_folder as run_folder
import mlpsvd.cli.runs, mlpsvd.cli.sweep, mlpsvd.cli.train
from mlpsvd.cli import main
from mlpsvd.engines.cpu.warm_up import ensure_compiled
ensure_compiled()
run_folder.CHECKPOINT_S = 0.02  # ten seconds otherwise
print("ready", flush=True)
sys.exit(main())
"""
SETTINGS = ("data.synthetic.train_per_class=40", "data.synthetic.test_per_class=40", "training.epochs=300",
            "training.contenders=mlp,mlp-svd", "training.retries=0")  # fmt: skip
SMALL = [part for one in SETTINGS for part in ("--set", one)]
KINDS = ("train", "sweep", "replace", "index", "resume", "note")
FIGURES_S = 3.0


class Person:
    """Starts one program after another."""

    def __init__(self, library: WatchedLibrary, generator: random.Random) -> None:
        self.library = library
        self.generator = generator

    def arguments(self, kind: str) -> list[str]:
        """Return the arguments of the next program of a kind."""
        library = RunLibrary(self.library.folder)
        if kind == "sweep":
            return self._sweep()
        if kind == "resume":
            stopped = [run.folder.name for run in library.search() if run.can_resume]
            return ["runs", "resume", stopped[-1]] if stopped else ["train", *SMALL]
        if kind == "replace":
            return ["train", *SMALL, "--out", str(self.library.replaced)]
        if kind == "note":
            return ["runs", "note", self.library.replaced.name, "x" * self.generator.randrange(10_000)]
        if kind == "index":
            self._damage_index()
            return ["runs", "rebuild-index"]
        return ["train", *SMALL]

    def _sweep(self) -> list[str]:
        """Continue the newest sweep, or begin another one."""
        jobs = ["--jobs", "1"]
        kept = kept_sweeps(self.library.folder)
        is_open = kept and len(list((kept[0] / "trials").glob("*.json"))) < 6
        if is_open:
            return ["sweep", "--resume", "latest", *jobs]
        return ["sweep", *SMALL, "--over", "hidden=2,4,6", "--repeats", "2", *jobs]

    def _damage_index(self) -> None:
        path = self.library.folder / INDEX
        damage = self.generator.choice(("none", "deleted", "truncated", "other"))
        if damage == "deleted":
            path.unlink(missing_ok=True)
        elif damage == "other":
            path.write_bytes(self.generator.randbytes(5000))
        elif damage == "truncated" and path.exists():
            path.write_bytes(path.read_bytes()[:3000])
        if damage in ("truncated", "other"):  # the next start rebuilds it
            assert RunLibrary(self.library.folder).search()


def undisturbed(library: RunLibrary) -> dict[str, float]:
    """Train a run and finish a sweep in this process; return how long programs may last, in seconds."""
    began = time.monotonic()
    assert main(["train", *SMALL, "--quiet"]) == 0
    train_s = time.monotonic() - began
    sweep = Sweep(read_run(library.folders()[0]).experiment, (parse_axis("hidden=2,4,6"),), n_seeds=2)
    began = time.monotonic()
    finish(SweepFolder(new_sweep_folder(sweep), sweep))
    sweep_s = time.monotonic() - began + FIGURES_S
    return {"train": train_s, "resume": train_s, "replace": train_s + FIGURES_S, "sweep": sweep_s}


def finish(folder: SweepFolder) -> None:
    """Run the missing trials of a sweep."""
    with folder:
        assert list(run_sweep(folder, lambda: local_workers(1)))


@pytest.mark.slow
def test_nothing_that_had_finished_is_lost_by_kills(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    n_kills = KILLS or 4
    monkeypatch.setenv("MLPSVD_RUNS", str(tmp_path / "runs"))
    library = RunLibrary()
    replaced, *_ = fill(library, small_run(), 2)
    watched = WatchedLibrary(library.folder, replaced)
    watched.check("before the first kill")
    generator = random.Random(SEED)
    person = Person(watched, generator)
    durations_s = {"index": 0.2, "note": 0.2, **undisturbed(library)}
    capsys.readouterr()
    watched.check("undisturbed")
    assert (len(watched.runs), len(watched.trials)) == (2, 6)  # that nothing may lose
    killed, finished, n_started = Counter[str](), Counter[str](), 0
    while killed.total() < n_kills:
        kind = KINDS[n_started % len(KINDS)]
        n_started += 1
        arguments = person.arguments(kind)
        moment_s, n_before = generator.uniform(0.0, 1.1 * durations_s[kind]), len(watched.runs)
        was_killed = run_and_kill([sys.executable, "-c", START, *arguments], moment_s)
        (killed if was_killed else finished)[kind] += 1
        watched.check((SEED, n_started, killed, arguments))
        assert was_killed or arguments[0] != "train" or kind == "replace" or len(watched.runs) == n_before + 1
        assert main(["runs", "list", "--json", "--most", "0"]) == 0  # the next start
        listed = json.loads(capsys.readouterr().out)
        assert {run["id"] for run in listed} >= set(watched.runs)
    n_left = sum(is_leftover(path) for path in tmp_path.rglob("*"))
    print(f"seed {SEED}: killed {dict(killed)}, finished {dict(finished)}; {len(watched.runs)} runs, "
          f"{len(watched.trials)} trials, {n_left} leftovers")  # fmt: skip

    interrupted = [run.folder for run in library.search("status=interrupted") if run.folder != replaced]
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("MLPSVD_RUNS", str(tmp_path / "undisturbed"))
        assert main(["train", *SMALL, "--quiet"]) == 0
        whole = read_run(RunLibrary().folders()[0])
    for folder in interrupted[:3]:
        assert main(["runs", "resume", folder.name, "--quiet"]) == 0
        resumed = read_run(folder)
        for key, outcome in whole.outcomes.items():
            assert resumed.outcomes[key].snapshot.theta.tobytes() == outcome.snapshot.theta.tobytes()
    finish(SweepFolder(kept_sweeps(library.folder)[0]))
    watched.check("at the end")
    assert not [path for path in library.folder.glob("sweeps/*/**/*") if is_leftover(path)]

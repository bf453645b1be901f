"""``mlpsvd sweep`` as a person types it; also killed at random moments."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mlpsvd.cli import main
from mlpsvd.executors import local_workers
from mlpsvd.experiments.sweeps.folder import SweepFolder, read_sweep
from mlpsvd.experiments.sweeps.run import kept_results, run_sweep
from mlpsvd.experiments.sweeps.sweep import Sweep

START = "import sys; from mlpsvd.cli import main; sys.exit(main())"
SMALL = ["--set", "training.epochs=9", "--set", "discarding.first=2", "--set", "discarding.last=6",
         "--set", "data.synthetic.train_per_class=60", "--set", "data.synthetic.test_per_class=30"]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--over", "hidden"], "of the form KEY=VALUES"),
        (["--repeats", "0"], "--repeats is 0; it should be a whole number of at least 1"),
        (["--over", "hidden=3", "--judge", "nothing"], "judge is 'nothing'; it should be one of mlp, mlp-svd"),
        (["--over", "hidden=3", "--jobs", "-2"], "--jobs is -2"),
        (["--resume", "nothing"], "neither the folder of a sweep"),
        (["--resume", "latest", "--over", "hidden=3"], "no other setting"),
    ],
)
def test_a_usage_error_is_one_line(
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLPSVD_RUNS", str(tmp_path))
    assert main(["sweep", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert not list(tmp_path.glob("sweeps/*"))  # nothing is left in the library


def test_a_sweep_in_the_library(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLPSVD_RUNS", str(tmp_path))
    over = ["--over", "hidden=2,8", "--over", "discarding.threshold=0.1,0.3"]
    assert main(["sweep", *SMALL, *over, "--repeats", "2", "--jobs", "1"]) == 0
    received = capsys.readouterr()
    assert "4 combinations × 2 seeds; kept in" in received.err
    lines = received.out.splitlines()
    assert lines[0].split("  ")[0] == "No."
    assert "Hidden neurons" in lines[0]
    assert "Threshold" in lines[0]
    assert sum(" ± " in line for line in lines) == 4
    assert "chosen by the same test clips" in received.out
    (folder,) = (tmp_path / "sweeps").iterdir()
    assert (folder / "pareto.pdf").read_bytes().startswith(b"%PDF")
    assert main(["sweep", "--list"]) == 0
    assert folder.name in capsys.readouterr().out
    assert main(["sweep", "--resume", "latest", "--json", "--quiet"]) == 0
    received = capsys.readouterr()
    assert received.err == ""
    assert len(json.loads(received.out)["combinations"]) == 4
    assert main(["train", str(folder / "best.toml"), "--quiet", "--out", str(tmp_path / "run")]) == 0
    best = json.loads((folder / "results.json").read_text())["combinations"][0]
    run = json.loads((tmp_path / "run" / "results.json").read_text())
    assert run["contenders"]["mlp-svd"]["test_accuracy"] == pytest.approx(best["networks"]["mlp-svd"]["accuracies"][0])


@pytest.mark.slow
def test_a_killed_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    over = ["--over", "hidden=2:20:lin4", "--repeats", "2", "--stop-early", "--jobs", "1", "--quiet"]
    out, random_ = tmp_path / "killed", random.Random(7)
    command = [sys.executable, "-c", START, "sweep", *SMALL, *over, "--out", str(out)]
    kept: dict[Path, bytes] = {}
    for _ in range(3):
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline, n_before = time.monotonic() + 60, len(kept)
        while len(list(out.glob("trials/*.json"))) <= n_before and running.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.002)
        time.sleep(random_.uniform(0.0, 0.05))
        running.kill()
        _, error = running.communicate(timeout=30)
        assert running.returncode in (-9, 0), error
        assert all(path.read_bytes() == content for path, content in kept.items())  # nothing is lost or changed
        kept = {path: path.read_bytes() for path in out.glob("trials/*.json")}
        assert all("result" in json.loads(content) for content in kept.values())  # no half file
    sweep = read_sweep(out)
    with SweepFolder(out) as killed, SweepFolder(tmp_path / "whole", sweep) as whole:
        for folder in (killed, whole):
            assert list(run_sweep(folder, lambda: local_workers(1)))
        assert all(path.read_bytes() == content for path, content in kept.items())
        assert not list(out.rglob("*.tmp"))
        assert numbers(sweep, killed) == numbers(sweep, whole)


def numbers(sweep: Sweep, folder: SweepFolder) -> Any:
    return [
        (one.combination, one.state, one.epoch, {key: network.accuracies for key, network in one.networks.items()})
        for one in kept_results(sweep, folder.store)
    ]

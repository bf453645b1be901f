"""``mlpsvd reproduce`` as a person types it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlpsvd.cli import main
from mlpsvd.experiments.papers.registry import PAPERS

START = "import sys; from mlpsvd.cli import main; sys.exit(main())"


def test_the_list_names_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reproduce", "--list"]) == 0
    out = capsys.readouterr().out
    blocks = [block.splitlines() for block in out.split("\n\n")]
    assert [block[0] for block in blocks] == [f"{paper.short}: {paper.key}" for paper in PAPERS]
    for paper, (_, *lines) in zip(PAPERS, blocks, strict=True):
        assert [line.split()[0] for line in lines] == [one.name for one in paper.results]
        assert [line.endswith("(beyond the paper)") for line in lines] == [one.beyond for one in paper.results]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--all, or some of table-1"),
        (["figure-1"], "name is 'figure-1'"),
        (["figure-3", "--trials", "0"], "--trials is 0; it should be a whole number of at least 1"),
        (["figure-3", "--jobs", "-1"], "--jobs is -1"),
        (["figure-3", "--trials", "many"], "invalid int value"),
    ],
)
def test_a_usage_error_is_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["reproduce", "--out", str(tmp_path / "out"), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_figures_that_need_no_trials(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    assert main(["reproduce", "figure-3", "Figure 5", "--quiet", "--out", str(out)]) == 0
    received = capsys.readouterr()
    assert received.err == ""
    assert (
        "= 256 inputs: discarded values until fewer weights are trained: paper 4, here 3 (in steps of two: 4)"
        in received.out
    )
    assert f"Report:  {out / 'report.html'}" in received.out
    assert {path.name for path in (out / "figure-5").iterdir()} >= {
        "figure-5.csv", "figure-5.png", "figure-5.svg", "figure-5.pdf", "comparison.csv", "experiment-1.toml"
    }  # fmt: skip


def test_a_scheduler_that_is_not_there(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("mlpsvd.executors._CONNECT_TIMEOUT", "1s")
    out = ["--out", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"]
    assert main(["reproduce", "table-1", *out]) == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err


def wait_for(folder: Path, n_files: int) -> None:
    deadline = time.monotonic() + 120
    while len(list(folder.glob("*.json"))) < n_files:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START, "reproduce", "table-1", "--jobs", "2", "--out", str(tmp_path / "out")]
    running = subprocess.Popen([*command, "--trials", "200"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    wait_for(tmp_path / "out" / "trials", 4)
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=60)
    assert running.returncode == 130, error
    assert "repeat the command to continue" in error
    assert "Traceback" not in error
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "trials").iterdir()}
    assert 4 <= len(kept) < 200
    done = subprocess.run([*command, "--trials", "5"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "Table I: confusion matrix" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert (tmp_path / "out" / "report.html").is_file()

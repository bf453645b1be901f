"""``mlpsvd compare`` on runs that have really been trained."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from kept_runs import small_run

from mlpsvd.cli.program import main
from mlpsvd.experiments.runs.comparison import group_runs
from mlpsvd.experiments.runs.comparison_files import mean_and_spread
from mlpsvd.experiments.runs.read_run import load_run
from mlpsvd.experiments.runs.run_folder import write_run


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Run folders: two seeds with 2 epochs, two with 6."""
    found = []
    for epochs in (2, 6):
        for seed in (1, 2):
            folder = tmp_path_factory.mktemp(f"epochs-{epochs}-seed-{seed}")
            write_run(folder, small_run({"seed": seed, "training.epochs": epochs}), with_figures=False)
            found.append(str(folder))
    return found


def test_two_runs_on_the_same_clips(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", folders[0], folders[2]]) == 0
    printed = capsys.readouterr().out
    assert "Epochs              2  6" in printed
    assert "MLP-SVD: B against A: " in printed and "(McNemar, exact)" in printed
    assert "corrected for 2 tests (Holm)" in printed


def test_repeats_are_written_as_mean_and_deviation(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *folders, "--out", str(tmp_path), "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert [len(group["runs"]) for group in table["groups"]] == [2, 2]
    assert {test["method"] for test in table["tests"]} == {"paired t over seeds"}
    runs = [load_run(Path(folder)) for folder in folders]
    with (tmp_path / "histories.csv").open(encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    losses = [run.history("mlp")[0].test_loss for run in runs[:2]]
    assert float(first["test_loss"]) == pytest.approx(sum(losses) / 2)
    assert float(first["std_loss"]) == pytest.approx(abs(losses[0] - losses[1]) / 2**0.5)
    assert (tmp_path / "comparison.pdf").read_bytes().startswith(b"%PDF")
    epochs, _, spread = mean_and_spread(group_runs([runs[0]])[0], "mlp", lambda event: event.test_loss)
    assert list(epochs) == [0, 1, 2] and not spread.any()


def test_one_run_is_refused(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", folders[0], folders[0]]) == 2
    assert "RUN is 1; it should be two or more different runs" in capsys.readouterr().err

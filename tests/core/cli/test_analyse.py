"""``mlpsvd analyse``: analyses of a run folder."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from kept_runs import small_run

import mlpsvd
from mlpsvd.cli.program import main
from mlpsvd.experiments.runs.run import Run
from mlpsvd.signals.bank import paper_bank
from mlpsvd.text import percent


@pytest.fixture(scope="module")
def run() -> Run:
    experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 3)
    return mlpsvd.train(mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20))


@pytest.fixture(scope="module")
def folder(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run")
    run.save(path, with_figures=False)
    return path


def test_the_rank_analysis_of_a_saved_run_ends_at_its_accuracy(
    run: Run, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyse", str(folder), "rank", "--contender", "mlp-svd", "--out", str(tmp_path)]) == 0
    assert "Rank: MLP-SVD, layer 1, epoch 3" in capsys.readouterr().out
    table = tmp_path / "mlp-svd" / "rank_accuracy_by_rank.csv"
    rows = list(csv.reader(table.read_text("utf-8").splitlines()))
    assert float(rows[-1][1]) == pytest.approx(run.accuracy["mlp-svd"], abs=1e-6)
    with np.load(tmp_path / "mlp-svd" / "rank.npz") as arrays:
        assert arrays["accuracy"][-1] == pytest.approx(run.accuracy["mlp-svd"])
    assert (tmp_path / "mlp-svd" / "rank_accuracy_by_rank.svg").stat().st_size > 0


def test_an_earlier_epoch_of_a_saved_run_is_analysed(
    run: Run, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyse", str(folder), "rank", "--contender", "mlp", "--epoch", "1"]) == 0
    output = capsys.readouterr().out
    assert "Rank: MLP, layer 1, epoch 1" in output
    assert percent(run.history("mlp")[1].test_accuracy) in output


def test_every_analysis_is_listed_with_its_question(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyse", "--list"]) == 0
    assert "rank" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none"], "analysis"),
        (["rank", "--contender", "nobody"], "mlp-svd"),
        (["rank", "--epoch", "4"], "from 0 to 3"),
    ],
)
def test_what_a_run_does_not_have_is_named(
    folder: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyse", str(folder), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_without_names_each_finding_is_printed_once_without_tables(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyse", str(folder), "--quiet"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("Class means") for line in lines) == 1
    assert sum(line.startswith("Rank") for line in lines) == 2
    assert len(lines) < 100 and not any(line.split() == ["Rank", "Accuracy"] for line in lines)


def test_the_temperature_is_stored_on_request(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run.save(tmp_path, with_figures=False)
    arguments = ["analyse", str(tmp_path), "calibration", "--contender", "mlp-svd"]
    assert main(arguments) == 0
    assert mlpsvd.load_run(tmp_path).model("mlp-svd").temperature == 1.0
    assert "nan" not in capsys.readouterr().out
    assert main([*arguments, "--store-temperature"]) == 0
    stored = mlpsvd.load_run(tmp_path).model("mlp-svd").temperature
    assert stored != 1.0 and f"temperature {stored:.2f}" in capsys.readouterr().out
    assert main([*arguments, "--store-temperature", "--epoch", "1"]) == 2
    assert main(["analyse", str(tmp_path), "rank", "--store-temperature"]) == 2


def test_a_second_layer_is_examined(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyse", str(folder), "spectra", "--contender", "mlp", "--layer", "2"]) == 0
    assert "layer 2, epoch 3" in capsys.readouterr().out
    assert main(["analyse", str(folder), "spectra", "--layer", "0"]) == 2


def test_with_few_test_clips_the_other_analyses_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All ended at the calibration, which needs 20 test clips."""
    changes = {"data.synthetic.filters": paper_bank(2, 300.0, 50.0), "data.synthetic.test_per_class": 5}
    small_run(changes).save(tmp_path / "run", with_figures=False)
    assert main(["analyse", str(tmp_path / "run"), "--contender", "mlp", "--quiet"]) == 0
    printed, said = capsys.readouterr()
    assert "note: Calibration is left out for MLP: a temperature needs at least 20 test clips; there are 10" in said
    assert all(f"\n{title}: " in printed for title in ("Rank", "Curvature", "Class means", "Similarity"))
    assert main(["analyse", str(tmp_path / "run"), "calibration", "--quiet"]) == 2

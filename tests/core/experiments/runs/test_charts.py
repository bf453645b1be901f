"""All pictures of a run: they hold the run's numbers, and the command writes them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlpsvd.cli.program import main
from mlpsvd.experiments.runs.charts import run_charts


def test_the_charts_hold_the_numbers_of_the_run(run: Any) -> None:
    saved = run.saved
    charts = run_charts(saved)
    assert list(charts) == [
        "accuracy", "loss", "rank", "weights",
        "singular-values-mlp-layer-1", "singular-values-mlp-svd-layer-1",
        "confusion-mlp", "confusion-mlp-svd", "filters",
    ]  # fmt: skip
    assert not any(chart.is_empty for chart in charts.values())
    accuracy = charts["accuracy"].table()
    expected = [100 * event.test_accuracy for event in saved.history("mlp-svd")]
    np.testing.assert_array_equal(accuracy["MLP-SVD, test: Accuracy (%)"], expected)
    values = charts["singular-values-mlp-svd-layer-1"].cells
    assert values is not None
    np.testing.assert_array_equal(values.values, saved.singular_values("mlp-svd"))
    table = charts["confusion-mlp-svd"].table()
    counts = np.stack([column for name, column in table.items() if name != "Actual class"], axis=1)
    np.testing.assert_array_equal(counts, saved.confusion("mlp-svd"))
    marked = [event.epoch for event in saved.history("mlp-svd") if event.discarded]
    assert marked and [list(marks.positions) for marks in charts["loss"].marks] == [marked]


def test_export_writes_all_pictures_of_a_run(run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run.saved.save(tmp_path / "run", with_figures=False)
    command = [
        "export",
        str(tmp_path / "run"),
        "--pictures",
        str(tmp_path / "pictures"),
        "--to",
        "png",
        "--dpi",
        "60",
    ]
    assert main(command) == 0
    stems = run_charts(run.saved)
    names = {f"{stem}.{kind}" for stem in stems for kind in ("png", "csv")}
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == names
    assert f"{len(names)} files written to: {tmp_path / 'pictures'}" in capsys.readouterr().out
    with (tmp_path / "pictures" / "rank.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["MLP-SVD, layer 1: Rank"]) for row in rows] == [
        event.ranks[0] for event in run.saved.history("mlp-svd")
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--pictures", "x", "--to", "onnx"), "--to"),
        (("--to", "onnx", "--dpi", "300"), "--dpi"),
        (("--pictures", "x", "--width", "5"), "width"),
        ((), "--pictures DIR"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    options: tuple[str, ...], message: str, run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run.saved.save(tmp_path / "run", with_figures=False)
    assert main(["export", str(tmp_path / "run"), *options]) != 0
    assert message in capsys.readouterr().err

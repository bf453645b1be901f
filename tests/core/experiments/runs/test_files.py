"""A kept run: every file there, readable by other programs, and saying the same numbers."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlpsvd.classification.classifier import Classifier
from mlpsvd.datasets.clips import Skipped
from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.experiment_file import load_experiment
from mlpsvd.experiments.runs.files import check_run_folder
from mlpsvd.experiments.runs.run_folder import write_run
from mlpsvd.models.model_file import load_model

STEMS = ["accuracy-and-loss", "rank-and-weights", "singular-values-mlp", "singular-values-mlp-svd", "confusion-mlp",
         "confusion-mlp-svd"]  # fmt: skip


def visible(folder: Path) -> list[Path]:
    """The files in a folder; the lock lies in a hidden one."""
    return sorted(path for path in folder.iterdir() if path.name != ".mlpsvd")


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


@pytest.fixture(scope="module")
def folder(run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "deep" / "run"
    written = write_run(folder, dataclasses.replace(run.saved, engine="an engine", notes=("a note",)))
    assert sorted(written) == visible(folder)
    return folder


def test_every_file_is_there(folder: Path) -> None:
    expected = {f"{stem}.{kind}" for stem in STEMS for kind in ("png", "svg", "pdf")}
    for name in ("mlp", "mlp-svd"):
        expected |= {f"history-{name}.csv", f"singular-values-{name}.csv", f"confusion-{name}.csv"}
        expected |= {f"model-{name}.safetensors", f"networks-{name}.safetensors"}
    expected |= {"experiment.toml", "results.json", "skipped.csv", "checkpoint.safetensors"}
    assert {path.name for path in visible(folder)} == expected


def test_the_experiment_is_the_one_that_was_run(folder: Path, run: Any) -> None:
    assert load_experiment(folder / "experiment.toml") == run.prepared.experiment


def test_results_say_what_came_out_and_by_what(folder: Path, run: Any) -> None:
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert results["program"] == "mlpsvd"
    assert {"mlpsvd", "python", "numpy", "safetensors"} <= set(results["versions"])
    assert results["seed"] == run.prepared.experiment.seed
    assert (results["engine"], results["notes"]) == ("an engine", ["a note"])
    assert (results["n_train"], results["n_test"]) == (120, 60)
    for name, outcome in run.outcomes.items():
        one = results["contenders"][name]
        assert one["test_accuracy"] == pytest.approx(outcome.last.test_accuracy)
        assert one["ranks"] == list(outcome.last.ranks)
        assert one["n_weights"] == outcome.last.n_weights
        assert one["flops"] == outcome.flops
        assert one["train_s"] == outcome.train_s
        assert one["confusion"] == outcome.confusion.tolist()
        assert one["stopped_early"] is False
        assert one["classes"]["710 Hz"]["recall"] == pytest.approx(outcome.report.recall[0])
        assert one["classes"]["410 Hz"]["support"] == 30


def test_histories_hold_a_row_for_each_epoch_without_loss(folder: Path, run: Any) -> None:
    for name, history in run.histories.items():
        head, *lines = rows(folder / f"history-{name}.csv")
        assert len(lines) == len(history) == 9
        for line, event in zip(lines, history, strict=True):
            one = dict(zip(head, line, strict=True))
            assert int(one["epoch"]) == event.epoch
            assert float(one["test_loss"]) == event.test_loss
            assert float(one["train_accuracy"]) == event.train_accuracy
            assert (int(one["rank_layer0"]), int(one["rank_layer1"])) == event.ranks
            assert int(one["n_weights"]) == event.n_weights
    dropped = [int(line[-1]) for line in rows(folder / "history-mlp-svd.csv")[1:]]
    assert sum(dropped) == 20 - run.outcomes["mlp-svd"].last.ranks[0] > 0


def test_singular_values_hold_a_row_for_each_value(folder: Path, run: Any) -> None:
    head, *lines = rows(folder / "singular-values-mlp-svd.csv")
    assert head == ["epoch", "layer", "index", "singular_value"]
    last = run.histories["mlp-svd"][-1]
    found = [float(line[3]) for line in lines if line[:2] == [str(last.epoch), "0"]]
    np.testing.assert_array_equal(found, np.asarray(last.singular_values[0], dtype=float))
    assert len(lines) == sum(len(values) for event in run.histories["mlp-svd"] for values in event.singular_values)


def test_confusion_has_targets_in_rows(folder: Path, run: Any) -> None:
    head, *lines = rows(folder / "confusion-mlp.csv")
    assert head[1:] == ["710 Hz", "410 Hz"]
    assert [line[0] for line in lines] == ["710 Hz", "410 Hz"]
    assert [[int(cell) for cell in line[1:]] for line in lines] == run.outcomes["mlp"].confusion.tolist()


def test_a_kept_model_gives_the_runs_own_accuracy(folder: Path, run: Any) -> None:
    from mlpsvd.datasets.load import load_clips

    test = load_clips(run.prepared.experiment.data, run.prepared.experiment.seed).test
    for name, outcome in run.outcomes.items():
        model = load_model(folder / f"model-{name}.safetensors")
        estimates = Classifier(model).probabilities_many(test.samples).argmax(axis=1)
        assert (estimates == test.labels).mean() == pytest.approx(outcome.last.test_accuracy)
        assert model.summary["contender"] == name


def test_skipped_recordings_are_listed_even_with_odd_names(run: Any, tmp_path: Path) -> None:
    skipped = (Skipped('caf\udce9, "x".wav', "is empty"),)
    write_run(tmp_path, dataclasses.replace(run.saved, data=dataclasses.replace(run.saved.data, skipped=skipped)))
    assert rows(tmp_path / "skipped.csv") == [["path", "reason"], ['caf\\udce9, "x".wav', "is empty"]]
    assert json.loads((tmp_path / "results.json").read_text())["n_skipped"] == 1


def test_an_earlier_run_is_replaced_and_other_files_stay(run: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write_run(tmp_path, run.saved)
    only = {"mlp": run.outcomes["mlp"]}
    write_run(tmp_path, dataclasses.replace(run.saved, outcomes=only, states={}))
    left = {path.name for path in tmp_path.iterdir()}
    assert "notes.txt" in left
    assert not any("mlp-svd" in name for name in left)
    assert "model-mlp.safetensors" in left


@pytest.mark.parametrize("name", ["experiment.toml", "results.json", "model-mlp.safetensors", "confusion-mlp.png"])
def test_files_that_are_not_of_a_run_are_never_overwritten(name: str, run: Any, tmp_path: Path) -> None:
    (tmp_path / name).write_text("[]")
    with pytest.raises(FileFormatError, match=f"holds {name}, which no run of this program wrote"):
        write_run(tmp_path, run.saved)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "[]"


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(FileFormatError, match="is a file; it should be a folder"):
        check_run_folder(tmp_path / "run")
    check_run_folder(tmp_path)
    check_run_folder(tmp_path / "not there yet")

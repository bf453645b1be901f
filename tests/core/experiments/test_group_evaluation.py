"""Cross-validation that the user chose: by groups, in folds, with repeated seeds."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from small_sounds import write_tones

from mlpsvd.cli import main
from mlpsvd.errors import DataError
from mlpsvd.experiments.cross_validation import cross_validate, folds_of
from mlpsvd.experiments.papers.tasks import changed
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.recordings_recipe import experiment_for_folder
from mlpsvd.experiments.runs.read_run import read_run

SMALL = ("training.epochs=20", "training.learning_rate=0.01")


def tones(folder: Path, n_clips: int = 6) -> Path:
    """Tones in the folders of two classes; in each class, three sites have a third of the recordings."""
    write_tones(folder, n_clips)
    for number, path in enumerate(sorted(folder.rglob("*.wav"), key=lambda one: (one.parent.name, int(one.stem)))):
        site = path.parent / f"site {number % 3 + 9}"
        site.mkdir(exist_ok=True)
        path.rename(site / path.name)
    return folder


def prepared(folder: Path, **changes: object) -> Prepared:
    recordings = {"groups_from": "folders", "evaluation": "leave one group out", **changes}
    short = {"training.epochs": 5, "training.learning_rate": 0.01}
    keys = {f"data.recordings.{name}": value for name, value in recordings.items()}
    return prepare(changed(experiment_for_folder(folder), {**keys, **short}))


def test_each_group_is_tested_by_networks_trained_on_the_others(tmp_path: Path) -> None:
    data = prepared(tones(tmp_path / "tones"), repeats=2)
    assert data.pool is not None
    assert [{data.pool.units[clip] for clip in fold} for fold in folds_of(data)] == [
        {"site 9"}, {"site 10"}, {"site 11"},
    ]  # fmt: skip
    shares: list[float] = []
    found = cross_validate(data, shares.append)["mlp"]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1.0)
    assert [(one.name, one.n_clips) for one in found.summaries] == [("site 9", 4), ("site 10", 4), ("site 11", 4)]
    assert (found.n_folds, found.n_clips, found.seeds, found.has_groups) == (3, 12, (1, 2), True)
    assert found.confusion.sum() == 24
    assert found.accuracy == sum(part.n_correct for part in found.parts) / 24


def test_k_fold_keeps_groups_whole_or_copies_of_a_recording(tmp_path: Path) -> None:
    folder = tones(tmp_path / "tones")
    by_group = prepared(folder, evaluation="k-fold", folds=2)
    assert by_group.pool is not None
    units = [{by_group.pool.units[clip] for clip in fold} for fold in folds_of(by_group)]
    assert len(units) == 2 and not units[0] & units[1]
    for number in (7, 8):
        (folder / "a" / "site 9" / f"{number}.wav").write_bytes((folder / "a" / "site 9" / "0.wav").read_bytes())
    alone = prepared(folder, groups_from="none", evaluation="k-fold", folds=3)
    assert alone.pool is not None
    folds = folds_of(alone)
    assert len(folds) == 3 and sorted(np.concatenate(folds).tolist()) == list(range(14))
    holding = [fold for fold in folds if any(alone.pool.units[clip] == "a/site 9/0.wav" for clip in fold)]
    assert len(holding) == 1, "the three copies are in one fold"
    assert [part.name for part in cross_validate(alone)["mlp"].parts] == ["fold 1", "fold 2", "fold 3"]


def test_a_class_of_one_group_is_refused_before_training(tmp_path: Path) -> None:
    folder = tones(tmp_path / "tones")
    for path in (folder / "b").rglob("*.wav"):
        path.rename(folder / "b" / "site 9" / path.name)
    with pytest.raises(DataError, match="class 'b' has recordings of one group only"):
        prepared(folder)
    rows = [f"{one.relative_to(folder).as_posix()},{one.parents[1].name},{('train', 'test')[int(one.stem) % 2]}"
            for one in folder.rglob("*.wav")]  # fmt: skip
    (folder / "manifest.csv").write_text("\n".join(["path,label,split", *rows]))
    with pytest.raises(DataError, match="all clips of the class 'b' are in the group site 9, so that none is left"):
        prepared(folder)


def test_the_command_lists_groups_and_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = tones(tmp_path / "tones"), tmp_path / "run"
    changes = [piece for one in SMALL for piece in ("--set", one)]
    options = ["--groups", "2", "--evaluate", "leave-one-group-out", "--repeats", "2", "--quiet", "--out", str(out)]
    assert main(["train", str(folder), *options, *changes]) == 0
    received = capsys.readouterr().out
    assert "Leave one group out (12 clips, 3 groups, 2 seeds):" in received
    assert "site 10                4  100.0 % (51.0–100.0)  100.0 % (51.0–100.0)" in received
    assert "Mean ± SD                 100.0 ± 0.0 %" in received
    assert "Student's t over the groups" in received and "same speakers" not in received
    table = json.loads((out / "results.json").read_text())["contenders"]["mlp"]["cross_validation"]
    assert [one["name"] for one in table["groups"]] == ["site 9", "site 10", "site 11"]
    assert (table["evaluation"], table["n_repeats"], table["mean"]) == ("leave one group out", 2, 1.0)
    assert table["interval_kind"] == "t over groups"
    with (out / "cross-validation.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * 3
    assert rows[0] == {"network": "mlp", "seed": "1", "part": "site 9", "n_clips": "4", "n_correct": "4",
                       "accuracy": "1.0"}  # fmt: skip
    kept = read_run(out).outcomes["mlp"].validation
    assert kept is not None and kept.has_groups and kept.evaluation == "leave one group out"
    assert [(one.name, one.n_correct) for one in kept.parts][:2] == [("site 9", 4), ("site 10", 4)]
    assert (kept.n_clips, kept.mean) == (12, 1.0)


def test_the_options_are_settings_and_bad_ones_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tones(tmp_path / "tones")
    assert main(["train", str(folder), "--evaluate", "leave-one-group-out", "--quiet"]) == 2
    assert "folders, file names or manifest, to leave one group out" in capsys.readouterr().err
    assert main(["train", str(folder), "--groups", "7", "--quiet"]) == 2
    assert "it is not in a folder of level 7 (its group)" in capsys.readouterr().err
    assert main(["train", str(folder), "--evaluate", "k-fold", "--folds", "1", "--quiet"]) == 2
    assert "data.recordings.folds" in capsys.readouterr().err


@pytest.mark.slow
def test_spoken_digits_of_unknown_speakers(
    tmp_path: Path, spoken_digits: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    options = ["--groups", "*_{group}_*", "--evaluate", "leave-one-group-out", "--quiet", "--out", str(out)]
    assert main(["train", str(spoken_digits / "recordings"), *options]) == 0
    assert "Leave one group out (2,700 clips, 6 groups):" in capsys.readouterr().out
    contenders = json.loads((out / "results.json").read_text())["contenders"]
    for name in ("mlp", "mlp-svd"):
        found = contenders[name]["cross_validation"]
        accuracies = [one["accuracy"] for one in found["groups"]]
        assert found["mean"] == pytest.approx(0.575, abs=0.03)
        assert min(accuracies) < 0.4 and max(accuracies) > 0.7

"""A race broken off, written, read and continued."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import save_file

from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.checkpoint import save_checkpoint
from mlpsvd.experiments.runs.read_checkpoint import load_checkpoint
from mlpsvd.experiments.runs.run import Run
from mlpsvd.settings import with_value


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    small = with_value(Experiment(), "data.synthetic.train_per_class", 40)
    small = with_value(small, "data.synthetic.test_per_class", 20)
    small = with_value(small, "discarding.first", 2)
    return with_value(small, "training.epochs", 8)


def test_continued_race_equals_an_unbroken_one(experiment: Experiment, tmp_path: Path) -> None:
    prepared = prepare(experiment)
    whole = Race(prepared)
    list(whole.run())
    broken = Race(prepared)
    stream: Any = broken.run()
    for _ in range(9):
        next(stream)
    stream.close()
    save_checkpoint(tmp_path / "race.checkpoint", Run.of("abc123", prepared, broken))

    again = load_checkpoint(tmp_path / "race.checkpoint")
    assert isinstance(again, Run)
    assert (again.id, again.experiment) == ("abc123", experiment)
    continued = Race(prepare(again.experiment), again.states)
    list(continued.run())
    for contender, history in whole.histories.items():
        found = continued.histories[contender]
        assert [event.epoch for event in found] == list(range(9))
        assert [replace(e, snapshot=None, train_s=0, singular_values=()) for e in found] == [
            replace(e, snapshot=None, train_s=0, singular_values=()) for e in history
        ]
        for left, right in zip(found, history, strict=True):
            for a, b in zip(left.singular_values, right.singular_values, strict=True):
                assert a.tobytes() == b.tobytes()
        saved = again.outcomes[contender].correct
        assert saved is not None and saved.tolist() == broken.outcomes()[contender].correct.tolist()
        outcome, expected = continued.outcomes()[contender], whole.outcomes()[contender]
        assert outcome.snapshot.theta.tobytes() == expected.snapshot.theta.tobytes()


def test_files_that_are_no_checkpoint_are_refused(experiment: Experiment, tmp_path: Path) -> None:
    path = tmp_path / "x"
    with pytest.raises(FileFormatError, match="cannot be read"):
        load_checkpoint(path)
    path.write_text("no such thing")
    with pytest.raises(FileFormatError, match="cannot be read"):
        load_checkpoint(path)
    save_file({}, path)
    with pytest.raises(FileFormatError, match="not a checkpoint"):
        load_checkpoint(path)
    save_file({}, path, {"kind": "mlpsvd checkpoint", "format_version": "4"})
    with pytest.raises(FileFormatError, match="version 4"):
        load_checkpoint(path)
    save_file({}, path, {"kind": "mlpsvd checkpoint", "format_version": "1", "experiment": "{}", "contenders": "[1]"})
    with pytest.raises(FileFormatError, match="damaged"):
        load_checkpoint(path)


def test_a_fitted_temperature_is_kept_in_the_checkpoint_and_the_model(run: Any, tmp_path: Path) -> None:
    outcomes = {**run.saved.outcomes, "mlp-svd": replace(run.saved.outcomes["mlp-svd"], temperature=2.5)}
    path = tmp_path / "run.safetensors"
    save_checkpoint(path, replace(run.saved, outcomes=outcomes))
    loaded = load_checkpoint(path)
    assert isinstance(loaded, Run)
    assert {name: one.temperature for name, one in loaded.outcomes.items()} == {"mlp": 1.0, "mlp-svd": 2.5}
    assert loaded.model("mlp-svd").temperature == 2.5

"""Checkpoints, run folders, trials and reproductions from elsewhere are read or refused, and never trusted."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzzing import either, fuzz, mutate_bytes, mutate_json, mutate_safetensors
from safetensors import safe_open
from safetensors.numpy import save

from mlpsvd.cli import main
from mlpsvd.errors import FileFormatError, MlpSvdError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.papers.reproduce import written_reproductions
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.checkpoint import CHECKPOINT
from mlpsvd.experiments.runs.read_checkpoint import load_checkpoint
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_folder import write_run
from mlpsvd.experiments.trials.measurements import Measurement, measure
from mlpsvd.experiments.trials.trials import Trial, TrialStore
from mlpsvd.settings import with_value


def mutate_metadata(generator: random.Random, data: bytes) -> bytes:
    """Change one of the JSON documents in the header of a checkpoint."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    name = generator.choice(["experiment", "contenders", "contenders", "data", "computed"])
    text = mutate_json(generator, header["__metadata__"][name].encode())
    header["__metadata__"][name] = text.decode("utf-8", "replace")
    new = json.dumps(header).encode()
    return len(new).to_bytes(8, "little") + new + data[8 + length :]


@pytest.fixture(scope="module")
def folder(run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fuzzed") / "run"
    write_run(folder, run.saved, with_figures=False)
    return folder


def test_fuzz_checkpoints(run: Any, folder: Path, tmp_path: Path) -> None:
    """Train accepted checkpoints for an epoch with the compiled engine, whose kernels trust all sizes."""
    path = tmp_path / CHECKPOINT

    def read(data: bytes) -> None:
        path.write_bytes(data)
        loaded = load_checkpoint(path)
        if isinstance(loaded, Run) and loaded.experiment == run.prepared.experiment:
            Race(run.prepared, loaded.states).outcomes()

    mutate = either(mutate_metadata, mutate_metadata, mutate_safetensors, mutate_bytes)
    outcome = fuzz([(folder / CHECKPOINT).read_bytes()], mutate, read, n_cases=200)
    assert sum(outcome.refused.values()) > 50


def test_fuzz_results(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(folder, copy)

    def read(data: bytes) -> None:
        (copy / "results.json").write_bytes(data)
        read_run(copy)

    fuzz([(folder / "results.json").read_bytes()], either(mutate_json, mutate_bytes), read, n_cases=60)


def test_fuzz_trials(tmp_path: Path) -> None:
    """A damaged trial is computed again, so it is never refused."""
    experiment = Experiment()
    for key, value in {"train_per_class": 10, "test_per_class": 10}.items():
        experiment = with_value(experiment, f"data.synthetic.{key}", value)
    trial = Trial(with_value(experiment, "training.epochs", 2), Measurement.SINGULAR_VALUES)
    store = TrialStore(tmp_path)
    store.put(trial, measure(trial.experiment, trial.measurement))
    good = store.path(trial).read_bytes()
    expected = json.loads(good)["result"]
    assert store.get(trial) == expected

    def read(data: bytes) -> None:
        store.path(trial).write_bytes(data)
        found = store.get(trial)
        if found is not None:
            for one in found["contenders"].values():
                assert len(one["rank"]) == 3 and all(isinstance(rank, int) for rank in one["rank"])
                assert np.array(one["confusion"], float).shape == (5, 5)

    fuzz([good], either(mutate_json, mutate_bytes), read, n_cases=150, refusals=())


def test_fuzz_lists_of_reproductions(tmp_path: Path) -> None:
    good = json.dumps({"format_version": 1, "reproductions": {"table-2": 3, "figure-7": 1}}).encode()

    def read(data: bytes) -> None:
        (tmp_path / "reproduction.json").write_bytes(data)
        assert all(1 <= n <= 100_000 for n in written_reproductions(tmp_path).values())

    fuzz([good], either(mutate_json, mutate_bytes), read, n_cases=200)


def test_sizes_that_do_not_fit_each_other_are_refused(hostile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The checkpoint made the kernels write out of bounds."""
    folder = hostile / "checkpoint_out_of_bounds"
    with pytest.raises(FileFormatError, match="takes 514 inputs"):
        read_run(folder)
    assert main(["train", "--resume", str(folder)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.startswith("mlpsvd: ") and "takes 514 inputs" in err


Change = Callable[[dict[str, Any], dict[str, np.ndarray]], None]


def _layer(index: int, **values: object) -> Change:
    def change(contenders: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
        contenders["mlp"]["spec"]["layers"][index].update(values)

    return change


def _cut_theta(contenders: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    tensors["mlp.theta"] = tensors["mlp.theta"][:-1].copy()


def _steps(contenders: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    contenders["mlp"]["steps"] = [0]


def _kind(contenders: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    contenders["mlp-svd"]["spec"]["layers"][0]["kind"] = "dense"


@pytest.mark.parametrize(
    "change",
    [
        _layer(0, n_out=1, rank=1),
        _layer(0, n_in=10**9),
        _layer(0, rank=21),
        _layer(1, n_out=3),
        _cut_theta,
        _steps,
        _kind,
    ],
)
def test_neighbours_of_it_are_refused(change: Change, folder: Path, tmp_path: Path) -> None:
    with safe_open(folder / CHECKPOINT, "numpy") as file:
        metadata = dict(file.metadata())
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    contenders = json.loads(metadata["contenders"])
    change(contenders, tensors)
    metadata["contenders"] = json.dumps(contenders)
    (tmp_path / CHECKPOINT).write_bytes(save(tensors, metadata))
    with pytest.raises(MlpSvdError, match="is damaged: ") as caught:
        load_checkpoint(tmp_path / CHECKPOINT)
    assert len(str(caught.value)) < 500 and "\n" not in str(caught.value)

"""Checkpoints: a whole run in one safetensors file, which can be shown or continued.

The file contains the experiment, every contender's weights, moments and history, the confusion matrices, the class
names, the fitted features and the identity of the clips, but not the feature vectors. Checkpoints of format version 1
contain only the experiment, the networks and the histories.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.contenders import Contender, named_contenders
from mlpsvd.datasets.clips import Skipped
from mlpsvd.errors import FileFormatError, SettingError
from mlpsvd.experiments.experiment import Experiment, experiment_from_table
from mlpsvd.experiments.race import ContenderState, Outcome
from mlpsvd.experiments.runs.checkpoint_history import Tensors, history_arrays, history_table, read_history, tensor
from mlpsvd.experiments.runs.checkpoint_network import read_trainer, trainer_arrays, trainer_table
from mlpsvd.experiments.runs.checkpoint_v1 import read_states
from mlpsvd.experiments.runs.contender_table import are_defined, contenders_table, read_contenders
from mlpsvd.experiments.runs.results import model_of
from mlpsvd.experiments.runs.run import Run, RunData
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.files import require_plain, write_atomically
from mlpsvd.json_fields import Fields, parse_fields
from mlpsvd.metrics.cross_validation import Validation
from mlpsvd.models.model_header import read_header, write_header
from mlpsvd.models.temperature import LARGEST, SMALLEST
from mlpsvd.models.training_statistics import TrainingStatistics
from mlpsvd.settings import check, to_table
from mlpsvd.text import one_line
from mlpsvd.training.events import EpochEvent

__all__ = [
    "CHECKPOINT",
    "OldCheckpoint",
    "checkpoint_id",
    "load_checkpoint",
    "metadata_fields",
    "open_checkpoint",
    "save_checkpoint",
]

CHECKPOINT = "checkpoint.safetensors"
"""File name of the checkpoint in a run folder."""

_KIND = "mlpsvd checkpoint"
_VERSION = 3
_VERSION_OF_DEFAULTS = 2
"""Written if the experiment alone defines the contenders; version 3 adds their definitions."""

_TYPES = ("F32", "F64", "I32", "I64", "I8")
_MOST_BYTES = 8 * 10**9
_MOST_ATTEMPTS = 1000
_FEATURES, _REFERENCE = "features.", "reference."


@dataclass(frozen=True, eq=False)
class OldCheckpoint:
    """Content of a checkpoint of format version 1: no class names, confusion matrices or identity of the clips."""

    experiment: Experiment
    states: Mapping[str, ContenderState]


def save_checkpoint(path: Path, run: Run) -> None:
    """Write a run atomically.

    Parameters
    ----------
    path
        File to write or replace.
    run
        The run, with at least one outcome and a state for every contender.

    Raises
    ------
    OSError
        If the file cannot be written; an existing file is then unchanged.
    """
    from safetensors.numpy import save

    model = model_of(run.data, next(iter(run.outcomes.values())))
    tensors: dict[str, NDArray[Any]] = {
        f"{_FEATURES}{name}": array for name, array in model.features.to_arrays().items()
    }
    if run.data.reference is not None:
        tensors |= {f"{_REFERENCE}{name}": array for name, array in run.data.reference.to_arrays().items()}
    for name, state in run.states.items():
        tensors |= _contender_arrays(name, state, run.outcomes.get(name))
    is_defined = are_defined(run.contenders, run.experiment)
    metadata = {
        "kind": _KIND,
        "format_version": str(_VERSION_OF_DEFAULTS if is_defined else _VERSION),
        "run_id": run.id,
        "experiment": json.dumps(to_table(run.experiment)),
        "contenders": json.dumps(
            {name: _contender_table(one, run.outcomes.get(name)) for name, one in run.states.items()}
        ),
        "data": json.dumps({"model": write_header(model), **_data_table(run.data)}),
        "computed": json.dumps({"engine": run.engine, "notes": list(run.notes)}),
    }
    if not is_defined:
        metadata["definitions"] = json.dumps(contenders_table(run.contenders))
    write_atomically(path, save({name: np.ascontiguousarray(one) for name, one in tensors.items()}, metadata))


def load_checkpoint(path: Path) -> Run | OldCheckpoint:
    """Read a checkpoint of this format version or an earlier one.

    Everything is restored bit by bit, except for the snapshots: only the last event of each contender has one.

    Raises
    ------
    FileFormatError
        If the file is missing, damaged, not a checkpoint, or from a newer version.
    """
    metadata, tensors = _read(path)
    version = metadata.get("format_version", "")
    if version not in ("1", str(_VERSION_OF_DEFAULTS), str(_VERSION)):
        raise FileFormatError(
            f"{path} has format version {one_line(version, 20)}; this program reads up to version {_VERSION}"
        )
    try:
        experiment = _experiment(metadata)
        if version == "1":
            return OldCheckpoint(experiment, read_states(metadata_fields(metadata, "contenders"), tensors, experiment))
        contenders = named_contenders(experiment.training.contenders)
        if version == str(_VERSION):
            contenders = read_contenders(metadata_fields(metadata, "definitions"), experiment)
        return _run(metadata, tensors, experiment, contenders)
    except (FileFormatError, SettingError) as error:
        raise FileFormatError(f"{path} is damaged: {error}") from error


def checkpoint_id(path: Path) -> str:
    """Return the identity of the run in a checkpoint, without reading its arrays; empty in format version 1.

    Raises
    ------
    FileFormatError
        If the file is missing, damaged or not a checkpoint.
    """
    with open_checkpoint(path) as (metadata, _):
        return _run_id(metadata) if metadata.get("format_version") != "1" else ""


@contextmanager
def open_checkpoint(path: Path) -> Iterator[tuple[dict[str, str], Any]]:
    """Open a checkpoint of any format version: its metadata, and the file, whose arrays are not read yet.

    Raises
    ------
    FileFormatError
        If the file is missing, damaged or not a checkpoint.
    """
    from safetensors import SafetensorError, safe_open

    try:
        require_plain(path, _MOST_BYTES)
        with safe_open(path, framework="numpy") as file:
            metadata: dict[str, str] = dict(file.metadata() or {})
            if metadata.get("kind") != _KIND:
                raise FileFormatError(f"{path} is not a checkpoint of this program")
            yield metadata, file
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read as a checkpoint ({error.strerror or error})") from error
    except SafetensorError as error:
        raise FileFormatError(f"{path} cannot be read as a checkpoint ({one_line(str(error))})") from error


def _read(path: Path) -> tuple[dict[str, str], Tensors]:
    with open_checkpoint(path) as (metadata, file):
        names = list(file.keys())
        for name in names:
            kind = file.get_slice(name).get_dtype()
            if kind not in _TYPES:
                raise FileFormatError(f"{path} is damaged: the tensor {one_line(name)} has the type {kind}")
        return metadata, {name: file.get_tensor(name) for name in names}


def metadata_fields(metadata: Mapping[str, str], name: str) -> Fields:
    """Return an entry of a checkpoint's metadata.

    Raises
    ------
    FileFormatError
        If it is missing or damaged.
    """
    if name not in metadata:
        raise FileFormatError(f"its entry {name} is missing")
    return parse_fields(metadata[name])


def _experiment(metadata: Mapping[str, str]) -> Experiment:
    experiment = experiment_from_table(metadata_fields(metadata, "experiment").raw())
    check(experiment)
    return experiment


def _contender_arrays(name: str, state: ContenderState, outcome: Outcome | None) -> dict[str, NDArray[Any]]:
    arrays = {f"{name}.{part}": array for part, array in trainer_arrays(state.trainer).items()}
    if state.history and outcome is not None:
        arrays |= {f"{name}.history.{part}": array for part, array in history_arrays(state.history).items()}
        arrays[f"{name}.confusion"] = np.asarray(outcome.confusion, np.int64)
        if outcome.correct is not None:
            arrays[f"{name}.correct"] = outcome.correct.astype(np.int8)
        if outcome.validation is not None:
            arrays[f"{name}.validation"] = np.asarray(outcome.validation.confusion, np.int64)
    return arrays


def _contender_table(state: ContenderState, outcome: Outcome | None) -> dict[str, Any]:
    flags = {
        "attempt": state.attempt,
        "has_history": bool(state.history),
        "at_chance": outcome is not None and outcome.at_chance,
        "n_folds": outcome.validation.n_folds if outcome is not None and outcome.validation is not None else 0,
        **({} if outcome is None or outcome.temperature == 1.0 else {"temperature": outcome.temperature}),
    }
    return {**trainer_table(state.trainer), **flags, **history_table(state.history)}


def _data_table(data: RunData) -> dict[str, Any]:
    return {
        "n_train": data.n_train,
        "n_test": data.n_test,
        "clip_identity": data.identity,
        "numerics_version": data.numerics_version,
        "skipped": [[one.path, one.reason] for one in data.skipped],
    }


def _run(
    metadata: Mapping[str, str], tensors: Tensors, experiment: Experiment, contenders: tuple[Contender, ...]
) -> Run:
    data = _data(metadata_fields(metadata, "data"), tensors, experiment)
    size = (data.features.n_features, len(data.class_names))
    tables = metadata_fields(metadata, "contenders")
    states: dict[str, ContenderState] = {}
    by_key = {one.key: one for one in contenders}
    for name in tables.names():
        if name not in by_key:
            raise FileFormatError(f"it holds the contender {one_line(name)}, which the experiment does not have")
        table = tables.table(name)
        trainer = read_trainer(by_key[name], table, tensors, experiment, size)
        history: list[EpochEvent] = []
        if table.flag("has_history"):
            history = read_history(f"{name}.history.", table, tensors, trainer.network.spec, experiment.training.epochs)
            history[-1] = dataclasses.replace(history[-1], snapshot=trainer.network)
        states[name] = ContenderState(trainer, tuple(history), table.integer("attempt", high=_MOST_ATTEMPTS))
    if set(states) != set(by_key) or not any(one.history for one in states.values()):
        raise FileFormatError("it does not hold every contender of its experiment")
    computed = metadata_fields(metadata, "computed")
    return Run(
        id=_run_id(metadata),
        data=data,
        histories={name: state.history for name, state in states.items() if state.history},
        outcomes={
            name: _outcome(by_key[name], state, tensors, data, tables.table(name))
            for name, state in states.items()
            if state.history
        },
        contenders=contenders,
        states=states,
        engine=computed.text("engine"),
        notes=computed.texts("notes"),
    )


def _run_id(metadata: Mapping[str, str]) -> str:
    run_id = metadata.get("run_id", "")
    if not run_id or len(run_id) > 64 or not run_id.isalnum():
        raise FileFormatError("its entry run_id is missing or impossible")
    return run_id


def _data(table: Fields, tensors: Tensors, experiment: Experiment) -> RunData:
    header = read_header(table.table("model"))
    fitted = {name.removeprefix(_FEATURES): one for name, one in tensors.items() if name.startswith(_FEATURES)}
    features = FittedFeatures.from_arrays(header.feature_settings, header.sample_rate_hz, fitted)
    measured = {name.removeprefix(_REFERENCE): one for name, one in tensors.items() if name.startswith(_REFERENCE)}
    n_classes = len(header.class_names)
    return RunData(
        experiment=experiment,
        class_names=header.class_names,
        features=features,
        clip_s=header.contract.clip_s,
        reference=TrainingStatistics.from_arrays(n_classes, features.n_features, measured) if measured else None,
        skipped=tuple(_skipped(entry) for entry in table.entries("skipped")),
        n_train=table.integer("n_train"),
        n_test=table.integer("n_test"),
        identity=table.text("clip_identity"),
        numerics_version=table.integer("numerics_version"),
    )


def _skipped(entry: object) -> Skipped:
    if not isinstance(entry, list) or len(entry) != 2 or not all(isinstance(text, str) for text in entry):
        raise FileFormatError("data.skipped should be a list of pairs of texts")
    return Skipped(entry[0], entry[1])


def _outcome(contender: Contender, state: ContenderState, tensors: Tensors, data: RunData, table: Fields) -> Outcome:
    name = contender.key
    shape = (len(data.class_names), len(data.class_names))
    counts = tensor(tensors, f"{name}.confusion", shape, "i")
    if (counts < 0).any() or counts.sum() != data.n_test:
        raise FileFormatError(f"the tensor {name}.confusion does not count the {data.n_test} test clips")
    outcome = Outcome.of(
        contender, state.trainer.network, state.history, counts.astype(np.intp), at_chance=table.flag("at_chance")
    )
    if f"{name}.correct" in tensors:
        correct = tensor(tensors, f"{name}.correct", (data.n_test,), "i") == 1
        if correct.sum() != np.trace(counts):
            raise FileFormatError(f"the tensor {name}.correct does not agree with {name}.confusion")
        outcome = dataclasses.replace(outcome, correct=correct)
    if "temperature" in table:
        outcome = dataclasses.replace(outcome, temperature=table.number("temperature", SMALLEST, LARGEST))
    n_folds = table.integer("n_folds", high=data.n_train + data.n_test)
    if not n_folds:
        return outcome
    counts = tensor(tensors, f"{name}.validation", shape, "i")
    if (counts < 0).any() or counts.sum() != data.n_train + data.n_test:
        raise FileFormatError(f"the tensor {name}.validation does not count the {data.n_train + data.n_test} clips")
    return dataclasses.replace(outcome, validation=Validation(n_folds, counts.astype(np.intp)))

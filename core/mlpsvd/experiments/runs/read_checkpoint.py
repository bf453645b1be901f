"""Reading of checkpoints, of this format version and of earlier ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlpsvd.contenders import Contender, named_contenders
from mlpsvd.datasets.clips import Skipped
from mlpsvd.errors import FileFormatError, SettingError
from mlpsvd.experiments.experiment import Experiment, experiment_from_table
from mlpsvd.experiments.race import ContenderState, Outcome
from mlpsvd.experiments.runs.checkpoint import (
    FEATURES,
    REFERENCE,
    VERSION,
    VERSION_OF_DEFAULTS,
    metadata_fields,
    metadata_run_id,
    open_checkpoint,
)
from mlpsvd.experiments.runs.checkpoint_history import Tensors, read_history, tensor
from mlpsvd.experiments.runs.checkpoint_network import read_trainer
from mlpsvd.experiments.runs.checkpoint_v1 import read_states
from mlpsvd.experiments.runs.contender_table import read_contenders
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import RunData
from mlpsvd.experiments.runs.validation_tables import read_parts
from mlpsvd.features.spectra import FittedFeatures
from mlpsvd.json_fields import Fields
from mlpsvd.metrics.cross_validation import Validation
from mlpsvd.models.model_header import read_header
from mlpsvd.models.temperature import LARGEST, SMALLEST
from mlpsvd.models.training_statistics import TrainingStatistics
from mlpsvd.settings import check
from mlpsvd.text import one_line
from mlpsvd.training.events import EpochEvent

__all__ = ["OldCheckpoint", "load_checkpoint"]

_TYPES = ("F32", "F64", "I32", "I64", "I8")
_MOST_ATTEMPTS = 1000


@dataclass(frozen=True, eq=False)
class OldCheckpoint:
    """Content of a checkpoint of format version 1: no class names, confusion matrices or identity of the clips."""

    experiment: Experiment
    states: Mapping[str, ContenderState]


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
    if version not in ("1", str(VERSION_OF_DEFAULTS), str(VERSION)):
        raise FileFormatError(
            f"{path} has format version {one_line(version, 20)}; this program reads up to version {VERSION}"
        )
    try:
        experiment = _experiment(metadata)
        if version == "1":
            return OldCheckpoint(experiment, read_states(metadata_fields(metadata, "contenders"), tensors, experiment))
        contenders = named_contenders(experiment.training.contenders)
        if version == str(VERSION):
            contenders = read_contenders(metadata_fields(metadata, "definitions"), experiment)
        return _run(metadata, tensors, experiment, contenders)
    except (FileFormatError, SettingError) as error:
        raise FileFormatError(f"{path} is damaged: {error}") from error


def _read(path: Path) -> tuple[dict[str, str], Tensors]:
    with open_checkpoint(path) as (metadata, file):
        names = list(file.keys())
        for name in names:
            kind = file.get_slice(name).get_dtype()
            if kind not in _TYPES:
                raise FileFormatError(f"{path} is damaged: the tensor {one_line(name)} has the type {kind}")
        return metadata, {name: file.get_tensor(name) for name in names}


def _experiment(metadata: Mapping[str, str]) -> Experiment:
    experiment = experiment_from_table(metadata_fields(metadata, "experiment").raw())
    check(experiment)
    return experiment


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
        id=metadata_run_id(metadata),
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


def _data(table: Fields, tensors: Tensors, experiment: Experiment) -> RunData:
    header = read_header(table.table("model"))
    fitted = {name.removeprefix(FEATURES): one for name, one in tensors.items() if name.startswith(FEATURES)}
    features = FittedFeatures.from_arrays(header.feature_settings, header.sample_rate_hz, fitted)
    measured = {name.removeprefix(REFERENCE): one for name, one in tensors.items() if name.startswith(REFERENCE)}
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
    parts = read_parts(table.table("validation")) if "validation" in table else ((), False, "test set")
    validation = Validation(n_folds, counts.astype(np.intp), *parts)
    n_clips = sum(part.n_clips for part in validation.parts) or data.n_train + data.n_test
    if (counts < 0).any() or counts.sum() != n_clips:
        raise FileFormatError(f"the tensor {name}.validation does not count the {n_clips} clips")
    return dataclasses.replace(outcome, validation=validation)

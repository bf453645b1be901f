"""Checkpoints: a whole run in one safetensors file, which can be shown or continued.

The file contains the experiment, every contender's weights, moments and history, the confusion matrices, the class
names, the fitted features and the identity of the clips, but not the feature vectors. Checkpoints of format version 1
contain only the experiment, the networks and the histories.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.race import ContenderState, Outcome
from mlpsvd.experiments.runs.checkpoint_history import history_arrays, history_table
from mlpsvd.experiments.runs.checkpoint_network import trainer_arrays, trainer_table
from mlpsvd.experiments.runs.contender_table import are_defined, contenders_table
from mlpsvd.experiments.runs.run_contents import RunContents
from mlpsvd.experiments.runs.run_data import RunData
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.experiments.runs.validation_tables import parts_table
from mlpsvd.files import require_plain, write_atomically
from mlpsvd.json_fields import Fields, parse_fields
from mlpsvd.models.model_header import write_header
from mlpsvd.settings import to_table
from mlpsvd.text import one_line

__all__ = [
    "CHECKPOINT",
    "checkpoint_id",
    "metadata_fields",
    "open_checkpoint",
    "save_checkpoint",
]

CHECKPOINT = "checkpoint.safetensors"
"""File name of the checkpoint in a run folder."""

_KIND = "mlpsvd checkpoint"
VERSION = 3
VERSION_OF_DEFAULTS = 2
"""Written if the experiment alone defines the contenders; version 3 adds their definitions."""

_MOST_BYTES = 8 * 10**9
FEATURES, REFERENCE = "features.", "reference."


def save_checkpoint(path: Path, run: RunContents) -> None:
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
        f"{FEATURES}{name}": array for name, array in model.features.to_arrays().items()
    }
    if run.data.reference is not None:
        tensors |= {f"{REFERENCE}{name}": array for name, array in run.data.reference.to_arrays().items()}
    for name, state in run.states.items():
        tensors |= _contender_arrays(name, state, run.outcomes.get(name))
    is_defined = are_defined(run.contenders, run.experiment)
    metadata = {
        "kind": _KIND,
        "format_version": str(VERSION_OF_DEFAULTS if is_defined else VERSION),
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


def checkpoint_id(path: Path) -> str:
    """Return the identity of the run in a checkpoint, without reading its arrays; empty in format version 1.

    Raises
    ------
    FileFormatError
        If the file is missing, damaged or not a checkpoint.
    """
    with open_checkpoint(path) as (metadata, _):
        return metadata_run_id(metadata) if metadata.get("format_version") != "1" else ""


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
        **({} if outcome is None or outcome.validation is None else {"validation": parts_table(outcome.validation)}),
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


def metadata_run_id(metadata: Mapping[str, str]) -> str:
    """Return the identity of the run in a checkpoint's metadata.

    Raises
    ------
    FileFormatError
        If it is missing or damaged.
    """
    run_id = metadata.get("run_id", "")
    if not run_id or len(run_id) > 64 or not run_id.isalnum():
        raise FileFormatError("its entry run_id is missing or impossible")
    return run_id

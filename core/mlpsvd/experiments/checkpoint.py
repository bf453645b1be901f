"""Checkpoints: a race written to disk so that it can go on after the program, or the machine, has stopped.

One safetensors file holds the experiment, every contender's weights and moments, and both histories. The data set is
not in it: it follows from the experiment.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.engines.optimiser import OptimiserState
from mlpsvd.errors import FileFormatError, SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.race import ContenderState
from mlpsvd.files import write_atomically
from mlpsvd.network.spec import LayerSpec, NetworkSpec
from mlpsvd.settings import check, from_table, to_table
from mlpsvd.training.events import Discard, EpochEvent, Snapshot
from mlpsvd.training.trainer import TrainerState

__all__ = ["CHECKPOINT", "load_checkpoint", "save_checkpoint"]

CHECKPOINT = "checkpoint.safetensors"
"""Its name in the folder of a run."""

_KIND = "mlpsvd checkpoint"
_VERSION = 1
_SCALARS = ("epoch", "n_epochs", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "n_weights", "flops",
            "train_s")  # fmt: skip


def save_checkpoint(path: Path, experiment: Experiment, states: Mapping[str, ContenderState]) -> None:
    """Write where a race stands, in one step.

    Parameters
    ----------
    path
        File to write or to replace.
    experiment
        What is being trained.
    states
        :meth:`mlpsvd.experiments.race.Race.states` between two events.

    Raises
    ------
    OSError
        If the file cannot be written; an older one stays as it was.
    """
    from safetensors.numpy import save

    tensors: dict[str, NDArray[Any]] = {}
    described = {}
    for contender, state in states.items():
        trainer = state.trainer
        tensors[f"{contender}.theta"] = np.array(trainer.network.theta)
        tensors[f"{contender}.first"] = np.array(trainer.optimiser.first)
        tensors[f"{contender}.second"] = np.array(trainer.optimiser.second)
        for event in state.history:
            for layer, values in enumerate(event.singular_values):
                tensors[f"{contender}.singular_values.{event.epoch}.{layer}"] = np.array(values)
        described[contender] = {
            "epoch": trainer.epoch,
            "attempt": state.attempt,
            "steps": trainer.optimiser.steps,
            "spec": dataclasses.asdict(trainer.network.spec),
            "history": [_event_table(event) for event in state.history],
        }
    metadata = {
        "kind": _KIND,
        "format_version": str(_VERSION),
        "experiment": json.dumps(to_table(experiment)),
        "contenders": json.dumps(described),
    }
    write_atomically(path, save(tensors, metadata))


def load_checkpoint(path: Path) -> tuple[Experiment, dict[str, ContenderState]]:
    """Read what :func:`save_checkpoint` wrote.

    Of the events only the last has its snapshot; everything else is as it was, to the last bit.

    Raises
    ------
    FileFormatError
        If the file is absent, damaged, no checkpoint, or from a newer version.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 — not a mapping
    except (OSError, SafetensorError) as error:
        raise FileFormatError(f"{path} cannot be read as a checkpoint ({error})") from error
    if metadata.get("kind") != _KIND:
        raise FileFormatError(f"{path} is no checkpoint of this program")
    if metadata.get("format_version") != str(_VERSION):
        found = metadata.get("format_version")
        raise FileFormatError(f"{path} has format version {found}; this program reads version {_VERSION}")
    try:
        experiment = from_table(Experiment, json.loads(metadata["experiment"]))
        check(experiment)
        contenders = json.loads(metadata["contenders"])
        states = {name: _contender_state(name, table, tensors) for name, table in contenders.items()}
    except (AttributeError, KeyError, TypeError, ValueError, SettingError) as error:
        raise FileFormatError(f"{path} is damaged ({error})") from error
    return experiment, states


def _contender_state(name: str, table: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> ContenderState:
    spec = NetworkSpec(tuple(LayerSpec(**layer) for layer in table["spec"]["layers"]), table["spec"]["loss"])
    vectors = [tensors[f"{name}.{part}"] for part in ("theta", "first", "second")]
    if any(vector.shape != (spec.n_parameters,) for vector in vectors) or len(table["steps"]) != len(spec.layers):
        raise ValueError(f"{name} does not have the {spec.n_parameters} parameters of its {len(spec.layers)} layers")
    theta, first, second = vectors
    theta.flags.writeable = False
    optimiser = OptimiserState(first, second, list(table["steps"]))
    snapshot = Snapshot(spec, theta)
    history = [_event(name, event, tensors) for event in table["history"]]
    if history:
        history[-1] = dataclasses.replace(history[-1], snapshot=snapshot)
    return ContenderState(
        TrainerState(table["epoch"], snapshot, optimiser), tuple(history), int(table.get("attempt", 0))
    )


def _event_table(event: EpochEvent) -> dict[str, Any]:
    table: dict[str, Any] = {name: getattr(event, name) for name in _SCALARS}
    table["ranks"], table["kinds"] = event.ranks, event.kinds
    table["discarded"] = [dataclasses.asdict(one) for one in event.discarded]
    return table


def _event(name: str, table: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> EpochEvent:
    prefix = f"{name}.singular_values.{table['epoch']}"
    return EpochEvent(
        singular_values=tuple(tensors[f"{prefix}.{layer}"] for layer in range(len(table["ranks"]))),
        ranks=tuple(table["ranks"]),
        kinds=tuple(table["kinds"]),
        discarded=tuple(Discard(**one) for one in table["discarded"]),
        **{scalar: table[scalar] for scalar in _SCALARS},
    )

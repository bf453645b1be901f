"""Networks of earlier epochs in a run folder, for analyses of any epoch."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.runs.checkpoint_history import tensor
from mlpsvd.files import require_plain, write_atomically
from mlpsvd.json_fields import Fields, parse_fields
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.text import one_line
from mlpsvd.training.events import EpochEvent, Snapshot

__all__ = ["networks_name", "read_networks", "write_networks"]

_KIND = "mlpsvd-networks"
_VERSION = "1"
_MOST_BYTES = 2**28


def networks_name(contender: str) -> str:
    """Return the name of the file with a contender's networks."""
    return f"networks-{contender}.safetensors"


def write_networks(path: Path, run_id: str, history: Sequence[EpochEvent]) -> None:
    """Write the parameters of all epochs whose network is in the history.

    The tensor ``theta`` contains the parameters of all epochs, concatenated; ``epochs`` lists the epochs. The shapes
    follow from the ranks and kinds in the history.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    from safetensors.numpy import save

    kept = [(one.epoch, one.snapshot.theta) for one in history if one.snapshot is not None]
    tensors = {
        "epochs": np.array([epoch for epoch, _ in kept], np.int64),
        "theta": np.concatenate([theta for _, theta in kept]) if kept else np.zeros(0, np.float32),
    }
    metadata = {"kind": _KIND, "format_version": _VERSION, "run": json.dumps({"run_id": run_id})}
    write_atomically(path, save(tensors, metadata))


def read_networks(path: Path, run_id: str, history: Sequence[EpochEvent], last: NetworkSpec) -> list[EpochEvent]:
    """Return a history with the networks of a file.

    Parameters
    ----------
    path
        A file of :func:`write_networks`.
    run_id
        Identity of the run that the history belongs to.
    history
        The events, epoch 0 first.
    last
        Shapes of the network at the last event.

    Raises
    ------
    FileFormatError
        If the file is damaged, of a newer version, or of another run.
    OSError
        If it cannot be read.
    """
    epochs, theta = _read(path, run_id)
    with_networks = list(history)
    start = 0
    for epoch in epochs.tolist():
        if not 0 <= epoch < len(history):
            raise FileFormatError(f"{path} is damaged: it holds epoch {epoch} of a run of {len(history) - 1} epochs")
        event = history[epoch]
        spec = _spec_at(event, last)
        vector = theta[start : start + spec.n_parameters]
        start += spec.n_parameters
        if len(vector) == spec.n_parameters and event.snapshot is None:
            with_networks[epoch] = dataclasses.replace(event, snapshot=Snapshot(spec, vector))
    if start != len(theta):
        raise FileFormatError(f"{path} is damaged: it holds {len(theta)} parameters; it should hold {start}")
    return with_networks


def _read(path: Path, run_id: str) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
    from safetensors import SafetensorError, safe_open

    require_plain(path, _MOST_BYTES)
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in _expected(path, file.keys())}
    except SafetensorError as error:
        raise FileFormatError(f"{path} is damaged: {one_line(str(error))}") from error
    if metadata.get("kind") != _KIND or metadata.get("format_version") != _VERSION:
        raise FileFormatError(f"{path} is not a file of networks that this program reads (version {_VERSION})")
    run: Fields = parse_fields(metadata.get("run", ""))
    if run.text("run_id") != run_id:
        raise FileFormatError(f"{path} belongs to another run")
    epochs, theta = tensors["epochs"], tensors["theta"]
    tensor(tensors, "epochs", (epochs.size,), "i")
    tensor(tensors, "theta", (theta.size,), "f")
    if not np.isfinite(theta).all():
        raise FileFormatError(f"{path} is damaged: it holds values that are not finite")
    theta.flags.writeable = False
    return epochs, theta


def _expected(path: Path, names: Iterable[str]) -> tuple[str, str]:
    if set(names) != {"epochs", "theta"}:
        raise FileFormatError(f"{path} is damaged: it should hold the tensors epochs and theta")
    return "epochs", "theta"


def _spec_at(event: EpochEvent, last: NetworkSpec) -> NetworkSpec:
    layers = (
        dataclasses.replace(layer, kind=kind, rank=rank)
        for layer, kind, rank in zip(last.layers, event.kinds, event.ranks, strict=True)
    )
    return NetworkSpec(tuple(layers), last.loss)

"""History of a contender as arrays and a table, for checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import FileFormatError
from mlpsvd.json_fields import Fields
from mlpsvd.network.layers import family_names
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.training.events import Discard, EpochEvent

__all__ = ["Tensors", "history_arrays", "history_table", "read_history", "tensor"]

Tensors = Mapping[str, NDArray[Any]]

_MEASURES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "train_s")
_COUNTS = ("n_weights", "flops")
_ACCURACIES = [1, 3]


def history_arrays(history: Sequence[EpochEvent]) -> dict[str, NDArray[Any]]:
    """Return the numbers of a history, which has at least one event, as named arrays.

    Returns
    -------
    dict
        ``measures`` [shape=(n_events, 5)]: train_loss, train_accuracy, test_loss, test_accuracy, train_s.
        ``counts`` [shape=(n_events, 2)]: n_weights, flops. ``ranks`` and ``n_singular_values``
        [shape=(n_events, n_layers)]. ``singular_values.0`` …: those of one layer, concatenated over the epochs.
    """
    n_layers = len(history[0].ranks)
    arrays: dict[str, NDArray[Any]] = {
        "measures": np.array([[getattr(one, name) for name in _MEASURES] for one in history], np.float64),
        "counts": np.array([[getattr(one, name) for name in _COUNTS] for one in history], np.int64),
        "ranks": np.array([one.ranks for one in history], np.int32),
        "n_singular_values": np.array([[len(values) for values in one.singular_values] for one in history], np.int32),
    }
    for layer in range(n_layers):
        arrays[f"singular_values.{layer}"] = np.concatenate([one.singular_values[layer] for one in history])
    return arrays


def history_table(history: Sequence[EpochEvent]) -> dict[str, Any]:
    """Return the rare changes in a history, for JSON: kinds from an event on, and values discarded at an event."""
    kinds: list[tuple[int, tuple[str, ...]]] = []
    for index, one in enumerate(history):
        if not kinds or one.kinds != kinds[-1][1]:
            kinds.append((index, one.kinds))
    return {
        "kinds": [[index, *names] for index, names in kinds],
        "discarded": [
            [index, discard.layer, discard.rank_before, discard.rank_after]
            for index, one in enumerate(history)
            for discard in one.discarded
        ],
    }


def read_history(prefix: str, table: Fields, tensors: Tensors, spec: NetworkSpec, n_epochs: int) -> list[EpochEvent]:
    """Return the history from the arrays and the table of the two functions above.

    Parameters
    ----------
    prefix
        Prefix of the names of the arrays.
    table, tensors
        JSON and arrays of the file.
    spec
        The network at the last event.
    n_epochs
        Number of epochs of the whole run.

    Raises
    ------
    FileFormatError
        If data are missing or inconsistent.
    """
    n_events, n_layers = table.integer("epoch", high=n_epochs) + 1, len(spec.layers)
    measures = tensor(tensors, f"{prefix}measures", (n_events, len(_MEASURES)), "f")
    counts = tensor(tensors, f"{prefix}counts", (n_events, len(_COUNTS)), "i")
    ranks = tensor(tensors, f"{prefix}ranks", (n_events, n_layers), "i")
    accuracies = measures[:, _ACCURACIES]
    if (counts < 0).any() or not ((accuracies >= 0.0) & (accuracies <= 1.0)).all():
        raise FileFormatError(f"{prefix}counts or {prefix}measures hold impossible values")
    if (ranks < 1).any() or tuple(ranks[-1].tolist()) != tuple(layer.rank for layer in spec.layers):
        raise FileFormatError(f"{prefix}ranks does not end with the ranks of the network")
    values = _singular_values(prefix, tensors, n_events, n_layers)
    kinds, discarded = _kinds(table, n_events, n_layers), _discarded(table, n_events, n_layers)
    return [
        EpochEvent(
            epoch=index,
            n_epochs=n_epochs,
            train_loss=one[0],
            train_accuracy=one[1],
            test_loss=one[2],
            test_accuracy=one[3],
            train_s=one[4],
            n_weights=n_weights,
            flops=flops,
            ranks=tuple(ranks[index].tolist()),
            kinds=kinds[index],
            singular_values=tuple(layer[index] for layer in values),
            discarded=discarded.get(index, ()),
        )
        for index, (one, (n_weights, flops)) in enumerate(zip(measures.tolist(), counts.tolist(), strict=True))
    ]


def tensor(tensors: Tensors, name: str, shape: tuple[int, ...], kind: str) -> NDArray[Any]:
    """Return an array of a file, checked.

    Parameters
    ----------
    tensors
        The arrays of the file.
    name
        Name of the array.
    shape
        The required shape.
    kind
        The required type: ``f`` for floating point, ``i`` for integers.

    Raises
    ------
    FileFormatError
        If the array is missing or has another shape or type.
    """
    found = tensors.get(name)
    if found is None:
        raise FileFormatError(f"the tensor {name} is missing")
    if found.shape != shape or found.dtype.kind != kind:
        raise FileFormatError(f"the tensor {name} has the shape {found.shape} and type {found.dtype}; it should have "
                              f"the shape {shape}")  # fmt: skip
    return found


def _singular_values(prefix: str, tensors: Tensors, n_events: int, n_layers: int) -> list[list[NDArray[np.floating]]]:
    numbers = tensor(tensors, f"{prefix}n_singular_values", (n_events, n_layers), "i")
    if (numbers < 1).any():
        raise FileFormatError(f"{prefix}n_singular_values holds {numbers.min()}; all should be at least 1")
    by_layer = []
    for layer in range(n_layers):
        ends = list(accumulate(numbers[:, layer].tolist()))
        values = tensor(tensors, f"{prefix}singular_values.{layer}", (ends[-1],), "f")
        values.flags.writeable = False
        by_layer.append([values[start:stop] for start, stop in zip([0, *ends], ends, strict=False)])
    return by_layer


def _kinds(table: Fields, n_events: int, n_layers: int) -> list[tuple[str, ...]]:
    changes: dict[int, tuple[str, ...]] = {}
    for number, entry in enumerate(table.entries("kinds")):
        is_fit = isinstance(entry, list) and len(entry) == n_layers + 1 and type(entry[0]) is int
        if not is_fit or entry[0] in changes or not all(name in family_names() for name in map(str, entry[1:])):
            raise FileFormatError(f"{table.where}kinds[{number}] should be an event and the kinds of {n_layers} layers")
        changes[entry[0]] = tuple(map(str, entry[1:]))
    if 0 not in changes:
        raise FileFormatError(f"{table.where}kinds should begin with event 0")
    kinds: list[tuple[str, ...]] = []
    for index in range(n_events):
        kinds.append(changes.get(index, kinds[-1] if kinds else ()))
    return kinds


def _discarded(table: Fields, n_events: int, n_layers: int) -> dict[int, tuple[Discard, ...]]:
    discarded: dict[int, tuple[Discard, ...]] = {}
    for number, entry in enumerate(table.entries("discarded")):
        if not isinstance(entry, list) or len(entry) != 4 or not all(type(one) is int for one in entry):
            raise FileFormatError(f"{table.where}discarded[{number}] should be four whole numbers")
        event, layer, before, after = entry
        if not (0 <= event < n_events and 0 <= layer < n_layers and 0 < after <= before < 2**31):
            raise FileFormatError(f"{table.where}discarded[{number}] names an impossible epoch, layer or rank")
        discarded[event] = (*discarded.get(event, ()), Discard(layer, before, after))
    return discarded

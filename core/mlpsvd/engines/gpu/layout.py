"""Tables that describe networks and their parameters to the GPU kernels.

Columns and codes have the same order as the enumerations in ``many_networks.cu``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, auto

import numpy as np
from numpy.typing import NDArray

from mlpsvd.engines.capabilities import Capabilities
from mlpsvd.engines.names import Optimiser
from mlpsvd.errors import DeviceError, NetworkError
from mlpsvd.network.checks import check_spec
from mlpsvd.network.spec import NetworkSpec

__all__ = ["CAPABILITIES", "LayerColumn", "NetworkColumn", "Rows", "Tables", "lay_out"]

# Indices inside a network have 32 bits in the kernels.
_INDEX_LIMIT = 2**31 - 1


class NetworkColumn(IntEnum):
    """Columns of the table of networks."""

    LAYER_ROWS = 0
    N_LAYERS = auto()
    PARAMETERS = auto()
    N_PARAMETERS = auto()
    X = auto()
    LABELS = auto()
    N_CLIPS = auto()
    ORDER = auto()
    BATCH_SIZE = auto()
    LOSS = auto()
    OPTIMISER = auto()
    WORK = auto()
    RESULT = auto()
    NEAR_WORK = auto()
    NEAR_THETA = auto()
    NEAR_GRADIENT = auto()
    NEAR_FIRST = auto()
    NEAR_SECOND = auto()


class LayerColumn(IntEnum):
    """Columns of the table of layers."""

    KIND = 0
    N_IN = auto()
    N_OUT = auto()
    RANK = auto()
    ACTIVATION = auto()
    THETA = auto()
    Z = auto()
    DELTA = auto()
    P = auto()
    Q = auto()
    BACK = auto()


_KINDS = ("dense", "svd", "two-factor")
_ACTIVATIONS = ("relu", "sigmoid", "tanh", "softmax")
_LOSSES = ("cross-entropy", "squared error")
_OPTIMISERS = ("sgd", "momentum", "adam")

CAPABILITIES = Capabilities("The fused GPU engine", _KINDS, _ACTIVATIONS, _LOSSES, ("float32", "float64"), _INDEX_LIMIT)

_NEAR = tuple(column for column in NetworkColumn if column.name.startswith("NEAR_"))


@dataclass(frozen=True)
class Rows:
    """The work of one thread block.

    Attributes
    ----------
    spec
        The network.
    x, labels, n_clips
        Offsets of its data set in the feature vectors and in the labels, and number of clips.
    batch_size
        Clips per batch.
    order
        Offset of its shuffled orders.
    optimiser
        ``sgd``, ``momentum`` or ``adam``.
    """

    spec: NetworkSpec
    x: int
    labels: int
    n_clips: int
    batch_size: int
    order: int = 0
    optimiser: Optimiser = "sgd"


@dataclass(frozen=True)
class Tables:
    """Memory layout for one launch of a kernel.

    Attributes
    ----------
    networks : np.ndarray [shape=(n_networks, len(NetworkColumn)), dtype=int64]
    layers : np.ndarray [shape=(n_layers of all networks, len(LayerColumn)), dtype=int64]
    n_parameters, n_work, n_results
        Lengths of the vector of all parameters, of the workspace in global memory, and of the estimates.
    n_shared
        Numbers in the shared memory of a block.
    """

    networks: NDArray[np.int64]
    layers: NDArray[np.int64]
    n_parameters: int
    n_work: int
    n_results: int
    n_shared: int


def lay_out(blocks: Sequence[Rows], room: int, *, train: bool = True) -> Tables:
    """Lay out all parameters in one vector, and as much as possible of the frequently used data in shared memory.

    Parameters
    ----------
    blocks
        One entry per thread block.
    room
        Numbers that fit into a block's shared memory.
    train
        Whether gradients and moments are needed.

    Raises
    ------
    DeviceError
        If a network with its batch is too large for one thread block.
    NetworkError
        If the layers of a network do not match.
    """
    networks = np.full((len(blocks), len(NetworkColumn)), -1, np.int64)
    layers: list[NDArray[np.int64]] = []
    parameters = work = results = shared = 0
    for row, block in zip(networks, blocks, strict=True):
        check_spec(block.spec)
        if not (support := CAPABILITIES.supports(block.spec, "float32")):
            raise NetworkError(support.reason)
        table, n_work = _layer_rows(block)
        row[: NetworkColumn.NEAR_WORK] = (
            *(len(layers), len(table), parameters, block.spec.n_parameters),
            *(block.x, block.labels, block.n_clips, block.order, block.batch_size),
            *(_LOSSES.index(block.spec.loss), _OPTIMISERS.index(block.optimiser), work, results),
        )
        shared = max(shared, _near(row, n_work, room, train=train))
        work += n_work if row[NetworkColumn.NEAR_WORK] < 0 else 0
        layers += table
        parameters += block.spec.n_parameters
        results += block.n_clips
    return Tables(networks, np.array(layers), parameters, work, results, shared)


def _near(row: NDArray[np.int64], n_work: int, room: int, *, train: bool) -> int:
    """Place the workspace, then parameters, gradient and moments in shared memory; return the end of what is used.

    In each batch, a number of the workspace is read many times, a parameter several times, a moment once.
    """
    end = 0
    n_parameters = int(row[NetworkColumn.N_PARAMETERS])
    for column in _NEAR if train else _NEAR[:2]:
        size = n_work if column is NetworkColumn.NEAR_WORK else n_parameters
        if end + size <= room:
            row[column] = end
            end += size
    return end


def _layer_rows(block: Rows) -> tuple[list[NDArray[np.int64]], int]:
    """Return the rows of a network's layers, and the length of its workspace.

    The workspace starts with two numbers per layer and one per clip, followed by the inputs of a batch. Rows of batches
    have an odd length, so that the same column of adjacent clips is in different banks of shared memory.
    """
    spec, n = block.spec, min(block.batch_size, block.n_clips)
    end = 2 * len(spec.layers) + block.batch_size + n * _odd(spec.n_in)
    rows = []
    for layer, offset in zip(spec.layers, spec.offsets, strict=False):
        codes = (_KINDS.index(layer.kind), layer.n_in, layer.n_out, layer.rank, _ACTIVATIONS.index(layer.activation))
        row = np.zeros(len(LayerColumn), np.int64)
        row[: LayerColumn.Z] = (*codes, offset)
        widths = [layer.n_out] * 2 + [layer.rank] * 3
        for column, width in zip(list(LayerColumn)[LayerColumn.Z :], widths, strict=True):
            row[column] = end
            if layer.is_factored or column < LayerColumn.P:
                end += n * _odd(width)
        rows.append(row)
    if max(end, spec.n_parameters) > _INDEX_LIMIT:
        raise DeviceError(
            f"A network of {spec.n_parameters} parameters with batches of {block.batch_size} clips is too large for "
            "one thread block of a GPU; smaller batches would help"
        )
    return rows, end


def _odd(width: int) -> int:
    return width | 1

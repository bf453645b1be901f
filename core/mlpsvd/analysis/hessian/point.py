"""All that a forward and a backward pass leave at one point of parameter space, in float64."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import to_host
from mlpsvd.errors import NetworkError
from mlpsvd.network.activations import activate, backward
from mlpsvd.network.layers import LayerPass
from mlpsvd.network.losses import output_delta
from mlpsvd.network.network import Network

__all__ = ["Point", "double", "point", "points"]

Array = NDArray[np.floating]

_ROWS = 2048  # feature vectors at a time


@dataclass(frozen=True, eq=False)
class Point:
    """The passes over some clips; every list has one entry a layer, input side first.

    Attributes
    ----------
    passes
        What the forward pass of each layer keeps.
    inputs, outputs : list of np.ndarray [shape=(n_clips, n_neurons)]
        z(k−1) and z(k).
    backs : list of np.ndarray [shape=(n_clips, n_out)]
        Loss gradient with respect to z(k); of the output layer it is zero, as it is not needed.
    deltas : list of np.ndarray [shape=(n_clips, n_out)]
        Loss gradient with respect to y(k), equations (18) and (19): v(k). Of each clip's own loss.
    targets : np.ndarray [shape=(n_clips, n_classes)]
    """

    passes: list[LayerPass]
    inputs: list[Array]
    outputs: list[Array]
    backs: list[Array]
    deltas: list[Array]
    targets: Array


def double(network: Network) -> Network:
    """Return a copy of a network in float64, on the host."""
    return Network(network.spec, np.array(to_host(network.theta), dtype=np.float64))


def points(network: Network, x: NDArray[np.floating], targets: NDArray[np.floating]) -> Iterator[Point]:
    """Yield the passes over a set, some rows at a time.

    Parameters
    ----------
    network
        From :func:`double`.
    x : np.ndarray [shape=(n_clips, n_features)]
        Feature vectors.
    targets : np.ndarray [shape=(n_clips, n_classes)]
        Target outputs, one clip a row.

    Raises
    ------
    NetworkError
        If there is no clip, or a shape does not fit the network.
    """
    spec = network.spec
    if not len(x) or x.shape != (len(x), spec.n_in) or targets.shape != (len(x), spec.n_out):
        raise NetworkError(
            f"feature vectors and targets have the shapes {x.shape} and {targets.shape}; they should be "
            f"(clips, {spec.n_in}) and (clips, {spec.n_out}) with at least one clip"
        )
    for start in range(0, len(x), _ROWS):
        some = slice(start, start + _ROWS)
        yield point(network, np.asarray(x[some], np.float64), np.asarray(targets[some], np.float64))


def point(network: Network, x: Array, targets: Array) -> Point:
    """Return the passes over some clips, in the precision of network and vectors."""
    layers = network.spec.layers
    passes, inputs, outputs = [], [x], []
    for index, layer in enumerate(layers):
        y, layer_pass = layer.family.forward(network.parameters(index), inputs[-1])
        passes.append(layer_pass)
        outputs.append(activate(layer.activation, y))
        inputs.append(outputs[-1])
    deltas = [output_delta(network.spec.loss, layers[-1].activation, outputs[-1], targets)]
    backs = [np.zeros_like(deltas[0])]
    for index in reversed(range(1, len(layers))):
        backs.append(layers[index].family.backward_input(network.parameters(index), deltas[-1]))
        deltas.append(backward(layers[index - 1].activation, outputs[index - 1], backs[-1]))
    return Point(passes, inputs[:-1], outputs, backs[::-1], deltas[::-1], targets)

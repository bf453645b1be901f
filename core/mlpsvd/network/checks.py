"""Checks of a network before it is computed: layers, parameters and optimiser moments.

Compiled kernels and GPU code do not check bounds. Networks from model files, checkpoints and run folders are therefore
checked when they are read, and engines check every new network again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import NetworkError
from mlpsvd.network.layers import family_names
from mlpsvd.network.settings import LOSSES, OUTPUTS
from mlpsvd.network.spec import LayerSpec, NetworkSpec
from mlpsvd.text import quoted

__all__ = ["MOST_LAYERS", "MOST_PARAMETERS", "MOST_WIDTH", "check_network", "check_spec", "check_steps", "check_vector"]

MOST_LAYERS = 64
MOST_WIDTH = 2**22
"""Inputs or outputs of one layer: the longest feature vector that the settings allow has 2,097,216 entries."""

MOST_PARAMETERS = 2**28
"""1 GiB in float32; training needs more than three times as much."""

_MOST_STEPS = 2**53

Array = NDArray[np.floating]


def check_network(spec: NetworkSpec, theta: Array) -> None:
    """Check that a network is valid: :func:`check_spec` and :func:`check_vector`.

    Parameters
    ----------
    spec
        Layers and loss.
    theta : np.ndarray or cupy.ndarray [shape=(spec.n_parameters,)]
        Parameters.

    Raises
    ------
    NetworkError
        The message names the layer or vector, the value found, and the value expected.
    """
    check_spec(spec)
    check_vector(spec, theta, "the parameter vector")


def check_spec(spec: NetworkSpec) -> None:
    """Check kinds, sizes and ranks of all layers, that the sizes of adjacent layers match, and the loss.

    Raises
    ------
    NetworkError
        As :func:`check_network`.
    """
    if not 1 <= len(spec.layers) <= MOST_LAYERS:
        raise NetworkError(f"the network has {len(spec.layers)} layers; it should have 1 to {MOST_LAYERS}")
    for index, layer in enumerate(spec.layers):
        _check_layer(f"layer{index}", layer)
    for index, (one, following) in enumerate(pairwise(spec.layers)):
        if one.n_out != following.n_in:
            raise NetworkError(
                f"layer{index + 1} takes {following.n_in} inputs; it should take the {one.n_out} of layer{index}"
            )
    if spec.n_parameters > MOST_PARAMETERS:
        raise NetworkError(f"the network has {spec.n_parameters:,} parameters; at most {MOST_PARAMETERS:,} are allowed")
    _check_choice("the loss", spec.loss, LOSSES)
    output = spec.layers[-1].activation
    if spec.loss == "cross-entropy" and output not in ("softmax", "sigmoid"):
        raise NetworkError(f"the output activation is {output}; cross-entropy needs softmax or sigmoid")


def check_vector(spec: NetworkSpec, vector: Array, name: str) -> None:
    """Check length and type (float32 or float64) of a vector of parameters or moments.

    Parameters
    ----------
    spec
        A checked network.
    vector : np.ndarray or cupy.ndarray [shape=(spec.n_parameters,)]
        The vector. Values that are not finite are accepted; training reports them.
    name
        Name in messages, e.g. ``the parameter vector``.

    Raises
    ------
    NetworkError
        As :func:`check_network`.
    """
    if vector.shape != (spec.n_parameters,):
        raise NetworkError(f"{name} has the shape {tuple(vector.shape)}; it should be ({spec.n_parameters},)")
    if vector.dtype not in (np.float32, np.float64):
        raise NetworkError(f"{name} has the type {vector.dtype}; it should be float32 or float64")


def check_steps(spec: NetworkSpec, steps: Sequence[int]) -> None:
    """Check the number of updates that each layer's moments have seen: one for each layer, not negative.

    Raises
    ------
    NetworkError
        As :func:`check_network`.
    """
    if len(steps) != len(spec.layers):
        raise NetworkError(f"there are {len(steps)} counts of updates; there should be {len(spec.layers)}, one a layer")
    for index, count in enumerate(steps):
        if type(count) is not int or not 0 <= count <= _MOST_STEPS:
            raise NetworkError(f"layer{index} has seen {quoted(count)} updates; it should be a whole number from 0")


def _check_layer(name: str, layer: LayerSpec) -> None:
    _check_choice(f"the kind of {name}", layer.kind, family_names())
    _check_choice(f"the activation of {name}", layer.activation, OUTPUTS)
    for what, size in (("n_in", layer.n_in), ("n_out", layer.n_out), ("rank", layer.rank)):
        if type(size) is not int or not 1 <= size <= MOST_WIDTH:
            raise NetworkError(
                f"{what} of {name} is {quoted(size)}; it should be a whole number from 1 to {MOST_WIDTH}"
            )
    if layer.window is not None and not layer.family.slides:
        raise NetworkError(f"{name} is of kind {layer.kind!r} and has a window; it should have none")
    layer.family.check(name, layer)


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise NetworkError(f"{name} is {quoted(value)}; it should be one of {', '.join(choices)}")

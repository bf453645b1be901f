"""Inputs of one layer of a network, and the network from that layer to the output."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import NetworkError, SettingError
from mlpsvd.network.activations import activate
from mlpsvd.network.network import Network
from mlpsvd.network.spec import NetworkSpec

__all__ = ["layer_inputs", "network_from", "require_layer", "require_whole"]


def require_layer(spec: NetworkSpec, layer: int) -> None:
    """Raise SettingError if a network has no layer of this index."""
    n_layers = len(spec.layers)
    if not 0 <= layer < n_layers:
        raise SettingError("layer", layer, f"a whole number from 0 to {n_layers - 1}, input side first")


def require_whole(spec: NetworkSpec, layer: int) -> None:
    """Raise NetworkError if the weight matrix of a layer multiplies windows of its input, not the whole input."""
    require_layer(spec, layer)
    window = spec.layers[layer].window
    if window is not None:
        raise NetworkError(
            f"layer {layer + 1} is a convolution, whose kernels multiply {window.width} inputs at a time; this "
            "analysis needs a weight matrix that multiplies all of them (What it looks at, Rank and Spectra over "
            "training work with it)"
        )


def layer_inputs(network: Network, x: NDArray[np.floating], layer: int) -> NDArray[np.floating]:
    """Return what enters a layer [shape=(n_clips, n_in)] for feature vectors x [shape=(n_clips, n_features)]."""
    require_layer(network.spec, layer)
    z = x.astype(network.theta.dtype, copy=False)
    for index, spec in enumerate(network.spec.layers[:layer]):
        z = activate(spec.activation, spec.family.forward(network.parameters(index), z)[0])
    return z


def network_from(network: Network, layer: int) -> Network:
    """Return the layers from ``layer`` to the output as a network; its parameters are views."""
    require_layer(network.spec, layer)
    spec = NetworkSpec(network.spec.layers[layer:], network.spec.loss)
    return Network(spec, network.theta[network.spec.offsets[layer] :])

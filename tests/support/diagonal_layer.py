"""A layer family that only the tests have: W is diagonal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import to_host
from mlpsvd.errors import NetworkError
from mlpsvd.network.layers import LayerFamily, LayerPass, LayerSpec, Parameters

Array = NDArray[np.floating]


class Diagonal(LayerFamily):
    """Parameters: d and b, both [shape=(n_out,)], of a layer with as many inputs as outputs."""

    name = "diagonal"

    def shapes(self, layer: LayerSpec) -> dict[str, tuple[int, ...]]:
        return {"d": (layer.n_out,), "b": (layer.n_out,)}

    def forward(self, parameters: Parameters, x: Array) -> tuple[Array, LayerPass]:
        return x * parameters["d"] + parameters["b"], (x,)

    def backward(self, parameters: Parameters, layer_pass: LayerPass, delta: Array) -> Parameters:
        (x,) = layer_pass
        return {"d": (delta * x).sum(axis=0), "b": delta.sum(axis=0)}

    def backward_input(self, parameters: Parameters, delta: Array) -> Array:
        return delta * parameters["d"]

    def weight_matrix(self, parameters: Parameters) -> Array:
        return np.diag(parameters["d"])

    def factorise(self, W: Array, rank: int) -> Parameters:
        return {"d": W.diagonal()}

    def singular_values(self, parameters: Parameters) -> NDArray[np.float64]:
        return np.sort(np.abs(to_host(parameters["d"]).astype(np.float64)))[::-1]

    def forward_flops(self, layer: LayerSpec) -> int:
        return layer.n_out

    def backward_flops(self, layer: LayerSpec, *, has_input_gradient: bool) -> int:
        return layer.n_out * (2 if has_input_gradient else 1)

    def check(self, name: str, layer: LayerSpec) -> None:
        if layer.n_in != layer.n_out:
            raise NetworkError(f"{name} has {layer.n_in} inputs; it should have as many as outputs, {layer.n_out}")
        super().check(name, layer)

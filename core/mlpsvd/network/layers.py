"""One layer forwards and backwards, for each of the three kinds.

A batch is a matrix with one clip a row, so the paper's a = W x + b reads A = X Wᵀ + b, and a sum over the batch of
outer products δ xᵀ reads Δᵀ X.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.network.spec import LayerSpec

__all__ = ["LayerPass", "Parameters", "backward", "backward_input", "forward", "weight_matrix"]

Array = NDArray[np.floating]
Parameters = dict[str, Array]


@dataclass(frozen=True)
class LayerPass:
    """What a forward pass leaves for the backward pass.

    Attributes
    ----------
    x : np.ndarray [shape=(n_clips, n_in)]
        Inputs.
    p, q : np.ndarray [shape=(n_clips, rank)], or None
        p = Vᵀ x and q = Σ p, above equation (56); q alone for a two-factor layer, neither for a dense one.
    """

    x: Array
    p: Array | None = None
    q: Array | None = None


def forward(layer: LayerSpec, parameters: Parameters, x: Array) -> tuple[Array, LayerPass]:
    """Return the neuron inputs a, equations (1) and (52), and what the backward pass needs.

    Parameters
    ----------
    layer, parameters
        Kind and sizes, and the matrices by name.
    x : np.ndarray [shape=(n_clips, n_in)]
        One clip a row.

    Returns
    -------
    a : np.ndarray [shape=(n_clips, n_out)]
    layer_pass : LayerPass
    """
    b = parameters["b"]
    if layer.kind == "dense":
        return x @ parameters["W"].T + b, LayerPass(x)
    if layer.kind == "svd":
        p = x @ parameters["Vt"].T
        q = p * parameters["sigma"]
        return q @ parameters["U"].T + b, LayerPass(x, p, q)
    q = x @ parameters["SVt"].T
    return q @ parameters["U"].T + b, LayerPass(x, None, q)


def backward(layer: LayerSpec, parameters: Parameters, layer_pass: LayerPass, delta: Array) -> Parameters:
    """Return the gradients, summed over the batch, by the parameters' names.

    Dense: equations (49) and (50). SVD: (62), (63) and (64) in the matrix form given below (64), with
    ∂L/∂Vᵀ = Σ Uᵀ δ xᵀ. The gradient of Σ is taken on its diagonal, the only part of it that is trained.

    Parameters
    ----------
    layer, parameters, layer_pass
        As of the forward pass.
    delta : np.ndarray [shape=(n_clips, n_out)]
        δ of this layer.
    """
    x, p, q = layer_pass.x, layer_pass.p, layer_pass.q
    if layer.kind == "dense":
        return {"W": delta.T @ x, "b": delta.sum(axis=0)}
    assert q is not None
    back = delta @ parameters["U"]
    gradients = {"U": delta.T @ q, "b": delta.sum(axis=0)}
    if layer.kind == "two-factor":
        return gradients | {"SVt": back.T @ x}
    assert p is not None
    return gradients | {"sigma": (back * p).sum(axis=0), "Vt": (back * parameters["sigma"]).T @ x}


def backward_input(layer: LayerSpec, parameters: Parameters, delta: Array) -> Array:
    """Return Wᵀ δ, the loss gradient with respect to the layer's input: the inner part of equation (48).

    Parameters
    ----------
    delta : np.ndarray [shape=(n_clips, n_out)]

    Returns
    -------
    gradient : np.ndarray [shape=(n_clips, n_in)]
    """
    if layer.kind == "dense":
        return delta @ parameters["W"]
    back = delta @ parameters["U"]
    if layer.kind == "svd":
        return (back * parameters["sigma"]) @ parameters["Vt"]
    return back @ parameters["SVt"]


def weight_matrix(layer: LayerSpec, parameters: Parameters) -> Array:
    """Return W [shape=(n_out, n_in)], multiplied out where the layer is factored: equation (51)."""
    if layer.kind == "dense":
        return parameters["W"]
    if layer.kind == "svd":
        return (parameters["U"] * parameters["sigma"]) @ parameters["Vt"]
    return parameters["U"] @ parameters["SVt"]

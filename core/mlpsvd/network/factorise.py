"""Factorisation of a weight matrix, equations (51) and (52), and truncation to U_D, Σ_D, V_Dᵀ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import namespace
from mlpsvd.network.layers import Parameters, layer_family
from mlpsvd.network.network import Network
from mlpsvd.network.spec import LayerSpec, NetworkSpec

__all__ = ["factorised", "with_layer"]

Array = NDArray[np.floating]


def factorised(layer: LayerSpec, parameters: Parameters, kind: str, rank: int) -> tuple[LayerSpec, Parameters]:
    """Reassemble W and represent it in another family, or in the same one with fewer singular values.

    Parameters
    ----------
    layer, parameters
        The layer, of any kind.
    kind
        Name of the family.
    rank
        Number of largest singular values that a factored family keeps.
    """
    factors = layer_family(kind).factorise(layer.family.weight_matrix(parameters), rank)
    return replace(layer, kind=kind, rank=rank), {**factors, "b": parameters["b"]}


def with_layer(network: Network, index: int, layer: LayerSpec, parameters: Parameters) -> Network:
    """Return a new network, with its own parameter vector, in which one layer is replaced."""
    xp = namespace(network.theta)
    specs = list(network.spec.layers)
    specs[index] = layer
    pieces = []
    for position, spec in enumerate(specs):
        values = parameters if position == index else network.parameters(position)
        pieces += [values[name].ravel() for name in spec.shapes]
    theta = xp.concatenate(pieces).astype(network.theta.dtype, copy=False)
    return Network(NetworkSpec(tuple(specs), network.spec.loss), theta)

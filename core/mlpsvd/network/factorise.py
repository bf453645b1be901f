"""Factorisation of a weight matrix, equations (51) and (52), and truncation to U_D, Σ_D, V_Dᵀ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import namespace, to_host
from mlpsvd.network.layers import Parameters, weight_matrix
from mlpsvd.network.network import Network
from mlpsvd.network.spec import LayerSpec, NetworkSpec

__all__ = ["factorised", "layer_singular_values", "with_layer"]

Array = NDArray[np.floating]


def factorised(layer: LayerSpec, parameters: Parameters, kind: str, rank: int) -> tuple[LayerSpec, Parameters]:
    """Rebuild W, take its singular value decomposition anew and keep the ``rank`` largest values.

    Parameters
    ----------
    layer, parameters
        The layer as it is, of any kind.
    kind
        ``svd`` (U, sigma, Vt) or ``two-factor`` (U, SVt).
    rank
        How many singular values to keep.
    """
    xp = namespace(parameters["b"])
    U, sigma, Vt = xp.linalg.svd(weight_matrix(layer, parameters), full_matrices=False)
    U, sigma, Vt = U[:, :rank], sigma[:rank], Vt[:rank]
    cut = replace(layer, kind=kind, rank=rank)
    if kind == "svd":
        return cut, {"U": U, "sigma": sigma, "Vt": Vt, "b": parameters["b"]}
    return cut, {"U": U, "SVt": sigma[:, None] * Vt, "b": parameters["b"]}


def with_layer(network: Network, index: int, layer: LayerSpec, parameters: Parameters) -> Network:
    """Return a new network, with a vector of its own, in which one layer is another."""
    xp = namespace(network.theta)
    specs = list(network.spec.layers)
    specs[index] = layer
    pieces = []
    for position, spec in enumerate(specs):
        values = parameters if position == index else network.parameters(position)
        pieces += [values[name].ravel() for name in spec.shapes]
    theta = xp.concatenate(pieces).astype(network.theta.dtype, copy=False)
    return Network(NetworkSpec(tuple(specs), network.spec.loss), theta)


def layer_singular_values(layer: LayerSpec, parameters: Parameters) -> NDArray[np.float64]:
    """Return the singular values of W, largest first, on the host.

    Between discarding points the trained factors are no longer an SVD (section III A): their columns are not quite
    orthonormal, and sigma not quite the singular values. Two QR decompositions reduce the product to a rank × rank
    matrix with the same singular values.

    Returns
    -------
    singular_values : np.ndarray [shape=(layer.rank,)]
    """
    host = {name: to_host(value).astype(np.float64) for name, value in parameters.items()}
    if layer.kind == "dense":
        return np.asarray(np.linalg.svd(host["W"], compute_uv=False))
    right = host["sigma"][:, None] * host["Vt"] if layer.kind == "svd" else host["SVt"]
    left, below = (np.asarray(np.linalg.qr(factor, mode="r")) for factor in (host["U"], right.T))
    return np.asarray(np.linalg.svd(left @ below.T, compute_uv=False))

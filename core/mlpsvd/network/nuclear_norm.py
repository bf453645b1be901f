"""The nuclear norm of the weight matrices and its subgradient, for every layer family."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import namespace
from mlpsvd.network.network import Network, parameter_views

__all__ = ["nuclear_norm", "nuclear_norm_gradient"]

Array = NDArray[np.floating]

_ZERO = {4: 1e-6, 8: 1e-13}
"""Singular values below this fraction of the largest count as 0, by bytes of a number."""


def nuclear_norm(network: Network) -> float:
    """Return the sum of the singular values of all penalised weight matrices: all but that of the output layer.

    A network of one layer has only that one, and it is penalised.
    """
    return float(sum(network.singular_values(index).sum() for index in _penalised(network)))


def nuclear_norm_gradient(network: Network) -> Array:
    """Return a subgradient of :func:`nuclear_norm` as one flat vector, laid out as ``theta``.

    That of ‖W‖∗ is U Vᵀ, over the directions whose singular value is not 0 (the element of least norm). Factors get it
    through the product that forms W, so what is penalised is the norm of W and not that of the factors, which can trade
    their scales.
    """
    xp, gradient = namespace(network.theta), namespace(network.theta).zeros_like(network.theta)
    for index in _penalised(network):
        W, family = network.weight_matrix(index), network.spec.layers[index].family.of_rows
        U, s, Vt = xp.linalg.svd(W, full_matrices=False)
        signs = (s > _ZERO[W.dtype.itemsize] * s[0]).astype(W.dtype)
        # A batch of unit vectors with these δ has the gradient Δᵀ X = U Vᵀ with respect to W.
        units, parameters = xp.eye(W.shape[1], dtype=W.dtype), network.parameters(index)
        layer_pass = family.forward(parameters, units)[1]
        parts = family.backward(parameters, layer_pass, ((U * signs) @ Vt).T)
        for name, view in parameter_views(network.spec, gradient, index).items():
            if name != "b":
                view[...] = parts[name]
    return gradient


def _penalised(network: Network) -> range:
    return range(max(1, len(network.spec.layers) - 1))

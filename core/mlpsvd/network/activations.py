"""Activation functions h(·) and their derivatives (Paul and Nelson, equations 2, 12, 14, 26)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import namespace
from mlpsvd.network.settings import Output

__all__ = ["activate", "backward", "backward_tangent"]

Array = NDArray[np.floating]


def activate(kind: Output, a: Array) -> Array:
    """Return z = h(a), equation (2).

    Parameters
    ----------
    kind
        ``relu``, ``sigmoid``, ``tanh`` or ``softmax``.
    a : np.ndarray [shape=(n_clips, n_neurons)]
        Neuron inputs, one clip a row.

    Returns
    -------
    z : np.ndarray [shape=(n_clips, n_neurons)]
        Neuron outputs.
    """
    xp = namespace(a)
    if kind == "relu":
        return xp.maximum(a, 0)
    if kind == "sigmoid":
        # The same function as 1 / (1 + exp(-a)), without overflow for very negative inputs.
        return 0.5 * (1 + xp.tanh(0.5 * a))
    if kind == "tanh":
        return xp.tanh(a)
    # Equation (12); subtracting the largest input of each row does not change the result and prevents overflow.
    exponentials = xp.exp(a - a.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def backward(kind: Output, z: Array, gradient: Array) -> Array:
    """Return Hᵀ g: the loss gradient with respect to a, from that with respect to z.

    H is diagonal with h'(a) for the element-wise functions, equation (26), and full for the softmax, equation (14).
    All derivatives are written in terms of z, so a need not be kept.

    Parameters
    ----------
    kind
        As in :func:`activate`.
    z, gradient : np.ndarray [shape=(n_clips, n_neurons)]
        Outputs of the neurons and loss gradient with respect to them.
    """
    if kind == "relu":
        return gradient * (z > 0)
    if kind == "sigmoid":
        return gradient * (z * (1 - z))
    if kind == "tanh":
        return gradient * (1 - z * z)
    return z * (gradient - (gradient * z).sum(axis=1, keepdims=True))


def backward_tangent(kind: Output, z: Array, gradient: Array, dz: Array, dgradient: Array) -> Array:
    """Return the derivative of :func:`backward` while its arguments move in the directions ``dz`` and ``dgradient``.

    With the element-wise functions and ``dz`` = h'(a), ``dgradient`` = 0 it is g h''(a). The second derivative of the
    ReLU is 0, also at 0, where it has none. All arrays have the same shape.
    """
    if kind == "relu":
        return dgradient * (z > 0)
    if kind == "sigmoid":
        return dgradient * (z * (1 - z)) + gradient * (1 - 2 * z) * dz
    if kind == "tanh":
        return dgradient * (1 - z * z) - 2 * gradient * z * dz
    mean = (gradient * z).sum(axis=1, keepdims=True)
    dmean = (gradient * dz + dgradient * z).sum(axis=1, keepdims=True)
    return dz * (gradient - mean) + z * (dgradient - dmean)

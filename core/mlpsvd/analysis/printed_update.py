"""Kantack's three-layer network: his printed update rule and the true gradient, side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SLOPE", "ThreeLayers", "Update", "printed_update", "true_update"]

_Array = NDArray[np.float64]

SLOPE = 150.0
"""Denominator in the exponent of the threshold function, equation (15)."""


@dataclass(frozen=True)
class ThreeLayers:
    """q = σ(W_h σ(W_a a + b_h) + b_q), equation (16) with the biases in their places.

    Attributes
    ----------
    w_a : np.ndarray [shape=(n_hidden, n_inputs)]
        Weights of the hidden layer.
    b_h : np.ndarray [shape=(n_hidden,)]
        Its biases.
    w_h : np.ndarray [shape=(n_outputs, n_hidden)]
        Weights of the output layer.
    b_q : np.ndarray [shape=(n_outputs,)]
        Its biases.
    slope
        Denominator of the threshold function.
    """

    w_a: _Array
    b_h: _Array
    w_h: _Array
    b_q: _Array
    slope: float = SLOPE

    def forward(self, a: _Array) -> tuple[_Array, _Array]:
        """Return hidden activations h and outputs q of one input a [shape=(n_inputs,)]."""
        h = self._sigmoid(self.w_a @ a + self.b_h)
        return h, self._sigmoid(self.w_h @ h + self.b_q)

    def slope_at(self, activation: _Array) -> _Array:
        """Return σ′ = σ (1 − σ) / 150 from the activations."""
        return activation * (1.0 - activation) / self.slope

    def _sigmoid(self, x: _Array) -> _Array:
        return 0.5 * (1.0 + np.tanh(0.5 * x / self.slope))


@dataclass(frozen=True)
class Update:
    """Error vectors, and the directions d in W ← W − α d.

    Attributes
    ----------
    v_q, v_h
        Error vectors of the output and the hidden layer.
    w_a, w_h, b_h, b_q
        Directions, with the shapes of the parameters.
    """

    v_q: _Array
    v_h: _Array
    w_a: _Array
    w_h: _Array
    b_h: _Array
    b_q: _Array


def true_update(network: ThreeLayers, a: _Array, target: _Array) -> Update:
    """Return the gradient of ‖q − c‖²: v_q = (q − c) ∘ σ′(q̃), v_h = (W_hᵀ v_q) ∘ σ′(h̃), all times 2.

    Parameters
    ----------
    network
        The network.
    a : np.ndarray [shape=(n_inputs,)]
        Input.
    target : np.ndarray [shape=(n_outputs,)]
        Desired output c.
    """
    h, q = network.forward(a)
    v_q = (q - target) * network.slope_at(q)
    v_h = (network.w_h.T @ v_q) * network.slope_at(h)
    return Update(v_q, v_h, 2.0 * np.outer(v_h, a), 2.0 * np.outer(v_q, h), 2.0 * v_h, 2.0 * v_q)


def printed_update(network: ThreeLayers, a: _Array, target: _Array) -> Update:
    """Return the update of equations (19) and (20), without derivatives: v_q = q − c, v_h = W_hᵀ v_q.

    As printed, the outer products have the shapes of no weight matrix (v_h hᵀ, v_q qᵀ). They are read as v_h aᵀ and
    v_q hᵀ, the inputs of the layers. As σ′ is at most 1/600, the printed step in W_h is at least 300 times the
    gradient of ‖q − c‖², and that in W_a has another direction.
    """
    h, q = network.forward(a)
    v_q = q - target
    v_h = network.w_h.T @ v_q
    return Update(v_q, v_h, np.outer(v_h, a), np.outer(v_q, h), v_h, v_q)

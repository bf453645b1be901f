"""Optimisers: one update of the flat parameter vector by gradient descent, momentum or Adam.

They belong to the engines, not to :mod:`mlpsvd.training`, because an engine executes whole epochs including the
updates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import namespace
from mlpsvd.engines.names import Optimiser
from mlpsvd.network.spec import NetworkSpec

__all__ = ["OptimiserRule", "OptimiserState", "fresh_state", "update"]

Array = NDArray[np.floating]


@dataclass(frozen=True)
class OptimiserRule:
    """Kind and constants of an optimiser; constants that the kind does not use are ignored.

    Attributes
    ----------
    kind
        ``sgd``, ``momentum`` or ``adam``.
    learning_rate
        Learning rate η.
    momentum
        Factor of the previous step, 0 to 1.
    beta_1, beta_2, epsilon
        Constants of Adam, as named by Kingma and Ba (2015).
    nuclear_norm
        Factor of the nuclear-norm penalty, whose subgradient is added to the gradient; only the reference engine does.
    frozen_layers
        Number of layers, from the input on, whose gradient is set to zero; only the reference engine does.
    class_weights
        Weight of each class in the loss; empty for equal weights. Only the reference engine applies them.
    """

    kind: Optimiser
    learning_rate: float
    momentum: float
    beta_1: float
    beta_2: float
    epsilon: float
    nuclear_norm: float = 0.0
    frozen_layers: int = 0
    class_weights: tuple[float, ...] = ()

    @property
    def needs_reference(self) -> tuple[str, ...]:
        """What only the reference engine computes, as words of a sentence; empty if every engine does it all."""
        needs = {
            "the nuclear-norm penalty": self.nuclear_norm > 0,
            "class weights": bool(self.class_weights),
            "frozen layers": self.frozen_layers > 0,
        }
        return tuple(what for what, is_needed in needs.items() if is_needed)


@dataclass
class OptimiserState:
    """Moments of an optimiser.

    Attributes
    ----------
    first, second : np.ndarray or cupy.ndarray [shape=(n_parameters,)]
        Moving averages of the gradient (momentum: the previous step) and of its square.
    steps
        Number of updates of each layer's moments. It is 0 after the moments of a layer were reset, as required by
        Adam's bias correction.
    """

    first: Array
    second: Array
    steps: list[int]

    def copy(self) -> OptimiserState:
        """Return an independent copy."""
        return OptimiserState(self.first.copy(), self.second.copy(), list(self.steps))


def fresh_state(spec: NetworkSpec, theta: Array) -> OptimiserState:
    """Return the state before the first update."""
    xp = namespace(theta)
    return OptimiserState(xp.zeros_like(theta), xp.zeros_like(theta), [0] * len(spec.layers))


def update(rule: OptimiserRule, spec: NetworkSpec, theta: Array, gradient: Array, state: OptimiserState) -> None:
    """Update parameters and moments in place: one step against the gradient.

    ``sgd`` is equation (38) of the paper, ``adam`` is algorithm 1 of Kingma and Ba (2015).

    Parameters
    ----------
    rule : OptimiserRule
        Kind and constants of the optimiser.
    spec : NetworkSpec
        Layers of the network.
    theta, gradient : np.ndarray or cupy.ndarray [shape=(n_parameters,)]
        Parameters and gradient of the loss.
    state : OptimiserState
        Moments of the optimiser.
    """
    if rule.kind == "sgd":
        theta -= rule.learning_rate * gradient
        return
    if rule.kind == "momentum":
        state.first *= rule.momentum
        state.first += rule.learning_rate * gradient
        theta -= state.first
        return
    state.first += (1 - rule.beta_1) * (gradient - state.first)
    state.second += (1 - rule.beta_2) * (gradient * gradient - state.second)
    for index, (start, stop) in enumerate(_runs(spec, state.steps)):
        steps = state.steps[index] = state.steps[index] + 1
        if start == stop:
            continue
        first = state.first[start:stop] / (1 - rule.beta_1**steps)
        second = state.second[start:stop] / (1 - rule.beta_2**steps)
        theta[start:stop] -= rule.learning_rate * first / (namespace(theta).sqrt(second) + rule.epsilon)


def _runs(spec: NetworkSpec, steps: list[int]) -> list[tuple[int, int]]:
    """Return the range of the vector to update at each layer; adjacent layers with equal step counts share a range."""
    stretches = []
    start = 0
    for index in range(len(steps)):
        ends_here = index + 1 == len(steps) or steps[index + 1] != steps[index]
        stretches.append((start, spec.offsets[index + 1]) if ends_here else (start, start))
        if ends_here:
            start = spec.offsets[index + 1]
    return stretches

"""Optimisers: one update of the flat parameter vector by gradient descent, momentum or Adam.

They belong to the engines and not to :mod:`mlpsvd.training`, which lies above: an engine executes whole epochs, updates
included, so the rule and the state of an optimiser are part of what an engine is given.
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
    """The numbers of an update; those that a kind does not use are ignored.

    Attributes
    ----------
    kind
        ``sgd``, ``momentum`` or ``adam``.
    learning_rate
        η.
    momentum
        Share of the last step that is kept.
    beta_1, beta_2, epsilon
        Adam's, as Kingma and Ba (2015) name them.
    nuclear_norm
        Factor of the nuclear-norm penalty, whose subgradient is added to the gradient; only the reference engine does.
    """

    kind: Optimiser
    learning_rate: float
    momentum: float
    beta_1: float
    beta_2: float
    epsilon: float
    nuclear_norm: float = 0.0


@dataclass
class OptimiserState:
    """What an optimiser remembers.

    Attributes
    ----------
    first, second : np.ndarray or cupy.ndarray [shape=(n_parameters,)]
        Mean gradient (momentum: the last step) and mean squared gradient.
    steps
        For each layer, how many updates its moments have seen. A layer whose moments were reset starts again at
        0, so that Adam's bias correction holds for it.
    """

    first: Array
    second: Array
    steps: list[int]

    def copy(self) -> OptimiserState:
        """Return a state that shares nothing with this one."""
        return OptimiserState(self.first.copy(), self.second.copy(), list(self.steps))


def fresh_state(spec: NetworkSpec, theta: Array) -> OptimiserState:
    """Return the state before the first update."""
    xp = namespace(theta)
    return OptimiserState(xp.zeros_like(theta), xp.zeros_like(theta), [0] * len(spec.layers))


def update(rule: OptimiserRule, spec: NetworkSpec, theta: Array, gradient: Array, state: OptimiserState) -> None:
    """Change ``theta`` and ``state`` in place by one step against ``gradient``.

    Parameters
    ----------
    theta, gradient : np.ndarray or cupy.ndarray [shape=(n_parameters,)]
        Equation (38) is ``sgd``. Adam is Kingma and Ba (2015), algorithm 1.
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
    """For each layer the stretch of the vector to update there: neighbours with equal step counts go in one."""
    stretches = []
    start = 0
    for index in range(len(steps)):
        ends_here = index + 1 == len(steps) or steps[index + 1] != steps[index]
        stretches.append((start, spec.offsets[index + 1]) if ends_here else (start, start))
        if ends_here:
            start = spec.offsets[index + 1]
    return stretches

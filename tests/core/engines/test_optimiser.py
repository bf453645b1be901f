"""Optimisers against their formulas, written out number by number."""

from __future__ import annotations

import numpy as np

from mlpsvd.engines.optimiser import OptimiserRule, OptimiserState, fresh_state, update
from mlpsvd.network.initialise import build
from mlpsvd.network.settings import NetworkSettings


def rule(kind: str) -> OptimiserRule:
    return OptimiserRule(kind, learning_rate=0.01, momentum=0.8, beta_1=0.9, beta_2=0.99, epsilon=1e-8)


def steps_of(kind: str, n: int, steps: list[int] | None = None) -> tuple[np.ndarray, np.ndarray, OptimiserState]:
    network = build(NetworkSettings(hidden=(3,)), 4, 2, ("dense", "dense"), 0, np.float64)
    state = fresh_state(network.spec, network.theta)
    if steps is not None:
        state.steps = list(steps)
    before = network.theta.copy()
    rng = np.random.default_rng(1)
    gradients = rng.normal(size=(n, len(before)))
    for gradient in gradients:
        update(rule(kind), network.spec, network.theta, gradient, state)
    return network.theta - before, gradients, state


def test_sgd_is_equation_38() -> None:
    moved, gradients, _ = steps_of("sgd", 3)
    np.testing.assert_allclose(moved, -0.01 * gradients.sum(axis=0), rtol=1e-10)


def test_momentum() -> None:
    moved, (g1, g2), _ = steps_of("momentum", 2)
    np.testing.assert_allclose(moved, -0.01 * (g1 + (0.8 * g1 + g2)), rtol=1e-10)


def test_adam_is_kingma_and_bas_algorithm_1() -> None:
    moved, gradients, _ = steps_of("adam", 4)
    m = v = np.zeros_like(moved)
    expected = np.zeros_like(moved)
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.99 * v + 0.01 * g * g
        expected -= 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
    np.testing.assert_allclose(moved, expected, rtol=1e-9)


def test_bias_correction_counts_each_layers_own_steps() -> None:
    moved, (g,), state = steps_of("adam", 1, steps=[0, 5])
    assert state.steps == [1, 6]
    first_layer = 3 * 4 + 3
    np.testing.assert_allclose(np.abs(moved[:first_layer]), 0.01, rtol=1e-5)
    late = 0.01 * (0.1 / (1 - 0.9**6)) / np.sqrt(0.01 / (1 - 0.99**6))
    np.testing.assert_allclose(np.abs(moved[first_layer:]), late, rtol=1e-5)
    np.testing.assert_array_equal(np.sign(moved), -np.sign(g))

"""Hessian through time against the reference values and central differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpsvd.analysis.hessian.through_time import FUNCTIONS, TimePass, time_pass
from mlpsvd.errors import NetworkError

ACTIVE = "relu, active units (b=(1.6,1.5,1.7), x^s=(.6,-.1),(.9,.4),(-.3,.2))"


def table(m: int, n: int, k: int) -> np.ndarray:
    i, j = np.arange(m)[:, None], np.arange(n)[None, :]
    return ((7 * i + 3 * j + k) % 11 - 5) / 10


def reference_pass(name: str) -> TimePass:
    is_active = name == ACTIVE
    b = np.array([1.6, 1.5, 1.7]) if is_active else np.array([0.1, -0.2, 0.3])
    x = np.array([[0.6, -0.1], [0.9, 0.4], [-0.3, 0.2]] if is_active else [[0.6, -1.1], [0.9, 0.4], [-0.3, 1.2]])
    kind = "relu" if is_active else name.replace("logistic", "sigmoid")
    return time_pass(table(3, 2, 4), 1.5 * table(3, 3, 2), b, x, np.array([0.2, 0.7, -0.4]), kind)


def at(parts: list[np.ndarray], x: np.ndarray, target: np.ndarray, kind: str) -> TimePass:
    W, U, b = parts
    return time_pass(W, U, b, x, target, kind)


@pytest.mark.parametrize("name", ["logistic", "softplus", "relu", ACTIVE])
def test_every_value_of_the_recurrent_networks(name: str, reference: dict[str, Any]) -> None:
    known = reference[f"rnn {name}"]
    found = reference_pass(name)
    assert found.loss == pytest.approx(known["E"], rel=1e-13)
    states = np.vstack([found.before[:1], found.z])
    np.testing.assert_allclose(states, known["z"], atol=1e-14)
    for gradient, key in zip(found.gradients(), ("G_W", "G_U", "G_b"), strict=True):
        np.testing.assert_allclose(gradient, known[key], atol=1e-13)
    printed = found.printed_hessians()
    for index, (hessian, key) in enumerate(zip(found.hessians(), ("H_W", "H_U", "H_b"), strict=True)):
        np.testing.assert_allclose(hessian, known[key], atol=1e-12)
        error = np.abs(printed[index] - hessian).max() / np.abs(hessian).max()
        assert error == pytest.approx(known[f"error_of_({74 + index})"], rel=1e-9, abs=1e-13)
    values = np.linalg.eigvalsh(found.hessians()[0])
    np.testing.assert_allclose(values, np.sort(known["H_W_eigenvalues"]), atol=1e-12)
    bounds = found.bounds()
    np.testing.assert_allclose(bounds.coarse, known["bounds_108_for_H_of_(74)"], rtol=1e-12)
    assert bounds.hold


@settings(max_examples=25, deadline=None)
@given(
    m=st.integers(1, 4),
    n=st.integers(1, 3),
    t=st.integers(1, 5),
    seed=st.integers(0, 99),
    kind=st.sampled_from(["sigmoid", "tanh", "softplus"]),
)
def test_hessians_are_differences_of_the_gradients(m: int, n: int, t: int, seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    W, U, b = rng.normal(size=(m, n)), rng.uniform(-1, 1, (m, m)), rng.normal(size=m)
    x, target = rng.normal(size=(t, n)), rng.normal(size=m)
    found = time_pass(W, U, b, x, target, kind)
    parts, h = [W, U, b], 1e-6
    for which, hessian in enumerate(found.hessians()):
        for column in range(parts[which].size):
            gradients = []
            for sign in (1, -1):
                moved = [one.copy() for one in parts]
                moved[which].flat[column] += sign * h
                gradients.append(at(moved, x, target, kind).gradients()[which].ravel())
            expected = (gradients[0] - gradients[1]) / (2 * h)
            scale = max(1.0, float(np.abs(gradients).max()), float(np.abs(expected).max()))
            np.testing.assert_allclose(hessian[:, column], expected, atol=1e-7 * scale)
    assert found.bounds().hold


def test_gradients_are_differences_of_the_loss() -> None:
    rng = np.random.default_rng(4)
    parts = [rng.normal(size=(3, 2)), rng.normal(size=(3, 3)), rng.normal(size=3)]
    x, target = rng.normal(size=(4, 2)), rng.normal(size=3)
    for which, gradient in enumerate(at(parts, x, target, "tanh").gradients()):
        for column in range(gradient.size):
            losses = []
            for sign in (1, -1):
                moved = [one.copy() for one in parts]
                moved[which].flat[column] += sign * 1e-6
                losses.append(at(moved, x, target, "tanh").loss)
            assert gradient.flat[column] == pytest.approx((losses[0] - losses[1]) / 2e-6, abs=1e-8)


def test_derivatives_of_the_functions() -> None:
    y, h = np.linspace(-3, 3, 12), 1e-6
    for function in FUNCTIONS.values():
        first = (function.f(y + h) - function.f(y - h)) / (2 * h)
        second = (function.first(y + h) - function.first(y - h)) / (2 * h)
        np.testing.assert_allclose(function.first(y), first, atol=1e-8)
        np.testing.assert_allclose(function.second(y), second, atol=1e-8)


def test_shapes_that_do_not_fit_are_refused() -> None:
    one = np.ones
    with pytest.raises(NetworkError, match="at least one step"):
        time_pass(one((3, 2)), one((3, 3)), one(3), one((0, 2)), one(3), "tanh")
    with pytest.raises(NetworkError, match=r"U, b, x and target have the shapes \(3, 2\), \(2, 2\)"):
        time_pass(one((3, 2)), one((2, 2)), one(3), one((4, 2)), one(3), "tanh")

"""Hessian blocks against the reference values, and the eigenvalue identity (46)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpsvd.analysis.hessian.blocks import hessian_blocks, kronecker_eigenvalues
from mlpsvd.analysis.hessian.product import HessianProduct, dense_hessian
from mlpsvd.analysis.hessian.through_time import FUNCTIONS
from mlpsvd.errors import NetworkError
from mlpsvd.network.layers import LayerSpec
from mlpsvd.network.network import Network
from mlpsvd.network.spec import NetworkSpec

SIZES = (3, 4, 3, 2)
X, TARGET = np.array([[0.6, -1.1, 0.9]]), np.array([[0.2, 0.7]])
NAMES = {"logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}


def table(m: int, n: int, k: int) -> np.ndarray:
    i, j = np.arange(m)[:, None], np.arange(n)[None, :]
    return ((7 * i + 3 * j + k) % 11 - 5) / 10


def reference_network(activation: str) -> Network:
    pieces, layers = [], []
    for k, (n, m) in enumerate(pairwise(SIZES), start=1):
        pieces += [table(m, n, k).ravel(), ((5 * np.arange(m) + 2 * (k - 1)) % 7 - 3) / 10]
        layers.append(LayerSpec("dense", n, m, min(m, n), activation))
    return Network(NetworkSpec(tuple(layers), "squared error"), np.concatenate(pieces))


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_value_of_the_feedforward_networks(name: str, reference: dict[str, Any]) -> None:
    expected, network = reference[f"fnn {name}"], reference_network(NAMES[name])
    gradient, start = network.gradient(X, TARGET), 0
    for index, block in enumerate(hessian_blocks(network, X, TARGET)):
        np.testing.assert_allclose(block.z[0], expected["z"][index], atol=1e-14)
        np.testing.assert_allclose(block.A[0], expected["A"][index], atol=1e-14)
        np.testing.assert_allclose(block.of_weights(), expected["hessian_block_row_major"][index], atol=1e-13)
        np.testing.assert_allclose(block.eigenvalues(), np.sort(expected["eigenvalues"][index]), atol=1e-13)
        m, n = block.shape
        np.testing.assert_allclose(
            gradient[start : start + m * n].reshape(m, n), expected["gradient"][index], atol=1e-14
        )
        start += m * n + m
    outputs = network.predict(X)
    np.testing.assert_allclose(outputs[0], expected["z"][-1], atol=1e-14)
    assert 0.5 * float(((outputs - TARGET) ** 2).sum()) == pytest.approx(expected["E"], rel=1e-13)


@pytest.mark.parametrize(
    ("activation", "output", "loss"),
    [
        ("tanh", "softmax", "cross-entropy"),
        ("sigmoid", "softmax", "squared error"),
        ("tanh", "sigmoid", "cross-entropy"),
        ("relu", "tanh", "squared error"),
    ],
)
def test_blocks_are_those_of_the_full_hessian(activation: str, output: str, loss: str) -> None:
    rng = np.random.default_rng(3)
    sizes, kinds = (4, 5, 3, 2), (activation, activation, output)
    layers = tuple(
        LayerSpec("dense", n, m, min(m, n), kind) for n, m, kind in zip(sizes[:-1], sizes[1:], kinds, strict=True)
    )
    spec = NetworkSpec(layers, loss)
    network = Network(spec, rng.normal(size=spec.n_parameters))
    x, targets = rng.normal(size=(6, 4)), np.eye(2)[rng.integers(2, size=6)]
    full = dense_hessian(HessianProduct(network, x, targets))
    for index, block in enumerate(hessian_blocks(network, x, targets)):
        m, n = block.shape
        start = spec.offsets[index]
        weights, biases = slice(start, start + m * n), slice(start + m * n, start + m * n + m)
        formed = block.of_weights()
        np.testing.assert_allclose(formed, full[weights, weights], atol=1e-13)
        np.testing.assert_allclose(block.of_biases(), full[biases, biases], atol=1e-13)
        assert block.squared_norm() == pytest.approx(float((formed**2).sum()), rel=1e-12)
        direction = rng.normal(size=(m, n))
        np.testing.assert_allclose(block.product(direction).ravel(), formed @ direction.ravel(), atol=1e-12)


def test_the_printed_formulas_differ_as_known(reference: dict[str, Any]) -> None:
    """(34) and (35) as printed put f″ into the recursion of v, and (32) an F too many."""
    for name, kind in NAMES.items():
        network = reference_network(kind)
        blocks, known = hessian_blocks(network, X, TARGET), reference[f"fnn {name}"]["as_printed_relative_error"]
        for index, printed in enumerate(as_printed(network)):
            A = blocks[index].A[0]
            error = float(np.abs(printed - A).max() / np.abs(A).max())
            assert error == pytest.approx(known[index], rel=1e-9, abs=1e-12)


def as_printed(network: Network) -> list[np.ndarray]:
    """Return A(k) by (28) to (35) as they stand in the paper."""
    function, z, found = FUNCTIONS[network.spec.layers[0].activation], X[0], []
    Ws = [network.parameters(index)["W"] for index in range(3)]
    ys = []
    for index, W in enumerate(Ws):
        ys.append(W @ z + network.parameters(index)["b"])
        z = function.f(ys[-1])
    v = -(TARGET[0] - z) * function.second(ys[-1])
    C = np.diag(function.first(ys[-1]) ** 2)
    for index in (2, 1, 0):
        slope = function.first(ys[index])
        A = C * np.outer(slope, slope) + np.diag(v)
        found.append(A)
        C = Ws[index].T @ A @ Ws[index]
        if index > 0:
            v = (Ws[index].T @ v) * function.second(ys[index - 1])
    return found[::-1]


@settings(max_examples=40, deadline=None)
@given(m=st.integers(1, 5), n=st.integers(1, 5), seed=st.integers(0, 1000))
def test_eigenvalues_of_a_kronecker_product(m: int, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    A, z = rng.normal(size=(m, m)), rng.normal(size=n)
    A = A + A.T
    expected = np.linalg.eigvalsh(np.kron(A, np.outer(z, z)))
    np.testing.assert_allclose(kronecker_eigenvalues(A, z), expected, atol=1e-10)


def test_a_block_too_large_to_form_is_refused() -> None:
    layer = LayerSpec("dense", 200, 20, 20, "softmax")
    network = Network(NetworkSpec((layer,), "cross-entropy"), np.zeros(20 * 201))
    (block,) = hessian_blocks(network, np.ones((2, 200)), np.eye(20)[:2])
    with pytest.raises(NetworkError, match="20 x 200 weights is too large to form"):
        block.of_weights()

"""Every gradient of the paper against central finite differences in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from diagonal_layer import Diagonal
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlpsvd.network.initialise import build
from mlpsvd.network.layers import family, family_names, layer_family, register
from mlpsvd.network.losses import losses
from mlpsvd.network.network import Network, parameter_views
from mlpsvd.network.settings import NetworkSettings

OUTPUTS_AND_LOSSES = [
    ("softmax", "cross-entropy"),
    ("sigmoid", "cross-entropy"),
    ("softmax", "squared error"),
    ("sigmoid", "squared error"),
    ("tanh", "squared error"),
    ("relu", "squared error"),
]


def mean_loss(network: Network, theta: np.ndarray, x: np.ndarray, targets: np.ndarray) -> float:
    estimates = Network(network.spec, theta).predict(x)
    activation = network.spec.layers[-1].activation
    return float(losses(network.spec.loss, activation, estimates, targets).mean())


ANYWHERE = [name for name in family_names() if not layer_family(name).slides]
"""Families that need not be the first layer."""


def finite_differences(network: Network, x: np.ndarray, targets: np.ndarray, step: float = 1e-6) -> np.ndarray:
    gradient = np.zeros_like(network.theta)
    for index in np.flatnonzero(~is_constant(network)):
        up, down = network.theta.copy(), network.theta.copy()
        up[index] += step
        down[index] -= step
        gradient[index] = (mean_loss(network, up, x, targets) - mean_loss(network, down, x, targets)) / (2 * step)
    return gradient


def is_constant(network: Network) -> np.ndarray:
    """Which parameters are not trained."""
    marks = np.zeros(network.theta.shape)
    for index, layer in enumerate(network.spec.layers):
        for name in layer.family.constants:
            parameter_views(network.spec, marks, index)[name][...] = 1
    return marks > 0


def a_network(kinds: tuple[str, ...], activation: str, output: str, loss: str, seed: int = 3) -> Network:
    hidden = (5, 4, 3)[: len(kinds) - 1]
    settings_ = NetworkSettings(
        hidden=hidden,
        activation=activation,
        output=output,
        loss=loss,
        initial="normal",
        initial_std=0.6,
        kernel_width=3,
        kernel_stride=2,
    )
    network = build(settings_, 7, 3, kinds, seed, np.float64)
    # Non-zero biases, and factors that are no longer an exact SVD, as they are between discarding points.
    network.theta += 0.05 * np.random.default_rng(seed).normal(size=network.theta.shape) * ~is_constant(network)
    return network


def a_batch(n_clips: int = 6, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_clips, 7)), np.eye(3)[rng.integers(0, 3, n_clips)]


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize(("output", "loss"), OUTPUTS_AND_LOSSES)
@pytest.mark.parametrize("kinds", [*((kind, "dense") for kind in family_names()), ("svd", "two-factor", "svd")])
def test_gradient_agrees_with_finite_differences(
    kinds: tuple[str, ...], activation: str, output: str, loss: str
) -> None:
    network = a_network(kinds, activation, output, loss)
    x, targets = a_batch()
    expected = finite_differences(network, x, targets)
    np.testing.assert_allclose(network.gradient(x, targets), expected, rtol=1e-5, atol=2e-8)


@settings(deadline=None, max_examples=25)
@given(
    kinds=st.lists(st.sampled_from(ANYWHERE), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
    n_clips=st.integers(1, 9),
)
def test_any_stack_of_layers(kinds: list[str], seed: int, n_clips: int) -> None:
    network = a_network(tuple(kinds), "tanh", "softmax", "cross-entropy", seed)
    x, targets = a_batch(n_clips, seed)
    np.testing.assert_allclose(
        network.gradient(x, targets), finite_differences(network, x, targets), rtol=1e-4, atol=2e-8
    )


def test_a_family_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(family, "_FAMILIES", dict(family._FAMILIES))
    register(Diagonal())
    square = NetworkSettings(hidden=(5, 5), activation="tanh", initial="normal", initial_std=0.6)
    network = build(square, 7, 3, ("svd", "diagonal", "dense"), 3, np.float64)
    x, targets = a_batch()
    np.testing.assert_allclose(
        network.gradient(x, targets), finite_differences(network, x, targets), rtol=1e-5, atol=2e-8
    )


def test_output_layer_is_equations_24_and_25() -> None:
    """∂L/∂W⁽¹⁾ = H_Eᵀ d zᵀ and ∂L/∂b⁽¹⁾ = H_Eᵀ d, with H_E and d written out for one clip."""
    network = a_network(("dense", "dense"), "relu", "softmax", "cross-entropy")
    x, targets = a_batch(1)
    W2, b2 = network.parameters(0)["W"], network.parameters(0)["b"]
    z2 = np.maximum(W2 @ x[0] + b2, 0)
    z1 = network.predict(x)[0]
    d = -targets[0] / z1
    H_E = np.diag(z1) - np.outer(z1, z1)
    views = parameter_views(network.spec, network.gradient(x, targets), 1)
    np.testing.assert_allclose(views["W"], np.outer(H_E.T @ d, z2), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(views["b"], H_E.T @ d, rtol=1e-12, atol=1e-14)


def test_svd_layer_is_equations_62_to_64() -> None:
    """The row vectors of the paper with their Kronecker products, for one clip."""
    network = a_network(("svd", "dense"), "tanh", "softmax", "cross-entropy")
    x, targets = a_batch(1)
    U, sigma, Vt, b = (network.parameters(0)[name] for name in ("U", "sigma", "Vt", "b"))
    W1 = network.parameters(1)["W"]
    p = Vt @ x[0]
    q = sigma * p
    z2 = np.tanh(U @ q + b)
    z1 = network.predict(x)[0]
    d = -targets[0] / z1
    row = d @ (np.diag(z1) - np.outer(z1, z1)) @ W1 @ np.diag(1 - z2**2)
    views = parameter_views(network.spec, network.gradient(x, targets), 0)
    rank, n_hidden = len(sigma), len(b)
    by_u = row @ np.kron(q[None, :], np.eye(n_hidden))  # equation (62), columns of U stacked
    by_sigma = row @ U @ np.kron(p[None, :], np.eye(rank))  # equation (63), the whole matrix Σ
    by_v = row @ U @ np.diag(sigma) @ np.kron(x[0][None, :], np.eye(rank))  # equation (64), Vᵀ stacked
    np.testing.assert_allclose(views["U"], by_u.reshape(rank, n_hidden).T, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(views["sigma"], np.diag(by_sigma.reshape(rank, rank)), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(views["Vt"], by_v.reshape(-1, rank).T, rtol=1e-10, atol=1e-14)


class Counted(np.ndarray):
    """An array that counts the matrix products in which it takes part."""

    n_products = 0

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: object, **options: object) -> object:
        if ufunc is np.matmul:
            Counted.n_products += 1
        plain = [one.view(np.ndarray) if isinstance(one, Counted) else one for one in inputs]
        return getattr(ufunc, method)(*plain, **options)


@pytest.mark.parametrize("kind", family_names())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_both_backward_passes_at_once_are_the_two_bit_for_bit(kind: str, dtype: type) -> None:
    network = build(NetworkSettings(hidden=(20,)), 129, 5, (kind, "dense"), 3, dtype)
    layer_family, parameters = network.spec.layers[0].family, network.parameters(0)
    sizes = (129, network.spec.layers[0].n_out)
    arrays: list[NDArray[Any]] = [np.random.default_rng(n).normal(size=(10, n)).astype(dtype) for n in sizes]
    x, delta = arrays
    _, layer_pass = layer_family.forward(parameters, x)
    gradients, back = layer_family.backward_both(parameters, layer_pass, delta)
    assert back.tobytes() == layer_family.backward_input(parameters, delta).tobytes()
    expected = layer_family.backward(parameters, layer_pass, delta)
    assert {name: value.tobytes() for name, value in gradients.items()} == {
        name: value.tobytes() for name, value in expected.items()
    }


@pytest.mark.parametrize("kind", ["svd", "two-factor"])
def test_a_hidden_factored_layer_multiplies_delta_by_u_once(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network, (x, targets) = a_network(("dense", kind, "dense"), "tanh", "softmax", "cross-entropy"), a_batch()
    plain = network.gradient(x, targets)
    network.parameters(1)["U"] = network.parameters(1)["U"].view(Counted)
    monkeypatch.setattr(Counted, "n_products", 0)
    assert network.gradient(x, targets).tobytes() == plain.tobytes()
    assert Counted.n_products == 2, "once forwards, once backwards"


@pytest.mark.parametrize("kind", ["soft-threshold", "clipped"])
def test_a_hidden_spectral_layer_is_decomposed_once_an_update(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network, (x, targets) = a_network(("dense", kind, "dense"), "tanh", "softmax", "cross-entropy"), a_batch()
    n_decompositions, svd = 0, np.linalg.svd

    def counted(A: Any, **options: Any) -> Any:
        nonlocal n_decompositions
        n_decompositions += 1
        return svd(A, **options)

    monkeypatch.setattr(np.linalg, "svd", counted)
    network.gradient(x, targets)
    assert n_decompositions == 1

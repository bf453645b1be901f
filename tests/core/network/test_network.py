"""The forward pass, the flat vector, factors and initial weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlpsvd.network.activations import activate
from mlpsvd.network.factorise import factorised, with_layer
from mlpsvd.network.initialise import build
from mlpsvd.network.losses import losses
from mlpsvd.network.network import Network, parameter_views
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.network.spec import LayerSpec, NetworkSpec


def test_forward_pass_is_equations_1_to_4() -> None:
    network = build(NetworkSettings(hidden=(4,)), 6, 3, ("dense", "dense"), 1, np.float64)
    network.theta += 0.1
    x = np.random.default_rng(0).normal(size=6)
    W2, b2 = network.parameters(0)["W"], network.parameters(0)["b"]
    W1, b1 = network.parameters(1)["W"], network.parameters(1)["b"]
    a1 = W1 @ np.maximum(W2 @ x + b2, 0) + b1
    np.testing.assert_allclose(network.predict(x[None])[0], np.exp(a1) / np.exp(a1).sum(), rtol=1e-12)


@pytest.mark.parametrize("kinds", [("svd", "dense"), ("two-factor", "two-factor"), ("dense", "svd")])
def test_factored_network_begins_as_the_same_function(kinds: tuple[str, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(5, 129))
    dense = build(NetworkSettings(), 129, 5, ("dense", "dense"), 7, np.float64)
    factored = build(NetworkSettings(), 129, 5, kinds, 7, np.float64)
    np.testing.assert_allclose(factored.predict(x), dense.predict(x), rtol=1e-10)
    assert factored.spec != dense.spec


def test_layers_are_views_of_one_vector() -> None:
    network = build(NetworkSettings(), 10, 3, ("svd", "dense"), 1)
    network.parameters(0)["sigma"][...] = 0
    network.theta[-1] = 42
    assert network.parameters(1)["b"][-1] == 42
    views = parameter_views(network.spec, network.theta, 0)
    assert not views["sigma"].any()
    sizes = sum(view.size for index in range(2) for view in network.parameters(index).values())
    assert sizes == network.spec.n_parameters == network.theta.size


def test_vector_of_another_length_is_refused() -> None:
    network = build(NetworkSettings(), 10, 3, ("dense", "dense"), 1)
    with pytest.raises(ValueError, match="should be"):
        Network(network.spec, network.theta[:-1])


@settings(deadline=None, max_examples=40)
@given(
    n_in=st.integers(1, 9),
    n_out=st.integers(1, 9),
    kind=st.sampled_from(["dense", "svd", "two-factor"]),
    seed=st.integers(0, 99),
)
def test_singular_values_are_those_of_the_multiplied_matrix(n_in: int, n_out: int, kind: str, seed: int) -> None:
    network = build(NetworkSettings(hidden=(), initial_std=1.0), n_in, n_out, (kind,), seed, np.float64)
    network.theta += np.random.default_rng(seed).normal(size=network.theta.shape)
    expected = np.linalg.svd(network.weight_matrix(0), compute_uv=False)
    found = network.singular_values(0)
    np.testing.assert_allclose(found, expected[: len(found)], rtol=1e-9, atol=1e-9 * expected[0])


def test_truncation_is_the_best_approximation_of_its_rank() -> None:
    """Eckart and Young: the error is the root of the sum of squares of the discarded values."""
    network = build(NetworkSettings(initial_std=1.0), 30, 3, ("svd", "dense"), 2, np.float64)
    W = network.weight_matrix(0).copy()
    cut = with_layer(network, 0, *factorised(network.spec.layers[0], network.parameters(0), "svd", 4))
    dropped = np.linalg.svd(W, compute_uv=False)[4:]
    assert np.linalg.norm(W - cut.weight_matrix(0)) == pytest.approx(np.sqrt((dropped**2).sum()))
    assert cut.spec.layers[0].rank == 4
    np.testing.assert_array_equal(cut.parameters(1)["W"], network.parameters(1)["W"])


def test_initial_spread() -> None:
    std = {"normal": 0.1, "glorot": np.sqrt(2 / 600), "he": np.sqrt(2 / 400)}
    for initial, expected in std.items():
        network = build(NetworkSettings(hidden=(200,), initial=initial), 400, 2, ("dense", "dense"), 1)
        assert network.parameters(0)["W"].std() == pytest.approx(expected, rel=0.02)
        assert not network.parameters(0)["b"].any()


@pytest.mark.parametrize("kind", ["relu", "sigmoid", "tanh", "softmax"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_activations_stay_finite_for_large_inputs(kind: str, dtype: type) -> None:
    a: NDArray[Any] = np.array([[1e4, -1e4, 0.0]], dtype)
    z = activate(kind, a)
    assert np.isfinite(z).all()
    assert z.dtype == dtype


def test_loss_stays_finite_for_a_confident_mistake() -> None:
    estimates = np.array([[1.0, 0.0]], np.float32)
    for activation in ("softmax", "sigmoid"):
        assert np.isfinite(losses("cross-entropy", activation, estimates, np.array([[0.0, 1.0]], np.float32))).all()


@pytest.mark.parametrize("shape", [(20, 129), (30, 7), (5, 20)])
@pytest.mark.parametrize("smallest", [0.5, 1e-3, 1e-5, 1e-7, 0.0])
def test_singular_values_are_those_of_an_svd_however_small(shape: tuple[int, int], smallest: float) -> None:
    rng, n = np.random.default_rng(0), min(shape)
    left, right = (np.linalg.qr(rng.normal(size=(size, n)))[0] for size in shape)
    sizes = np.append(np.geomspace(1.0, 0.1, n - 1), smallest)
    W = ((left * sizes) @ right.T).astype(np.float32)
    layer = LayerSpec("dense", shape[1], shape[0], n, "relu")
    network = Network(NetworkSpec((layer,), "squared error"), np.append(W.ravel(), np.zeros(shape[0], np.float32)))
    found, exact = network.singular_values(0), np.linalg.svd(W.astype(np.float64), compute_uv=False)
    np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-15)
    assert (np.diff(found) <= 0).all()

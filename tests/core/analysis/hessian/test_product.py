"""The Hessian-vector product against central differences of the gradient, for every family, activation and loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpsvd.analysis.hessian import product as module
from mlpsvd.analysis.hessian.product import HessianProduct, dense_hessian
from mlpsvd.errors import NetworkError
from mlpsvd.network.layers import LayerSpec, family_names, layer_family
from mlpsvd.network.network import Network
from mlpsvd.network.spec import NetworkSpec

EXACT = [name for name in family_names() if layer_family(name).has_tangents and not layer_family(name).slides]

OUTPUTS = [
    ("softmax", "cross-entropy"),
    ("sigmoid", "cross-entropy"),
    ("softmax", "squared error"),
    ("sigmoid", "squared error"),
    ("tanh", "squared error"),
    ("relu", "squared error"),
]


def network_of(
    sizes: tuple[int, ...], kinds: tuple[str, ...], activation: str, output: str, loss: str, seed: int = 1
) -> Network:
    n_layers = len(sizes) - 1
    activations = (activation,) * (n_layers - 1) + (output,)
    layers = []
    for index in range(n_layers):
        n, m = sizes[index], sizes[index + 1]
        rank = max(1, min(m, n) - 1) if layer_family(kinds[index]).is_factored else min(m, n)
        layers.append(LayerSpec(kinds[index], n, m, rank, activations[index]))
    spec = NetworkSpec(tuple(layers), loss)
    return Network(spec, np.random.default_rng(seed).normal(size=spec.n_parameters))


def data_for(network: Network, n_clips: int = 7, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n_clips, network.spec.n_in))
    return x, np.eye(network.spec.n_out)[rng.integers(network.spec.n_out, size=n_clips)]


def difference(network: Network, x: np.ndarray, targets: np.ndarray, v: np.ndarray, h: float = 1e-6) -> np.ndarray:
    ahead, behind = (Network(network.spec, network.theta + s * h * v).gradient(x, targets) for s in (1, -1))
    return (ahead - behind) / (2 * h)


@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("kinds", [(name,) * 3 for name in EXACT] + [("svd", "two-factor", "dense")])
def test_product_is_the_derivative_of_the_gradient(
    kinds: tuple[str, ...], activation: str, output: str, loss: str
) -> None:
    network = network_of((5, 4, 4, 3), kinds, activation, output, loss)
    x, targets = data_for(network)
    v = np.random.default_rng(5).normal(size=network.spec.n_parameters)
    expected = difference(network, x, targets, v)
    found = HessianProduct(network, x, targets)(v)
    np.testing.assert_allclose(found, expected, atol=2e-7 * max(1.0, float(np.abs(expected).max())))


@settings(max_examples=30, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=2, max_size=4),
    kind=st.sampled_from(EXACT),
    n_clips=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_the_hessian_is_symmetric_for_every_shape(sizes: list[int], kind: str, n_clips: int, seed: int) -> None:
    network = network_of(tuple(sizes), (kind,) * (len(sizes) - 1), "tanh", "softmax", "cross-entropy", seed)
    product = HessianProduct(network, *data_for(network, n_clips, seed))
    columns = np.stack([product(row) for row in np.eye(product.n_parameters)], axis=1)
    np.testing.assert_allclose(columns, columns.T, atol=1e-11)


def test_passes_that_do_not_fit_are_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    network = network_of((5, 4, 3), ("svd", "dense"), "tanh", "softmax", "cross-entropy")
    x, targets = data_for(network, 5000)
    v = np.random.default_rng(5).normal(size=network.spec.n_parameters)
    kept = HessianProduct(network, x, targets)(v)
    monkeypatch.setattr(module, "_KEPT_BYTES", 0)
    np.testing.assert_allclose(HessianProduct(network, x, targets)(v), kept, rtol=1e-12)


def test_a_family_without_derivatives_takes_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    network = network_of((5, 4, 3), ("svd", "dense"), "tanh", "softmax", "cross-entropy")
    x, targets = data_for(network)
    v = np.random.default_rng(5).normal(size=network.spec.n_parameters)
    exact = HessianProduct(network, x, targets)
    assert exact.is_exact
    expected = exact(v)
    monkeypatch.setattr(type(layer_family("svd")), "has_tangents", False)
    other = HessianProduct(network, x, targets)
    assert not other.is_exact
    np.testing.assert_allclose(other(v), expected, atol=1e-8)
    assert not other(np.zeros_like(v)).any()


def test_what_cannot_be_done_is_refused_in_one_sentence() -> None:
    network = network_of((5, 4, 3), ("dense", "dense"), "tanh", "softmax", "cross-entropy")
    x, targets = data_for(network)
    with pytest.raises(NetworkError, match="at least one clip"):
        HessianProduct(network, x[:0], targets[:0])
    with pytest.raises(NetworkError, match="vector has 2 entries"):
        HessianProduct(network, x, targets)(np.ones(2))
    with pytest.raises(NetworkError, match="not finite"):
        HessianProduct(Network(network.spec, np.full_like(network.theta, np.nan)), x, targets)
    large = network_of((100, 40, 3), ("dense", "dense"), "tanh", "softmax", "cross-entropy")
    with pytest.raises(NetworkError, match="Hessian of 4163 parameters is too large to form"):
        dense_hessian(HessianProduct(large, *data_for(large)))


def test_forming_can_be_cancelled() -> None:
    network = network_of((5, 4, 3), ("dense", "dense"), "tanh", "softmax", "cross-entropy")

    def stop(share: float) -> None:
        if share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dense_hessian(HessianProduct(network, *data_for(network)), stop)


def test_a_float32_network_is_analysed_in_float64() -> None:
    network = network_of((5, 4, 3), ("dense", "dense"), "tanh", "softmax", "cross-entropy")
    single = Network(network.spec, network.theta.astype(np.float32))
    assert HessianProduct(single, *data_for(network)).network.theta.dtype == np.float64

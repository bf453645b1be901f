"""Layers whose W is a function of the singular values of a trained matrix, and the nuclear-norm penalty."""

from __future__ import annotations

import numpy as np
import pytest

from mlpsvd.engines.choice import choose
from mlpsvd.network.initialise import build
from mlpsvd.network.layers import family_names, layer_family
from mlpsvd.network.network import Network
from mlpsvd.network.nuclear_norm import nuclear_norm, nuclear_norm_gradient
from mlpsvd.network.settings import NetworkSettings

SETTINGS = NetworkSettings(hidden=(6,), initial_std=0.5, spectral_level=0.7, kernel_width=4)


def a_network(kind: str, settings: NetworkSettings = SETTINGS) -> Network:
    return build(settings, 9, 3, (kind, "dense"), 2, np.float64)


def test_a_soft_threshold_layer_begins_as_the_same_function() -> None:
    np.testing.assert_allclose(a_network("soft-threshold").weight_matrix(0), a_network("dense").weight_matrix(0))


def test_directions_below_the_threshold_are_not_in_w() -> None:
    network = a_network("soft-threshold")
    network.parameters(0)["A"][...] *= 0.3
    values = np.linalg.svd(network.parameters(0)["A"], compute_uv=False)
    assert 0 < np.count_nonzero(values > 0.7) < 6
    np.testing.assert_allclose(network.singular_values(0), np.maximum(values - 0.7, 0), atol=1e-12)
    assert np.linalg.matrix_rank(network.weight_matrix(0)) == np.count_nonzero(values > 0.7)


def test_the_gain_of_a_clipped_layer_is_bounded() -> None:
    network = a_network("clipped")
    network.parameters(0)["A"][...] *= 100.0
    assert network.singular_values(0)[0] == pytest.approx(0.7)
    assert np.linalg.norm(network.weight_matrix(0), 2) == pytest.approx(0.7)


@pytest.mark.parametrize("kind", ["soft-threshold", "clipped"])
def test_any_w_is_represented_and_the_level_is_not_trained(kind: str) -> None:
    W = np.random.default_rng(1).normal(size=(4, 7)) * 50
    parameters = {**layer_family(kind).factorise(W, 4), "b": np.zeros(4)}
    np.testing.assert_allclose(layer_family(kind).weight_matrix(parameters), W, rtol=1e-10)
    network, rng = a_network(kind), np.random.default_rng(2)
    gradient = Network(network.spec, network.gradient(rng.normal(size=(5, 9)), np.eye(3)[[0, 1, 2, 0, 1]]))
    assert gradient.parameters(0)["level"].tolist() == [0.0]
    assert np.abs(gradient.parameters(0)["A"]).max() > 0


def test_the_fused_engine_declines() -> None:
    engine, note = choose("auto", "float32", [a_network("clipped").spec])
    assert "reference" in engine.description
    assert note == "The fused engine does not support clipped layers; the reference engine is used instead"


@pytest.mark.parametrize("kind", family_names())
def test_the_nuclear_norm_gradient_is_the_finite_difference(kind: str) -> None:
    network, step = a_network(kind), 1e-6
    if kind != "clipped":  # between its bound and the largest value, F has a kink that a step may cross
        network.theta[:54] += 0.05 * np.random.default_rng(3).normal(size=54)
    D = np.random.default_rng(4).normal(size=network.theta.shape)
    for index, layer in enumerate(network.spec.layers):
        for name in layer.family.constants:
            Network(network.spec, D).parameters(index)[name][...] = 0
    up, down = (Network(network.spec, network.theta + sign * step * D) for sign in (1, -1))
    numeric = (nuclear_norm(up) - nuclear_norm(down)) / (2 * step)
    gradient = nuclear_norm_gradient(network)
    assert gradient @ D == pytest.approx(numeric, rel=1e-6)
    assert not Network(network.spec, gradient).parameters(1)["W"].any(), "the output layer is not penalised"


def test_the_subgradient_at_a_singular_w_leaves_its_null_space_alone() -> None:
    network = a_network("dense")
    network.parameters(0)["W"][...] = 0
    assert not nuclear_norm_gradient(network).any()
    network.parameters(0)["W"][0, 0] = 3.0
    assert np.flatnonzero(nuclear_norm_gradient(network)).tolist() == [0]

"""The schedule of equation (65) and the values discarded at its points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpsvd.engines.optimiser import OptimiserState, fresh_state
from mlpsvd.network.factorise import factorised, with_layer
from mlpsvd.network.initialise import build
from mlpsvd.network.network import Network, parameter_views
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.training.criteria import discard_level, kept_rank
from mlpsvd.training.discarding import discard, discarding_points
from mlpsvd.training.settings import DiscardingSettings

PAPER = DiscardingSettings()


def test_the_papers_schedule() -> None:
    points = discarding_points(PAPER)
    exact = [5.0]
    for _ in range(19):
        exact.append(exact[-1] * 10 ** ((np.log10(67) - np.log10(5)) / 19))  # equation (65) as printed
    assert points == tuple(sorted({round(value) for value in exact}))
    assert points[0] == 5
    assert points[-1] == 67


@given(n=st.integers(0, 60), first=st.integers(1, 200), more=st.integers(0, 300))
def test_points_rise_between_first_and_last(n: int, first: int, more: int) -> None:
    points = discarding_points(DiscardingSettings(points=n, first=first, last=first + more))
    assert list(points) == sorted(set(points))
    assert len(points) <= n
    assert all(first <= point <= first + more for point in points)


def test_criteria() -> None:
    values = np.array([10.0, 3.0, 1.0, 0.999])
    assert kept_rank(values, PAPER) == 3  # exactly at the threshold stays
    assert kept_rank(values, replace(PAPER, threshold=1.0)) == 1
    assert kept_rank(values, replace(PAPER, criterion="rank", rank=2)) == 2
    assert kept_rank(values, replace(PAPER, criterion="rank", rank=9)) == 4
    assert kept_rank(values, replace(PAPER, criterion="energy", energy=0.9)) == 1
    assert kept_rank(values, replace(PAPER, criterion="energy", energy=0.98)) == 2
    assert kept_rank(values, replace(PAPER, criterion="energy", energy=1.0)) == 4
    assert kept_rank(np.zeros(3), PAPER) == 3


def test_criteria_from_the_initial_weights() -> None:
    edges = replace(PAPER, criterion="marchenko-pastur"), replace(PAPER, criterion="gavish-donoho")
    values = np.array([9.0, 1.9, 1.6, 1.5])
    for settings, level, rank in zip(edges, (1.583, 1.877), (3, 2), strict=True):
        for shape in ((20, 129), (129, 20)):
            assert discard_level(values, settings, shape, 0.1) == pytest.approx(level, abs=1e-3)
            assert kept_rank(values, settings, shape, 0.1) == rank
        assert kept_rank(values / 100, settings, (20, 129), 0.1) == 1, "a layer keeps one direction"
        assert kept_rank(values, settings, (20, 129), 0.0) == 4, "weights that begin at 0 have no noise"
        assert discard_level(values, settings, None, 0.1) is None, "the size of the layer is unknown"


@pytest.mark.parametrize(("criterion", "rank"), [("marchenko-pastur", 3), ("gavish-donoho", 2)])
def test_a_trained_layer_is_cut_at_the_level_of_its_initial_spread(criterion: str, rank: int) -> None:
    network = build(NetworkSettings(hidden=(20,)), 129, 5, ("svd", "dense"), 4, np.float64)
    network.parameters(0)["sigma"][...] = [9.0, 1.9, 1.6] + 17 * [1.5]
    settings, state = replace(PAPER, criterion=criterion), fresh_state(network.spec, network.theta)
    after, state, _ = discard(network, state, ("svd", "dense"), settings, initial_std=(0.1, 0.1))
    assert after.spec.ranks == (rank, 5)
    again, _, discarded = discard(after, state, ("svd", "dense"), settings, initial_std=(0.1, 0.1))
    assert again is after and discarded == (), "applied again it discards no more"


def a_network_with(singular_values: list[float], kinds: tuple[str, ...] = ("svd", "dense")) -> Network:
    network = build(NetworkSettings(hidden=(len(singular_values),)), 12, 3, kinds, 4, np.float64)
    network.parameters(0)["sigma"][...] = singular_values
    return network


def test_small_values_are_dropped_and_the_rest_is_kept() -> None:
    network = a_network_with([4.0, 2.0, 0.3, 0.01])
    after, _, discarded = discard(network, fresh_state(network.spec, network.theta), ("svd", "dense"), PAPER)
    assert [(d.layer, d.rank_before, d.rank_after) for d in discarded] == [(0, 4, 2)]
    np.testing.assert_allclose(after.parameters(0)["sigma"], [4.0, 2.0], rtol=1e-12)
    assert after.theta.size == network.theta.size - 2 * (4 + 1 + 12)
    assert network.spec.layers[0].rank == 4


def test_nothing_changes_where_nothing_is_small() -> None:
    network = a_network_with([4.0, 3.0, 2.0, 1.0])
    state = fresh_state(network.spec, network.theta)
    after, state_after, discarded = discard(network, state, ("svd", "dense"), PAPER)
    assert after is network
    assert state_after is state
    assert discarded == ()


def test_threshold_is_judged_on_the_reassembled_matrix() -> None:
    """Between the points sigma is no longer the singular values: here U's columns carry the size."""
    network = a_network_with([1.0, 1.0, 1.0, 1.0])
    network.parameters(0)["U"][:, 3] *= 1e-3
    _, _, discarded = discard(network, fresh_state(network.spec, network.theta), ("svd", "dense"), PAPER)
    assert [d.rank_after for d in discarded] == [3]


@pytest.mark.parametrize("moments", ["reset", "truncate"])
def test_moments_after_a_discard(moments: str) -> None:
    network = a_network_with([4.0, 2.0, 0.3, 0.01])
    numbers = np.arange(1.0, network.theta.size + 1)
    state = OptimiserState(numbers, 10 * numbers, [7, 7])
    after, cut, _ = discard(network, state, ("svd", "dense"), replace(PAPER, moments=moments))
    old = parameter_views(network.spec, numbers, 0)
    new = parameter_views(after.spec, cut.first, 0)
    if moments == "reset":
        assert cut.steps == [0, 7]
        assert not any(view.any() for view in new.values())
    else:
        assert cut.steps == [7, 7]
        np.testing.assert_array_equal(new["U"], old["U"][:, :2])
        np.testing.assert_array_equal(new["Vt"], old["Vt"][:2])
        np.testing.assert_array_equal(new["b"], old["b"])
    other = parameter_views(after.spec, cut.second, 1)["W"]
    np.testing.assert_array_equal(other, parameter_views(network.spec, 10 * numbers, 1)["W"])


@pytest.mark.parametrize("kind", ["svd", "two-factor"])
def test_moments_follow_their_vectors_through_a_new_decomposition(kind: str) -> None:
    """Turned round and reordered between two points, each vector still finds its own moments, with its own sign."""
    network = a_network_with([8.0, 4.0, 2.0, 0.01]) if kind == "svd" else two_factor_network()
    U = network.parameters(0)["U"]
    right = network.parameters(0)["Vt" if kind == "svd" else "SVt"]
    order, signs = [2, 0, 1, 3], np.array([-1.0, 1.0, -1.0, 1.0])
    U[...] = U[:, order] * signs
    right[...] = right[order] * signs[:, None]
    if kind == "svd":
        network.parameters(0)["sigma"][...] = network.parameters(0)["sigma"][order]
    state = fresh_state(network.spec, network.theta)
    state.first[...] = 3 * network.theta  # moments that are known by the vectors they belong to
    after, cut, _ = discard(network, state, (kind, "dense"), replace(PAPER, moments="truncate"))
    np.testing.assert_allclose(after.weight_matrix(0), network.weight_matrix(0), atol=0.02)
    np.testing.assert_allclose(parameter_views(after.spec, cut.first, 0)["U"], 3 * after.parameters(0)["U"], atol=1e-9)


def two_factor_network() -> Network:
    svd = a_network_with([8.0, 4.0, 2.0, 0.01])
    layer, parameters = factorised(svd.spec.layers[0], svd.parameters(0), "two-factor", 4)
    return with_layer(svd, 0, layer, parameters)


@pytest.mark.parametrize("kind", ["svd", "two-factor"])
def test_dense_layer_is_factored_at_the_first_point(kind: str) -> None:
    """Cai et al. (2014): W is trained, then replaced once by factors of a fixed rank."""
    network = build(NetworkSettings(hidden=(6,)), 12, 3, ("dense", "dense"), 4, np.float64)
    settings = DiscardingSettings(points=1, first=3, criterion="rank", rank=2)
    after, _, discarded = discard(network, fresh_state(network.spec, network.theta), (kind, "dense"), settings)
    assert after.spec.layers[0].kind == kind
    assert [(d.rank_before, d.rank_after) for d in discarded] == [(6, 2)]


def losses_by_rank(losses: dict[int, float]) -> Callable[[Network], float]:
    return lambda network: losses[network.spec.layers[0].rank]


@pytest.mark.parametrize(("losses", "kept"), [
    ({4: 0.10, 3: 0.11, 2: 0.12, 1: 0.14}, 1),  # harmless: as far as the criterion goes
    ({4: 0.10, 3: 0.11, 2: 0.12, 1: 0.30}, 2),  # the last step would cost too much
    ({4: 0.10, 3: 0.30, 2: 0.70, 1: 1.10}, 4),  # nothing may be dropped
])  # fmt: skip
def test_the_guard_keeps_the_training_loss(losses: dict[int, float], kept: int) -> None:
    network = a_network_with([4.0, 0.3, 0.2, 0.1])
    state = fresh_state(network.spec, network.theta)
    guarded = replace(PAPER, guard=0.05)
    after, _, _ = discard(network, state, ("svd", "dense"), guarded, losses_by_rank(losses))
    assert after.spec.layers[0].rank == kept
    unguarded, _, _ = discard(network, state, ("svd", "dense"), PAPER, losses_by_rank(losses))
    assert unguarded.spec.layers[0].rank == 1, "without a guard the criterion alone decides, as in the paper"


def test_a_guarded_layer_is_factored_all_the_same() -> None:
    network = build(NetworkSettings(hidden=(6,)), 12, 3, ("dense", "dense"), 4, np.float64)
    settings = DiscardingSettings(points=1, first=3, criterion="rank", rank=2, guard=0.05)
    state = fresh_state(network.spec, network.theta)
    losses = {2: 1.0, 3: 1.0, 4: 1.0, 5: 0.12, 6: 0.1}
    after, _, discarded = discard(network, state, ("svd", "dense"), settings, losses_by_rank(losses))
    assert after.spec.layers[0].kind == "svd"
    assert [(d.rank_before, d.rank_after) for d in discarded] == [(6, 5)]

"""Leading eigenvalues, density, sharpness and update rank against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest

from mlpsvd.analysis.hessian import spectrum as module
from mlpsvd.analysis.hessian.product import HessianProduct, dense_hessian
from mlpsvd.analysis.hessian.sharpness import directions_that_matter, sharpness, with_snapshots
from mlpsvd.analysis.hessian.spectrum import frobenius_norm, leading_eigenvalues, spectral_density
from mlpsvd.analysis.hessian.update_rank import update_rank, update_rank_of
from mlpsvd.network.layers import LayerSpec
from mlpsvd.network.network import Network
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.training.events import EpochEvent, Snapshot


def small(seed: int = 1) -> HessianProduct:
    layers = (LayerSpec("svd", 12, 8, 5, "tanh"), LayerSpec("dense", 8, 3, 3, "softmax"))
    spec = NetworkSpec(layers, "cross-entropy")
    rng = np.random.default_rng(seed)
    network = Network(spec, rng.normal(size=spec.n_parameters))
    return HessianProduct(network, rng.normal(size=(40, 12)), np.eye(3)[rng.integers(3, size=40)])


def test_leading_eigenvalues_are_those_of_the_whole_matrix() -> None:
    product = small()
    assert product.n_parameters > module._FEW
    H = dense_hessian(product)
    exact = np.linalg.eigvalsh(H)
    expected = np.sort(exact[np.argsort(-np.abs(exact))[:8]])[::-1]
    found = leading_eigenvalues(product, 8)
    np.testing.assert_allclose(found.values, expected, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(H @ found.vectors, found.vectors * found.values, atol=1e-5)


def test_few_parameters_are_decomposed_whole() -> None:
    spec = NetworkSpec((LayerSpec("dense", 2, 3, 2, "softmax"),), "cross-entropy")
    product = HessianProduct(Network(spec, np.ones(9)), np.ones((2, 2)), np.eye(3)[:2])
    assert len(leading_eigenvalues(product, 20).values) == 9


def test_the_computation_can_be_cancelled() -> None:
    calls = []

    def stop(share: float) -> None:
        assert 0 <= share <= 1
        calls.append(share)
        if len(calls) == 10:
            raise KeyboardInterrupt

    for work in (leading_eigenvalues, spectral_density):
        calls.clear()
        with pytest.raises(KeyboardInterrupt):
            work(small(), progress=stop)


def test_density_has_the_moments_of_the_matrix() -> None:
    product = small()
    H = dense_hessian(product)
    density = spectral_density(product, n_probes=30, n_steps=20)
    assert density.mean(0) == pytest.approx(1.0)
    norm = float(np.linalg.norm(H))
    spread = norm * np.sqrt(2 / 30)  # of the estimate of the trace from 30 probes, at most
    assert density.mean(1) * len(H) == pytest.approx(np.trace(H), abs=3 * spread)
    exact = np.linalg.eigvalsh(H)
    assert exact[0] - 1e-9 <= density.nodes.min() <= density.nodes.max() <= exact[-1] + 1e-9
    grid, values = density.on_grid()
    assert float(np.trapezoid(values, grid)) == pytest.approx(1.0, abs=0.01)


def test_frobenius_norm_with_the_leading_eigenvalues_known() -> None:
    product = small()
    H = dense_hessian(product)
    leading = leading_eigenvalues(product, 8)
    found = frobenius_norm(product, leading.vectors, leading.values)
    assert found == pytest.approx(float(np.linalg.norm(H)), rel=0.02)
    values, vectors = np.linalg.eigh(H)
    assert frobenius_norm(product, vectors, values) == pytest.approx(float(np.linalg.norm(H)), rel=1e-12)


def test_density_of_an_invariant_subspace() -> None:
    """A Hessian of zeros: the first Lanczos step ends, and all weight is at 0."""
    spec = NetworkSpec((LayerSpec("dense", 2, 2, 2, "relu"),), "squared error")
    network = Network(spec, -np.ones(6))
    density = spectral_density(HessianProduct(network, np.ones((3, 2)), np.eye(2)[[0, 1, 0]]))
    assert density.mean(2) == 0.0
    assert np.isfinite(density.on_grid()[1]).all()


def history(n_epochs: int, keep: int) -> list[EpochEvent]:
    spec = NetworkSpec((LayerSpec("dense", 4, 3, 3, "softmax"),), "cross-entropy")
    rng = np.random.default_rng(0)
    theta = rng.normal(size=spec.n_parameters)
    return [
        EpochEvent(epoch, n_epochs, 1.0, 0.5, 1.0, 0.5, (), (3,), ("dense",), 15, 0, 0.0, (),
                   Snapshot(spec, theta / (1 + epoch)) if epoch % keep == 0 else None)
        for epoch in range(n_epochs + 1)
    ]  # fmt: skip


def test_sharpness_over_a_history_with_gaps() -> None:
    events = history(30, 2)
    chosen = with_snapshots(events, 6)
    assert chosen[0].epoch == 0 and chosen[-1].epoch == 30 and len(chosen) <= 6
    rng = np.random.default_rng(1)
    x, targets = rng.normal(size=(20, 4)), np.eye(3)[rng.integers(3, size=20)]
    found = [sharpness(event, x, targets) for event in chosen]
    assert [one.epoch for one in found] == [event.epoch for event in chosen]
    for one, event in zip(found, chosen, strict=True):
        assert event.snapshot is not None
        H = dense_hessian(HessianProduct(Network(event.snapshot.spec, event.snapshot.theta), x, targets))
        largest = np.linalg.eigvalsh(H)[-1]
        assert one.largest == pytest.approx(largest, rel=1e-6)
        assert one.stable_rate == pytest.approx(2 / largest, rel=1e-6)


def test_gradient_descent_is_stable_up_to_the_rate() -> None:
    """On a quadratic loss (one linear unit, squared error with a ReLU that stays on) the limit is exact."""
    spec = NetworkSpec((LayerSpec("dense", 3, 1, 1, "relu"),), "squared error")
    rng = np.random.default_rng(5)
    x = rng.uniform(1, 2, size=(30, 3))
    true = np.array([1.0, 2.0, 1.5, 3.0])
    y = x @ true[:3, None] + true[3]
    largest = float(leading_eigenvalues(HessianProduct(Network(spec, true), x, y), 1).values[0])
    for factor, is_stable in ((0.98, True), (1.02, False)):
        theta = true + 1e-4
        for _ in range(400):
            theta = theta - factor * 2 / largest * Network(spec, theta).gradient(x, y)
        assert (float(np.abs(theta - true).max()) < 1e-3) is is_stable


def test_directions_that_matter() -> None:
    assert directions_that_matter(np.array([10.0, 2.0, 1.0, 0.9, -5.0])) == 3
    assert directions_that_matter(np.array([-1.0])) == 0


def test_rank_of_an_update() -> None:
    layers = (LayerSpec("svd", 12, 8, 8, "tanh"), LayerSpec("dense", 8, 3, 3, "softmax"))
    spec = NetworkSpec(layers, "cross-entropy")
    rng = np.random.default_rng(7)
    network = Network(spec, rng.normal(size=spec.n_parameters))
    for n_clips in (1, 3, 20):
        x, targets = rng.normal(size=(n_clips, 12)), np.eye(3)[rng.integers(3, size=n_clips)]
        found = update_rank(network, x, targets)
        assert found.bound == n_clips
        assert found.rank == min(n_clips, 8)
        assert 1 <= found.effective <= found.rank
    nothing = update_rank_of(np.zeros((2, 3)), np.ones((4, 3)), 3)
    assert nothing.rank == 0 and nothing.effective == 0.0

"""Dynamical low-rank training: one step against gradient descent on W, ranks that adapt, and going on."""

from __future__ import annotations

import numpy as np
import pytest

from mlpsvd.arrays import cpu
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.engines.contract import one_hot
from mlpsvd.engines.optimiser import OptimiserRule, fresh_state
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.network.initialise import build
from mlpsvd.network.network import Network
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.settings import check, with_value
from mlpsvd.training.low_rank import low_rank_step, truncated_rank
from mlpsvd.training.settings import DiscardingSettings, TrainingSettings
from mlpsvd.training.task import TrainingTask
from mlpsvd.training.trainer import Trainer

SGD = OptimiserRule("sgd", 0.3, 0.0, 0.9, 0.999, 1e-8)
ADAM = OptimiserRule("adam", 0.01, 0.0, 0.9, 0.999, 1e-8)
SETTINGS = NetworkSettings(hidden=(6, 5), activation="tanh", initial_std=0.5)


def a_network(kinds: tuple[str, ...]) -> Network:
    return build(SETTINGS, 9, 3, kinds, 2, np.float64)


def a_batch() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(8, 9)), one_hot(rng.integers(0, 3, 8), 3, np.float64)


def a_data_set(n: int = 300) -> DataSet:
    """Three classes that are separable in two directions of nine inputs."""
    rng = np.random.default_rng(5)
    y = rng.integers(0, 3, n).astype(np.intp)
    x = rng.normal(size=(n, 9))
    x[:, :2] += 3 * np.array([[1, 0], [-0.5, 0.9], [-0.5, -0.9]])[y]
    return DataSet(x[: n // 2], y[: n // 2], x[n // 2 :], y[n // 2 :], ("a", "b", "c"))


def test_a_step_of_full_rank_is_gradient_descent_on_w() -> None:
    x, targets = a_batch()
    dense, low = a_network(("dense",) * 3), a_network(("svd", "svd", "dense"))
    gradient = Network(dense.spec, dense.gradient(x, targets))
    after, _ = low_rank_step(low, SGD, fresh_state(low.spec, low.theta), x, targets, 0.0)
    for index in range(3):
        expected = dense.weight_matrix(index) - 0.3 * gradient.weight_matrix(index)
        np.testing.assert_allclose(after.weight_matrix(index), expected, atol=1e-12)
        expected = dense.parameters(index)["b"] - 0.3 * gradient.parameters(index)["b"]
        np.testing.assert_allclose(after.parameters(index)["b"], expected, atol=1e-12)


@pytest.mark.parametrize("rule", [SGD, ADAM])
def test_the_layers_end_as_singular_value_decompositions(rule: OptimiserRule) -> None:
    x, targets = a_batch()
    network = a_network(("svd", "svd", "dense"))
    state = fresh_state(network.spec, network.theta)
    for _ in range(3):
        network, state = low_rank_step(network, rule, state, x, targets, 0.3)
    assert network.spec.ranks[0] < 6
    for index in (0, 1):
        factors = network.parameters(index)
        rank = len(factors["sigma"])
        np.testing.assert_allclose(factors["U"].T @ factors["U"], np.eye(rank), atol=1e-12)
        np.testing.assert_allclose(factors["Vt"] @ factors["Vt"].T, np.eye(rank), atol=1e-12)
        np.testing.assert_allclose(factors["sigma"], network.singular_values(index), atol=1e-12)


def test_a_rank_may_grow_again() -> None:
    x, targets = a_batch()
    network = a_network(("svd", "dense", "dense"))
    network, state = low_rank_step(network, SGD, fresh_state(network.spec, network.theta), x, targets, 0.95)
    assert network.spec.ranks[0] == 1
    after, _ = low_rank_step(network, SGD, state, x, targets, 0.0)
    assert after.spec.ranks[0] == 2, "the bases are augmented to twice the rank"


def test_truncation_is_by_the_norm_of_what_is_discarded() -> None:
    values = np.array([4.0, 3.0, 0.3, 0.2])
    assert [truncated_rank(values, tolerance) for tolerance in (0.0, 0.05, 0.1, 0.7, 0.99)] == [4, 3, 2, 1, 1]
    assert truncated_rank(np.zeros(3), 0.1) == 1


def a_trainer(epochs: int = 12) -> Trainer:
    training = TrainingSettings(epochs=epochs, batch_size=16, learning_rate=0.01, engine="reference")
    settings = DiscardingSettings(criterion="dynamical", tolerance=0.2)
    network = build(NetworkSettings(hidden=(8,)), 9, 3, ("svd", "dense"), 1, np.float64)
    task = TrainingTask(network, ("svd", "dense"), a_data_set(), training, settings, 1)
    return Trainer(task, ReferenceEngine(cpu(), "float64"))


def test_training_finds_the_two_directions_that_matter() -> None:
    events = list(a_trainer().run())
    assert events[-1].test_accuracy > 0.9
    assert 2 <= events[-1].ranks[0] <= 4
    assert events[1].discarded[0].rank_before == 8
    assert a_trainer()._points == frozenset()


def test_training_that_goes_on_gives_the_same_network() -> None:
    whole, part = a_trainer(), a_trainer()
    list(whole.run())
    for event in part.run():
        if event.epoch == 5:
            break
    second = a_trainer()
    rest = Trainer(second._task, ReferenceEngine(cpu(), "float64"), part.state())
    list(rest.run())
    np.testing.assert_array_equal(rest.snapshot().theta, whole.snapshot().theta)


def test_a_penalty_is_refused() -> None:
    experiment = with_value(Experiment(), "discarding.criterion", "dynamical")
    check(experiment)
    with pytest.raises(SettingError, match="should be 0 with dynamical low-rank training"):
        check(with_value(experiment, "training.nuclear_norm", 0.1))

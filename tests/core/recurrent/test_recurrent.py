"""The recurrent network: gradients against reference values and differences, discarding, training."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpsvd.analysis.hessian.update_rank import update_rank_of
from mlpsvd.errors import DataError, NetworkError, TrainingError
from mlpsvd.network.layers import LayerSpec
from mlpsvd.network.losses import losses
from mlpsvd.network.network import Network, parameter_views
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.recurrent.frames import FrameScaling, FrameSettings, frame_magnitudes
from mlpsvd.recurrent.network import RecurrentNetwork, RecurrentShape, build_recurrent
from mlpsvd.recurrent.trainer import RecurrentTask, Sequences, train_recurrent
from mlpsvd.training.settings import DiscardingSettings, TrainingSettings

FAMILIES = ("dense", "svd", "two-factor")  # smooth, and the same function at the start
X = np.array([[[0.6, -1.1], [0.9, 0.4], [-0.3, 1.2]]])


@pytest.fixture(scope="module")
def reference(project_root: Path) -> dict[str, Any]:
    path = project_root.parent / "shared" / "reference" / "naumov.json"
    if not path.exists():
        pytest.skip("the reference values lie beside the clone, in shared/reference")
    values: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return values


def table(m: int, n: int, k: int) -> np.ndarray:
    i, j = np.arange(m)[:, None], np.arange(n)[None, :]
    return ((7 * i + 3 * j + k) % 11 - 5) / 10


def network_of(matrices: list[np.ndarray], biases: list[np.ndarray], kind: str) -> RecurrentNetwork:
    layers = tuple(LayerSpec("dense", one.shape[1], one.shape[0], min(one.shape), kind) for one in matrices)
    pieces = [part.ravel() for pair in zip(matrices, biases, strict=True) for part in pair]
    return RecurrentNetwork(Network(NetworkSpec(layers, "squared error"), np.concatenate(pieces)))


@pytest.mark.parametrize(("name", "kind"), [("logistic", "sigmoid"), ("relu", "relu")])
def test_one_layer_has_the_reference_gradients(name: str, kind: str, reference: dict[str, Any]) -> None:
    known = reference[f"rnn {name}"]
    b = np.array([0.1, -0.2, 0.3])
    network = network_of([table(3, 2, 4), 1.5 * table(3, 3, 2)], [b, np.zeros(3)], kind)
    target = np.array([[0.2, 0.7, -0.4]])
    np.testing.assert_allclose(network.predict(X)[0], known["z"][-1], atol=1e-14)
    gradient = network.gradient(X, target)
    w, u = (parameter_views(network.store.spec, gradient, index) for index in (0, 1))
    np.testing.assert_allclose(w["W"], known["G_W"], atol=1e-14)
    np.testing.assert_allclose(u["W"], known["G_U"], atol=1e-14)
    np.testing.assert_allclose(w["b"], known["G_b"], atol=1e-14)
    assert not u["b"].any()


@pytest.mark.parametrize("kind", ["tanh", "relu"])
def test_two_layers_need_full_backpropagation(kind: str, reference: dict[str, Any]) -> None:
    """Lemma 2 leaves out that earlier states of the top layer pass on to the lower one."""
    known = reference[f"rnn2 {kind}"]
    matrices = [table(3, 2, 4), 1.5 * table(3, 3, 2), table(2, 3, 7), 1.5 * table(2, 2, 5)]
    network = network_of(matrices, [np.zeros(len(one)) for one in matrices], kind)
    gradient = network.gradient(X, np.array([[0.2, 0.7]]))
    np.testing.assert_allclose(parameter_views(network.store.spec, gradient, 0)["W"], known["G_W1"], atol=1e-14)


@settings(max_examples=25, deadline=None)
@given(
    units=st.lists(st.integers(1, 4), min_size=1, max_size=2),
    kind=st.sampled_from(FAMILIES),
    n_steps=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_gradient_is_the_difference_of_the_loss(units: list[int], kind: str, n_steps: int, seed: int) -> None:
    network = build_recurrent(RecurrentShape(3, 2, tuple(units), "tanh", kind), seed, np.float64)
    rng = np.random.default_rng(seed)
    x, targets = rng.normal(size=(4, n_steps, 3)), np.eye(2)[rng.integers(2, size=4)]
    direction = rng.normal(size=network.store.spec.n_parameters)
    for index in range(len(units)):
        parameter_views(network.store.spec, direction, 2 * index + 1)["b"][...] = 0  # never trained

    def loss(step: float) -> float:
        moved = Network(network.store.spec, network.store.theta + step * direction)
        return float(losses("cross-entropy", "softmax", RecurrentNetwork(moved).predict(x), targets).mean())

    expected = (loss(1e-6) - loss(-1e-6)) / 2e-6
    assert float(network.gradient(x, targets) @ direction) == pytest.approx(expected, rel=1e-6, abs=1e-8)


def test_families_begin_as_the_same_function() -> None:
    x = np.random.default_rng(0).normal(size=(5, 6, 3))
    outputs = [build_recurrent(RecurrentShape(3, 2, (4, 3), "tanh", k), 7, np.float64).predict(x) for k in FAMILIES]
    for one in outputs[1:]:
        np.testing.assert_allclose(one, outputs[0], atol=1e-12)


def sequences(n_clips: int, seed: int) -> Sequences:
    """Two classes that differ in the order of two halves: their means over time are alike."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=n_clips)
    x = 0.3 * rng.standard_normal((n_clips, 8, 5)).astype(np.float32)
    x[:, :4, 0] += np.where(labels == 0, 1, -1)[:, None]
    x[:, 4:, 0] -= np.where(labels == 0, 1, -1)[:, None]
    return Sequences(x, labels)


def test_it_learns_what_the_mean_over_time_does_not_show_and_discards() -> None:
    training = TrainingSettings(epochs=12, learning_rate=0.01, batch_size=16)
    discarding = DiscardingSettings(points=3, first=6, last=10, threshold=0.3)
    shape = RecurrentShape(5, 2, (12,), "tanh", "svd")
    train, test = sequences(200, 1), sequences(200, 2)
    assert abs(train.x.mean(axis=1)[train.labels == 0].mean() - train.x.mean(axis=1)[train.labels == 1].mean()) < 0.02
    task = RecurrentTask(build_recurrent(shape, 1), shape.kinds, train, test, 2, training, discarding, 1)
    start = task.network.store.theta.copy()
    events = list(train_recurrent(task))
    assert [event.epoch for event in events] == list(range(13))
    assert events[-1].test_accuracy > 0.97 and events[-1].train_loss < events[0].train_loss
    assert events[-1].ranks[1] < 12 and any(event.discarded for event in events)
    assert events[-1].n_weights < events[0].n_weights and events[-1].flops < events[1].flops
    np.testing.assert_array_equal(task.network.store.theta, start)
    snapshot = events[-1].snapshot
    assert snapshot is not None
    assert not parameter_views(snapshot.spec, snapshot.theta, 1)["b"].any()


def test_a_rate_that_is_too_large_ends_with_one_sentence() -> None:
    training = TrainingSettings(optimiser="sgd", epochs=5, learning_rate=1e30, batch_size=16)
    shape = RecurrentShape(5, 2, (12,), "relu")
    train = sequences(64, 1)
    task = RecurrentTask(build_recurrent(shape, 1), shape.kinds, train, train, 2, training, DiscardingSettings(), 1)
    with np.errstate(all="ignore"), pytest.raises(TrainingError, match="no longer a finite number after epoch"):
        list(train_recurrent(task))


@pytest.mark.parametrize(("changes", "what"), [
    ({"class_weights": "balanced"}, "has no class weights"),
    ({"nuclear_norm": 0.1}, "without the nuclear-norm penalty"),
    ({"frozen_layers": 1}, "without frozen layers"),
])  # fmt: skip
def test_what_recurrent_networks_do_not_have_is_an_error(changes: dict[str, Any], what: str) -> None:
    shape, train = RecurrentShape(5, 2, (12,), "relu"), sequences(64, 1)
    training = replace(TrainingSettings(epochs=1), **changes)
    task = RecurrentTask(build_recurrent(shape, 1), shape.kinds, train, train, 2, training, DiscardingSettings(), 1)
    with pytest.raises(TrainingError, match=what):
        list(train_recurrent(task))


def test_rank_of_an_update_is_at_most_clips_times_steps() -> None:
    rng = np.random.default_rng(3)
    network = network_of([rng.normal(size=(9, 8)), 0.5 * rng.normal(size=(9, 9))], [np.zeros(9)] * 2, "tanh")
    for n_clips, n_steps in ((1, 1), (1, 3), (2, 3)):
        x, targets = rng.normal(size=(n_clips, n_steps, 8)), rng.normal(size=(n_clips, 9))
        ((v, z, before),) = network.v(x, targets)
        V, Z, Z0 = (one.reshape(n_clips * n_steps, -1).T for one in (v, z, before))
        assert update_rank_of(V, Z, n_clips * n_steps).rank == n_clips * n_steps  # (71)
        assert update_rank_of(V, Z0, n_clips * n_steps).rank == n_clips * (n_steps - 1)  # (72): z(0) = 0
        gradient = parameter_views(network.store.spec, network.gradient(x, targets), 0)["W"]
        np.testing.assert_allclose(V @ Z.T / n_clips, gradient, atol=1e-13)


def test_frames() -> None:
    clips = np.random.default_rng(0).standard_normal((3, 4800))
    frames = frame_magnitudes(clips, FrameSettings())
    assert frames.shape == (3, 36, 33)
    np.testing.assert_allclose(frames[1, 2], np.abs(np.fft.rfft(clips[1, 256:512]))[:33], rtol=1e-5)
    scaled = FrameScaling.of(frames)(frames)
    np.testing.assert_allclose(scaled.mean(axis=(0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=(0, 1)), 1, atol=1e-4)
    for bad in (FrameSettings(5000), FrameSettings(n_bins=200), FrameSettings(hop=0)):
        with pytest.raises(DataError, match="cannot be taken from clips of 4800 samples"):
            frame_magnitudes(clips, bad)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(NetworkError, match="recurrent layer 1 has W of 3 x 2 and U of 2 x 2"):
        network_of([np.ones((3, 2)), np.ones((2, 2))], [np.zeros(3), np.zeros(2)], "tanh")
    with pytest.raises(NetworkError, match="output layer has 2 inputs; it should have 3"):
        network_of([np.ones((3, 2)), np.ones((3, 3)), np.ones((2, 2))], [np.zeros(3)] * 2 + [np.zeros(2)], "tanh")
    with pytest.raises(NetworkError, match=r"it should be \(clips, steps, 2\)"):
        network_of([np.ones((3, 2)), np.ones((3, 3))], [np.zeros(3)] * 2, "tanh").predict(np.ones((1, 2, 5)))
    with pytest.raises(NetworkError, match="0 recurrent layers"):
        build_recurrent(RecurrentShape(3, 2, ()), 1)

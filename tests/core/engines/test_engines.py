"""Every engine through one contract: the arithmetic of the reference engine, to the rounding of its precision."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpsvd.arrays import cpu, gpu
from mlpsvd.engines.choice import choose, fused_engine
from mlpsvd.engines.contract import Engine
from mlpsvd.engines.gpu.engine import FusedGpuEngine
from mlpsvd.engines.optimiser import OptimiserRule, fresh_state
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import DeviceError, MissingLibraryError
from mlpsvd.network.factorise import factorised, with_layer
from mlpsvd.network.initialise import build
from mlpsvd.network.network import Network
from mlpsvd.network.settings import NetworkSettings

N_CLIPS, N_FEATURES, N_CLASSES = 53, 19, 4


def gpu_engine() -> Engine:
    try:
        return ReferenceEngine(gpu(), "float32")
    except DeviceError as error:
        pytest.skip(str(error))


def gpu_fused_engine() -> Engine:
    try:
        return FusedGpuEngine(gpu(), "float32")
    except DeviceError as error:
        pytest.skip(str(error))


ENGINES: dict[str, Callable[[], Engine]] = {
    "reference float32": lambda: ReferenceEngine(cpu(), "float32"),
    "fused": fused_engine,
    "gpu": gpu_engine,
    "gpu fused": gpu_fused_engine,
}


@pytest.fixture(params=list(ENGINES), scope="module")
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]()


def a_network(
    kinds: tuple[str, ...],
    activation: str,
    output: str,
    loss: str,
    rank: int,
    seed: int,
    n_features: int = N_FEATURES,
    sizes: tuple[int, ...] = (13, 9, 11),
) -> Network:
    hidden = sizes[: len(kinds) - 1]
    shape = NetworkSettings(hidden=hidden, activation=activation, output=output, loss=loss, initial="glorot")
    network = build(shape, n_features, N_CLASSES, ("dense",) * len(kinds), seed, np.float64)
    for index, kind in enumerate(kinds):
        if kind != "dense":
            layer, parameters = network.spec.layers[index], network.parameters(index)
            network = with_layer(network, index, *factorised(layer, parameters, kind, min(rank, layer.rank)))
    return network


def one_epoch(
    engine: Engine, start: Network, rule: OptimiserRule, batch_size: int, n_clips: int = N_CLIPS
) -> tuple[Network, float, float]:
    """Train a copy of ``start`` for an epoch on fixed data; return it with loss and accuracy."""
    rng = np.random.default_rng(11)
    data = engine.vectors(rng.normal(size=(n_clips, start.spec.n_in)), rng.integers(0, N_CLASSES, n_clips), N_CLASSES)
    network = Network(start.spec, engine.array(start.theta))
    state = fresh_state(network.spec, network.theta)
    state.steps[-1] = 3  # as after a discard in another layer
    engine.run_epoch(network, rule, state, data, rng.permutation(n_clips), batch_size)
    loss, accuracy, _ = engine.evaluate(network, data)
    return network, loss, accuracy


def assert_agrees(engine: Engine, start: Network, rule: OptimiserRule, batch_size: int, n_clips: int = N_CLIPS) -> None:
    exact, exact_loss, _ = one_epoch(ReferenceEngine(cpu(), "float64"), start, rule, batch_size, n_clips)
    found, loss, _ = one_epoch(engine, start, rule, batch_size, n_clips)
    moved = np.abs(exact.theta - start.theta).max()
    assert moved > 1e-4
    found_theta = np.asarray(found.theta if isinstance(found.theta, np.ndarray) else found.theta.get())
    np.testing.assert_allclose(found_theta, exact.theta, rtol=2e-4, atol=2e-4 * max(moved, 0.1))
    assert loss == pytest.approx(exact_loss, rel=1e-4)


ADAM = OptimiserRule("adam", 0.01, 0.9, 0.9, 0.999, 1e-3)


class TestEveryEngine:
    """The contract between engines and the trainer."""

    @pytest.mark.parametrize("kinds", [("dense", "dense"), ("svd", "dense"), ("two-factor", "svd", "two-factor")])
    @pytest.mark.parametrize("rank", [2, 5, 12])
    def test_layers(self, engine: Engine, kinds: tuple[str, ...], rank: int) -> None:
        assert_agrees(engine, a_network(kinds, "tanh", "softmax", "cross-entropy", rank, 1), ADAM, 16)

    @pytest.mark.parametrize("kind", ["dense", "svd"])
    @pytest.mark.parametrize("n_features", [2, 15, 16, 40])
    def test_inputs_fewer_and_more_than_a_register(self, engine: Engine, kind: str, n_features: int) -> None:
        start = a_network((kind, "dense"), "relu", "softmax", "cross-entropy", 20, 9, n_features, (20,))
        assert_agrees(engine, start, ADAM, 24)

    @pytest.mark.parametrize("batch_size", [63, 64, 65, 130, 200])
    def test_batches_of_many_clips(self, engine: Engine, batch_size: int) -> None:
        start = a_network(("svd", "two-factor", "dense"), "relu", "softmax", "cross-entropy", 5, 10)
        assert_agrees(engine, start, ADAM, batch_size, n_clips=199)

    @pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
    @pytest.mark.parametrize(
        ("output", "loss"),
        [
            ("softmax", "cross-entropy"),
            ("sigmoid", "cross-entropy"),
            ("softmax", "squared error"),
            ("tanh", "squared error"),
            ("relu", "squared error"),
        ],
    )
    def test_activations_and_losses(self, engine: Engine, activation: str, output: str, loss: str) -> None:
        assert_agrees(engine, a_network(("svd", "dense"), activation, output, loss, 4, 2), ADAM, 16)

    @pytest.mark.parametrize("kind", ["sgd", "momentum", "adam"])
    def test_optimisers(self, engine: Engine, kind: str) -> None:
        rule = OptimiserRule(kind, 0.05, 0.9, 0.9, 0.999, 1e-3)
        assert_agrees(engine, a_network(("svd", "dense"), "tanh", "softmax", "cross-entropy", 6, 3), rule, 16)

    @settings(deadline=None, max_examples=20)
    @given(
        kinds=st.lists(st.sampled_from(["dense", "svd", "two-factor"]), min_size=1, max_size=4),
        rank=st.integers(1, 13),
        batch_size=st.integers(1, 60),
    )
    def test_any_stack_any_batch(self, engine: Engine, kinds: list[str], rank: int, batch_size: int) -> None:
        start = a_network(tuple(kinds), "sigmoid", "softmax", "cross-entropy", rank, 4)
        assert_agrees(engine, start, OptimiserRule("sgd", 0.2, 0.9, 0.9, 0.999, 1e-8), batch_size)

    def test_same_input_same_bits(self, engine: Engine) -> None:
        start = a_network(("svd", "dense"), "relu", "softmax", "cross-entropy", 5, 6)
        left, right = (one_epoch(engine, start, ADAM, 16)[0].theta for _ in range(2))
        assert (left == right).all()

    def test_evaluation_counts(self, engine: Engine) -> None:
        network = a_network(("svd", "dense"), "relu", "softmax", "cross-entropy", 5, 7)
        rng = np.random.default_rng(3)
        x, labels = rng.normal(size=(700, N_FEATURES)), rng.integers(0, N_CLASSES, 700)
        data = engine.vectors(x, labels, N_CLASSES)
        _, accuracy, estimates = engine.evaluate(Network(network.spec, engine.array(network.theta)), data)
        expected = network.predict(x).argmax(axis=1)
        assert (estimates == expected).mean() > 0.995
        assert accuracy == pytest.approx((estimates == labels).mean())

    def test_divergence_is_not_hidden(self, engine: Engine) -> None:
        start = a_network(("svd", "dense"), "relu", "softmax", "cross-entropy", 5, 8)
        with np.errstate(all="ignore"):
            _, loss, _ = one_epoch(engine, start, OptimiserRule("sgd", 1e30, 0.9, 0.9, 0.999, 1e-8), 16)
        assert not np.isfinite(loss)


def test_auto_is_the_fused_engine() -> None:
    engine, note = choose("auto", "float32")
    assert "fused" in engine.description
    assert note == ""


def test_float64_is_left_to_the_reference_engine() -> None:
    engine, note = choose("fused", "float64")
    assert "reference" in engine.description
    assert "float32" in note


def test_without_numba_the_reference_engine_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingLibraryError, match="Numba"):
        fused_engine()
    assert "reference" in choose("auto", "float32")[0].description
    assert "Numba" in choose("fused", "float32")[1]


def test_gpu_that_is_not_there_is_one_sentence_and_the_cpu() -> None:
    try:
        gpu()
    except DeviceError:
        engine, note = choose("gpu", "float32")
        assert "CPU" in engine.description
        assert note.endswith("the CPU is used instead")
    else:
        pytest.skip("a GPU is there")

"""The reference engine and the trainer on arrays that, as CuPy's, never become NumPy's by themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mlpsvd.arrays import Backend, cpu, namespace, to_host
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.engines.contract import Engine
from mlpsvd.engines.optimiser import fresh_state
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import DeviceError
from mlpsvd.network.initialise import build
from mlpsvd.network.network import Network
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.training.events import EpochEvent
from mlpsvd.training.settings import DiscardingSettings, TrainingSettings
from mlpsvd.training.task import TrainingTask
from mlpsvd.training.trainer import Trainer, optimiser_rule

StrictBackend = Callable[..., Backend]


def a_data_set() -> DataSet:
    rng = np.random.default_rng(5)
    means = rng.normal(size=(3, 12))
    y_train, y_test = rng.integers(0, 3, 90), rng.integers(0, 3, 40)
    x_train, x_test = (means[y] + rng.normal(size=(len(y), 12)) for y in (y_train, y_test))
    return DataSet(x_train.astype(np.float32), y_train, x_test.astype(np.float32), y_test, ("a", "b", "c"))


def trained(engine: Engine, settings: NetworkSettings, training: TrainingSettings, moments: str) -> list[EpochEvent]:
    network = build(settings, 12, 3, ("svd", "two-factor"), 3, np.float64)
    discarding = DiscardingSettings(points=2, first=1, last=3, threshold=0.4, moments=moments)
    trainer = Trainer(TrainingTask(network, ("svd", "two-factor"), a_data_set(), training, discarding, 9), engine)
    events = list(trainer.run())
    assert trainer.notes == []
    assert len(trainer.estimates()) == 40
    assert isinstance(trainer.state().optimiser.first, np.ndarray)
    return events


def test_the_stand_in_refuses_what_cupy_refuses(strict_backend: StrictBackend) -> None:
    xp = strict_backend().xp
    array = xp.zeros(3, np.float32)
    assert namespace(array) is xp
    assert type(to_host(array)) is np.ndarray
    for mistake in (
        lambda: np.asarray(array),
        lambda: np.exp(array),
        lambda: array + np.zeros(3),
        lambda: np.zeros(3) + array,
        lambda: array[np.array([0, 1])],
        lambda: array.__setitem__(0, np.zeros(1)),
        lambda: float(np.linalg.norm(array)),
    ):
        with pytest.raises(TypeError):
            mistake()


@pytest.mark.parametrize("optimiser", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize(
    ("activation", "output", "loss"),
    [("relu", "softmax", "cross-entropy"), ("sigmoid", "sigmoid", "cross-entropy"), ("tanh", "tanh", "squared error")],
)
@pytest.mark.parametrize("moments", ["reset", "truncate"])
def test_a_whole_training_run_is_that_of_the_cpu(
    strict_backend: StrictBackend, optimiser: str, activation: str, output: str, loss: str, moments: str
) -> None:
    settings = NetworkSettings(hidden=(8,), activation=activation, output=output, loss=loss, initial="glorot")
    training = TrainingSettings(epochs=4, batch_size=16, optimiser=optimiser, learning_rate=0.01, precision="float64")
    strict, plain = (
        trained(ReferenceEngine(backend, "float64"), settings, training, moments)
        for backend in (strict_backend(), cpu())
    )
    assert any(event.discarded for event in plain)
    for found, expected in zip(strict, plain, strict=True):
        assert found.test_loss == pytest.approx(expected.test_loss, rel=1e-12)
        assert (found.ranks, found.discarded) == (expected.ranks, expected.discarded)
        assert found.snapshot is not None and expected.snapshot is not None
        np.testing.assert_allclose(found.snapshot.theta, expected.snapshot.theta, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "module", "words"),
    [("OutOfMemoryError", "cupy.cuda.memory", "too little memory"), ("CUDARuntimeError", "cupy_backends", "failed")],
)
def test_a_device_that_fails_leaves_the_run_to_the_cpu(
    strict_backend: StrictBackend, monkeypatch: pytest.MonkeyPatch, name: str, module: str, words: str
) -> None:
    """As CuPy's errors: one is a MemoryError, the others have nothing in common but their package."""
    base = MemoryError if "Memory" in name else RuntimeError
    failure = type(name, (base,), {"__module__": module})
    backend = strict_backend()
    engine = ReferenceEngine(backend, "float32")
    network = build(NetworkSettings(hidden=(4,)), 12, 3, ("dense", "dense"), 0)
    training = TrainingSettings(epochs=2)
    task = TrainingTask(network, ("dense", "dense"), a_data_set(), training, DiscardingSettings(), 1)
    trainer = Trainer(task, engine)

    def fail(*args: object) -> None:
        raise failure("out of something")

    monkeypatch.setattr(backend.xp, "sqrt", fail)
    with pytest.raises(DeviceError, match=words):
        data = engine.vectors(np.ones((4, 12)), np.zeros(4, np.intp), 3)
        on_device = Network(network.spec, engine.array(network.theta))
        state = fresh_state(network.spec, on_device.theta)
        engine.run_epoch(on_device, optimiser_rule(training), state, data, np.arange(4), 4)
    assert len(list(trainer.run())) == 3
    assert len(trainer.notes) == 1
    assert words in trainer.notes[0]
    assert "CPU" in trainer.engine_description

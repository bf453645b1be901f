"""The trainer as a stream of events."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from mlpsvd.arrays import cpu
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import DeviceError, TrainingError
from mlpsvd.network.initialise import build
from mlpsvd.network.network import Network
from mlpsvd.network.settings import NetworkSettings
from mlpsvd.training.discarding import discarding_points
from mlpsvd.training.events import EpochEvent
from mlpsvd.training.settings import DiscardingSettings, TrainingSettings
from mlpsvd.training.task import TrainingTask
from mlpsvd.training.trainer import Trainer

KINDS = ("svd", "dense")
TRAINING = TrainingSettings(epochs=12, learning_rate=0.01, batch_size=16)
DISCARDING = DiscardingSettings(points=4, first=3, last=9, threshold=0.4)


@pytest.fixture(scope="module")
def dataset() -> DataSet:
    """Three classes: bumps at three places in 24 entries, buried in noise."""
    rng = np.random.default_rng(0)
    bumps = np.exp(-0.5 * ((np.arange(24) - np.array([[6], [12], [18]])) / 2) ** 2)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        labels = rng.integers(0, 3, n)
        return (bumps[labels] + 0.4 * rng.normal(size=(n, 24))).astype(np.float32), labels

    (x_train, y_train), (x_test, y_test) = draw(150), draw(90)
    return DataSet(x_train, y_train, x_test, y_test, ("low", "middle", "high"))


@pytest.fixture
def make(dataset: DataSet) -> Callable[..., Trainer]:
    def make_trainer(**changes: object) -> Trainer:
        network = build(NetworkSettings(hidden=(8,)), 24, 3, KINDS, 1)
        arguments: dict[str, object] = {
            "network": network,
            "kinds": KINDS,
            "dataset": dataset,
            "training": TRAINING,
            "discarding": DISCARDING,
            "seed": 5,
        }
        engine, state = changes.pop("engine", ReferenceEngine(cpu())), changes.pop("state", None)
        return Trainer(TrainingTask(**(arguments | changes)), engine, state)  # type: ignore[arg-type]

    return make_trainer


def same(left: EpochEvent, right: EpochEvent) -> bool:
    """Whether two events are equal to the last bit, time aside."""
    assert left.snapshot is not None
    assert right.snapshot is not None
    return (
        left.snapshot.spec == right.snapshot.spec
        and left.snapshot.theta.tobytes() == right.snapshot.theta.tobytes()
        and (left.train_loss, left.test_accuracy, left.flops, left.discarded)
        == (right.train_loss, right.test_accuracy, right.flops, right.discarded)
    )


def test_one_event_an_epoch_and_it_learns(make: Callable[..., Trainer]) -> None:
    events = list(make().run())
    assert [event.epoch for event in events] == list(range(13))
    assert events[-1].test_accuracy > 0.8 > events[0].test_accuracy
    assert events[-1].train_loss < events[1].train_loss < events[0].train_loss
    assert all(event.train_s > 0 for event in events[1:])


def test_singular_values_are_dropped_at_the_points_only(make: Callable[..., Trainer]) -> None:
    events = list(make().run())
    cuts = [event for event in events if event.discarded]
    assert cuts
    assert {event.epoch for event in cuts} <= set(discarding_points(DISCARDING))
    for before, after in itertools.pairwise(events):
        assert after.ranks[0] <= before.ranks[0]
        if after.discarded:
            assert after.n_weights == before.n_weights - (before.ranks[0] - after.ranks[0]) * (8 + 1 + 24)
            assert after.singular_values[0][-1] >= 0.4 * after.singular_values[0][0]
        else:
            assert after.n_weights == before.n_weights
    assert events[-1].flops < events[1].flops


def test_same_seed_same_numbers(make: Callable[..., Trainer]) -> None:
    for left, right in zip(make().run(), make().run(), strict=True):
        assert same(left, right)


def test_another_seed_other_numbers(make: Callable[..., Trainer]) -> None:
    left, right = list(make().run())[-1], list(make(seed=6).run())[-1]
    assert not same(left, right)


@pytest.mark.parametrize("stop_after", [1, 4, 9])
def test_continuing_gives_what_an_unbroken_run_gives(make: Callable[..., Trainer], stop_after: int) -> None:
    whole = list(make().run())
    first = make()
    stream: Any = first.run()
    for _ in range(stop_after + 1):
        next(stream)
    stream.close()
    rest = list(make(state=first.state()).run())
    assert [event.epoch for event in rest] == list(range(stop_after + 1, 13))
    for left, right in zip(whole[stop_after + 1 :], rest, strict=True):
        assert same(left, right)


def test_events_own_their_arrays(make: Callable[..., Trainer]) -> None:
    trainer = make()
    stream = trainer.run()
    event = next(stream)
    assert event.snapshot is not None
    before = event.snapshot.theta.copy()
    next(stream)
    np.testing.assert_array_equal(event.snapshot.theta, before)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.epoch = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        event.snapshot.theta[0] = 1


def test_snapshot_is_the_network_that_was_evaluated(make: Callable[..., Trainer], dataset: DataSet) -> None:
    for event in make().run():
        assert event.snapshot is not None
        network = Network(event.snapshot.spec, event.snapshot.theta)
        accuracy = (network.predict(dataset.x_test).argmax(axis=1) == dataset.y_test).mean()
        assert accuracy == pytest.approx(event.test_accuracy)


def test_loss_that_is_not_finite_ends_with_a_sentence(make: Callable[..., Trainer]) -> None:
    wild = dataclasses.replace(TRAINING, optimiser="sgd", learning_rate=1e20)
    trainer = make(training=wild)
    with np.errstate(all="ignore"), pytest.raises(TrainingError, match="learning rate"):
        list(trainer.run())
    assert trainer.epoch == 0
    assert np.isfinite(trainer.snapshot().theta).all(), "the last good epoch is kept"


class FailingEngine(ReferenceEngine):
    """A device whose memory gives out in the third epoch, after it has begun to change the weights."""

    def __init__(self) -> None:
        super().__init__(cpu())
        self.epochs = 0

    def run_epoch(self, network: Network, *rest: object) -> None:
        self.epochs += 1
        if self.epochs == 3:
            network.theta += 1
            raise DeviceError("The GPU has too little memory")
        super().run_epoch(network, *rest)  # type: ignore[arg-type]


def test_failing_device_falls_back_to_the_cpu_and_loses_nothing(make: Callable[..., Trainer]) -> None:
    trainer = make(engine=FailingEngine())
    for left, right in zip(make().run(), trainer.run(), strict=True):
        assert same(left, right)
    assert trainer.notes == ["The GPU has too little memory; training continues on the CPU"]


def test_optimisers_all_learn(make: Callable[..., Trainer]) -> None:
    for optimiser, rate in (("sgd", 0.5), ("momentum", 0.1), ("adam", 0.01)):
        training = dataclasses.replace(TRAINING, optimiser=optimiser, learning_rate=rate)
        assert list(make(training=training).run())[-1].test_accuracy > 0.8


def test_large_networks_keep_only_the_snapshots_that_matter(
    make: Callable[..., Trainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlpsvd.training.trainer._SNAPSHOT_BYTES", 100)
    events = list(make().run())
    for event in events:
        assert (event.snapshot is not None) == (bool(event.discarded) or event.epoch == 12)

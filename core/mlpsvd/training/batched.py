"""Training of many networks at once on a GPU, with the same events as :class:`~mlpsvd.training.trainer.Trainer`.

The networks are trained together until one of them reaches a discarding point or its last epoch. They are then copied
to the host, where singular values are discarded.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.engines.blas_threads import OneThread
from mlpsvd.engines.gpu.engine import FusedGpuEngine, Scores, TrainingRun
from mlpsvd.engines.optimiser import OptimiserState, fresh_state
from mlpsvd.errors import TrainingError
from mlpsvd.network.network import Network
from mlpsvd.network.operations import epoch_flops
from mlpsvd.streams import Purpose, seeds
from mlpsvd.training.discarding import TrainingLoss, discard
from mlpsvd.training.events import Discard, EpochEvent, Snapshot
from mlpsvd.training.task import TrainingTask
from mlpsvd.training.trainer import optimiser_rule

__all__ = ["train_many"]

# A call cannot be interrupted, and the parameters after each of its epochs stay in GPU memory.
_EPOCHS_A_CALL = 32


def train_many(runs: Sequence[TrainingTask], engine: FusedGpuEngine) -> Iterator[tuple[int, EpochEvent]]:
    """Train all runs at once; yield the index of a run and its event, epoch by epoch, epoch 0 first.

    The order of the clips, the discards and the snapshots equal those of a trainer with the same seed. ``train_s`` is
    the run's share of the total time, measured by the clocks of the thread blocks.

    Parameters
    ----------
    runs
        The training tasks; a data set that several tasks share is copied to the device once.
    engine
        The engine; its precision applies to all runs.

    Raises
    ------
    TrainingError
        If the loss of a run is no longer a finite number.
    DeviceError
        If the device fails or has too little memory.
    """
    # One BLAS thread, as in the trainer, so that the same singular values are discarded on every machine. The limit
    # does not apply while the caller handles events.
    threads = OneThread()
    with threads.limited():
        together = _Together(runs, engine)
        events = together.before_training()
    while events:
        yield from events
        with threads.limited():
            events = together.train_to_next_stop()


class _Member:
    """The current state of one run."""

    def __init__(self, run: TrainingTask, dtype: np.dtype[np.floating], train: int, test: int) -> None:
        self.run = run
        self.network = Network(run.network.spec, run.network.theta.astype(dtype))
        self.state: OptimiserState = fresh_state(self.network.spec, self.network.theta)
        self.rule = optimiser_rule(run.training, run.dataset)
        self.train_set, self.test_set = train, test
        self.points = run.discarding_points()
        needs = [*self.rule.needs_reference, *(["dynamical low-rank training"] if run.is_dynamical else [])]
        if needs:
            raise TrainingError(f"The fused GPU engine does not support {' and '.join(needs)}; train on the CPU")

    def next_stop(self, epoch: int) -> int:
        """Return the next discarding point or last epoch after ``epoch``."""
        return min(point for point in (*self.points, self.run.training.epochs) if point > epoch)

    def discard_if_due(self, epoch: int, training_loss: TrainingLoss) -> tuple[Discard, ...]:
        if epoch not in self.points or not np.isfinite(self.network.theta).all():
            return ()  # the loss of a run that diverged is checked later
        self.network, self.state, discarded = discard(
            self.network, self.state, self.run.kinds, self.run.discarding, training_loss, self.run.initial_std
        )
        return discarded

    def flops(self) -> int:
        run = self.run
        return epoch_flops(self.network.spec, len(run.dataset.y_train), run.training.batch_size, self.rule.kind)


@dataclass(frozen=True)
class _Reached:
    """A member at the end of an epoch, before its evaluation."""

    member: int
    epoch: int
    network: Network
    flops: int
    train_s: float
    discarded: tuple[Discard, ...] = ()


class _Together:
    """All runs, trained together from one stop to the next."""

    def __init__(self, runs: Sequence[TrainingTask], engine: FusedGpuEngine) -> None:
        self._engine = engine
        data_sets = list({id(run.dataset): run.dataset for run in runs}.values())
        sets = {id(one): 2 * index for index, one in enumerate(data_sets)}
        halves = [half for one in data_sets for half in ((one.x_train, one.y_train), (one.x_test, one.y_test))]
        self._gpu_data = engine.upload(halves)
        self._members = [_Member(run, engine.dtype, sets[id(run.dataset)], sets[id(run.dataset)] + 1) for run in runs]
        self._epoch = 0

    def before_training(self) -> list[tuple[int, EpochEvent]]:
        return self._measured([_Reached(i, 0, one.network, 0, 0.0) for i, one in enumerate(self._members)])

    def train_to_next_stop(self) -> list[tuple[int, EpochEvent]]:
        """Train all unfinished runs; return an empty list if there are none."""
        active = [i for i, one in enumerate(self._members) if one.run.training.epochs > self._epoch]
        if not active:
            return []
        stop = min(self._members[i].next_stop(self._epoch) for i in active)
        stop = min(stop, self._epoch + _EPOCHS_A_CALL)
        n_epochs, flops = stop - self._epoch, [self._members[i].flops() for i in active]
        started = time.perf_counter()
        trained = self._engine.train_epochs(self._runs(active, n_epochs), self._gpu_data, n_epochs)
        epoch_s = (time.perf_counter() - started) / n_epochs * trained.shares
        reached = []
        for i, one_flops, thetas, share_s in zip(active, flops, trained.history, epoch_s.tolist(), strict=True):
            member, spec = self._members[i], self._members[i].network.spec
            started = time.perf_counter()
            discarded = member.discard_if_due(stop, self._loss_on(member.train_set))
            discard_s = time.perf_counter() - started
            for epoch, theta in zip(range(self._epoch + 1, stop), thetas[:-1], strict=True):
                reached.append(_Reached(i, epoch, Network(spec, theta), one_flops, share_s))
            reached.append(_Reached(i, stop, member.network, one_flops, share_s + discard_s, discarded))
        self._epoch = stop
        return self._measured(sorted(reached, key=lambda one: (one.epoch, one.member)))

    def _loss_on(self, train_set: int) -> TrainingLoss:
        return lambda network: float(self._engine.evaluate_many([network], self._gpu_data, [train_set]).losses[0])

    def _runs(self, active: Sequence[int], n_epochs: int) -> list[TrainingRun]:
        """Return the runs for the engine's next call; equal seeds and numbers of clips share the orders of clips."""
        orders: dict[tuple[int, int], NDArray[np.int32]] = {}
        runs = []
        for i in active:
            member = self._members[i]
            key = (member.run.seed, len(member.run.dataset.y_train))
            if key not in orders:
                orders[key] = self._orders(*key, n_epochs)
            batch_size = member.run.training.batch_size
            runs.append(
                TrainingRun(member.network, member.state, member.rule, member.train_set, orders[key], batch_size)
            )
        return runs

    def _orders(self, seed: int, n_clips: int, n_epochs: int) -> NDArray[np.int32]:
        """Return the orders of clips for the next epochs [shape=(n_epochs, n_clips)], as in the trainer."""
        epochs = range(self._epoch, self._epoch + n_epochs)
        rngs = [np.random.default_rng(seeds(Purpose.BATCH_ORDER, seed, epoch)) for epoch in epochs]
        return np.stack([rng.permutation(n_clips) for rng in rngs]).astype(np.int32)

    def _measured(self, reached: Sequence[_Reached]) -> list[tuple[int, EpochEvent]]:
        """Evaluate all networks on their training sets in one call, and on their test sets in another."""
        networks, members = [one.network for one in reached], [self._members[one.member] for one in reached]
        train = self._engine.evaluate_many(networks, self._gpu_data, [member.train_set for member in members])
        test = self._engine.evaluate_many(networks, self._gpu_data, [member.test_set for member in members])
        return [(one.member, self._event(one, train, test, at)) for at, one in enumerate(reached)]

    def _event(self, reached: _Reached, train: Scores, test: Scores, at: int) -> EpochEvent:
        network, spec = reached.network, reached.network.spec
        settings = self._members[reached.member].run.training
        if not np.isfinite(train.losses[at]):
            raise TrainingError(
                f"The loss of network {reached.member + 1} of {len(self._members)} is no longer a finite number after "
                f"epoch {reached.epoch}; a learning rate below {settings.learning_rate:g} would help"
            )
        return EpochEvent(
            epoch=reached.epoch,
            n_epochs=settings.epochs,
            train_loss=float(train.losses[at]),
            train_accuracy=float(train.accuracies[at]),
            test_loss=float(test.losses[at]),
            test_accuracy=float(test.accuracies[at]),
            singular_values=tuple(network.singular_values(index) for index in range(len(spec.layers))),
            ranks=spec.ranks,
            kinds=spec.kinds,
            n_weights=spec.n_parameters,
            flops=reached.flops,
            train_s=reached.train_s,
            discarded=reached.discarded,
            snapshot=_snapshot(network),
        )


def _snapshot(network: Network) -> Snapshot:
    theta = np.array(network.theta)
    theta.flags.writeable = False
    return Snapshot(network.spec, theta)

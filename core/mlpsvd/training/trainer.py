"""The trainer: a generator that yields one frozen event per epoch.

To pause, stop iterating; to stop, close the generator; to continue, call :meth:`Trainer.run` again. The window, the
command line and the tests all iterate over this generator.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.arrays import cpu, to_host
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.engines.blas_threads import OneThread
from mlpsvd.engines.contract import Engine
from mlpsvd.engines.optimiser import OptimiserRule, OptimiserState, fresh_state
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import DeviceError, TrainingError
from mlpsvd.network.checks import check_network, check_steps, check_vector
from mlpsvd.network.network import Network
from mlpsvd.network.operations import epoch_flops
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.streams import Purpose, seeds
from mlpsvd.training.discarding import discard
from mlpsvd.training.events import Discard, EpochEvent, Snapshot
from mlpsvd.training.low_rank import low_rank_epoch
from mlpsvd.training.settings import TrainingSettings
from mlpsvd.training.task import TrainingTask

__all__ = ["Trainer", "TrainerState", "optimiser_rule"]

# Snapshots of all epochs are kept if their total size is below this limit; otherwise only those of the discarding
# points and the last epoch. The paper's networks need 1 MB. For tiny networks, the Python objects are larger than
# their contents.
_SNAPSHOT_BYTES = 64 * 2**20
_OBJECT_BYTES = 600


@dataclass(frozen=True)
class TrainerState:
    """Everything needed to continue a training run, on the host.

    Attributes
    ----------
    epoch
        Number of completed epochs.
    network
        The current network; its vector is a copy.
    optimiser
        The optimiser's state; a copy.
    """

    epoch: int
    network: Snapshot
    optimiser: OptimiserState


def optimiser_rule(settings: TrainingSettings, dataset: DataSet | None = None) -> OptimiserRule:
    """Return the optimiser and its parameters.

    Parameters
    ----------
    settings
        Settings of the training.
    dataset
        The data set, whose labels determine class weights; not needed without them.

    Raises
    ------
    TrainingError
        If the settings ask for class weights and there is no data set.
    """
    is_weighted = settings.class_weights == "balanced"
    if is_weighted and dataset is None:
        raise TrainingError("This training has no class weights; set training.class_weights to none")
    return OptimiserRule(
        settings.optimiser,
        settings.learning_rate,
        settings.momentum,
        settings.beta_1,
        settings.beta_2,
        settings.epsilon,
        settings.nuclear_norm,
        settings.frozen_layers,
        balanced_weights(dataset.y_train, len(dataset.class_names)) if is_weighted and dataset is not None else (),
    )


def balanced_weights(labels: NDArray[np.intp], n_classes: int) -> tuple[float, ...]:
    """Return class weights that are inversely proportional to the number of clips, with mean 1 over the clips.

    The weight of a class with n of N clips is N / (K n), as scikit-learn's ``class_weight="balanced"``; that of a class
    without clips is 0.

    Examples
    --------
    >>> balanced_weights(np.array([0, 0, 0, 1]), 2)
    (0.6666666666666666, 2.0)
    """
    counts = np.bincount(labels, minlength=n_classes)
    weights = np.divide(len(labels), n_classes * counts, out=np.zeros(n_classes), where=counts > 0)
    return tuple(weights.tolist())


class Trainer:
    """Trains one network on one data set.

    Parameters
    ----------
    task
        What to train: initial network, data, settings and seed.
    engine
        The engine that computes the epochs. If its device fails, training continues with the reference engine on the
        CPU from the last complete epoch, and :attr:`notes` reports it.
    state
        State to continue from, returned by :meth:`state` of an earlier trainer with the same settings.

    Raises
    ------
    NetworkError
        If the network or the state is invalid.
    """

    def __init__(self, task: TrainingTask, engine: Engine, state: TrainerState | None = None) -> None:
        network, training = task.network, task.training
        self._task = task
        self._training = training
        self._points = frozenset(task.discarding_points())
        self._rule = optimiser_rule(training, task.dataset)
        self.notes: list[str] = []
        self._threads = OneThread()
        if state is None:
            state = TrainerState(0, _snapshot(network), fresh_state(network.spec, network.theta))
        snapshot_bytes = state.network.theta.nbytes + _OBJECT_BYTES
        self._keep_all = snapshot_bytes * (training.epochs + 1) <= _SNAPSHOT_BYTES
        try:
            self._load(engine, state)
        except DeviceError as error:
            self._fall_back(error, state)

    @property
    def epoch(self) -> int:
        """Number of completed epochs."""
        return self._epoch

    @property
    def engine_description(self) -> str:
        """Name of the engine and its device."""
        return self._engine.description

    def run(self) -> Iterator[EpochEvent]:
        """Train to the last epoch, yielding one event per epoch; epoch 0 is the state before training.

        Raises
        ------
        TrainingError
            If the loss is no longer a finite number. The network is then restored to the last epoch with a finite
            loss.
        """
        if self._epoch == 0:
            yield self._before_training()
        while self._epoch < self._training.epochs:
            before = self.state()
            try:
                event = self._one_epoch()
            except DeviceError as error:
                self._fall_back(error, before)
                continue
            except TrainingError:
                self._load(self._engine, before)  # keep the last epoch with a finite loss
                raise
            yield event

    def _before_training(self) -> EpochEvent:
        with self._threads.limited():
            return self._event(flops=0, train_s=0.0, discarded=())

    def _one_epoch(self) -> EpochEvent:
        """Train, discard if due, and evaluate; on one BLAS thread, so that rounding is the same on every machine."""
        flops = epoch_flops(self._network.spec, len(self._train), self._training.batch_size, self._rule.kind)
        with self._threads.limited():
            started = time.perf_counter()
            before = self._network.spec
            self._train_one_epoch()
            self._epoch += 1
            discarded = self._discard_if_due() if self._network.spec is before else _changes(before, self._network.spec)
            return self._event(flops, time.perf_counter() - started, discarded)

    def state(self) -> TrainerState:
        """Return a copy of everything needed to continue."""
        optimiser = OptimiserState(
            np.array(to_host(self._optimiser.first)),
            np.array(to_host(self._optimiser.second)),
            list(self._optimiser.steps),
        )
        return TrainerState(self._epoch, self.snapshot(), optimiser)

    def snapshot(self) -> Snapshot:
        """Return the current network, on the host."""
        return _snapshot(self._network)

    def estimates(self) -> NDArray[np.intp]:
        """Return the predicted class of every test clip [shape=(n_test,)]."""
        return self._engine.evaluate(self._network, self._test)[2]

    def training_estimates(self) -> NDArray[np.intp]:
        """Return the predicted class of every training clip [shape=(n_train,)]."""
        return self._engine.evaluate(self._network, self._train)[2]

    def _load(self, engine: Engine, state: TrainerState) -> None:
        """Move data and state to an engine's device."""
        check_network(state.network.spec, state.network.theta)
        check_vector(state.network.spec, state.optimiser.first, "the first moment")
        check_vector(state.network.spec, state.optimiser.second, "the second moment")
        check_steps(state.network.spec, state.optimiser.steps)
        dataset, n_classes = self._task.dataset, len(self._task.dataset.class_names)
        self._engine = engine
        self._epoch = state.epoch
        self._train = engine.vectors(dataset.x_train, dataset.y_train, n_classes)
        self._test = engine.vectors(dataset.x_test, dataset.y_test, n_classes)
        self._network = Network(state.network.spec, engine.array(state.network.theta))
        self._optimiser = OptimiserState(
            engine.array(state.optimiser.first),
            engine.array(state.optimiser.second),
            list(state.optimiser.steps),
        )

    def _fall_back(self, error: DeviceError, state: TrainerState) -> None:
        """Continue from ``state`` with the reference engine on the CPU."""
        self.notes.append(f"{error}; training continues on the CPU")
        self._load(ReferenceEngine(cpu(), self._training.precision), state)

    def _train_one_epoch(self) -> None:
        # The order depends only on seed and epoch, so a resumed run shuffles like an uninterrupted one.
        stream = seeds(Purpose.BATCH_ORDER, self._task.seed, self._epoch)
        order = self._engine.order(stream, len(self._train))
        if self._task.is_dynamical:
            self._network, self._optimiser = low_rank_epoch(
                self._network,
                self._rule,
                self._optimiser,
                self._train,
                order,
                self._training.batch_size,
                self._task.discarding.tolerance,
            )
            return
        self._engine.run_epoch(
            self._network, self._rule, self._optimiser, self._train, order, self._training.batch_size
        )

    def _discard_if_due(self) -> tuple[Discard, ...]:
        if self._epoch not in self._points:
            return ()
        if not np.isfinite(to_host(self._network.theta)).all():
            raise self._not_finite()
        task = self._task
        self._network, self._optimiser, discarded = discard(
            self._network, self._optimiser, task.kinds, task.discarding, self._training_loss, task.initial_std
        )
        return discarded

    def _training_loss(self, network: Network) -> float:
        return self._engine.evaluate(network, self._train)[0]

    def _event(self, flops: int, train_s: float, discarded: tuple[Discard, ...]) -> EpochEvent:
        train_loss, train_accuracy, _ = self._engine.evaluate(self._network, self._train)
        test_loss, test_accuracy, _ = self._engine.evaluate(self._network, self._test)
        if not np.isfinite(train_loss):
            raise self._not_finite()
        spec = self._network.spec
        keep = self._keep_all or bool(discarded) or self._epoch == self._training.epochs
        return EpochEvent(
            epoch=self._epoch,
            n_epochs=self._training.epochs,
            train_loss=train_loss,
            train_accuracy=train_accuracy,
            test_loss=test_loss,
            test_accuracy=test_accuracy,
            singular_values=tuple(self._network.singular_values(index) for index in range(len(spec.layers))),
            ranks=spec.ranks,
            kinds=spec.kinds,
            n_weights=spec.n_parameters,
            flops=flops,
            train_s=train_s,
            discarded=discarded,
            snapshot=self.snapshot() if keep else None,
        )

    def _not_finite(self) -> TrainingError:
        return TrainingError(
            f"The loss is no longer a finite number after epoch {self._epoch}; "
            f"a learning rate below {self._training.learning_rate:g} would help"
        )


def _changes(before: NetworkSpec, after: NetworkSpec) -> tuple[Discard, ...]:
    """Return the ranks that an epoch of dynamical low-rank training has changed."""
    pairs = zip(before.ranks, after.ranks, strict=True)
    return tuple(Discard(index, old, new) for index, (old, new) in enumerate(pairs) if old != new)


def _snapshot(network: Network) -> Snapshot:
    theta = np.array(to_host(network.theta))
    theta.flags.writeable = False
    return Snapshot(network.spec, theta)

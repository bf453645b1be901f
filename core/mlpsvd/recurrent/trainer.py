"""Training of a recurrent network: a generator that yields one event per epoch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.engines.blas_threads import OneThread
from mlpsvd.engines.contract import one_hot, shuffled
from mlpsvd.engines.optimiser import fresh_state, update
from mlpsvd.errors import TrainingError
from mlpsvd.network.layers import layer_family
from mlpsvd.network.losses import losses
from mlpsvd.network.network import Network
from mlpsvd.recurrent.network import RecurrentNetwork
from mlpsvd.streams import Purpose, seeds
from mlpsvd.training.discarding import discard, discarding_points
from mlpsvd.training.events import Discard, EpochEvent, Snapshot
from mlpsvd.training.settings import DiscardingSettings, TrainingSettings
from mlpsvd.training.trainer import optimiser_rule

__all__ = ["RecurrentTask", "Sequences", "n_weights", "train_recurrent"]

_ROWS = 1024  # sequences evaluated at a time
_LONGEST_GRADIENT = 1.0  # norm; gradients through many steps explode now and then


@dataclass(frozen=True, eq=False)
class Sequences:
    """Labelled sequences.

    Attributes
    ----------
    x : np.ndarray [shape=(n_clips, n_steps, n_in)]
    labels : np.ndarray [shape=(n_clips,)]
    """

    x: NDArray[np.floating]
    labels: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class RecurrentTask:
    """Everything that the training of one recurrent network depends on.

    Attributes
    ----------
    network
        Initial weights; they are not changed.
    kinds
        Families of its matrices, as :attr:`mlpsvd.recurrent.network.RecurrentShape.kinds`; factored ones are cut at the
        discarding points.
    train, test
        The data.
    n_classes
        Number of classes.
    training, discarding
        The settings of the other networks; engine and precision have no effect. There are no class weights, no
        nuclear-norm penalty and no frozen layers.
    seed
        Determines the order of the clips.
    """

    network: RecurrentNetwork
    kinds: tuple[str, ...]
    train: Sequences
    test: Sequences
    n_classes: int
    training: TrainingSettings
    discarding: DiscardingSettings
    seed: int


def train_recurrent(task: RecurrentTask) -> Iterator[EpochEvent]:
    """Train, yielding one event after each epoch; first the state before training, as epoch 0.

    The events are those of :class:`mlpsvd.training.trainer.Trainer`; the layers are in the order W, U of each recurrent
    layer, output layer. To stop, close the generator.

    Raises
    ------
    TrainingError
        If the loss is no longer a finite number, or the settings ask for what recurrent networks do not have.
    """
    store = task.network.store
    store = Network(store.spec, store.theta.copy())
    state, rule = fresh_state(store.spec, store.theta), optimiser_rule(task.training)
    if rule.needs_reference:
        raise TrainingError(f"Recurrent networks are trained without {' and '.join(rule.needs_reference)}")
    points = discarding_points(task.discarding) if any(layer_family(kind).is_factored for kind in task.kinds) else ()
    targets, threads = one_hot(task.train.labels, task.n_classes, store.theta.dtype), OneThread()
    with threads.limited():
        event = _event(task, store, 0, 0.0, ())
    yield event
    for epoch in range(1, task.training.epochs + 1):
        began = time.perf_counter()
        discarded: tuple[Discard, ...] = ()
        with threads.limited():
            network = RecurrentNetwork(store)
            order = shuffled(seeds(Purpose.BATCH_ORDER, task.seed, epoch - 1), len(targets))
            for start in range(0, len(order), task.training.batch_size):
                batch = order[start : start + task.training.batch_size]
                gradient = _clipped(network.gradient(task.train.x[batch], targets[batch]))
                update(rule, store.spec, store.theta, gradient, state)
            if not np.isfinite(store.theta).all():
                raise _not_finite(epoch, task)
            if epoch in points:
                store, state, discarded = discard(
                    store, state, task.kinds, task.discarding, lambda one: _evaluate(one, task.train, task.n_classes)[0]
                )
            event = _event(task, store, epoch, time.perf_counter() - began, discarded)
        yield event


def _clipped(gradient: NDArray[np.floating]) -> NDArray[np.floating]:
    """Shorten a gradient to the largest norm allowed (Pascanu, Mikolov and Bengio, 2013)."""
    length = float(np.linalg.norm(gradient))
    return gradient * (_LONGEST_GRADIENT / length) if length > _LONGEST_GRADIENT else gradient


def _event(
    task: RecurrentTask, store: Network, epoch: int, train_s: float, discarded: tuple[Discard, ...]
) -> EpochEvent:
    train_loss, train_accuracy = _evaluate(store, task.train, task.n_classes)
    test_loss, test_accuracy = _evaluate(store, task.test, task.n_classes)
    if not np.isfinite(train_loss):
        raise _not_finite(epoch, task)
    theta = store.theta.copy()
    theta.flags.writeable = False
    return EpochEvent(
        epoch=epoch,
        n_epochs=task.training.epochs,
        train_loss=train_loss,
        train_accuracy=train_accuracy,
        test_loss=test_loss,
        test_accuracy=test_accuracy,
        singular_values=tuple(store.singular_values(index) for index in range(len(store.spec.layers))),
        ranks=store.spec.ranks,
        kinds=store.spec.kinds,
        n_weights=n_weights(store),
        flops=_flops(task, store) if epoch else 0,
        train_s=train_s,
        discarded=discarded,
        snapshot=Snapshot(store.spec, theta),
    )


def n_weights(store: Network) -> int:
    """Return the number of trained parameters; the unused biases of U do not count."""
    unused = sum(layer.n_out for layer in store.spec.layers[1 : 2 * (len(store.spec.layers) // 2) : 2])
    return store.spec.n_parameters - unused


def _evaluate(store: Network, data: Sequences, n_classes: int) -> tuple[float, float]:
    """Return the mean loss and the accuracy, 0 to 1."""
    network, total, correct = RecurrentNetwork(store), 0.0, 0
    spec = store.spec
    for start in range(0, len(data.x), _ROWS):
        labels = data.labels[start : start + _ROWS]
        outputs = network.predict(data.x[start : start + _ROWS])
        targets = one_hot(labels, n_classes, outputs.dtype)
        total += float(losses(spec.loss, spec.layers[-1].activation, outputs, targets).sum())
        correct += int((outputs.argmax(axis=1) == labels).sum())
    return total / len(data.x), correct / len(data.x)


def _flops(task: RecurrentTask, store: Network) -> int:
    """Return the operations of the products of an epoch: recurrent matrices at every step, the output layer once."""
    n_clips, n_steps = task.train.x.shape[:2]
    total = 0
    for index, layer in enumerate(store.spec.layers):
        steps = 1 if index == len(store.spec.layers) - 1 else n_steps
        backward = layer.family.backward_flops(layer, has_input_gradient=index > 0)
        total += steps * (layer.family.forward_flops(layer) + backward)
    return int(n_clips) * total


def _not_finite(epoch: int, task: RecurrentTask) -> TrainingError:
    return TrainingError(
        f"The loss of the recurrent network is no longer a finite number after epoch {epoch}; a learning rate below "
        f"{task.training.learning_rate:g} would help"
    )

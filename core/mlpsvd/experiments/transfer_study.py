"""Transfer between two halves of the classes of an experiment: accuracy against clips per class for each way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.layer_inputs import layer_inputs, network_from
from mlpsvd.arrays import cpu
from mlpsvd.contenders import named_contenders
from mlpsvd.datasets.dataset import DataSet
from mlpsvd.engines.choice import choose
from mlpsvd.engines.optimiser import fresh_state
from mlpsvd.engines.reference import ReferenceEngine
from mlpsvd.errors import DataError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.transfer import FirstLayer, with_first_layer
from mlpsvd.network.initialise import build
from mlpsvd.network.layers import DENSE, SVD
from mlpsvd.network.network import Network
from mlpsvd.streams import Purpose, seeds
from mlpsvd.training.trainer import optimiser_rule

__all__ = [
    "COUNTS",
    "FEWEST_UPDATES",
    "SCRATCH",
    "WAYS",
    "Transfer",
    "Way",
    "compare_transfer",
    "of_classes",
    "some_clips",
]

COUNTS = (1, 2, 5, 10, 20, 50, 200)
"""Clips per new class."""

FEWEST_UPDATES = 2000
"""Updates of every network for the new classes: with few clips, an epoch is only one."""


@dataclass(frozen=True)
class Way:
    """A way to train a network for new classes.

    Attributes
    ----------
    name
        Name in tables.
    source
        Key of the network that gives its first layer; empty for random weights.
    is_frozen
        Whether only the layers after the first are trained.
    """

    name: str
    source: str
    is_frozen: bool


SCRATCH = "from scratch"
WAYS = (
    Way(SCRATCH, "", False),
    Way("W, frozen", "mlp", True),
    Way("W, fine-tuned", "mlp", False),
    Way("U Σ Vᵀ, frozen", "mlp-svd", True),
    Way("U Σ Vᵀ, fine-tuned", "mlp-svd", False),
    Way("random, frozen", "", True),
)
"""All ways; the last is the control of the frozen ones."""


@dataclass(frozen=True, eq=False)
class Transfer:
    """Result of :func:`compare_transfer`.

    Attributes
    ----------
    counts
        Clips per new class.
    accuracies : mapping of str to np.ndarray [shape=(n_counts,)]
        Test accuracy on the new classes, 0 to 1, by way.
    known_accuracies
        Test accuracy on the known classes of the networks that give their first layer, by key.
    rank
        Rank of the first layer of MLP-SVD.
    known_names, new_names
        Names of the classes.
    """

    counts: tuple[int, ...]
    accuracies: Mapping[str, NDArray[np.float64]]
    known_accuracies: Mapping[str, float]
    rank: int
    known_names: tuple[str, ...]
    new_names: tuple[str, ...]


def compare_transfer(experiment: Experiment, counts: Sequence[int] = COUNTS) -> Transfer:
    """Train MLP and MLP-SVD on the first half of the classes, and networks that reuse W1 on the second half.

    With z1 = h(W1 x + b1) of the trained network, a frozen first layer leaves W2 and b2 of softmax(W2 z1 + b2) to be
    trained on the new classes; its outputs z1 are computed once. A fine-tuned one begins with W1 and b1 and is trained
    with them. From scratch, W1 is random. All ways begin with the same random W2 and see the same clips in the same
    order, for the larger of the experiment's epochs and :data:`FEWEST_UPDATES` updates. The features are fitted on the
    training clips of all classes, so that W1 has the same inputs in both halves.

    Parameters
    ----------
    experiment
        A task with at least four classes; its seed also selects the clips.
    counts
        Clips per new class; larger numbers than the smallest class has are left out.

    Returns
    -------
    Transfer

    Raises
    ------
    DataError
        If the experiment has fewer than four classes.
    MlpSvdError
        If the data cannot be prepared, or a training fails.

    References
    ----------
    R. Divya, "Linear algebraic methods in neural networks": transfer learning is announced in the abstract.
    """
    prepared = prepare(experiment)
    n_known = len(prepared.class_names) // 2
    if n_known < 2:
        raise DataError(f"the experiment has {len(prepared.class_names)} classes; transfer needs at least four")
    known = of_classes(prepared.dataset, range(n_known))
    new = of_classes(prepared.dataset, range(n_known, len(prepared.class_names)))
    networks = _trained(prepared, known)
    layers = {key: FirstLayer.of(network) for key, network in networks.items()}
    counts = tuple(count for count in counts if count <= np.bincount(new.y_train).min())
    accuracies = {one.name: np.zeros(len(counts)) for one in WAYS}
    for k, count in enumerate(counts):
        some = some_clips(new, count, experiment.seed)
        for way in WAYS:
            network = _initial(experiment, some, way, layers)
            accuracies[way.name][k] = _accuracy_after_training(network, some, experiment, way.is_frozen)
    engine = ReferenceEngine(cpu(), experiment.training.precision)
    test = engine.vectors(known.x_test, known.y_test, n_known)
    return Transfer(
        counts,
        accuracies,
        {key: engine.evaluate(network, test)[1] for key, network in networks.items()},
        layers["mlp-svd"].rank,
        known.class_names,
        new.class_names,
    )


def of_classes(dataset: DataSet, classes: Sequence[int]) -> DataSet:
    """Return the clips of some classes, which are numbered anew in the given order."""
    places = np.full(len(dataset.class_names), -1, np.intp)
    places[list(classes)] = np.arange(len(classes))
    train, test = places[dataset.y_train] >= 0, places[dataset.y_test] >= 0
    return DataSet(
        dataset.x_train[train],
        places[dataset.y_train[train]],
        dataset.x_test[test],
        places[dataset.y_test[test]],
        tuple(dataset.class_names[one] for one in classes),
    )


def some_clips(dataset: DataSet, count: int, seed: int) -> DataSet:
    """Return a data set with ``count`` random training clips of each class; those of a smaller count are among them."""
    chosen = []
    for label in range(len(dataset.class_names)):
        clips = np.flatnonzero(dataset.y_train == label)
        chosen.append(np.random.default_rng(seeds(Purpose.FEW_CLIPS, seed, label)).permutation(clips)[:count])
    kept = np.concatenate(chosen)
    return replace(dataset, x_train=dataset.x_train[kept], y_train=dataset.y_train[kept])


def _trained(prepared: Prepared, known: DataSet) -> dict[str, Network]:
    """Return the networks trained on the known classes, by key."""
    contenders = named_contenders(tuple({way.source: None for way in WAYS if way.source}))
    race = Race(replace(prepared, dataset=known, pool=None), contenders=contenders)
    for _ in race.run():
        pass
    snapshots = {key: outcome.snapshot for key, outcome in race.outcomes().items()}
    return {key: Network(one.spec, one.theta.copy()) for key, one in snapshots.items()}


def _initial(experiment: Experiment, dataset: DataSet, way: Way, layers: Mapping[str, FirstLayer]) -> Network:
    settings = experiment.network
    first = SVD.name if way.source == "mlp-svd" else DENSE.name
    kinds = (first,) + (DENSE.name,) * len(settings.hidden)
    n_in, n_out = dataset.x_train.shape[1], len(dataset.class_names)
    network = build(settings, n_in, n_out, kinds, experiment.seed, experiment.training.precision)
    return with_first_layer(network, layers[way.source], settings) if way.source else network


def _accuracy_after_training(network: Network, dataset: DataSet, experiment: Experiment, is_frozen: bool) -> float:
    if is_frozen:
        network, dataset = _after_first_layer(network, dataset)
    training = experiment.training
    rule = optimiser_rule(training, dataset)
    if is_frozen:
        rule = replace(rule, frozen_layers=max(0, rule.frozen_layers - 1))  # the first layer is not part of the network
    engine, _ = choose(training.engine, training.precision, [network.spec], rule.needs_reference)
    n_classes = len(dataset.class_names)
    train = engine.vectors(dataset.x_train, dataset.y_train, n_classes)
    n_epochs = max(training.epochs, -(-FEWEST_UPDATES // -(-len(train) // training.batch_size)))
    state = fresh_state(network.spec, network.theta)
    for epoch in range(n_epochs):
        order = engine.order(seeds(Purpose.BATCH_ORDER, experiment.seed, epoch), len(train))
        engine.run_epoch(network, rule, state, train, order, training.batch_size)
    return engine.evaluate(network, engine.vectors(dataset.x_test, dataset.y_test, n_classes))[1]


def _after_first_layer(network: Network, dataset: DataSet) -> tuple[Network, DataSet]:
    """Return the rest of a network, and z1 = h(W1 x + b1) as its inputs: its training leaves W1 and b1 as they are."""
    x_train, x_test = (layer_inputs(network, x, 1) for x in (dataset.x_train, dataset.x_test))
    return network_from(network, 1), replace(dataset, x_train=x_train, x_test=x_test)

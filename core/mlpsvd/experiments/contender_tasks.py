"""What each contender of a race trains: kinds of layers, initial network and training task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mlpsvd.contenders import CONTENDERS, Contender
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.matched_step import matched_rate, own_rate
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.transfer import first_layer_of_model, with_first_layer
from mlpsvd.features.magnitudes import n_parts
from mlpsvd.features.settings import FeatureSettings
from mlpsvd.network.initialise import build, initial_std
from mlpsvd.network.layers import DENSE, layer_family
from mlpsvd.network.network import Network
from mlpsvd.streams import Purpose, seeds
from mlpsvd.training.task import TrainingTask

__all__ = [
    "attempt_seed",
    "contender_kinds",
    "initial_kinds",
    "initial_network",
    "n_segments",
    "training_task",
    "with_matched_steps",
]


def contender_kinds(experiment: Experiment, contender: Contender) -> tuple[str, ...]:
    """Return the kind of each weight matrix of a contender, input side first."""
    network = contender.applied_to(experiment).network
    return network.factored_kinds() if contender.is_factored else (DENSE.name,) * (len(network.hidden) + 1)


def initial_kinds(experiment: Experiment, contender: Contender) -> tuple[str, ...]:
    """Return the kind of each weight matrix at epoch 0; with ``factor_from`` "first point", none is factored."""
    kinds = contender_kinds(experiment, contender)
    discarding = contender.applied_to(experiment).discarding
    return (
        tuple(layer_family(kind).unfactored for kind in kinds)
        if discarding.factor_from == "first point" and discarding.criterion != "dynamical"
        else kinds
    )


def attempt_seed(seed: int, attempt: int) -> int:
    """Return the seed of an attempt: the experiment's seed for the first (0), one derived from it for each retry."""
    return seed if attempt == 0 else int(seeds(Purpose.RETRY, seed, attempt).generate_state(1)[0])


def initial_network(prepared: Prepared, contender: Contender, attempt: int = 0) -> Network:
    """Return a contender's network before training.

    Raises
    ------
    FileFormatError, SettingError
        If the model of ``network.first_layer`` cannot be read, or its first layer does not fit.
    """
    experiment = contender.applied_to(prepared.experiment)
    network = build(
        experiment.network,
        prepared.features.n_features,
        len(prepared.dataset.class_names),
        initial_kinds(experiment, contender),
        attempt_seed(experiment.seed, attempt),
        experiment.training.precision,
        n_segments(experiment.features),
    )
    if not experiment.network.first_layer:
        return network
    layer = first_layer_of_model(experiment.network.first_layer, prepared.features)
    return with_first_layer(network, layer, experiment.network)


def n_segments(features: FeatureSettings) -> int:
    """Return the number of spectra in a feature vector; 0 if it does not lie over frequency."""
    return 0 if features.n_components or features.image_shape is not None else n_parts(features)


def training_task(prepared: Prepared, contender: Contender, attempt: int = 0) -> TrainingTask:
    """Return the training task of a contender's attempt."""
    experiment = contender.applied_to(prepared.experiment)
    network = initial_network(prepared, contender, attempt)
    n_frozen = experiment.training.frozen_layers
    return TrainingTask(
        network,
        (DENSE.name,) * n_frozen + contender_kinds(experiment, contender)[n_frozen:],
        prepared.dataset,
        experiment.training,
        experiment.discarding,
        attempt_seed(experiment.seed, attempt),
        tuple(initial_std(experiment.network, layer) for layer in network.spec.layers),
    )


def with_matched_steps(prepared: Prepared, contenders: Sequence[Contender]) -> tuple[Contender, ...]:
    """Give contenders that match another's step their learning rate as a setting."""
    found = []
    for one in contenders:
        if own_rate(one):
            other = CONTENDERS[one.matches]
            rate = matched_rate(training_task(prepared, one), training_task(prepared, other))
            one = replace(one, settings=(*one.settings, ("training.learning_rate", rate)))
        found.append(one)
    return tuple(found)

"""Network and optimiser state of a contender in a checkpoint, checked against the experiment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.contenders import Contender
from mlpsvd.engines.optimiser import OptimiserState
from mlpsvd.errors import FileFormatError, NetworkError
from mlpsvd.experiments.contender_tasks import contender_kinds, initial_kinds, n_segments
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.runs.checkpoint_history import Tensors, tensor
from mlpsvd.json_fields import Fields
from mlpsvd.network.checks import check_steps
from mlpsvd.network.initialise import network_spec
from mlpsvd.network.layers import Window
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.network.spec_table import spec_from_fields, spec_to_table
from mlpsvd.training.events import Snapshot
from mlpsvd.training.trainer import TrainerState

__all__ = ["read_trainer", "trainer_arrays", "trainer_table"]

_VECTORS = ("theta", "first", "second")
_MOST_STEPS = 2**53


def trainer_arrays(trainer: TrainerState) -> dict[str, NDArray[Any]]:
    """Return weights and moments as named arrays [shape=(n_parameters,)]."""
    vectors = (trainer.network.theta, trainer.optimiser.first, trainer.optimiser.second)
    return {name: np.array(vector) for name, vector in zip(_VECTORS, vectors, strict=True)}


def trainer_table(trainer: TrainerState) -> dict[str, Any]:
    """Return epoch, step counts and layers of a trainer's state, for JSON."""
    return {
        "epoch": trainer.epoch,
        "steps": list(trainer.optimiser.steps),
        "spec": spec_to_table(trainer.network.spec),
    }


def read_trainer(
    contender: Contender,
    table: Fields,
    tensors: Tensors,
    experiment: Experiment,
    size: tuple[int, int] | None = None,
) -> TrainerState:
    """Return a trainer's state from the arrays and the table of the two functions above.

    Parameters
    ----------
    contender
        The contender.
    table, tensors
        JSON of the contender, and the arrays of the file.
    experiment
        The experiment of the run.
    size
        Number of features and of classes; None if it is not known.

    Raises
    ------
    FileFormatError
        If data are missing or inconsistent.
    """
    spec = _spec(table.table("spec"), experiment, contender, size)
    vectors = [_vector(tensors, f"{contender.key}.{name}", spec, experiment) for name in _VECTORS]
    steps = list(table.integers("steps", high=_MOST_STEPS))
    try:
        check_steps(spec, steps)
    except NetworkError as error:
        raise FileFormatError(f"{table.where}steps: {error}") from error
    theta, first, second = vectors
    theta.flags.writeable = False
    epoch = table.integer("epoch", high=experiment.training.epochs)
    return TrainerState(epoch, Snapshot(spec, theta), OptimiserState(first, second, steps))


def _spec(table: Fields, experiment: Experiment, contender: Contender, size: tuple[int, int] | None) -> NetworkSpec:
    """Return the layers of a network, checked against the experiment."""
    network, spec = contender.applied_to(experiment).network, spec_from_fields(table)
    initial, kinds = initial_kinds(experiment, contender), contender_kinds(experiment, contender)
    n_in, n_out = size or (spec.n_in, spec.n_out)
    try:
        wanted = network_spec(network, n_in, n_out, initial, n_segments(experiment.features))
    except NetworkError as error:
        raise FileFormatError(f"{table.where}layers does not fit its experiment: {error}") from error
    if _shape(spec) != _shape(wanted) or spec.loss != network.loss:
        sizes = " - ".join(str(size) for size in (n_in, *(layer.n_out for layer in wanted.layers)))
        raise FileFormatError(f"{table.where}layers is not the network of its experiment, {sizes}")
    activations = (network.activation,) * len(network.hidden) + (network.output,)
    for index, layer in enumerate(spec.layers):
        if layer.kind not in (initial[index], kinds[index]) or layer.activation != activations[index]:
            raise FileFormatError(
                f"{table.where}layers[{index}] is {layer.kind} with {layer.activation}; "
                f"the experiment asks for {kinds[index]} with {activations[index]}"
            )
    return spec


def _shape(spec: NetworkSpec) -> tuple[tuple[int, int, Window | None], ...]:
    return tuple((layer.n_in, layer.n_out, layer.window) for layer in spec.layers)


def _vector(tensors: Tensors, name: str, spec: NetworkSpec, experiment: Experiment) -> NDArray[np.floating]:
    vector = tensor(tensors, name, (spec.n_parameters,), "f")
    if vector.dtype != experiment.training.precision:
        raise FileFormatError(f"the tensor {name} is of {vector.dtype}; it should be {experiment.training.precision}")
    if not np.isfinite(vector).all():
        raise FileFormatError(f"the tensor {name} holds values that are not finite")
    return vector

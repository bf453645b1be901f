"""Checkpoints of format version 1: one tensor per epoch and layer."""

from __future__ import annotations

import dataclasses

import numpy as np

from mlpsvd.contenders import named_contenders
from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.race import ContenderState
from mlpsvd.experiments.runs.checkpoint_history import Tensors
from mlpsvd.experiments.runs.checkpoint_network import read_trainer
from mlpsvd.json_fields import Fields
from mlpsvd.network.layers import family_names
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.text import one_line
from mlpsvd.training.events import Discard, EpochEvent

__all__ = ["read_states"]

_MOST = 2**53


def read_states(tables: Fields, tensors: Tensors, experiment: Experiment) -> dict[str, ContenderState]:
    """Return the state of every contender.

    Raises
    ------
    FileFormatError
        If data are missing or inconsistent.
    """
    states, contenders = {}, named_contenders(experiment.training.contenders)
    for name in tables.names():
        contender = next((one for one in contenders if one.key == name), None)
        if contender is None:
            raise FileFormatError(f"it holds the contender {one_line(name)}, which the experiment does not have")
        table = tables.table(name)
        trainer = read_trainer(contender, table, tensors, experiment)
        n_epochs = experiment.training.epochs
        history = [_event(name, one, tensors, trainer.network.spec, n_epochs) for one in table.tables("history")]
        if [event.epoch for event in history] != list(range(trainer.epoch + 1 if history else 0)):
            raise FileFormatError(f"{table.where}history does not hold the epochs 0 to {trainer.epoch}")
        if history:
            history[-1] = dataclasses.replace(history[-1], snapshot=trainer.network)
        states[name] = ContenderState(trainer, tuple(history))
    if not states:
        raise FileFormatError("it holds no network")
    return states


def _event(contender: str, table: Fields, tensors: Tensors, spec: NetworkSpec, n_epochs: int) -> EpochEvent:
    n_layers, epoch = len(spec.layers), table.integer("epoch", high=n_epochs)
    ranks, kinds = table.integers("ranks", low=1), table.texts("kinds", family_names())
    if len(ranks) != n_layers or len(kinds) != n_layers:
        raise FileFormatError(f"{table.where}ranks and kinds should have {n_layers} entries each")
    names = [f"{contender}.singular_values.{epoch}.{layer}" for layer in range(n_layers)]
    values = [tensors.get(name, np.empty((0, 0))) for name in names]
    if any(one.ndim != 1 or not one.size or one.dtype.kind != "f" for one in values):
        raise FileFormatError(f"the tensors {names[0]} … should be {n_layers} lists of numbers")
    return EpochEvent(
        epoch=epoch,
        n_epochs=table.integer("n_epochs", n_epochs, n_epochs),
        train_loss=table.number("train_loss", is_finite=False),
        train_accuracy=table.number("train_accuracy", 0.0, 1.0),
        test_loss=table.number("test_loss", is_finite=False),
        test_accuracy=table.number("test_accuracy", 0.0, 1.0),
        singular_values=tuple(values),
        ranks=ranks,
        kinds=kinds,
        n_weights=table.integer("n_weights", high=_MOST),
        flops=table.integer("flops", high=_MOST),
        train_s=table.number("train_s", 0.0),
        discarded=tuple(
            Discard(
                one.integer("layer", high=n_layers - 1), one.integer("rank_before", 1), one.integer("rank_after", 1)
            )
            for one in table.tables("discarded")
        ),
    )

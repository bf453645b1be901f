"""The race: the same data, seed and initial weights train an MLP and an MLP-SVD, epoch by epoch in turn.

Turns make the comparison fair on a machine whose speed drifts, and let both curves grow side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.evaluation import ClassReport, class_report, confusion_matrix
from mlpsvd.engines.choose import choose
from mlpsvd.errors import DataError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.network.initialise import build
from mlpsvd.network.network import Network
from mlpsvd.training.events import EpochEvent, Snapshot
from mlpsvd.training.trainer import Trainer, TrainerState

__all__ = ["ContenderState", "Outcome", "Race", "RaceEvent", "contender_kinds", "initial_network"]


@dataclass(frozen=True)
class RaceEvent:
    """One epoch of one contender, ``mlp`` or ``mlp-svd``."""

    contender: str
    event: EpochEvent


@dataclass(frozen=True)
class Outcome:
    """What came out for one contender.

    Attributes
    ----------
    contender
        ``mlp`` or ``mlp-svd``.
    snapshot
        The trained network.
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Test clips counted; rows are targets, columns estimates (Table I).
    report
        Precision, recall and F1 per class.
    train_s, flops
        Seconds and floating-point operations of all epochs so far.
    last
        The last event.
    """

    contender: str
    snapshot: Snapshot
    confusion: NDArray[np.intp]
    report: ClassReport
    train_s: float
    flops: int
    last: EpochEvent


@dataclass(frozen=True)
class ContenderState:
    """Where one contender stands: its trainer's state and its history so far."""

    trainer: TrainerState
    history: tuple[EpochEvent, ...]


def contender_kinds(experiment: Experiment, contender: str) -> tuple[str, ...]:
    """Return the kind of each weight matrix of a contender, input side first."""
    if contender == "mlp":
        return ("dense",) * (len(experiment.network.hidden) + 1)
    return experiment.network.factored_kinds()


def initial_network(prepared: Prepared, contender: str) -> Network:
    """Return a contender's network before training: until the first discarding point W may not be factored yet."""
    experiment = prepared.experiment
    kinds = contender_kinds(experiment, contender)
    return build(
        experiment.network,
        prepared.features.n_features,
        len(prepared.dataset.class_names),
        ("dense",) * len(kinds) if experiment.discarding.factor_from == "first point" else kinds,
        experiment.seed,
        experiment.training.precision,
    )


class Race:
    """Trains the contenders of an experiment in turn.

    Parameters
    ----------
    prepared
        The experiment and its data set.
    states
        Where each contender goes on, from :meth:`states` of an earlier race of the same experiment.

    Raises
    ------
    DataError
        If ``states`` belong to data of another shape: the recordings have changed since.
    """

    def __init__(self, prepared: Prepared, states: Mapping[str, ContenderState] | None = None) -> None:
        self._prepared = prepared
        experiment = prepared.experiment
        engine, note = choose(experiment.training.engine, experiment.training.precision)
        self._note = note
        states = states or {}
        _check_shapes(prepared, states)
        self._histories = {
            contender: list(states[contender].history) if contender in states else []
            for contender in experiment.training.contenders
        }
        self._trainers = {
            contender: Trainer(
                initial_network(prepared, contender),
                contender_kinds(experiment, contender),
                prepared.dataset,
                experiment.training,
                experiment.discarding,
                experiment.seed,
                engine,
                states[contender].trainer if contender in states else None,
            )
            for contender in experiment.training.contenders
        }

    @property
    def engine_description(self) -> str:
        """What runs where, in words."""
        return next(iter(self._trainers.values())).engine_description

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know: another engine than the one asked for, and why."""
        notes = [self._note] if self._note else []
        for trainer in self._trainers.values():
            notes += [note for note in trainer.notes if note not in notes]
        return tuple(notes)

    @property
    def histories(self) -> dict[str, list[EpochEvent]]:
        """All events so far, by contender."""
        return self._histories

    def run(self) -> Iterator[RaceEvent]:
        """Train all contenders to the last epoch, in turn; yields each one's state before training first.

        Raises
        ------
        TrainingError
            If a contender's loss is no longer a finite number.
        """
        streams = {contender: trainer.run() for contender, trainer in self._trainers.items()}
        while streams:
            for contender in list(streams):
                event = next(streams[contender], None)
                if event is None:
                    del streams[contender]
                    continue
                history = self._histories[contender]
                if not history or event.epoch > history[-1].epoch:  # a resumed trainer may repeat its epoch 0
                    history.append(event)
                    yield RaceEvent(contender, event)

    def outcomes(self) -> dict[str, Outcome]:
        """Return what came out so far; valid between any two events, so a stopped race keeps its networks."""
        return {contender: self._outcome(contender) for contender, history in self._histories.items() if history}

    def states(self) -> dict[str, ContenderState]:
        """Return where every contender stands; valid between any two events."""
        return {
            contender: ContenderState(trainer.state(), tuple(self._histories[contender]))
            for contender, trainer in self._trainers.items()
        }

    def _outcome(self, contender: str) -> Outcome:
        dataset, trainer = self._prepared.dataset, self._trainers[contender]
        confusion = confusion_matrix(dataset.y_test, trainer.estimates(), len(dataset.class_names))
        history = self._histories[contender]
        return Outcome(
            contender=contender,
            snapshot=trainer.snapshot(),
            confusion=confusion,
            report=class_report(confusion),
            train_s=sum(event.train_s for event in history),
            flops=sum(event.flops for event in history),
            last=history[-1],
        )


def _check_shapes(prepared: Prepared, states: Mapping[str, ContenderState]) -> None:
    found = (prepared.features.n_features, len(prepared.dataset.class_names))
    for contender, state in states.items():
        spec = state.trainer.network.spec
        if (spec.n_in, spec.n_out) != found:
            raise DataError(
                f"The data has {found[0]} features and {found[1]} classes, but the {contender} to go on with was "
                f"trained on {spec.n_in} and {spec.n_out}; the recordings have changed since"
            )

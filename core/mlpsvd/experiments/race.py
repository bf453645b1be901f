"""The race: contenders trained on the same data, seed and initial weights, alternating after every epoch.

Alternating keeps the comparison of times fair if the machine's speed varies, and shows all learning curves from the
start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.contenders import Contender, named_contenders
from mlpsvd.engines.choice import choose
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments.contender_tasks import (
    contender_kinds,
    initial_kinds,
    n_segments,
    training_task,
    with_matched_steps,
)
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.metrics.chance import is_at_chance
from mlpsvd.metrics.cross_validation import Validation
from mlpsvd.metrics.scores import ClassReport, accuracy, class_report, confusion_matrix
from mlpsvd.network.initialise import network_spec
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.settings import check
from mlpsvd.text import percent
from mlpsvd.training.events import EpochEvent, Snapshot
from mlpsvd.training.trainer import Trainer, TrainerState, optimiser_rule

__all__ = [
    "ContenderState",
    "Outcome",
    "Race",
    "RaceEvent",
]


@dataclass(frozen=True)
class RaceEvent:
    """One epoch of one contender.

    Epoch 0 after later epochs of a contender means that its training has restarted; its earlier events are obsolete.

    Attributes
    ----------
    contender
        The contender that was trained.
    event
        Losses, accuracies, singular values and ranks after the epoch.
    """

    contender: Contender
    event: EpochEvent


@dataclass(frozen=True)
class Outcome:
    """The result of one contender.

    Attributes
    ----------
    contender
        The contender.
    snapshot
        The trained network.
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Number of test clips; rows are actual classes, columns predicted classes (Table I).
    report
        Precision, recall and F1 per class.
    train_s, flops
        Seconds and floating-point operations of all epochs so far.
    last
        The last event.
    at_chance
        Whether the accuracy on the training clips is no better than chance: the network has not learned.
    validation
        Result of cross-validation, if it was done (:mod:`mlpsvd.experiments.cross_validation`).
    correct : np.ndarray [shape=(n_test,)] or None
        Whether the prediction for each test clip is correct; None for an outcome that was read from a file without it.
    temperature
        Temperature of its model (:mod:`mlpsvd.analysis.calibration`); 1 if it was not fitted.
    """

    contender: Contender
    snapshot: Snapshot
    confusion: NDArray[np.intp]
    report: ClassReport
    train_s: float
    flops: int
    last: EpochEvent
    at_chance: bool = False
    validation: Validation | None = None
    correct: NDArray[np.bool_] | None = None
    temperature: float = 1.0

    @classmethod
    def of(
        cls,
        contender: Contender,
        snapshot: Snapshot,
        history: Sequence[EpochEvent],
        confusion: NDArray[np.intp],
        *,
        at_chance: bool = False,
        validation: Validation | None = None,
        correct: NDArray[np.bool_] | None = None,
    ) -> Outcome:
        """Return the outcome of a contender; times and operations are summed over its history."""
        return cls(
            contender=contender,
            snapshot=snapshot,
            confusion=confusion,
            report=class_report(confusion),
            train_s=sum(event.train_s for event in history),
            flops=sum(event.flops for event in history),
            last=history[-1],
            at_chance=at_chance,
            validation=validation,
            correct=correct,
        )


@dataclass(frozen=True)
class ContenderState:
    """State of one contender: its trainer's state, its history, and the number of the attempt (0: the first)."""

    trainer: TrainerState
    history: tuple[EpochEvent, ...]
    attempt: int = 0


class Race:
    """Trains the contenders of an experiment, alternating after every epoch.

    Parameters
    ----------
    prepared : Prepared
        The experiment and its data set.
    states : mapping of str to ContenderState, optional
        State from which each contender continues, by key; returned by :meth:`states` of an earlier race of the same
        experiment.
    contenders : sequence of Contender, optional
        The networks to train; by default those that the experiment names (``training.contenders``).

    Raises
    ------
    SettingError
        If ``contenders`` is empty, two contenders have the same key, or a setting of a contender is invalid.
    DataError
        If ``states`` belong to data with another number of features or classes, because the recordings have changed.

    Examples
    --------
    >>> import mlpsvd
    >>> experiment = mlpsvd.with_value(mlpsvd.Experiment(), "training.epochs", 2)
    >>> experiment = mlpsvd.with_value(experiment, "data.synthetic.train_per_class", 20)
    >>> race = mlpsvd.Race(mlpsvd.prepare(experiment))
    >>> [(one.contender.key, one.event.epoch) for one in race.run()][:4]
    [('mlp', 0), ('mlp-svd', 0), ('mlp', 1), ('mlp-svd', 1)]
    """

    def __init__(
        self,
        prepared: Prepared,
        states: Mapping[str, ContenderState] | None = None,
        contenders: Sequence[Contender] | None = None,
    ) -> None:
        self._prepared = prepared
        experiment = prepared.experiment
        self.contenders = tuple(named_contenders(experiment.training.contenders) if contenders is None else contenders)
        _check_contenders(self.contenders, experiment)
        self.contenders = with_matched_steps(prepared, self.contenders)
        self._by_key = {one.key: one for one in self.contenders}
        specs = _network_specs(prepared, self.contenders)
        self._engine, note = choose(
            experiment.training.engine,
            experiment.training.precision,
            specs,
            _needs_reference(prepared, self.contenders),
        )
        self._notes = [note] if note else []
        self._chance_notes: dict[str, str] = {}
        self.validations: Mapping[str, Validation] = {}
        """Results of cross-validation by contender, for :meth:`outcomes`; set by the caller."""
        states = states or {}
        _check_shapes(prepared, states)
        self._histories = {
            contender: list(states[contender].history) if contender in states else [] for contender in self._by_key
        }
        self._attempts = {
            contender: states[contender].attempt if contender in states else 0 for contender in self._by_key
        }
        self._trainers = {
            contender: self._trainer(contender, states[contender].trainer if contender in states else None)
            for contender in self._by_key
        }

    def _trainer(self, contender: str, state: TrainerState | None = None) -> Trainer:
        """Return the trainer of a contender's current attempt."""
        task = training_task(self._prepared, self._by_key[contender], self._attempts[contender])
        return Trainer(task, self._engine, state)

    @property
    def engine_description(self) -> str:
        """Name of the engine and its device."""
        return next(iter(self._trainers.values())).engine_description

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the user, such as a replaced engine or a network that did not learn."""
        notes = list(self._notes)
        for trainer in self._trainers.values():
            notes += [note for note in trainer.notes if note not in notes]
        return (*notes, *self._chance_notes.values())

    @property
    def histories(self) -> dict[str, list[EpochEvent]]:
        """All events so far, by the contenders' keys."""
        return self._histories

    def run(self) -> Iterator[RaceEvent]:
        """Train all contenders to the last epoch, yielding one event per contender and epoch, epoch 0 first.

        If a network's accuracy on its training clips is at chance after its last epoch, it is trained again from other
        initial weights, at most ``training.retries`` times; its next event is then epoch 0, and :attr:`notes` reports
        it.

        Yields
        ------
        RaceEvent
            One epoch of one contender.

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
                    if self._begins_again(contender):
                        streams[contender] = self._trainers[contender].run()
                    else:
                        del streams[contender]
                    continue
                history = self._histories[contender]
                if not history or event.epoch > history[-1].epoch:  # a resumed trainer may repeat its epoch 0
                    history.append(event)
                    yield RaceEvent(self._by_key[contender], event)

    def outcomes(self) -> dict[str, Outcome]:
        """Return the current results by contender; can be called between any two events, so also after a stop."""
        return {contender: self._outcome(contender) for contender, history in self._histories.items() if history}

    def states(self) -> dict[str, ContenderState]:
        """Return the state of every contender; can be called between any two events."""
        return {
            contender: ContenderState(trainer.state(), tuple(self._histories[contender]), self._attempts[contender])
            for contender, trainer in self._trainers.items()
        }

    def _begins_again(self, contender: str) -> bool:
        """Start the next attempt of a network that has not learned; return False if no attempt is left."""
        confusion = self._training_confusion(contender)
        if not is_at_chance(confusion):
            return False
        retries, attempt = self._prepared.experiment.training.retries, self._attempts[contender]
        fate = f"it was trained again from other initial weights (retry {attempt + 1} of {retries})"
        if attempt >= retries:
            fate = f"{retries} retries did not help" if retries else "another seed may help"
        self._chance_notes[contender] = (
            f"{self._by_key[contender].title} did not learn ({percent(accuracy(confusion), 0)} of its "
            f"training clips correct, as by chance); {fate}"
        )
        if attempt >= retries:
            return False
        self._attempts[contender] += 1
        self._histories[contender].clear()
        self._trainers[contender] = self._trainer(contender)
        return True

    def _training_confusion(self, contender: str) -> NDArray[np.intp]:
        dataset = self._prepared.dataset
        estimates = self._trainers[contender].training_estimates()
        return confusion_matrix(dataset.y_train, estimates, len(dataset.class_names))

    def _outcome(self, contender: str) -> Outcome:
        dataset, trainer = self._prepared.dataset, self._trainers[contender]
        estimates = trainer.estimates()
        confusion = confusion_matrix(dataset.y_test, estimates, len(dataset.class_names))
        return Outcome.of(
            self._by_key[contender],
            trainer.snapshot(),
            self._histories[contender],
            confusion,
            at_chance=is_at_chance(self._training_confusion(contender)),
            validation=self.validations.get(contender),
            correct=estimates == dataset.y_test,
        )


def _network_specs(prepared: Prepared, contenders: Sequence[Contender]) -> list[NetworkSpec]:
    """Return the specifications of every contender's network before training and from the first discarding point on."""
    experiment, sizes = prepared.experiment, (prepared.features.n_features, len(prepared.dataset.class_names))
    segments = n_segments(experiment.features)
    return [
        network_spec(contender.applied_to(experiment).network, *sizes, kinds(experiment, contender), segments)
        for contender in contenders
        for kinds in (initial_kinds, contender_kinds)
    ]


def _needs_reference(prepared: Prepared, contenders: Sequence[Contender]) -> list[str]:
    """Return what only the reference engine computes of the contenders' training; empty if nothing."""
    applied = [one.applied_to(prepared.experiment) for one in contenders]
    rules = [optimiser_rule(one.training, prepared.dataset) for one in applied]
    needs = list(dict.fromkeys(what for rule in rules for what in rule.needs_reference))
    if any(
        one.discarding.criterion == "dynamical" and contender.is_factored
        for one, contender in zip(applied, contenders, strict=True)
    ):
        needs.append("dynamical low-rank training")
    return needs


def _check_contenders(contenders: Sequence[Contender], experiment: Experiment) -> None:
    keys = tuple(one.key for one in contenders)
    if not keys or len(set(keys)) != len(keys):
        raise SettingError("contenders", keys, "one or more, each with its own key")
    for one in contenders:
        check(one.alone_in(experiment), f"contender {one.key}: " if one.settings else "")


def _check_shapes(prepared: Prepared, states: Mapping[str, ContenderState]) -> None:
    found = (prepared.features.n_features, len(prepared.dataset.class_names))
    for contender, state in states.items():
        spec = state.trainer.network.spec
        if (spec.n_in, spec.n_out) != found:
            raise DataError(
                f"The data has {found[0]} features and {found[1]} classes, but {contender} was trained on {spec.n_in} "
                f"and {spec.n_out}; the recordings have changed since"
            )

"""The race: contenders trained on the same data, seed and initial weights, in turn, epoch by epoch.

Turns make the comparison fair on a machine whose speed drifts, and let both curves grow side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlpsvd.contenders import Contender, named_contenders
from mlpsvd.engines.choice import choose
from mlpsvd.errors import DataError, SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.metrics.chance import is_at_chance
from mlpsvd.metrics.cross_validation import Validation
from mlpsvd.metrics.scores import ClassReport, accuracy, class_report, confusion_matrix
from mlpsvd.network.initialise import build, network_spec
from mlpsvd.network.layers import DENSE
from mlpsvd.network.network import Network
from mlpsvd.network.spec import NetworkSpec
from mlpsvd.settings import check
from mlpsvd.streams import Purpose, seeds
from mlpsvd.training.events import EpochEvent, Snapshot
from mlpsvd.training.task import TrainingTask
from mlpsvd.training.trainer import Trainer, TrainerState

__all__ = [
    "ContenderState",
    "Outcome",
    "Race",
    "RaceEvent",
    "attempt_seed",
    "contender_kinds",
    "initial_kinds",
    "initial_network",
    "training_task",
]


@dataclass(frozen=True)
class RaceEvent:
    """One epoch of one contender.

    Epoch 0 after later epochs of the same contender begins its training again: what it gave before no longer counts.
    """

    contender: Contender
    event: EpochEvent


@dataclass(frozen=True)
class Outcome:
    """What came out for one contender.

    Attributes
    ----------
    contender
        Which network of the race it is.
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
    at_chance
        Whether the network is no better than guessing on its own training clips: it has not learned.
    validation
        What cross-validation gives, where it was done (:mod:`mlpsvd.experiments.cross_validation`).
    correct : np.ndarray [shape=(n_test,)] or None
        Whether the prediction for each test clip is correct; None for an outcome that was read from a file without it.
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
        """Return the outcome of a contender with a history: time and operations are summed over it."""
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
    """State of one contender: its trainer's state, its history so far, and which attempt this is (0: the first)."""

    trainer: TrainerState
    history: tuple[EpochEvent, ...]
    attempt: int = 0


def contender_kinds(experiment: Experiment, contender: Contender) -> tuple[str, ...]:
    """Return the kind of each weight matrix of a contender, input side first."""
    network = contender.applied_to(experiment).network
    return network.factored_kinds() if contender.is_factored else (DENSE.name,) * (len(network.hidden) + 1)


def initial_kinds(experiment: Experiment, contender: Contender) -> tuple[str, ...]:
    """Return the kind of each weight matrix before the first discarding point: W may not be factored until then."""
    kinds = contender_kinds(experiment, contender)
    discarding = contender.applied_to(experiment).discarding
    return (DENSE.name,) * len(kinds) if discarding.factor_from == "first point" else kinds


def attempt_seed(seed: int, attempt: int) -> int:
    """Return the seed of an attempt: the experiment's own of the first (0), one derived from it of every retry."""
    return seed if attempt == 0 else int(seeds(Purpose.RETRY, seed, attempt).generate_state(1)[0])


def initial_network(prepared: Prepared, contender: Contender, attempt: int = 0) -> Network:
    """Return a contender's network before training."""
    experiment = contender.applied_to(prepared.experiment)
    return build(
        experiment.network,
        prepared.features.n_features,
        len(prepared.dataset.class_names),
        initial_kinds(experiment, contender),
        attempt_seed(experiment.seed, attempt),
        experiment.training.precision,
    )


def training_task(prepared: Prepared, contender: Contender, attempt: int = 0) -> TrainingTask:
    """Return what a contender trains in an attempt."""
    experiment = contender.applied_to(prepared.experiment)
    return TrainingTask(
        initial_network(prepared, contender, attempt),
        contender_kinds(experiment, contender),
        prepared.dataset,
        experiment.training,
        experiment.discarding,
        attempt_seed(experiment.seed, attempt),
    )


class Race:
    """Trains the contenders of an experiment in turn.

    Parameters
    ----------
    prepared
        The experiment and its data set.
    states
        State from which each contender continues, by key, from :meth:`states` of an earlier race of the same
        experiment.
    contenders
        What to train; by default the contenders that the experiment names.

    Raises
    ------
    SettingError
        If there is no contender, two have the same key, or one has settings that are impossible.
    DataError
        If ``states`` belong to data of another shape: the recordings have changed since.

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
        self._by_key = {one.key: one for one in self.contenders}
        specs = _network_specs(prepared, self.contenders)
        self._engine, note = choose(experiment.training.engine, experiment.training.precision, specs)
        self._notes = [note] if note else []
        self._chance_notes: dict[str, str] = {}
        self.validations: Mapping[str, Validation] = {}
        """What cross-validation gives by contender, for :meth:`outcomes` to hand on; set by whoever did it."""
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
        """Return what trains a contender's current attempt."""
        task = training_task(self._prepared, self._by_key[contender], self._attempts[contender])
        return Trainer(task, self._engine, state)

    @property
    def engine_description(self) -> str:
        """Description of what runs where."""
        return next(iter(self._trainers.values())).engine_description

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for the user: another engine than the one asked for, a network that did not learn."""
        notes = list(self._notes)
        for trainer in self._trainers.values():
            notes += [note for note in trainer.notes if note not in notes]
        return (*notes, *self._chance_notes.values())

    @property
    def histories(self) -> dict[str, list[EpochEvent]]:
        """All events so far, by the contenders' keys."""
        return self._histories

    def run(self) -> Iterator[RaceEvent]:
        """Train all contenders to the last epoch, in turn; yields each one's state before training first.

        A network that is at chance on its own training clips after its last epoch is trained again from other initial
        weights, ``training.retries`` times at most; :attr:`notes` says so. Its next event is then epoch 0.

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
        """Return what came out so far; valid between any two events, so a stopped race keeps its networks."""
        return {contender: self._outcome(contender) for contender, history in self._histories.items() if history}

    def states(self) -> dict[str, ContenderState]:
        """Return the state of every contender; valid between any two events."""
        return {
            contender: ContenderState(trainer.state(), tuple(self._histories[contender]), self._attempts[contender])
            for contender, trainer in self._trainers.items()
        }

    def _begins_again(self, contender: str) -> bool:
        """Note it where a trained network has not learned, and start its next attempt where one is left."""
        confusion = self._training_confusion(contender)
        if not is_at_chance(confusion):
            return False
        retries, attempt = self._prepared.experiment.training.retries, self._attempts[contender]
        fate = f"it was trained again from other initial weights (retry {attempt + 1} of {retries})"
        if attempt >= retries:
            fate = f"{retries} retries did not help" if retries else "another seed may help"
        self._chance_notes[contender] = (
            f"{self._by_key[contender].title} did not learn ({100.0 * accuracy(confusion):.0f} % of its "
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
    """Return the network of every contender before training, and as it is factored at the latest."""
    experiment, sizes = prepared.experiment, (prepared.features.n_features, len(prepared.dataset.class_names))
    return [
        network_spec(contender.applied_to(experiment).network, *sizes, kinds(experiment, contender))
        for contender in contenders
        for kinds in (initial_kinds, contender_kinds)
    ]


def _check_contenders(contenders: Sequence[Contender], experiment: Experiment) -> None:
    keys = tuple(one.key for one in contenders)
    if not keys or len(set(keys)) != len(keys):
        raise SettingError("contenders", keys, "one or more, each with a key of its own")
    for one in contenders:
        check(one.applied_to(experiment), f"contender {one.key}: " if one.settings else "")


def _check_shapes(prepared: Prepared, states: Mapping[str, ContenderState]) -> None:
    found = (prepared.features.n_features, len(prepared.dataset.class_names))
    for contender, state in states.items():
        spec = state.trainer.network.spec
        if (spec.n_in, spec.n_out) != found:
            raise DataError(
                f"The data has {found[0]} features and {found[1]} classes, but {contender} to go on with was "
                f"trained on {spec.n_in} and {spec.n_out}; the recordings have changed since"
            )

"""Events of the training worker: frozen classes, in which ``token`` identifies the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlpsvd.contenders import Contender
from mlpsvd.experiments.bayes_limit import BayesLimit
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import ContenderState, Outcome, RaceEvent

__all__ = [
    "Compiling",
    "DataPrepared",
    "EpochsTrained",
    "LimitEstimated",
    "PreparationProgress",
    "TrainingEvent",
    "TrainingFailed",
    "TrainingFinished",
    "TrainingStopped",
    "ValidationProgress",
]


@dataclass(frozen=True)
class PreparationProgress:
    """The share of the data that is prepared, 0 to 1."""

    token: int
    share: float


@dataclass(frozen=True)
class Compiling:
    """The run waits for the fused engine to be compiled."""

    token: int


@dataclass(frozen=True)
class DataPrepared:
    """The data is prepared and training begins; carries a description of the engine."""

    token: int
    prepared: Prepared
    engine: str
    notes: tuple[str, ...]
    contenders: tuple[Contender, ...]
    """The networks of the race, with the learning rates that were determined."""


@dataclass(frozen=True)
class EpochsTrained:
    """Epochs since the last event of this kind."""

    token: int
    events: tuple[RaceEvent, ...]


@dataclass(frozen=True)
class ValidationProgress:
    """The share of the cross-validation that is done, 0 to 1."""

    token: int
    share: float


@dataclass(frozen=True)
class LimitEstimated:
    """An estimate of the best possible accuracy; better ones may follow."""

    token: int
    limit: BayesLimit


@dataclass(frozen=True)
class TrainingFinished:
    """Every network has done its last epoch."""

    token: int
    outcomes: Mapping[str, Outcome]
    states: Mapping[str, ContenderState]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class TrainingStopped:
    """The run was stopped; without outcomes before its first epoch."""

    token: int
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    states: Mapping[str, ContenderState] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainingFailed:
    """The run could not continue; the outcomes are those of the last good epoch."""

    token: int
    error: Exception
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    states: Mapping[str, ContenderState] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


TrainingEvent = (
    PreparationProgress
    | Compiling
    | DataPrepared
    | EpochsTrained
    | ValidationProgress
    | LimitEstimated
    | TrainingFinished
    | TrainingStopped
    | TrainingFailed
)

"""Content of a run, without the functions that use it: what is written into a run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from mlpsvd.contenders import Contender
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import ContenderState, Outcome, Race
from mlpsvd.experiments.runs.run_data import RunData
from mlpsvd.training.events import EpochEvent

__all__ = ["RunContents"]


@dataclass(frozen=True, eq=False)
class RunContents:
    """Settings, histories, results and networks of one execution of an experiment.

    The modules that write run folders need this class only; :class:`~mlpsvd.experiments.runs.run.Run`, which
    calls them, describes the attributes.
    """

    id: str
    data: RunData
    histories: Mapping[str, Sequence[EpochEvent]]
    outcomes: Mapping[str, Outcome]
    contenders: tuple[Contender, ...]
    states: Mapping[str, ContenderState] = field(default_factory=dict)
    engine: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, run_id: str, prepared: Prepared, race: Race) -> Self:
        """Return the current state of a race as a run.

        Parameters
        ----------
        run_id : str
            Identity of the run.
        prepared : Prepared
            The data of the race.
        race : Race
            A race, between two of its events.
        """
        return cls(
            id=run_id,
            data=RunData.of(prepared),
            histories={name: tuple(history) for name, history in race.histories.items() if history},
            outcomes=race.outcomes(),
            contenders=race.contenders,
            states=race.states(),
            engine=race.engine_description,
            notes=race.notes,
        )

    @property
    def experiment(self) -> Experiment:
        """The settings of the run."""
        return self.data.experiment

    @property
    def epoch(self) -> int:
        """Number of epochs that all contenders have completed."""
        return min((history[-1].epoch for history in self.histories.values() if history), default=0)

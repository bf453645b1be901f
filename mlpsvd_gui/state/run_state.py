"""State of the training run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mlpsvd.contenders import Contender, named_contenders
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import ContenderState, Outcome
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import RunData, new_run_id
from mlpsvd.training.events import EpochEvent

__all__ = ["RunPhase", "RunState"]


class RunPhase(Enum):
    """Phases of a run."""

    EMPTY = "not trained yet"
    PREPARING = "preparing data"
    TRAINING = "training"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"

    @property
    def is_active(self) -> bool:
        """Whether the run is active."""
        return self in (RunPhase.PREPARING, RunPhase.TRAINING, RunPhase.PAUSED)


class RunState(QObject):
    """Histories and outcomes of the networks, with their experiment."""

    state_changed = Signal(object)
    """Emits the new :class:`RunPhase`."""
    started = Signal()
    """Emitted at the start of a run; histories are empty."""
    prepared_changed = Signal()
    """Emitted when the data set of the run is ready."""
    events_added = Signal(str)
    """Emits a contender after new epochs, once per batch."""
    outcomes_changed = Signal()
    """Emitted when the outcomes have changed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = RunPhase.EMPTY
        self.experiment: Experiment | None = None
        self.run_id = ""
        self.data: RunData | None = None
        self.notes: tuple[str, ...] = ()
        self.contenders: dict[str, Contender] = {}
        self.histories: dict[str, list[EpochEvent]] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.states: dict[str, ContenderState] = {}
        self.message = ""
        self.engine_description = ""
        self.folders: list[Path] = []
        """Folders that the run was opened from or saved to by the user; the library of runs is not among them."""

    def begin(self, experiment: Experiment, contenders: Sequence[Contender] | None = None) -> None:
        """Discard the last run and start one of ``experiment``, by default with its own contenders."""
        if contenders is None:
            contenders = named_contenders(experiment.training.contenders)
        self.experiment = experiment
        self.run_id = new_run_id()
        self.data = None
        self.notes = ()
        self.contenders = {one.key: one for one in contenders}
        self.histories = {key: [] for key in self.contenders}
        self.outcomes = {}
        self.folders = []
        self.started.emit()
        self.outcomes_changed.emit()
        self.set_state(RunPhase.PREPARING)

    def forget(self) -> None:
        """Clear a run that was stopped before its first epoch."""
        self.experiment = None
        self.data = None
        self.contenders = {}
        self.histories = {}
        self.outcomes = {}
        self.folders = []
        self.started.emit()
        self.outcomes_changed.emit()
        self.set_state(RunPhase.EMPTY)

    def set_contenders(self, contenders: Sequence[Contender]) -> None:
        """Replace the networks by those of the race, of the same keys, which have learning rates of their own."""
        self.contenders = {one.key: one for one in contenders}

    def set_prepared(
        self, prepared: Prepared | RunData, engine_description: str = "", notes: Sequence[str] = ()
    ) -> None:
        """Set the data set and the description of the engine."""
        self.data = prepared if isinstance(prepared, RunData) else RunData.of(prepared)
        self.engine_description = engine_description
        self.notes = tuple(notes)
        self.prepared_changed.emit()

    def add_note(self, note: str) -> bool:
        """Add a note; return whether it is new."""
        if note in self.notes:
            return False
        self.notes = (*self.notes, note)
        return True

    def add_folder(self, run_id: str, folder: Path) -> None:
        """Note that a run is saved in a folder; without effect if another run is shown meanwhile."""
        if run_id == self.run_id and folder not in self.folders:
            self.folders.append(folder)

    def add_events(self, contender: str, events: list[EpochEvent]) -> None:
        """Append epochs to a contender's history; epoch 0 restarts it (a network that did not learn)."""
        for event in events:
            if event.epoch == 0:
                self.histories[contender].clear()
            self.histories[contender].append(event)
        self.events_added.emit(contender)

    def set_outcomes(self, outcomes: Mapping[str, Outcome], states: Mapping[str, ContenderState] | None = None) -> None:
        """Set the outcomes, and the final states for a saved run."""
        self.outcomes = dict(outcomes)
        self.states = dict(states or {})
        self.outcomes_changed.emit()

    def show(self, run: Run) -> None:
        """Show a complete run that was saved or trained elsewhere."""
        self.begin(run.experiment, run.contenders)
        self.run_id = run.id
        self.set_prepared(run.data, run.engine, run.notes)
        for contender, history in run.histories.items():
            self.add_events(contender, list(history))
        self.set_outcomes(run.outcomes, run.states)
        self.set_state(RunPhase.FINISHED if run.is_finished else RunPhase.STOPPED)

    def continue_from(self, run: Run) -> None:
        """Show the epochs of a saved run that is about to be trained on; the outcomes follow at its end."""
        self.begin(run.experiment, run.contenders)
        self.run_id = run.id
        for contender, history in run.histories.items():
            self.add_events(contender, list(history))

    def to_run(self) -> Run | None:
        """Return the run for saving; None if it has no results yet."""
        if self.data is None or not self.outcomes:
            return None
        return Run(
            id=self.run_id,
            data=self.data,
            histories={name: tuple(history) for name, history in self.histories.items() if history},
            outcomes=dict(self.outcomes),
            contenders=tuple(self.contenders.values()),
            states=dict(self.states),
            engine=self.engine_description,
            notes=self.notes,
        )

    def set_state(self, state: RunPhase, message: str = "") -> None:
        """Enter a phase; ``message`` is for the user (for example the reason of a failure)."""
        self.state = state
        self.message = message
        self.state_changed.emit(state)

    def is_stale(self, experiment: Experiment) -> bool:
        """Whether the results belong to other settings than ``experiment``."""
        return self.experiment is not None and _without_name(self.experiment) != _without_name(experiment)

    def event_at(self, contender: str, epoch: int | None) -> EpochEvent | None:
        """Return a contender's event at an epoch (None: the latest), or the last before it; None if there is none."""
        history = self.histories.get(contender, [])
        if not history:
            return None
        if epoch is None:
            return history[-1]
        return history[max(0, min(epoch - history[0].epoch, len(history) - 1))]


def _without_name(experiment: Experiment) -> tuple[object, ...]:
    return (experiment.seed, experiment.data, experiment.features, experiment.network, experiment.training,
            experiment.discarding)  # fmt: skip

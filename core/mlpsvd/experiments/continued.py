"""Going on with a run that was stopped, killed or finished early."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlpsvd.experiments.checkpoint import OldCheckpoint, load_checkpoint
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.old_run import continued_old_race
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.run import Run, new_run_id, require_same_data
from mlpsvd.experiments.run_store import finish_interrupted_swap, latest_checkpoint

__all__ = ["SavedRace", "continued_race", "load_saved_race"]


@dataclass(frozen=True, eq=False)
class SavedRace:
    """Where a race was left.

    Attributes
    ----------
    folder
        The folder of its run.
    run_id
        The identity of the run that goes on.
    saved
        What its checkpoint holds.
    """

    folder: Path
    run_id: str
    saved: Run | OldCheckpoint

    @property
    def experiment(self) -> Experiment:
        """The settings that it goes on with."""
        return self.saved.experiment


def load_saved_race(folder: Path) -> SavedRace:
    """Read where the race in a run folder was left.

    Raises
    ------
    FileFormatError
        If there is no usable checkpoint.
    """
    finish_interrupted_swap(folder)
    saved = load_checkpoint(latest_checkpoint(folder))
    return SavedRace(folder, saved.id if isinstance(saved, Run) else new_run_id(), saved)


def continued_race(saved: SavedRace, prepared: Prepared) -> Race:
    """Return the race that goes on where it was left, to the same numbers as if it had never stopped.

    Raises
    ------
    DataError
        If ``prepared`` holds other classes or clips than those that the race began with.
    """
    if isinstance(saved.saved, OldCheckpoint):
        return continued_old_race(saved.folder, saved.saved, prepared)
    require_same_data(saved.saved.data, prepared)
    return Race(prepared, saved.saved.states)

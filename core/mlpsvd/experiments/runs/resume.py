"""Continuation of a run that was stopped, killed or finished early."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.read_checkpoint import OldCheckpoint, load_checkpoint
from mlpsvd.experiments.runs.read_run import with_earlier_networks
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import require_same_data
from mlpsvd.experiments.runs.run_folder import finish_interrupted_swap, latest_checkpoint
from mlpsvd.streams import NUMERICS_VERSION

__all__ = ["continued_race", "load_unfinished"]


def load_unfinished(folder: Path) -> Run:
    """Read the run in a folder in order to continue it, with the networks of all its epochs.

    Raises
    ------
    FileFormatError
        If there is no usable checkpoint, or one of a version with other random streams.
    """
    finish_interrupted_swap(folder)
    run = load_checkpoint(latest_checkpoint(folder))
    if isinstance(run, OldCheckpoint) or run.data.numerics_version != NUMERICS_VERSION:
        raise FileFormatError(
            f"{folder} was started by another version of this program, which split clips and drew random numbers "
            "differently; it can be opened, but not continued, so train its experiment.toml from the start"
        )
    # A checkpoint has the last network only: without the others the continued run would be written without them. A file
    # of another run, which a killed run has not replaced yet, is left alone.
    return replace(with_earlier_networks(folder, run), notes=run.notes)


def continued_race(run: Run, prepared: Prepared) -> Race:
    """Return a race that continues a run; its results equal those of an uninterrupted one.

    Raises
    ------
    DataError
        If the classes or clips of ``prepared`` differ from those of the run.
    """
    require_same_data(run.data, prepared)
    return Race(prepared, run.states, run.contenders)

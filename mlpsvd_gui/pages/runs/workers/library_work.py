"""Reading of the library of runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlpsvd.errors import DataError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.runs.kept_run import KeptRun, read_kept_run
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.resume import load_unfinished
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_folder import is_in_use
from mlpsvd.experiments.runs.setting_values import value_for_people
from mlpsvd.experiments.runs.trash import trashed_folders
from mlpsvd.setting_labels import label_with_unit

__all__ = ["Listing", "changed_settings", "list_runs", "load_to_continue"]


@dataclass(frozen=True)
class Listing:
    """Runs that match, and how many there are.

    Attributes
    ----------
    runs
        The runs, newest first.
    n_all, n_trashed
        Number of runs in the library and in its trash.
    """

    runs: tuple[KeptRun, ...]
    n_all: int
    n_trashed: int


def list_runs(library: RunLibrary, query: str, *, starred: bool, unfinished: bool, trashed: bool) -> Listing:
    """Return the runs that match a query, of the library or its trash."""
    n_trashed = len(trashed_folders(library.folder))
    if trashed:
        return Listing(tuple(library.trashed(query)), library.count(), n_trashed)
    runs = library.search(query, starred=starred)
    if unfinished:
        runs = [run for run in runs if run.status != "complete"]
    is_all = not (query or starred or unfinished)
    return Listing(tuple(runs), len(runs) if is_all else library.count(), n_trashed)


def changed_settings(folder: Path) -> tuple[tuple[str, str, str], ...]:
    """Return label, value and key of each setting of a run that differs from the defaults."""
    changed = read_kept_run(folder).changed_settings
    return tuple(
        (label_with_unit(Experiment, key), value_for_people(key, value), key) for key, value in changed.items()
    )


def load_to_continue(folder: Path) -> Run:
    """Read a run in order to train it on.

    Raises
    ------
    DataError
        If another program is training it.
    MlpSvdError, OSError
        If it cannot be read, or not be continued by this version.
    """
    if is_in_use(folder):
        raise DataError(f"{folder.name} is being trained; it can go on here when that has ended")
    return load_unfinished(folder)

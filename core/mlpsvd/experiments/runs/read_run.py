"""Reading of run folders, for the command line and the window."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

from mlpsvd.errors import FileFormatError, MlpSvdError
from mlpsvd.experiments.runs.checkpoint import CHECKPOINT
from mlpsvd.experiments.runs.earlier_networks import networks_name, read_networks
from mlpsvd.experiments.runs.files import model_name, read_results
from mlpsvd.experiments.runs.read_checkpoint import load_checkpoint
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_folder import finish_interrupted_swap, has_run, latest_checkpoint
from mlpsvd.experiments.runs.version_1 import read_old_run
from mlpsvd.models.model_file import load_model

__all__ = ["load_run", "read_run", "with_earlier_networks"]


def load_run(folder: str | Path) -> Run:
    """Read a run from its folder; its recordings are not needed.

    Parameters
    ----------
    folder : str or Path
        A folder written by :meth:`Run.save`, the window or ``mlpsvd train``.

    Returns
    -------
    Run
        The saved run.

    Raises
    ------
    FileFormatError
        If the folder contains no run, damaged files, or files of two runs.
    OSError
        If a file cannot be read.

    Examples
    --------
    >>> import mlpsvd
    >>> mlpsvd.load_run("missing")
    Traceback (most recent call last):
    mlpsvd.errors.FileFormatError: missing holds no run; it should be a folder that a training has written
    """
    if not has_run(Path(folder)):
        raise FileFormatError(f"{folder} holds no run; it should be a folder that a training has written")
    return read_run(Path(folder))


def read_run(folder: Path, *, with_networks: bool = True) -> Run:
    """Read a run from its folder; its recordings are not needed.

    Without ``with_networks`` those of earlier epochs, which only analyses need, are left on the disk.

    Exception: for a run of format version 1 that was killed before its results were written, the data set is prepared
    again.

    Raises
    ------
    MlpSvdError
        If the folder contains damaged files, or files of two runs.
    OSError
        If a file cannot be read.
    """
    finish_interrupted_swap(folder)
    path = latest_checkpoint(folder)
    loaded = load_checkpoint(path)
    if not isinstance(loaded, Run):
        return read_old_run(folder, loaded)
    if path.name == CHECKPOINT:
        _require_one_run(folder, loaded)
        return with_earlier_networks(folder, loaded) if with_networks else loaded
    return loaded


def with_earlier_networks(folder: Path, run: Run) -> Run:
    """Return a run with the networks of earlier epochs, if the folder contains them; notes report unreadable files."""
    histories = dict(run.histories)
    notes = list(run.notes)
    for name, outcome in run.outcomes.items():
        path = folder / networks_name(name)
        try:
            histories[name] = read_networks(path, run.id, run.histories[name], outcome.snapshot.spec)
        except FileNotFoundError:
            continue  # written by an earlier version of the program, or the disk was full
        except (MlpSvdError, OSError) as error:
            notes.append(f"The networks of earlier epochs cannot be read: {error}")
    states = {
        name: dataclasses.replace(state, history=tuple(histories[name])) if name in histories else state
        for name, state in run.states.items()
    }
    return dataclasses.replace(run, histories=histories, states=states, notes=tuple(notes))


def _require_one_run(folder: Path, run: Run) -> None:
    """Raise an error if the files of a folder belong to different runs."""
    found: dict[str, object] = {}
    with contextlib.suppress(FileNotFoundError):
        results = read_results(folder)
        found["results.json"] = results.text("run_id") if "run_id" in results else ""
    for name in run.outcomes:
        if (folder / model_name(name)).is_file():
            found[model_name(name)] = load_model(folder / model_name(name)).summary.get("run_id", "")
    others = [name for name, run_id in found.items() if run_id != run.id]
    if others:
        raise FileFormatError(
            f"{folder} holds files of two runs: {others[0]} does not belong to {CHECKPOINT}; "
            "move the files of one of them away"
        )

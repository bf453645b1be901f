"""Storing of a temperature in run folders; callable from any thread."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.run_folder import stored_id
from mlpsvd.experiments.runs.stored_temperature import store_temperature

__all__ = ["store_in", "store_wherever_saved"]


def store_in(folder: Path, run_id: str, contender: str, temperature: float) -> Path:
    """Store a temperature in the folder of a run and return the folder."""
    store_temperature(folder, contender, temperature, run_id)
    return folder


def store_wherever_saved(
    run_id: str, contender: str, temperature: float, folders: Sequence[Path], library: RunLibrary | None
) -> tuple[Path, ...]:
    """Store a temperature in those of the folders, and in that of the library, that hold the run; return these."""
    found = [path for path in folders if stored_id(path) == run_id]
    kept = None if library is None else library.folder_of(run_id)
    if kept is not None and kept.resolve() not in [path.resolve() for path in found]:
        found.append(kept)
    return tuple(store_in(path, run_id, contender, temperature) for path in found)

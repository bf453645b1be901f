"""Folder of a sweep: its definition, its trials one by one, and its results; and the library of sweeps."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.runs.kept_run import TIME_FORMAT
from mlpsvd.experiments.runs.library import name_slug
from mlpsvd.experiments.runs.lock import WORK, FolderInUse
from mlpsvd.experiments.runs.places import SWEEP_FILE, SWEEPS, runs_folder
from mlpsvd.experiments.sweeps.sweep import (
    Sweep,
    chosen_to_json,
    identity_of_data,
    sweep_from_toml,
    sweep_to_toml,
    with_chosen,
)
from mlpsvd.experiments.trials.trials import TrialStore
from mlpsvd.files import expand_home, is_leftover, read_plain, remove_leftovers, write_atomically
from mlpsvd.text import quoted

__all__ = ["SweepFolder", "find_sweep", "kept_sweeps", "new_sweep_folder", "read_sweep", "trial_store"]

_TRIALS = "trials"
_CHOSEN = "combinations.json"
_MOST_BYTES = 4_000_000
_EMPTY_S = 600.0


class SweepFolder:
    """A sweep's folder that is open for writing; it is locked until it is closed.

    Parameters
    ----------
    path
        The folder; created if it does not exist.
    sweep
        The sweep; None for the one in the folder.

    Raises
    ------
    FileFormatError
        If the folder contains another sweep or other files, no sweep where None is given, or the recordings have
        changed since the sweep began.
    DataError
        If another program is running the sweep.
    OSError
        If it cannot be created.
    """

    def __init__(self, path: Path, sweep: Sweep | None = None) -> None:
        self.path = path
        self.sweep = _checked(path, sweep)
        path.mkdir(parents=True, exist_ok=True)
        self._lock = FolderInUse(path)
        try:
            if not (path / SWEEP_FILE).is_file():
                write_atomically(path / SWEEP_FILE, sweep_to_toml(self.sweep))
            for folder in (path, path / _TRIALS):
                if folder.is_dir():
                    remove_leftovers(folder, 0.0)
        except BaseException:
            self.close()
            raise
        self.store = trial_store(path)

    def choose(self, combinations: Sequence[tuple[Any, ...]]) -> None:
        """Add combinations to those of a search, and store them.

        Raises
        ------
        OSError
            If they cannot be written; the search is then unchanged.
        """
        sweep = replace(self.sweep, chosen=(*self.sweep.chosen, *combinations))
        write_atomically(self.path / _CHOSEN, chosen_to_json(sweep))
        self.sweep = sweep

    def close(self) -> None:
        """Release the lock of the folder."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def trial_store(folder: Path) -> TrialStore:
    """Return the store of a sweep's trials."""
    return TrialStore(folder / _TRIALS)


def read_sweep(folder: Path) -> Sweep:
    """Read the definition of a sweep, for a search with the combinations that it has chosen.

    Raises
    ------
    FileFormatError
        If the folder contains no sweep, or a damaged one.
    """
    path = folder / SWEEP_FILE
    try:
        sweep = sweep_from_toml(read_plain(path, _MOST_BYTES).decode("utf-8-sig"))
        path = folder / _CHOSEN
        if not sweep.n_searched or not path.is_file():
            return sweep
        return with_chosen(sweep, read_plain(path, _MOST_BYTES))
    except FileFormatError as error:
        raise FileFormatError(f"{path} cannot be used: {error}") from error
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path} cannot be used: it is not a text in UTF-8") from error
    except OSError as error:
        raise FileFormatError(f"{folder} holds no sweep: {path.name}: {error.strerror or error}") from error


def new_sweep_folder(sweep: Sweep, library: Path | None = None, now: datetime | None = None) -> Path:
    """Create and return the folder of a new sweep in the library of sweeps, ``sweeps`` in the library of runs.

    Raises
    ------
    OSError
        If it cannot be created.
    """
    parent = (runs_folder() if library is None else library) / SWEEPS
    parent.mkdir(parents=True, exist_ok=True)
    _remove_empty(parent)
    stem = f"{(now or datetime.now()).strftime(TIME_FORMAT)}_{name_slug(sweep.base.name)}"
    for number in range(1, 1000):
        path = parent / (stem if number == 1 else f"{stem}-{number}")
        with contextlib.suppress(FileExistsError):
            path.mkdir()
            return path
    raise FileExistsError(17, "there are too many sweeps of that name and second", str(parent / stem))


def kept_sweeps(library: Path | None = None) -> list[Path]:
    """Return the folders of the library of sweeps, newest first."""
    parent = (runs_folder() if library is None else library) / SWEEPS
    try:
        found = [path for path in parent.iterdir() if (path / SWEEP_FILE).is_file()]
    except OSError:
        return []
    return sorted(found, reverse=True)


def find_sweep(text: str) -> Path:
    """Return the folder that a person means: a path, ``latest``, or the start of a folder's name in the library.

    Raises
    ------
    FileFormatError
        If there is no such sweep, or several.
    """
    path = expand_home(text)
    if (path / SWEEP_FILE).is_file():
        return path
    kept = kept_sweeps()
    if text == "latest" and kept:
        return kept[0]
    found = [one for one in kept if one.name == text] or [one for one in kept if text and one.name.startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise FileFormatError(
            f"{quoted(text)} can be any of {len(found)} sweeps: {', '.join(one.name for one in found)}"
        )
    where = runs_folder() / SWEEPS
    raise FileFormatError(f"{text} is neither the folder of a sweep nor one in {where}")


def _checked(path: Path, sweep: Sweep | None) -> Sweep:
    if path.exists() and not path.is_dir():
        raise FileFormatError(f"{path} is a file; it should be a folder or not exist")
    if not (path / SWEEP_FILE).is_file():
        if sweep is None:
            raise FileFormatError(f"{path} holds no sweep; it should contain {SWEEP_FILE}")
        if path.is_dir() and not _is_empty(path):
            raise FileFormatError(f"{path} contains other files; choose an empty folder or another name")
        return sweep
    kept = read_sweep(path)
    if sweep is not None and sweep != kept:
        raise FileFormatError(f"{path} holds another sweep; choose another folder, or continue it with --resume {path}")
    if kept.data_identity != identity_of_data(kept.base):
        where = kept.base.data.recordings.path
        raise FileFormatError(f"the recordings in {where} have changed since the sweep in {path} began; begin another")
    return kept


def _is_empty(folder: Path) -> bool:
    """Return whether a folder contains nothing but what a killed program left before it wrote the sweep."""
    return all(one.name == WORK or is_leftover(one) for one in folder.iterdir())


def _remove_empty(parent: Path) -> None:
    """Remove the folders of programs that were killed before they wrote the sweep, after a while."""
    with contextlib.suppress(OSError):
        for path in parent.iterdir():
            is_old = time.time() - path.lstat().st_mtime > _EMPTY_S
            if is_old and path.is_dir() and not path.is_symlink() and _is_empty(path) and not FolderInUse.is_held(path):
                shutil.rmtree(path)

"""Moving a library of runs to another folder, also to another disk."""

from __future__ import annotations

import contextlib
import errno
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from mlpsvd.errors import DataError, FileFormatError, SettingError
from mlpsvd.experiments.runs import trash
from mlpsvd.experiments.runs.checkpoint import checkpoint_id
from mlpsvd.experiments.runs.kept_run import RUN_NAME
from mlpsvd.experiments.runs.places import SWEEP_FILE, SWEEPS, set_runs_folder
from mlpsvd.experiments.runs.run_folder import is_in_use, latest_checkpoint

__all__ = ["move_library"]

_MOVING = ".moving-"


def move_library(old: Path, new: Path, progress: Callable[[int, int], object] | None = None) -> int:
    """Move all runs, sweeps and the trash of a library into another folder and use that from now on.

    A run is complete in one of the two folders at any time. If the program is killed meanwhile, the same call goes on.

    Parameters
    ----------
    old, new
        The folders, as full paths; the new one is created if it does not exist, and may be a library.
    progress
        Called with the number of runs moved and the number of all; an exception ends the move between two runs.

    Returns
    -------
    int
        Number of runs and sweeps that were moved.

    Raises
    ------
    SettingError
        If the new folder is a file, inside the old one, or a relative path.
    DataError
        If a run is being trained, or has the name of a run in the new folder.
    OSError
        If a run cannot be moved, for instance because the disk is full; it is then still complete in the old folder.
    """
    if new.resolve() == old.resolve():
        return 0
    if not new.is_absolute() or old.resolve() in new.resolve().parents or (new.exists() and not new.is_dir()):
        raise SettingError("the folder of the library", str(new), f"the full path of a folder outside {old}")
    pairs = [pair for name in ("", SWEEPS, trash.TRASH) for pair in _pairs(old / name, new / name)]
    for source, target in pairs:
        if is_in_use(source):
            raise DataError(f"{source.name} is being trained; stop it before the library is moved")
        if target.exists() and not _is_copy(source, target):
            raise DataError(f"{target} already exists; rename one of the two folders")
    new.mkdir(parents=True, exist_ok=True)
    for number, (source, target) in enumerate(pairs):
        if progress is not None:
            progress(number, len(pairs))
        target.parent.mkdir(exist_ok=True)
        _move(source, target)
    set_runs_folder(new)
    return len(pairs)


def _pairs(old: Path, new: Path) -> list[tuple[Path, Path]]:
    with contextlib.suppress(OSError):
        names = sorted(path.name for path in old.iterdir() if RUN_NAME.fullmatch(path.name) and path.is_dir())
        return [(old / name, new / name) for name in names]
    return []


def _is_copy(source: Path, target: Path) -> bool:
    """Return whether both folders hold the same run or sweep: a move was killed before it deleted the old one."""
    with contextlib.suppress(OSError):
        return (source / SWEEP_FILE).read_bytes() == (target / SWEEP_FILE).read_bytes()
    with contextlib.suppress(FileFormatError):
        run_id = checkpoint_id(latest_checkpoint(source))
        return bool(run_id) and run_id == checkpoint_id(latest_checkpoint(target))
    return False


def _move(source: Path, target: Path) -> None:
    if target.exists():
        trash.delete_folder(source)
        return
    try:
        source.rename(target)
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    copy = target.with_name(f"{_MOVING}{secrets.token_hex(6)}")
    try:
        shutil.copytree(source, copy, symlinks=True)
        copy.rename(target)
    except BaseException as error:
        shutil.rmtree(copy, ignore_errors=True)
        if isinstance(error, shutil.Error):
            raise OSError(errno.EIO, f"it cannot be copied: {error.args[0][0][-1]}", str(source)) from error
        raise
    trash.delete_folder(source)

"""Trash of a library: deleted runs can be restored until it is emptied."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from pathlib import Path

from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.experiments.runs.kept_run import RUN_NAME, run_folders
from mlpsvd.experiments.runs.run_folder import is_in_use

__all__ = ["TRASH", "delete_folder", "empty_trash", "move_to_trash", "restore", "trashed_folders"]

TRASH = "trash"
"""Folder of deleted runs inside a library."""

_DELETED = ".deleting-"
_MOST_NUMBERS = 1000


def trashed_folders(library: Path) -> list[Path]:
    """Return the folders in the trash, newest first."""
    return run_folders(library / TRASH)


def move_to_trash(library: Path, folder: Path) -> Path:
    """Move a run of a library to its trash in one step; return its folder there.

    Raises
    ------
    FileFormatError
        If the folder is not a run of the library, or the trash is a link.
    DataError
        If the run is being trained.
    OSError
        If it cannot be moved; it is then where it was.
    """
    _require_inside(library, folder)
    if is_in_use(folder):
        raise DataError(f"{folder.name} is being trained; stop it before you delete it")
    trash = library / TRASH
    if trash.is_symlink():
        raise FileFormatError(f"{trash} is a link; it should be a folder of its own, so remove the link")
    trash.mkdir(exist_ok=True)
    return _renamed(folder, trash)


def restore(library: Path, folder: Path) -> Path:
    """Move a run from the trash back into the library in one step; return its folder there.

    Raises
    ------
    FileFormatError
        If the folder is not in the trash.
    OSError
        If it cannot be moved; it is then where it was.
    """
    _require_inside(library / TRASH, folder)
    return _renamed(folder, library)


def empty_trash(library: Path) -> int:
    """Delete all runs in the trash; return their number. Other files in it are left alone.

    Raises
    ------
    OSError
        If a run cannot be deleted.
    """
    trash = library / TRASH
    if trash.is_symlink():
        return 0
    found = trashed_folders(library)
    for folder in found:
        delete_folder(folder)
    with contextlib.suppress(OSError):
        for half in trash.glob(f"{_DELETED}*"):  # of a program that was killed meanwhile
            shutil.rmtree(half, ignore_errors=True)
    return len(found)


def delete_folder(folder: Path) -> None:
    """Delete a run folder; it is renamed first, so that a kill leaves no half run.

    Raises
    ------
    OSError
        If it cannot be renamed.
    """
    away = folder.with_name(f"{_DELETED}{secrets.token_hex(6)}")
    folder.rename(away)
    shutil.rmtree(away, ignore_errors=True)


def _require_inside(parent: Path, folder: Path) -> None:
    is_run = RUN_NAME.fullmatch(folder.name) is not None and folder.is_dir() and not folder.is_symlink()
    if not is_run or folder.parent.absolute() != parent.absolute():
        raise FileFormatError(f"{folder} is not a run in {parent}; choose one of its folders")


def _renamed(folder: Path, parent: Path) -> Path:
    for number in range(1, _MOST_NUMBERS):
        target = parent / (folder.name if number == 1 else f"{folder.name}-{number}")
        if not target.exists() and not target.is_symlink():
            return folder.rename(target)
    raise FileExistsError(17, "there are too many runs of that name", str(parent / folder.name))

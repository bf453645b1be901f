"""Lock of a folder of results: one program at a time writes into it."""

from __future__ import annotations

from pathlib import Path

from mlpsvd.errors import FileFormatError
from mlpsvd.folder_lock import FolderLock

__all__ = ["WORK", "FolderInUse", "work_folder"]

WORK = ".mlpsvd"
"""The hidden folder inside a folder of results, with what only this program needs."""

_LOCK = "lock"


class FolderInUse:
    """Keeps other programs out of a folder until closed, or until this program ends, however it ends.

    Parameters
    ----------
    folder
        The folder, which must exist.

    Raises
    ------
    DataError
        If another program, or this one, writes into it; the message says which.
    FileFormatError
        If the hidden folder or the lock is a link: what this program writes is never one.
    OSError
        If the lock cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        work = work_folder(folder)
        work.mkdir(exist_ok=True)
        if (work / _LOCK).is_symlink():
            raise FileFormatError(f"{work / _LOCK} is a link; it should be a plain file, so remove the link")
        self._lock = FolderLock(work / _LOCK)

    @staticmethod
    def is_held(folder: Path) -> bool:
        """Whether a program writes into a folder."""
        if not (folder / WORK / _LOCK).is_file():
            return False
        try:
            FolderInUse(folder).close()
        except Exception:  # whatever keeps us from locking it keeps us from changing it
            return True
        return False

    def close(self) -> None:
        """Let others write into the folder; may be called twice."""
        self._lock.release()


def work_folder(folder: Path) -> Path:
    """Return the hidden folder inside a folder of results, there or not.

    Raises
    ------
    FileFormatError
        If it is a link.
    """
    work = folder / WORK
    if work.is_symlink():
        raise FileFormatError(f"{work} is a link; it should be a folder of its own, so remove the link")
    return work

"""Lock of a results folder, into which one program at a time may write."""

from __future__ import annotations

from pathlib import Path

from mlpsvd.errors import FileFormatError
from mlpsvd.folder_lock import FolderLock

__all__ = ["WORK", "FolderInUse", "work_folder"]

WORK = ".mlpsvd"
"""Hidden folder inside a results folder, for internal files."""

_LOCK = "lock"


class FolderInUse:
    """Locks a folder against writing by other programs until it is closed, or until this process ends in any way.

    Parameters
    ----------
    folder
        The folder, which must exist.

    Raises
    ------
    DataError
        If another program, or this one, is writing into it; the message says which.
    FileFormatError
        If the hidden folder or the lock is a link, which this program never creates.
    OSError
        If the lock cannot be created.
    """

    def __init__(self, folder: Path) -> None:
        work = work_folder(folder)
        work.mkdir(exist_ok=True)
        if (work / _LOCK).is_symlink():
            raise FileFormatError(f"{work / _LOCK} is a link; it should be a plain file, so remove the link")
        self._lock = FolderLock(work / _LOCK)

    @staticmethod
    def is_held(folder: Path) -> bool:
        """Return whether a program is writing into a folder; also for folders that cannot be written."""
        return (folder / WORK / _LOCK).is_file() and FolderLock.is_held(folder / WORK / _LOCK)

    def close(self) -> None:
        """Release the lock; may be called twice."""
        self._lock.release()


def work_folder(folder: Path) -> Path:
    """Return the hidden folder inside a results folder, which may not exist.

    Raises
    ------
    FileFormatError
        If it is a link.
    """
    work = folder / WORK
    if work.is_symlink():
        raise FileFormatError(f"{work} is a link; it should be a folder of its own, so remove the link")
    return work

"""An open project: locked against other programs, and saved atomically."""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import replace
from pathlib import Path

from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.projects.project import PROJECT, Project, find_project_file, read_project, to_text
from mlpsvd.experiments.runs.lock import work_folder
from mlpsvd.files import remove_leftovers, write_atomically
from mlpsvd.folder_lock import FolderLock
from mlpsvd.text import one_line

__all__ = ["ProjectFolder", "create_project"]

_LOCK = "project.lock"
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class ProjectFolder:
    """Holds an open project until it is closed, or until this process ends in any way.

    Parameters
    ----------
    path
        The folder of a project, or its file.

    Attributes
    ----------
    file
        The file of the project.
    project
        What it says; see :meth:`save`.
    is_read_only
        Whether the folder or the file cannot be written: :meth:`save` then does nothing.

    Raises
    ------
    DataError
        If another program, or this one, has it open; the message says which.
    FileFormatError
        If there is no project, or it is damaged, or of a newer version of the program; nothing is changed.
    OSError
        If it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        file = find_project_file(path)
        if file is None:
            raise FileFormatError(f"{one_line(str(path), 300)} is not a project: it has no file {PROJECT}")
        self.file = file.resolve()
        self._lock = _lock(self.file)
        try:
            self.project = read_project(self.file)
            self._text = self.file.read_bytes()
        except BaseException:
            self.close()
            raise
        if self._lock is not None:
            remove_leftovers(self.file.parent)

    @property
    def is_read_only(self) -> bool:
        """Whether the project cannot be written."""
        return self._lock is None

    def save(self, project: Project) -> bool:
        """Write the project, if it has changed; return whether anything was written.

        Raises
        ------
        FileFormatError
            If a text in it is not Unicode.
        OSError
            If it cannot be written; the file is then unchanged.
        """
        self.project = replace(project, folder=self.file.parent)
        text = to_text(self.project).encode()
        if self.is_read_only or text == self._text:
            return False
        write_atomically(self.file, text)
        self._text = text
        return True

    def close(self) -> None:
        """Release the lock; may be called twice."""
        if self._lock is not None:
            self._lock.release()


def create_project(folder: Path, experiment: Experiment) -> Path:
    """Create a project in a new folder, or in one without a project; return its file.

    Raises
    ------
    DataError
        If the folder has a project already.
    FileFormatError
        If a text in the experiment is not Unicode.
    OSError
        If the folder or the file cannot be created.
    """
    is_new = not folder.exists()
    if not is_new and find_project_file(folder) is not None:
        raise DataError(f"{one_line(str(folder), 300)} has a project already; open it, or choose another folder")
    text = to_text(Project(folder.resolve(), experiment))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        write_atomically(folder / PROJECT, text)
    except OSError:
        if is_new:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise
    return folder / PROJECT


def _lock(file: Path) -> FolderLock | None:
    """Lock a project; None if it cannot be written."""
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        return None
    work = work_folder(file.parent)
    try:
        work.mkdir(exist_ok=True)
        return FolderLock(work / _LOCK)
    except OSError as error:
        if error.errno in _REFUSED:
            return None
        raise

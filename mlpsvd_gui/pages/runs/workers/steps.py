"""Changes of runs that can be undone and redone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from mlpsvd.experiments.runs.about import change_about
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.text import counted

__all__ = ["ChangeAbout", "MoveToTrash", "RestoreFromTrash", "Step"]


class Step(Protocol):
    """A change; both methods run in a background thread and raise an error of the core or OSError."""

    name: str
    """What is done, for example ``delete 2 runs``."""

    def do(self) -> None:
        """Make the change."""

    def undo(self) -> None:
        """Take it back."""


class ChangeAbout:
    """Changes title, tags, note or star of runs.

    Parameters
    ----------
    name
        What is done.
    field
        Name of a field of :class:`mlpsvd.experiments.runs.about.About`.
    before, after
        Its value by run folder.
    """

    def __init__(self, name: str, field: str, before: Mapping[Path, Any], after: Mapping[Path, Any]) -> None:
        self.name = name
        self._field = field
        self._before, self._after = dict(before), dict(after)

    def joined(self, later: ChangeAbout) -> ChangeAbout | None:
        """Return this change and a later one of the same note as one change; None for others."""
        if self._field != "note" or later._field != "note" or set(self._after) != set(later._after):
            return None
        return ChangeAbout(self.name, self._field, self._before, later._after)

    def do(self) -> None:
        """Write the new values."""
        self._write(self._after)

    def undo(self) -> None:
        """Write the old values."""
        self._write(self._before)

    def _write(self, values: Mapping[Path, Any]) -> None:
        for folder, value in values.items():
            change_about(folder, lambda about, value=value: replace(about, **{self._field: value}))  # type: ignore[misc]


class MoveToTrash:
    """Moves runs to the trash of a library, one after the other."""

    def __init__(self, library: RunLibrary, folders: Sequence[Path]) -> None:
        self.name = f"delete {counted(len(folders), 'run')}"
        self._library = library
        self._kept, self._trashed = list(folders), list[Path]()

    def do(self) -> None:
        """Move them to the trash."""
        while self._kept:
            self._trashed.append(self._library.delete(self._kept[-1]))
            self._kept.pop()

    def undo(self) -> None:
        """Move them back."""
        while self._trashed:
            self._kept.append(self._library.restore(self._trashed[-1]))
            self._trashed.pop()


class RestoreFromTrash(MoveToTrash):
    """Moves runs from the trash back into the library."""

    def __init__(self, library: RunLibrary, folders: Sequence[Path]) -> None:
        super().__init__(library, ())
        self.name = f"restore {counted(len(folders), 'run')}"
        self._trashed = list(folders)

    def do(self) -> None:
        """Move them back."""
        super().undo()

    def undo(self) -> None:
        """Move them to the trash again."""
        super().do()

"""From a step of a collection to what has to be done on the disk, forwards or backwards, as things stand now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mlpsvd.data.catalogue import Catalogue, Cells, place_of
from mlpsvd.data.file_names import first_free
from mlpsvd.data.journal import Change, State, Step, Transaction

__all__ = ["TRASH", "Resolved", "carry_out", "resolve", "revert"]

TRASH = ".mlpsvd/trash"


@dataclass(frozen=True)
class Resolved:
    """A transaction, and for how many clips the step cannot be taken because something was changed from outside."""

    transaction: Transaction
    n_impossible: int


def resolve(kind: str, step: Step, catalogue: Catalogue) -> Resolved:
    """Return what is to be done.

    Parameters
    ----------
    kind
        ``step``, ``undo`` or ``redo``.
    step
        The step; undoing goes from its states after to those before.
    catalogue
        The clips as they stand now; with the folder it decides where files are and where there is room.
    """
    resolver = _Resolver(catalogue)
    changes = reversed(step.changes) if kind == "undo" else step.changes
    n_impossible = sum(not resolver.take(change, kind != "undo") for change in changes)
    rows = tuple(resolver.rows)
    if kind == "undo":
        rows = tuple(sorted(rows, key=lambda row: row[2]))  # rows that come back find their places from the top
    return Resolved(Transaction(kind, step, tuple(resolver.moves), rows), n_impossible)


def carry_out(folder: Path, moves: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Move files, those that were moved already left alone; return the moves that were made.

    Raises
    ------
    OSError
        If one cannot be moved; those before it are moved back.
    """
    made: list[tuple[str, str]] = []
    try:
        for source, target in moves:
            if (folder / source).is_file() and not _is_another_file(folder / source, folder / target):
                (folder / target).parent.mkdir(parents=True, exist_ok=True)
                (folder / source).rename(folder / target)
                made.append((source, target))
    except OSError:
        revert(folder, made)
        raise
    return made


def revert(folder: Path, made: list[tuple[str, str]]) -> None:
    """Move files back, the last first."""
    for source, target in reversed(made):
        (folder / source).parent.mkdir(parents=True, exist_ok=True)
        (folder / target).rename(folder / source)


def _is_another_file(source: Path, target: Path) -> bool:
    """Whether something else lies at the target (where upper and lower case are one, it may be the file itself)."""
    return target.exists() and not target.samefile(source)


class _Resolver:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._folder = catalogue.folder
        self._promised: set[str] = set()
        self.moves: list[tuple[str, str]] = []
        self.rows: list[tuple[str, Cells | None, int]] = []

    def take(self, change: Change, forwards: bool) -> bool:
        """Plan one change; False where that is impossible."""
        old, new = (change.before, change.after) if forwards else (change.after, change.before)
        entry = self._catalogue.get(change.id)
        if (entry is None) != (old is None):
            return False
        if old is None or entry is None:
            return new is not None and self._bring_back(change.id, new)
        if new is None:
            self._put_away(entry.cells, old)
            self.rows.append((change.id, None, 0))
            return True
        if old.trash == new.trash:
            return self._rename(change.id, entry.cells, old, new)
        return self._exchange(change.id, entry.cells, old, new)

    def _bring_back(self, id: str, new: State) -> bool:
        cells = dict(new.cells)
        if new.trash:
            if not self._in_trash(new.trash).is_file():
                return False
            cells["path"] = self._room_for(new.cells["path"])
            self.moves.append((f"{TRASH}/{new.trash}", cells["path"]))
        self.rows.append((id, cells, new.at))
        return True

    def _put_away(self, cells: Cells, old: State) -> None:
        if old.trash and place_of(self._folder, cells["path"]).is_file():
            self.moves.append((self._relative(cells["path"]), f"{TRASH}/{old.trash}"))

    def _rename(self, id: str, cells: Cells, old: State, new: State) -> bool:
        changed = _merged(cells, old.cells, new.cells)
        if new.cells["path"] != old.cells["path"]:
            if not place_of(self._folder, cells["path"]).is_file():
                return False
            changed["path"] = self._room_for(new.cells["path"], self._relative(cells["path"]))
            self.moves.append((self._relative(cells["path"]), changed["path"]))
        self.rows.append((id, changed, new.at))
        return True

    def _exchange(self, id: str, cells: Cells, old: State, new: State) -> bool:
        if new.trash and not self._in_trash(new.trash).is_file():
            return False
        self._put_away(cells, old)
        changed = _merged(cells, old.cells, new.cells)
        if new.trash:
            same = new.cells["path"] == old.cells["path"]  # a trimmed clip stays where it is, wherever that is by now
            wanted = cells["path"] if same else new.cells["path"]
            changed["path"] = self._room_for(wanted, self._relative(cells["path"]) if old.trash else "")
            self.moves.append((f"{TRASH}/{new.trash}", changed["path"]))
        self.rows.append((id, changed, new.at))
        return True

    def _room_for(self, name: str, leaving: str = "") -> str:
        """Return ``name``, or the next one with a number where something else lies there."""
        path = PurePosixPath(self._relative(name))

        def numbered(number: int) -> str:
            return str(path.with_name(f"{path.stem}_{number}{path.suffix}")) if number > 1 else str(path)

        def is_taken(one: str) -> bool:
            return one != leaving and (one.casefold() in self._promised or (self._folder / one).exists())

        found = first_free(numbered, is_taken)
        self._promised.add(found.casefold())
        return found

    def _relative(self, name: str) -> str:
        return Path(os.path.relpath(place_of(self._folder, name), self._folder)).as_posix()

    def _in_trash(self, name: str) -> Path:
        return self._folder / TRASH / name


def _merged(now: Cells, old: Cells, new: Cells) -> dict[str, str]:
    """Return the row as it is now with the cells that a step changes: what was edited outside meanwhile stays."""
    changed: Mapping[str, str] = {key: value for key, value in new.items() if value != old.get(key, "")}
    return {**now, **changed}

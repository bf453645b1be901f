"""Plans the file operations of a journal step, forwards or backwards, from the present state of the folder."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mlpsvd.collection.catalogue import Cells, ClipIndex
from mlpsvd.collection.file_names import first_free
from mlpsvd.collection.journal import Change, State, Step, Transaction
from mlpsvd.collection.paths import TRASH, checked_write, is_movable, is_plain_file, own_file, own_place
from mlpsvd.text import one_line

__all__ = ["Resolved", "carry_out", "check_moves", "resolve", "revert"]


@dataclass(frozen=True)
class Resolved:
    """A transaction, and the number of clips for which the step is impossible because of external changes."""

    transaction: Transaction
    n_impossible: int


def resolve(kind: str, step: Step, catalogue: ClipIndex) -> Resolved:
    """Return the transaction of a step, undo or redo.

    Parameters
    ----------
    kind
        ``step``, ``undo`` or ``redo``.
    step
        The step; undo goes from its ``after`` states to its ``before`` states.
    catalogue
        The present clips; with the folder, they determine the locations of files and free names.
    """
    resolver = _Resolver(catalogue)
    changes = reversed(step.changes) if kind == "undo" else step.changes
    n_impossible = sum(not resolver.take(change, kind != "undo") for change in changes)
    rows = tuple(resolver.rows)
    if kind == "undo":
        rows = tuple(sorted(rows, key=lambda row: row[2]))  # rows that come back find their places from the top
    return Resolved(Transaction(kind, step, tuple(resolver.moves), rows), n_impossible)


def check_moves(folder: Path, moves: tuple[tuple[str, str], ...]) -> None:
    """Raise OSError if a file would move from or to a place outside the folder, or through a link."""
    for name in (name for move in moves for name in move):
        if not is_movable(name):
            raise OSError(errno.EPERM, f"{one_line(name)} is not a valid location of a clip")
        checked_write(folder, name)


def carry_out(folder: Path, moves: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """Move files, except those that have already been moved; return the moves that were made.

    Raises
    ------
    OSError
        If one cannot be moved; those before it are moved back. Nothing is moved if :func:`check_moves` refuses one.
    """
    made: list[tuple[str, str]] = []
    check_moves(folder, moves)
    try:
        for source, target in moves:
            if is_plain_file(folder / source) and not _is_another_file(folder / source, folder / target):
                _move(folder, source, target)
                made.append((source, target))
    except OSError:
        revert(folder, made)
        raise
    return made


def revert(folder: Path, made: list[tuple[str, str]]) -> None:
    """Move files back, the last first."""
    for source, target in reversed(made):
        _move(folder, target, source)


def _move(folder: Path, source: str, target: str) -> None:
    """Move one file; raise OSError if a link was created on its path after all moves were checked."""
    checked_write(folder, target).parent.mkdir(parents=True, exist_ok=True)
    checked_write(folder, source).rename(folder / target)


def _is_another_file(source: Path, target: Path) -> bool:
    """Whether another file is at the target (on a case-insensitive file system, it may be the source itself)."""
    return os.path.lexists(target) and not os.path.samestat(os.lstat(target), os.lstat(source))


class _Resolver:
    def __init__(self, catalogue: ClipIndex) -> None:
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
            self._move_to_trash(entry.cells, old)
            self.rows.append((change.id, None, 0))
            return True
        if old.trash == new.trash:
            return self._rename(change.id, entry.cells, old, new)
        return self._exchange(change.id, entry.cells, old, new)

    def _bring_back(self, id: str, new: State) -> bool:
        cells = dict(new.cells)
        if new.trash:
            place = self._room_for(new.cells["path"])
            if place is None or not self._in_trash(new.trash):
                return False
            cells["path"] = place
            self.moves.append((f"{TRASH}/{new.trash}", place))
        self.rows.append((id, cells, new.at))
        return True

    def _move_to_trash(self, cells: Cells, old: State) -> None:
        """Plan to move the file of a clip to the trash, unless the file does not belong to the collection."""
        place = own_file(self._folder, cells["path"])
        if old.trash and place is not None:
            self.moves.append((place, f"{TRASH}/{old.trash}"))

    def _rename(self, id: str, cells: Cells, old: State, new: State) -> bool:
        changed = _merged(cells, old.cells, new.cells)
        if new.cells["path"] != old.cells["path"]:
            here = own_file(self._folder, cells["path"])
            place = self._room_for(new.cells["path"], here or "")
            if here is None or place is None:
                return False
            changed["path"] = place
            self.moves.append((here, place))
        self.rows.append((id, changed, new.at))
        return True

    def _exchange(self, id: str, cells: Cells, old: State, new: State) -> bool:
        changed = _merged(cells, old.cells, new.cells)
        if new.trash:
            here = own_place(self._folder, cells["path"])
            same = new.cells["path"] == old.cells["path"]  # a trimmed clip stays where it is, wherever that is by now
            wanted = here if same and here is not None else new.cells["path"]
            place = self._room_for(wanted, here if old.trash and here is not None else "")
            if place is None or not self._in_trash(new.trash):
                return False
            changed["path"] = place
        self._move_to_trash(cells, old)
        if new.trash:
            self.moves.append((f"{TRASH}/{new.trash}", changed["path"]))
        self.rows.append((id, changed, new.at))
        return True

    def _room_for(self, name: str, leaving: str = "") -> str | None:
        """Return ``name``, with a number if it is taken; None outside the folder."""
        place = own_place(self._folder, name)
        if place is None:
            return None
        path = PurePosixPath(place)

        def numbered(number: int) -> str:
            return str(path.with_name(f"{path.stem}_{number}{path.suffix}")) if number > 1 else str(path)

        def is_taken(one: str) -> bool:
            return one != leaving and (one.casefold() in self._promised or os.path.lexists(self._folder / one))

        found = first_free(numbered, is_taken)
        self._promised.add(found.casefold())
        return found

    def _in_trash(self, name: str) -> bool:
        return is_movable(f"{TRASH}/{name}") and is_plain_file(self._folder / TRASH / name)


def _merged(now: Cells, old: Cells, new: Cells) -> dict[str, str]:
    """Return the present row with the cells that a step changes; external edits of other cells are kept."""
    changed: Mapping[str, str] = {key: value for key, value in new.items() if value != old.get(key, "")}
    return {**now, **changed}

"""What was done to a collection, step by step, so that it can be undone after a restart and finished after a crash.

Every step is written down before anything is done, as a transaction: which files move, and what the rows of the
manifest become. Both can be done a second time without harm. A step that was interrupted is therefore finished when
the collection is opened next.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mlpsvd.files import write_atomically

__all__ = ["Change", "Journal", "State", "Step", "Transaction"]

_DONE = {"kind": "done"}


@dataclass(frozen=True)
class State:
    """How a clip stood before or after a step.

    Attributes
    ----------
    cells
        Its row of the manifest.
    at
        Which row that was.
    trash
        What its file is called in the trash while the clip does not stand so; two states with the same name have the
        same file. "" where the file is not the collection's own and never moves.
    """

    cells: Mapping[str, str]
    at: int
    trash: str


@dataclass(frozen=True)
class Change:
    """One clip of a step; None is a clip that is not there."""

    id: str
    before: State | None
    after: State | None


@dataclass(frozen=True)
class Step:
    """What a person did, in words ("3 clips deleted"), and what changed."""

    words: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Transaction:
    """One step, or its undoing, or its redoing, down to the last file.

    Attributes
    ----------
    kind
        ``step``, ``undo`` or ``redo``.
    step
        The step that is done, undone or redone.
    moves
        From where to where files move, relative to the collection's folder.
    rows
        Id, cells (None: the row goes) and place of every row that changes.
    """

    kind: str
    step: Step
    moves: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, Mapping[str, str] | None, int], ...]


class Journal:
    """The file of steps of one collection.

    Attributes
    ----------
    undoable, redoable
        Steps that can be undone and done again, the next one last.
    pending
        A transaction that was begun and neither finished nor taken back.
    is_damaged
        Whether the file could not be understood; it was set aside then, and earlier steps cannot be undone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.undoable: list[Step] = []
        self.redoable: list[Step] = []
        self.pending: Transaction | None = None
        self.is_damaged = False
        self._good_bytes = 0
        self._read()

    def knows(self, id: str) -> bool:
        """Whether any step that can be undone or redone is about that clip."""
        return any(change.id == id for step in (*self.undoable, *self.redoable) for change in step.changes)

    def begin(self, transaction: Transaction) -> None:
        """Write down what is about to be done; OSError where that is not possible: nothing is to be done then."""
        self._append(asdict(transaction), is_safe=True)
        self.pending = transaction

    def finish(self) -> None:
        """Write down that it was done; where that cannot be written it is done once more at the next opening."""
        if self.pending is not None:
            with contextlib.suppress(OSError):
                self._append(_DONE)
            self._count_in(self.pending)
            self.pending = None

    def take_back(self) -> None:
        """Write down that it was not done."""
        if self.pending is not None:
            with contextlib.suppress(OSError):
                self._append({"kind": "taken back"})
            self.pending = None

    def clear(self) -> None:
        """Forget every step; OSError where that is not possible."""
        write_atomically(self.path, "")
        self.undoable, self.redoable, self.pending, self._good_bytes = [], [], None, 0

    def shorten(self, most: int = 2000) -> None:
        """Forget the oldest steps where there are more than ``most`` of them, and keep half as many.

        Their files stay in the trash. Nothing is shortened while a step is unfinished, or where it cannot be written.
        """
        if len(self.undoable) + len(self.redoable) <= most or self.pending is not None:
            return
        undoable = self.undoable[-most // 2 :]
        steps = [("step", step) for step in (*undoable, *reversed(self.redoable))]
        undone = [("undo", step) for step in self.redoable]
        lines = [line for kind, step in (*steps, *undone) for line in (_line(_as_done(kind, step)), _line(_DONE))]
        data = b"".join(lines)
        with contextlib.suppress(OSError):
            write_atomically(self.path, data)
            self.undoable, self._good_bytes = undoable, len(data)

    def _count_in(self, transaction: Transaction) -> None:
        if transaction.kind == "step":
            self.undoable.append(transaction.step)
            self.redoable.clear()
        elif transaction.kind == "undo" and self.undoable:
            self.redoable.append(self.undoable.pop())
        elif transaction.kind == "redo" and self.redoable:
            self.undoable.append(self.redoable.pop())

    def _append(self, table: dict[str, Any], is_safe: bool = False) -> None:
        line = _line(table)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            file.truncate(self._good_bytes)  # what a crash left of a line
            file.seek(self._good_bytes)
            try:
                _write_all(file.fileno(), line)
                if is_safe:
                    os.fsync(file.fileno())
            except OSError:
                with contextlib.suppress(OSError):
                    file.truncate(self._good_bytes)
                raise
        self._good_bytes += len(line)

    def _read(self) -> None:
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return
        whole = data[: data.rfind(b"\n") + 1]
        try:
            for line in whole.splitlines():
                self._take_in(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            self._set_aside()
            return
        self._good_bytes = len(whole)

    def _take_in(self, table: dict[str, Any]) -> None:
        if table["kind"] in ("step", "undo", "redo"):
            self.pending = _transaction(table)
        elif self.pending is not None:
            if table["kind"] == "done":
                self._count_in(self.pending)
            self.pending = None

    def _set_aside(self) -> None:
        self.is_damaged = True
        self.undoable, self.redoable, self.pending = [], [], None
        number = 1
        while (aside := self.path.with_name(f"{self.path.stem}-damaged-{number}.jsonl")).exists():
            number += 1
        with contextlib.suppress(OSError):
            self.path.rename(aside)


def _line(table: Mapping[str, Any]) -> bytes:
    return json.dumps(table, ensure_ascii=False).encode() + b"\n"


def _as_done(kind: str, step: Step) -> dict[str, Any]:
    """Return a step as it is written down when nothing of it is left to do."""
    return asdict(Transaction(kind, step, (), ()))


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _transaction(table: dict[str, Any]) -> Transaction:
    step = Step(
        str(table["step"]["words"]),
        tuple(Change(one["id"], _state(one["before"]), _state(one["after"])) for one in table["step"]["changes"]),
    )
    moves = tuple((str(source), str(target)) for source, target in table["moves"])
    return Transaction(table["kind"], step, moves, tuple((id, cells, at) for id, cells, at in table["rows"]))


def _state(table: dict[str, Any] | None) -> State | None:
    return None if table is None else State(dict(table["cells"]), int(table["at"]), str(table["trash"]))

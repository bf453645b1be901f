"""Journal of the changes of a collection, for undo after a restart and recovery after a crash.

Every step is a write-ahead transaction: the moves of files and the new rows of the manifest are written to the journal
first. Both are idempotent, so that an interrupted step is completed when the collection is next opened.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlpsvd.collection.journal_lines import Change, State, Step, Transaction, read_line
from mlpsvd.errors import FileFormatError
from mlpsvd.files import read_plain, write_atomically

__all__ = ["Change", "Journal", "State", "Step", "Transaction"]

_DONE = {"kind": "done"}
_MOST_BYTES = 500_000_000


class Journal:
    """The file of steps of one collection.

    Attributes
    ----------
    undoable, redoable
        Steps that can be undone and done again, the next one last.
    pending
        A transaction that was begun but neither finished nor rolled back.
    damage
        Why the file cannot be used, in one clause; "" if it can. A damaged journal is ignored as a whole, so that no
        step is partly undone; :meth:`set_aside` renames it.

    Parameters
    ----------
    path
        The file; it need not be there.

    Raises
    ------
    OSError
        If it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.undoable: list[Step] = []
        self.redoable: list[Step] = []
        self.pending: Transaction | None = None
        self.damage = ""
        self._good_bytes = 0
        self._read()

    def knows(self, id: str) -> bool:
        """Whether any step that can be undone or redone is about that clip."""
        return any(change.id == id for step in (*self.undoable, *self.redoable) for change in step.changes)

    def begin(self, transaction: Transaction) -> None:
        """Write a transaction before it is carried out; if this raises OSError, it must not be carried out."""
        self._append(asdict(transaction), is_safe=True)
        self.pending = transaction

    def finish(self) -> None:
        """Record that the transaction was carried out; if that cannot be written, it is repeated at the next start."""
        if self.pending is not None:
            with contextlib.suppress(OSError):
                self._append(_DONE)
            self._count_in(self.pending)
            self.pending = None

    def roll_back(self) -> None:
        """Record that the transaction was rolled back."""
        if self.pending is not None:
            with contextlib.suppress(OSError):
                self._append({"kind": "taken back"})
            self.pending = None

    def clear(self) -> None:
        """Remove all steps; raise OSError if that fails."""
        write_atomically(self.path, "")
        self.undoable, self.redoable, self.pending, self._good_bytes = [], [], None, 0

    def set_aside(self) -> Path:
        """Rename an unusable file, and return its new path; raise OSError if that fails."""
        number = 1
        while os.path.lexists(aside := self.path.with_name(f"{self.path.stem}-damaged-{number}.jsonl")):
            number += 1
        self.path.rename(aside)
        self.undoable, self.redoable, self.pending, self._good_bytes, self.damage = [], [], None, 0, ""
        return aside

    def shorten(self, most: int = 2000) -> None:
        """Remove the oldest steps if there are more than ``most``, and keep half as many.

        Their files stay in the trash. Nothing is removed while a step is unfinished, or if the file cannot be written.
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
        self._separate()
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        # Opening a link would write to its target; opening a named pipe would block.
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(self.path, flags, 0o666)
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

    def _separate(self) -> None:
        """Replace the file by a copy if it has a second hard link, so that lines are not appended to another file."""
        try:
            status = os.lstat(self.path)
        except FileNotFoundError:
            return
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, f"{self.path.name} is not a plain file")
        if status.st_nlink > 1:
            write_atomically(self.path, self.path.read_bytes())

    def _read(self) -> None:
        try:
            data = read_plain(self.path, _MOST_BYTES)
            whole = data[: data.rfind(b"\n") + 1]
            for line in whole.splitlines():
                self._read_entry(line)
        except (FileNotFoundError, NotADirectoryError):
            return
        except FileFormatError as error:
            self.damage = str(error)
            self.undoable, self.redoable, self.pending = [], [], None
            return
        self._good_bytes = len(whole)

    def _read_entry(self, line: bytes) -> None:
        found = read_line(line)
        if isinstance(found, Transaction):
            self.pending = found
        elif self.pending is not None:
            if found == "done":
                self._count_in(self.pending)
            self.pending = None


def _line(table: Mapping[str, Any]) -> bytes:
    return json.dumps(table, ensure_ascii=False).encode() + b"\n"


def _as_done(kind: str, step: Step) -> dict[str, Any]:
    """Return the journal entry of a completed step."""
    return asdict(Transaction(kind, step, (), ()))


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]

"""Parsing of journal lines from untrusted JSON."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from mlpsvd.collection.paths import is_movable
from mlpsvd.errors import FileFormatError
from mlpsvd.json_fields import Fields, parse_fields
from mlpsvd.text import is_unicode, quoted

__all__ = ["Change", "State", "Step", "Transaction", "read_line"]

_KINDS = ("step", "undo", "redo")
_ENDS = ("done", "taken back")
_MOST_ROWS = 10_000_000


@dataclass(frozen=True)
class State:
    """State of a clip before or after a step.

    Attributes
    ----------
    cells
        Its row of the manifest.
    at
        Which row that was.
    trash
        Name of its file in the trash while the clip is in another state; states with the same name share one file. ""
        if the file does not belong to the collection and is never moved.
    """

    cells: Mapping[str, str]
    at: int
    trash: str


@dataclass(frozen=True)
class Change:
    """Change of one clip; None means that the clip does not exist."""

    id: str
    before: State | None
    after: State | None


@dataclass(frozen=True)
class Step:
    """Description of the user's action ("3 clips deleted"), and what changed."""

    words: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Transaction:
    """The file operations and manifest changes of one step, undo or redo.

    Attributes
    ----------
    kind
        ``step``, ``undo`` or ``redo``.
    step
        The step that is done, undone or redone.
    moves
        Source and target of each moved file, relative to the collection's folder.
    rows
        Id, cells (None: the row is removed) and index of every row that changes.
    """

    kind: str
    step: Step
    moves: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, Mapping[str, str] | None, int], ...]


def read_line(line: bytes) -> Transaction | str:
    """Parse one line: a transaction, or ``done`` or ``taken back`` for the previous transaction.

    Raises
    ------
    FileFormatError
        If it is anything else, has a value of the wrong type, or would move a file from or to a place outside the
        collection's folder.
    """
    fields = parse_fields(line)
    kind = fields.text("kind", (*_KINDS, *_ENDS))
    if kind in _ENDS:
        return kind
    step = fields.table("step")
    words = _text(step, "words")
    changes = tuple(_change(one) for one in step.tables("changes"))
    moves = tuple(_move(fields, one) for one in fields.entries("moves"))
    rows = tuple(_row(fields, one) for one in fields.entries("rows"))
    return Transaction(kind, Step(words, changes), moves, rows)


def _change(fields: Fields) -> Change:
    id = _text(fields, "id")
    before, after = (_state(fields, name, id) for name in ("before", "after"))
    return Change(id, before, after)


def _state(fields: Fields, name: str, id: str) -> State | None:
    if name in fields and fields.raw()[name] is None:
        return None
    state = fields.table(name)
    trash, cells = _text(state, "trash"), _cells(state.table("cells"), id)
    if trash and ("/" in trash or not is_movable(f"trash/{trash}")):
        raise FileFormatError(f"{state.where}trash is {quoted(trash)}; it should be the name of a file")
    if trash and f"{posixpath.normpath(cells['path'])}/".startswith("../"):
        raise FileFormatError(f"{state.where}cells.path is {quoted(cells['path'])}; it should be inside the folder")
    return State(cells, state.integer("at", 0, _MOST_ROWS), trash)


def _cells(fields: Fields, id: str) -> dict[str, str]:
    cells = fields.raw()
    if not all(isinstance(cell, str) for cell in cells.values()) or not is_unicode("".join((*cells, *cells.values()))):
        cells = {name: _text(fields, name) for name in cells}  # says which one is wrong
    for name in ("id", "label", "path"):
        fields.text(name)
    if cells["id"] != id or not is_unicode("".join(cells)):
        raise FileFormatError(f"{fields.where}id is {quoted(cells['id'])}; it should be {quoted(id)}")
    return cells


def _move(fields: Fields, found: object) -> tuple[str, str]:
    match found:
        case [str(source), str(target)] if is_movable(source) and is_movable(target):
            return source, target
    raise FileFormatError(f"{fields.where}moves holds {quoted(found)}; it should be two paths inside the folder")


def _row(fields: Fields, found: object) -> tuple[str, Mapping[str, str] | None, int]:
    if not isinstance(found, list) or len(found) != 3:
        raise FileFormatError(f"rows holds {quoted(found)}; it should be an id, the cells and a place")
    row = Fields(dict(zip(("id", "cells", "at"), found, strict=True)), "rows.")
    id = _text(row, "id")
    return id, None if found[1] is None else _cells(row.table("cells"), id), row.integer("at", 0, _MOST_ROWS)


def _text(fields: Fields, name: str) -> str:
    """Return a text that a file can hold."""
    text = fields.text(name)
    if not is_unicode(text):
        raise FileFormatError(f"{fields.where}{name} is {quoted(text)}; it should be Unicode text")
    return text

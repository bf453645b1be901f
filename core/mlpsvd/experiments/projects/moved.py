"""Recordings that were moved: found again by the folders that moved with them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.files import path_exists

__all__ = ["Move", "find_moved", "move_of"]


@dataclass(frozen=True)
class Move:
    """A folder that was moved, from one absolute path to another."""

    old: Path
    new: Path

    def applied(self, path: Path) -> Path | None:
        """Return where a path inside the old folder would be now; None for other paths."""
        try:
            return self.new / path.relative_to(self.old)
        except ValueError:
            return None


def move_of(old: Path, new: Path) -> Move:
    """Return the move of the topmost folders that explains a new path: equal names at the end moved along.

    Examples
    --------
    >>> move = move_of(Path("/lab/ann/data/birds"), Path("/mnt/disk/data/birds"))
    >>> move.old.as_posix(), move.new.as_posix()
    ('/lab/ann', '/mnt/disk')
    """
    old, new = _absolute(old), _absolute(new)
    while old.name and old.name == new.name:
        old, new = old.parent, new.parent
    return Move(old, new)


def find_moved(path: Path, moves: Iterable[Move]) -> Path | None:
    """Return a path that exists: the path itself, or where one of the moves leads; None without one."""
    path = _absolute(path)
    candidates = (path, *(move.applied(path) for move in moves))
    return next((one for one in candidates if one is not None and path_exists(one)), None)


def _absolute(path: Path) -> Path:
    return Path(os.path.normpath(Path.cwd() / path))

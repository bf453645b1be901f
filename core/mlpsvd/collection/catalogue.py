"""Index of the clips of a collection: the rows of its manifest in order, found by id."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mlpsvd.collection.file_names import first_free, safe_name
from mlpsvd.collection.manifest import Manifest
from mlpsvd.collection.paths import is_folder, is_link, is_ours, place_of
from mlpsvd.collection.recorded_clip import RecordedClip
from mlpsvd.datasets.csv_text import csv_line

__all__ = ["Cells", "ClipIndex", "Entry", "class_folder"]

Cells = Mapping[str, str]

_HIGHEST_RATE_HZ = 1e9
_LONGEST_S = 1e7
_FIRST_YEAR, _LAST_YEAR = 1900, 9000  # beyond them time zones cannot be converted


@dataclass(frozen=True, eq=False)
class Entry:
    """A row of the manifest.

    Attributes
    ----------
    cells
        Its cells by key.
    line
        The unchanged row of the file.
    folder
        The class folder of the file; "" if it is in none.
    clip
        The clip; None if the file is missing or there is no label.
    """

    cells: Cells
    line: str
    folder: str
    clip: RecordedClip | None

    @property
    def id(self) -> str:
        """The id of the clip."""
        return self.cells["id"]


class ClipIndex:
    """The rows of one manifest.

    Parameters
    ----------
    folder
        The folder of the collection.
    manifest
        Header and columns; its rows are not taken over.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self._keys = manifest.keys
        self._header = csv_line(manifest.header)
        self._entries: dict[str, Entry] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, id: object) -> bool:
        return id in self._entries

    def get(self, id: str) -> Entry | None:
        """Return the row of a clip, None where there is none."""
        return self._entries.get(id)

    def places(self) -> dict[str, int]:
        """Return the row index of each clip."""
        return {id: place for place, id in enumerate(self._entries)}

    def put(self, cells: Cells, exists: bool = True) -> None:
        """Replace the row of a clip, or append a new row.

        Parameters
        ----------
        cells
            Its cells by key, the id among them.
        exists
            Whether its file is there.
        """
        complete = {key: cells.get(key, "") for key in self._keys}
        clip = _clip(self.folder, complete) if exists else None
        entry = Entry(complete, csv_line(tuple(complete.values())), class_folder(complete["path"]), clip)
        self._entries[entry.id] = entry

    def change(self, rows: Iterable[tuple[str, Cells | None, int]]) -> None:
        """Change many rows: id, cells (None takes the row out), and where it goes if it is new, the lowest first."""
        order = list(self._entries)
        for id, cells, at in rows:
            if cells is None:
                self._entries.pop(id, None)
                continue
            if id not in self._entries:
                order.insert(at, id)
            self.put(cells)
        self._entries = {id: self._entries[id] for id in order if id in self._entries}

    def snapshot(self) -> dict[str, Entry]:
        """Return a copy of all rows, for :meth:`restore`."""
        return dict(self._entries)

    def restore(self, snapshot: dict[str, Entry]) -> None:
        """Restore all rows."""
        self._entries = dict(snapshot)

    def text(self) -> str:
        """Return the manifest as text."""
        return self._header + "".join(entry.line for entry in self._entries.values())

    def clips(self) -> tuple[RecordedClip, ...]:
        """Return every clip whose file exists."""
        return tuple(entry.clip for entry in self._entries.values() if entry.clip is not None)

    def owners(self) -> dict[str, str]:
        """Return the most common label of each class folder (in lower case)."""
        found = Counter((entry.folder.casefold(), entry.cells["label"]) for entry in self if entry.folder)
        ordered = sorted(found.items(), key=lambda pair: pair[1])
        return {folder: label for (folder, label), _ in ordered}

    def folder_for(self, label: str) -> str:
        """Return the folder of a label: the one with most of its clips, or a new folder that no other label uses.

        Folder names are compared without case, as on many systems. Folders that are links are not written to; such a
        class gets a second folder.
        """
        owners = self.owners()
        own = Counter(entry.folder for entry in self if entry.folder and entry.cells["label"] == label)
        kept = [folder for folder in own if owners[folder.casefold()] == label and self._takes_files(folder)]
        if kept:
            return max(kept, key=lambda folder: own[folder])
        name = safe_name(label)
        return first_free(
            lambda number: f"{name} {number}" if number > 1 else name,
            lambda folder: owners.get(folder.casefold(), label) != label or not self._takes_files(folder),
        )

    def _takes_files(self, folder: str) -> bool:
        """Whether clips can be written to a class folder: it is missing, or a folder that is not a link."""
        path = self.folder / folder
        return is_folder(path) and not is_link(path) if os.path.lexists(path) else True


def class_folder(name: str) -> str:
    """Return the first folder of a path in a manifest, "" where the file lies in no folder of the collection."""
    first, *rest = name.replace("\\", "/").removeprefix("./").split("/")
    is_one = rest and first not in ("", ".") and ".." not in (first, *rest) and ":" not in first
    return first if is_one and not is_ours(first) else ""


def _clip(folder: Path, cells: Cells) -> RecordedClip | None:
    if not cells["label"].strip() or not cells["path"].strip():
        return None
    return RecordedClip(
        cells["id"],
        place_of(folder, cells["path"]),
        cells["path"],
        cells["label"],
        cells["split"].strip().lower() or None,
        _moment(cells["recorded_at"]),
        cells["device"],
        _number(cells["sample_rate_hz"], 0.0, _HIGHEST_RATE_HZ, 0.0),
        _number(cells["duration_s"], 0.0, _LONGEST_S, 0.0),
        _number(cells["level_dbfs"], -1000.0, 1000.0, math.nan),
        _is_true(cells["clipped"]),
        _is_true(cells["has_gap"]),
    )


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _number(text: str, low: float, high: float, otherwise: float) -> float:
    try:
        found = float(text)
    except ValueError:
        return otherwise
    return found if low <= found <= high else otherwise  # nan is in no range


def _is_true(text: str) -> bool:
    return text.strip().lower() in ("true", "yes", "1")

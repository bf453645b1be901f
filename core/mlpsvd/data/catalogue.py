"""The clips of a collection in memory: rows of its manifest, in their order, found by id."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mlpsvd.data.file_names import first_free, safe_name
from mlpsvd.data.manifest import Manifest, csv_line
from mlpsvd.data.recorded_clip import RecordedClip

__all__ = ["Catalogue", "Cells", "Entry", "class_folder", "place_of"]

Cells = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Entry:
    """A row of the manifest.

    Attributes
    ----------
    cells
        Its cells by key.
    line
        The row as it stands in the file.
    folder
        The class folder in which the file lies; "" where it lies in none.
    clip
        What it says, None where it names no file that is there, or no label.
    """

    cells: Cells
    line: str
    folder: str
    clip: RecordedClip | None

    @property
    def id(self) -> str:
        """The id of the clip."""
        return self.cells["id"]


def place_of(folder: Path, name: str) -> Path:
    """Return where the file is that a manifest names, perhaps in Windows' spelling."""
    path = folder / name
    if "\\" in name and not path.exists():
        path = folder / name.replace("\\", "/")
    return Path(os.path.normpath(path))


class Catalogue:
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
        """Return which row each clip has, counted from 0."""
        return {id: place for place, id in enumerate(self._entries)}

    def put(self, cells: Cells, exists: bool = True) -> None:
        """Replace the row of a clip, or add one behind all others.

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
        """Return all rows as they are now, for :meth:`restore`."""
        return dict(self._entries)

    def restore(self, snapshot: dict[str, Entry]) -> None:
        """Bring all rows back."""
        self._entries = dict(snapshot)

    def text(self) -> str:
        """Return the whole manifest as it is written."""
        return self._header + "".join(entry.line for entry in self._entries.values())

    def clips(self) -> tuple[RecordedClip, ...]:
        """Return every clip whose file is there."""
        return tuple(entry.clip for entry in self._entries.values() if entry.clip is not None)

    def owners(self) -> dict[str, str]:
        """Return for each class folder (in lower case) the label that most of the rows in it have."""
        found = Counter((entry.folder.casefold(), entry.cells["label"]) for entry in self if entry.folder)
        ordered = sorted(found.items(), key=lambda pair: pair[1])
        return {folder: label for (folder, label), _ in ordered}

    def folder_for(self, label: str) -> str:
        """Return the folder of a label: the one that holds most of its clips, or a new one that is no other's.

        Letters in upper and lower case are one folder on many systems, so they are here.
        """
        owners = self.owners()
        own = Counter(entry.folder for entry in self if entry.folder and entry.cells["label"] == label)
        kept = [folder for folder in own if owners[folder.casefold()] == label]
        if kept:
            return max(kept, key=lambda folder: own[folder])
        name = safe_name(label)
        return first_free(
            lambda number: f"{name} {number}" if number > 1 else name,
            lambda folder: owners.get(folder.casefold(), label) != label,
        )


def class_folder(name: str) -> str:
    """Return the first folder of a path in a manifest, "" where the file lies in no folder of the collection."""
    first, slash, _ = name.replace("\\", "/").removeprefix("./").partition("/")
    return first if slash and first not in ("", ".", "..") and ":" not in first else ""


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
        _number(cells["sample_rate_hz"], 0.0),
        _number(cells["duration_s"], 0.0),
        _number(cells["level_dbfs"], math.nan),
        _is_true(cells["clipped"]),
        _is_true(cells["has_gap"]),
    )


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _number(text: str, otherwise: float) -> float:
    try:
        return float(text)
    except ValueError:
        return otherwise


def _is_true(text: str) -> bool:
    return text.strip().lower() in ("true", "yes", "1")

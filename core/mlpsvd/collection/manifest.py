"""The manifest of a collection as a text table; columns of other programs are kept."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from mlpsvd.datasets.csv_text import decoded, rows_of
from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.files import read_plain

__all__ = ["COLUMNS", "LARGEST_MANIFEST", "Manifest", "empty_manifest", "parse_manifest", "read_text"]

COLUMNS = (
    "path", "label", "split", "recorded_at", "device", "sample_rate_hz", "duration_s", "level_dbfs", "clipped",
    "has_gap", "id",
)  # fmt: skip
"""The columns of a manifest of ours, in this order; a manifest from elsewhere keeps its own first."""


LARGEST_MANIFEST = 200_000_000
"""In bytes."""
_MOST_COLUMNS = 1000


@dataclass(frozen=True)
class Manifest:
    """Header and rows of a manifest.

    Attributes
    ----------
    header
        The names of the columns as they are written.
    keys
        Unique key of each column: its name in lower case, numbered if necessary. They include all of :data:`COLUMNS`.
    rows
        The cells of each row by key.
    """

    header: tuple[str, ...]
    keys: tuple[str, ...]
    rows: list[dict[str, str]] = field(default_factory=list)


def empty_manifest() -> Manifest:
    """Return the manifest of a collection without clips."""
    return Manifest(COLUMNS, COLUMNS)


def read_text(path: Path) -> tuple[str, str]:
    """Return the text of a manifest, and a note about its encoding ("" if it was UTF-8).

    Raises
    ------
    DataError
        If it cannot be read, is no plain file, or is larger than 200 MB.
    """
    try:
        data = read_plain(path, LARGEST_MANIFEST)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror})") from None
    except FileFormatError as error:
        raise DataError(str(error)) from None
    try:
        return decoded(data)
    except UnicodeError:
        return data.decode("latin-1"), "was not UTF-8 text and was read as Latin-1"


def parse_manifest(text: str) -> Manifest | None:
    """Parse the text of a manifest; return None if its first row does not name a path and a label.

    Blank rows are ignored; cells beyond the last column get columns without a name. A table of more than 1000 columns
    is not a manifest.
    """
    try:
        table = [row for _, row in rows_of(text)]
    except csv.Error:
        return None
    if not table or max(map(len, table)) > _MOST_COLUMNS:
        return None
    header = [name.strip() for name in table[0]]
    header += [""] * (max(map(len, table)) - len(header))
    keys = _keys(header)
    if "path" not in keys or "label" not in keys:
        return None
    header += [name for name in COLUMNS if name not in keys]
    keys += [name for name in COLUMNS if name not in keys]
    padding = [""] * len(keys)
    rows = [dict(zip(keys, row + padding, strict=False)) for row in table[1:]]
    return Manifest(tuple(header), tuple(keys), rows)


def _keys(header: list[str]) -> list[str]:
    names = [name.casefold() for name in header]
    return [
        name if name and names.index(name) == index else f"{name}#{index}"  # "#": no name of ours
        for index, name in enumerate(names)
    ]

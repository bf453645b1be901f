"""Locations of clip files: their own, those behind links, and file properties for the manifest."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from mlpsvd.collection.catalogue import Entry
from mlpsvd.collection.encoding import Encoded
from mlpsvd.collection.file_names import safe_name
from mlpsvd.collection.folder_scan import shortened_list
from mlpsvd.collection.paths import file_id, first_link, own_file, safe_suffix
from mlpsvd.errors import DataError

__all__ = ["measured_cells", "name_under", "own_name", "refuse_linked", "trash_name", "truth"]


def own_name(folder: Path, entry: Entry) -> str | None:
    """Return where the file of a clip lies in the folder; None outside it or behind a link: it is never moved."""
    return own_file(folder, entry.cells["path"]) if entry.clip is not None else None


def refuse_linked(folder: Path, entries: Sequence[Entry]) -> None:
    """Raise DataError for clips behind links: deleted or trimmed, they would be found again at the next opening."""
    names = [one.cells["path"] for one in entries if one.clip is not None and _is_linked(folder, one.clip.path)]
    if names:
        are = "is" if len(names) == 1 else "are"
        raise DataError(
            f"{shortened_list(names)} {are} reached through a link, so it is neither trimmed nor deleted; remove the "
            "link or the file itself"
        )


def _is_linked(folder: Path, path: Path) -> bool:
    """Whether a place inside the folder is, or lies behind, a link."""
    return path.is_relative_to(folder) and first_link(folder, path.relative_to(folder).as_posix()) is not None


def trash_name(entry: Entry) -> str:
    """Return a new name for the file of a clip in the trash."""
    return f"{file_id(entry.id)}-{secrets.token_hex(4)}{safe_suffix(entry.cells['path'])}"


def name_under(folder: Path, place: str, old: str, new: str, class_folder: str) -> str:
    """Return where a file goes that gets another label: the folder changes, and the label in front of its name."""
    _, *between, name = place.split("/")
    if name.startswith(f"{safe_name(old)}_"):
        name = f"{safe_name(new)}_{name.removeprefix(f'{safe_name(old)}_')}"
    nested = "/".join([class_folder, *between, name])
    return nested if first_link(folder, nested) is None else f"{class_folder}/{name}"


def measured_cells(encoded: Encoded) -> dict[str, str]:
    """Return what a row of the manifest says of a file that is written."""
    return {
        "sample_rate_hz": f"{encoded.sample_rate_hz:.10g}",
        "duration_s": f"{encoded.duration_s:.6f}",
        "level_dbfs": f"{encoded.level.rms_dbfs:.2f}",
        "clipped": truth(encoded.level.clipped),
    }


def truth(value: bool) -> str:
    """Return a truth value as written in a manifest."""
    return "true" if value else "false"

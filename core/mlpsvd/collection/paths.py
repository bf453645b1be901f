"""Which paths are inside a collection's folder, and which the program may write, move or delete.

A collection may come from an untrusted source. This module resolves the paths in its manifest, journal and spool.
Files outside the folder, behind a link, or among the program's own files are only read, never changed.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import unicodedata
from pathlib import Path, PurePosixPath

from mlpsvd.files import path_exists
from mlpsvd.text import one_line

__all__ = [
    "STAGING",
    "TRASH",
    "checked_write",
    "file_id",
    "first_link",
    "is_file",
    "is_folder",
    "is_link",
    "is_movable",
    "is_ours",
    "is_plain_file",
    "linked_place",
    "own_file",
    "own_place",
    "place_of",
    "safe_suffix",
]

TRASH = ".mlpsvd/trash"
"""Folder of the files of deleted and trimmed clips, as long as the step can be undone."""
STAGING = TRASH
"""Folder of new files until their transaction moves them. It is the trash, so that undo is the reverse move."""

_FILES_OF_OURS = (
    ".mlpsvd", ".mlpsvd/lock", ".mlpsvd/journal.jsonl", ".mlpsvd/collection.json", TRASH, ".mlpsvd/spool",
    "manifest.csv",
)  # fmt: skip
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_SUFFIX = re.compile(r"\.[0-9A-Za-z]{1,8}", re.ASCII)
_WINDOWS_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.DOTALL)
_LINK_TAGS = tuple(getattr(stat, name, None) for name in ("IO_REPARSE_TAG_SYMLINK", "IO_REPARSE_TAG_MOUNT_POINT"))


def place_of(folder: Path, name: str) -> Path:
    """Return the path of a file named in a manifest, also with Windows separators; it may be outside the folder."""
    path = folder / name
    if "\\" in name and not path_exists(path):
        path = folder / name.replace("\\", "/")
    return Path(os.path.normpath(path))


def own_place(folder: Path, name: str) -> str | None:
    """Return the path of a name relative to the collection, with ``/`` between folders, if clips may be stored there.

    Parameters
    ----------
    folder
        The collection's folder, without links in it.
    name
        A path as a manifest or a journal has it.

    Returns
    -------
    str or None
        None if it is outside the folder or among the program's own files, or if any part of the path is a link.
    """
    if not _is_encodable(name):
        return None
    place, top = str(place_of(folder, name)), os.path.join(folder, "")  # noqa: PTH118 - with a separator behind it
    if not place.startswith(top):
        return None
    relative = place[len(top) :].replace(os.sep, "/")
    return relative if is_movable(relative) and first_link(folder, relative) is None else None


def own_file(folder: Path, name: str) -> str | None:
    """Return :func:`own_place` of a name where a plain file lies there, None elsewhere."""
    place = own_place(folder, name)
    return place if place is not None and is_plain_file(folder / place) else None


def is_movable(name: str) -> bool:
    """Whether a step may move a file from or to that name: a clip's place, or one file in the trash.

    Only the text is checked; :func:`first_link` checks the disk.

    Examples
    --------
    >>> [is_movable(name) for name in ("dog/1.flac", ".mlpsvd/trash/1.flac", "../1.flac", "/1.flac", "manifest.csv")]
    [True, True, False, False, False]
    """
    parts = name.split("/")
    if not _is_encodable(name) or not all(map(_is_plain_part, parts)) or re.match(r"\\|[A-Za-z]:", name):
        return False
    if is_ours(parts[0]):
        return len(parts) == 3 and name.startswith(f"{TRASH}/")
    return len(parts) > 1 or _folded(name) != "manifest.csv"


def is_ours(folder: str) -> bool:
    """Whether the name of a folder is that of ``.mlpsvd``, as any system may compare names."""
    return _folded(folder) == ".mlpsvd"


def file_id(id: str) -> str:
    """Return an id that may be part of a file name: the id itself where it is letters, digits, ``-`` and ``_``."""
    return id if _ID.fullmatch(id) else "clip"


def safe_suffix(name: str) -> str:
    """Return the suffix of a name where it is a plain one, "" elsewhere."""
    suffix = PurePosixPath(name).suffix
    return suffix if _SUFFIX.fullmatch(suffix) else ""


def is_link(path: Path) -> bool:
    """Whether a link lies there: a symbolic link, or a junction of Windows."""
    return _is_link(str(path))


def _is_link(path: str) -> bool:
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return False
    tag = getattr(status, "st_reparse_tag", None)
    return stat.S_ISLNK(status.st_mode) or (bool(tag) and tag in _LINK_TAGS)


def is_file(path: Path) -> bool:
    """Whether a plain file lies there, or a link to one."""
    status = _status(path)
    return status is not None and stat.S_ISREG(status.st_mode)


def is_folder(path: Path) -> bool:
    """Whether a folder lies there, or a link to one."""
    status = _status(path)
    return status is not None and stat.S_ISDIR(status.st_mode)


def _status(path: Path) -> os.stat_result | None:
    """Return the status of a path; None also for names that are too long or contain NUL, where Path.exists raises."""
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def is_plain_file(path: Path) -> bool:
    """Whether a plain file lies there, and not a link to one."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def first_link(folder: Path, name: str) -> str | None:
    """Return the first link on the way from ``folder`` to ``name`` (perhaps the last part), relative to the folder."""
    place = str(folder)
    for part in name.split("/"):
        place = f"{place}{os.sep}{part}"
        if _is_link(place):
            return place[len(str(folder)) + 1 :].replace(os.sep, "/")
    return None


def linked_place(folder: Path) -> str | None:
    """Return the first link where the program keeps its own files in a collection, None where there is none."""
    return next((name for name in _FILES_OF_OURS if is_link(folder / name)), None)


def checked_write(folder: Path, name: str) -> Path:
    """Return the path of a file that is about to be written, moved or deleted.

    Raises
    ------
    OSError
        If it lies outside the folder, or a link is on the way or there.
    """
    if any(part in ("", ".", "..") for part in name.split("/")) or not _is_encodable(name):
        raise OSError(errno.EPERM, f"{one_line(name)} is outside the folder")
    link = first_link(folder, name)
    if link is not None:
        raise OSError(errno.ELOOP, f"{one_line(link)} is a link, and files are not written through links")
    return folder / name


def _is_plain_part(part: str) -> bool:
    """Whether one part of a path names something in its folder, on this system and, but for a colon, on every other."""
    if part in ("", ".") or "\0" in part or ".." in re.split(r"[\\/]", part):
        return False
    if os.name != "nt":
        return True
    return not set(part) & set('<>:"\\|?*') and part == part.rstrip(" .") and not _WINDOWS_DEVICE.fullmatch(part)


def _folded(part: str) -> str:
    """Return a name for comparison as on file systems that ignore case, normalisation and invisible characters."""
    if part.isascii():
        return part.lower().rstrip(" .")
    shown = "".join(letter for letter in part if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFKC", shown).casefold().rstrip(" .")


def _is_encodable(name: str) -> bool:
    """Whether the system can be asked for a path of that name at all."""
    try:
        return b"\0" not in os.fsencode(name)
    except UnicodeEncodeError:
        return False

"""What a person writes about a run: title, note, tags and star, in ``about.json`` beside the run's files."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mlpsvd.errors import DataError, FileFormatError, SettingError
from mlpsvd.experiments.runs.lock import work_folder
from mlpsvd.files import read_plain, write_atomically
from mlpsvd.folder_lock import FolderLock
from mlpsvd.json_fields import parse_fields

__all__ = ["ABOUT", "About", "change_about", "is_marked", "read_about", "with_tags"]

ABOUT = "about.json"
"""File name in a run folder."""

_PROGRAM, _VERSION = "mlpsvd", 1
_LOCK = "about.lock"
_LOCK_TRIES, _LOCK_PAUSE_S = 100, 0.02
_MOST_BYTES = 1_000_000
_LONGEST_NOTE, _LONGEST_TITLE, _LONGEST_TAG, _MOST_TAGS = 20_000, 100, 40, 50


@dataclass(frozen=True)
class About:
    """Title, note, tags and star of a run.

    Attributes
    ----------
    title
        Name instead of the experiment's; empty for that of the experiment.
    note
        Free text, which may have several lines.
    tags
        Words without commas or spaces, sorted.
    is_starred
        Whether the run is marked with a star.

    Raises
    ------
    SettingError
        If a text is too long, or the title or a tag has characters that it may not have.
    """

    title: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    is_starred: bool = False

    def __post_init__(self) -> None:
        if len(self.title) > _LONGEST_TITLE or (self.title and not self.title.isprintable()):
            raise SettingError("title", self.title, f"one line of at most {_LONGEST_TITLE} characters")
        if len(self.note) > _LONGEST_NOTE:
            raise SettingError("note", self.note, f"at most {_LONGEST_NOTE:,} characters long")
        for tag in self.tags:
            if not tag or len(tag) > _LONGEST_TAG or not tag.isprintable() or "," in tag or len(tag.split()) != 1:
                raise SettingError("tag", tag, f"one word of at most {_LONGEST_TAG} characters, without commas")
        if len(self.tags) > _MOST_TAGS:
            raise SettingError("tags", len(self.tags), f"at most {_MOST_TAGS}")
        object.__setattr__(self, "tags", tuple(sorted(set(self.tags))))


def read_about(folder: Path) -> About:
    """Read what a person wrote about a run; the default where nothing is written.

    Raises
    ------
    FileFormatError
        If the file is damaged, or of a newer version of the program.
    OSError
        If it cannot be read.
    """
    path = folder / ABOUT
    try:
        data = read_plain(path, _MOST_BYTES)
    except FileNotFoundError:
        return About()
    try:
        fields = parse_fields(data)
        fields.text("program", (_PROGRAM,))
        version = fields.integer("format_version", low=1)
        if version > _VERSION:
            raise FileFormatError(f"format_version is {version}; this program reads up to version {_VERSION}")
        return About(fields.text("title"), fields.text("note"), fields.texts("tags"), fields.flag("star"))
    except (FileFormatError, SettingError) as error:
        raise FileFormatError(f"{path} cannot be used: {error}") from error


def is_marked(folder: Path) -> bool:
    """Return whether a person has given a run a title, a note, a tag or a star; also True if that is unreadable."""
    try:
        return read_about(folder) != About()
    except (OSError, FileFormatError):
        return True


def change_about(folder: Path, change: Callable[[About], About]) -> About:
    """Change what is written about a run, atomically, also where two programs do so at once.

    Parameters
    ----------
    folder
        The run folder.
    change
        Returns the new state from the current one.

    Raises
    ------
    SettingError
        If the new state is not possible; see :class:`About`.
    FileFormatError
        If the present file is damaged or of a newer version; it is then unchanged.
    DataError
        If another program holds the file for two seconds.
    OSError
        If it cannot be written; it is then unchanged.
    """
    with _locked(folder):
        about = change(read_about(folder))
        table = {
            "program": _PROGRAM,
            "format_version": _VERSION,
            "title": about.title,
            "note": about.note,
            "tags": list(about.tags),
            "star": about.is_starred,
        }
        text = json.dumps(table, indent=2, ensure_ascii=False) + "\n"
        write_atomically(folder / ABOUT, text.encode("utf-8", "backslashreplace"))
    return about


def with_tags(about: About, added: tuple[str, ...] = (), removed: tuple[str, ...] = ()) -> About:
    """Return a state with other tags."""
    return replace(about, tags=tuple(tag for tag in (*about.tags, *added) if tag not in removed))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    work = work_folder(folder)
    work.mkdir(exist_ok=True)
    for attempt in range(_LOCK_TRIES):
        with contextlib.suppress(DataError):
            lock = FolderLock(work / _LOCK)
            break
        if attempt == _LOCK_TRIES - 1:
            raise DataError(f"another program is writing {folder / ABOUT}; try again")
        time.sleep(_LOCK_PAUSE_S)
    try:
        yield
    finally:
        lock.release()

"""Index of a library of runs: one SQLite file that lists thousands of runs quickly and is rebuilt from the folders.

The folders are the truth; the index only remembers what was read from them. The file is never changed in place: a new
one is written beside it and renamed. So it needs no locks, two programs may use it at once, and a kill leaves the old
one. A row is used only while the run's files have the same sizes and times as when it was read. A file that is missing,
damaged or of an earlier version is replaced; one of a newer version, or in a folder that cannot be written, is left
alone, and the list is then read from the folders.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from json import dumps
from pathlib import Path

from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.runs.about import ABOUT
from mlpsvd.experiments.runs.checkpoint import CHECKPOINT
from mlpsvd.experiments.runs.files import EXPERIMENT, RESULTS
from mlpsvd.experiments.runs.kept_run import KeptRun, kept_run_of_table, read_kept_run
from mlpsvd.experiments.runs.lock import WORK
from mlpsvd.experiments.runs.setting_values import search_value
from mlpsvd.files import remove_leftovers
from mlpsvd.json_fields import parse_fields

__all__ = ["INDEX", "find_runs", "fingerprint", "rebuild"]

INDEX = "index.sqlite"
"""File name in the folder of the library."""

_VERSION = 1
_TABLE = """CREATE TABLE runs (
    folder BLOB PRIMARY KEY, fingerprint TEXT NOT NULL, words TEXT NOT NULL, settings TEXT NOT NULL,
    summary TEXT NOT NULL)"""
_COLUMNS = "folder, fingerprint, words, settings, summary"
_UNFINISHED = f"{WORK}/unfinished.safetensors"
_FILES = (CHECKPOINT, _UNFINISHED, RESULTS, EXPERIMENT, ABOUT)
_TERM = re.compile(r'([\w.\[\]-]+)="([^"]*)"|"([^"]*)"|(\S+)')
_SETTING = re.compile(r"([\w.\[\]-]+)=(.*)", re.DOTALL)


def fingerprint(folder: Path) -> str | None:
    """Return sizes and times of a run's files as text; None for a folder without a run."""
    parts = []
    for name in _FILES:
        try:
            status = (folder / name).stat()
            parts.append(f"{status.st_size}:{status.st_mtime_ns}")
        except OSError:
            parts.append("-")
    return None if parts[:2] == ["-", "-"] else " ".join(parts)


def find_runs(library: Path, folders: Sequence[Path], query: str = "", most: int | None = None) -> list[KeptRun]:
    """Return the summaries of runs in a library, in the order of ``folders``, from an index that is brought up to date.

    Parameters
    ----------
    library
        The folder of the library, which contains the index.
    folders
        All run folders of the library; those without a run are left out.
    query
        Words that must all occur in name, note, tags, folder or identity; ``key=value`` must be a setting. Empty for
        all runs.
    most
        The largest number of runs to return; None for all.
    """
    found = {path: mark for path in folders if (mark := fingerprint(path)) is not None}
    with _up_to_date(library, found) as connection:
        condition, values = _condition(query)
        rows = connection.execute(f"SELECT folder, summary FROM runs{condition}", values)
        summaries: dict[bytes, str] = dict(rows.fetchall())
    runs: list[KeptRun] = []
    for path in found:
        if most is not None and len(runs) >= most:
            break
        summary = summaries.get(os.fsencode(path.name))
        if summary is not None:
            runs.append(_run(summary, path))
    return runs


def rebuild(library: Path, folders: Sequence[Path]) -> int:
    """Write the index again from the folders, also if it is of a newer version; return the number of runs.

    Raises
    ------
    OSError
        If the old index cannot be removed.
    """
    (library / INDEX).unlink(missing_ok=True)
    return len(find_runs(library, folders))


def _run(summary: str, path: Path) -> KeptRun:
    try:
        return kept_run_of_table(parse_fields(summary), path)
    except (MlpSvdError, ValueError):  # the index was changed by something else
        return read_kept_run(path)


@contextmanager
def _up_to_date(library: Path, found: dict[Path, str]) -> Iterator[sqlite3.Connection]:
    """Open the index, in memory where rows had to be changed; write it back if possible."""
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.execute(_TABLE)
        version = 0
        with contextlib.suppress(sqlite3.Error, OSError, ValueError):
            version = _load(library / INDEX, memory)
        has_changed = _update(memory, found)
        if version < _VERSION or (has_changed and version == _VERSION):
            with contextlib.suppress(sqlite3.Error, OSError):
                _save(library, memory)
        yield memory


def _load(path: Path, memory: sqlite3.Connection) -> int:
    """Copy the rows of a sound index of this version into memory; return the version, 0 without a sound index."""
    if not path.is_file():
        return 0
    # Neither locks nor journals: the file is only ever replaced as a whole.
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as file:
        (version,) = file.execute("PRAGMA user_version").fetchone()
        if version == _VERSION:
            if file.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return 0
            rows = file.execute(f"SELECT {_COLUMNS} FROM runs").fetchall()
            with memory:
                memory.executemany("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", rows)
        return int(version)


def _update(memory: sqlite3.Connection, found: dict[Path, str]) -> bool:
    """Read the runs whose files have changed and forget those that are gone; return whether there were any."""
    known: dict[bytes, str] = dict(memory.execute("SELECT folder, fingerprint FROM runs").fetchall())
    names = {os.fsencode(path.name): path for path in found}
    gone = [(name,) for name in known if name not in names]
    changed = [path for name, path in names.items() if known.get(name) != found[path]]
    with memory:
        memory.executemany("DELETE FROM runs WHERE folder = ?", gone)
        memory.executemany(
            "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?)", (_row(path, found[path]) for path in changed)
        )
    return bool(gone or changed)


def _row(path: Path, mark: str) -> tuple[bytes, str, str, str, str]:
    run = read_kept_run(path)
    about = run.about
    words = [run.name, path.name, run.id, run.status, about.note, *(f"#{tag}" for tag in about.tags)]
    lines = [f"{key}={value}" for key, value in run.settings.items()]
    lines += [f"status={run.status}", f"id={run.id}", *(f"tag={tag}" for tag in about.tags)]
    texts = ["\n".join(["", *part, ""]).casefold() for part in (words, lines)]
    words_text, settings_text = (text.encode("utf-8", "replace").decode() for text in texts)
    return os.fsencode(path.name), mark, words_text, settings_text, dumps({**run.to_table(), "folder": ""})


def _save(library: Path, memory: sqlite3.Connection) -> None:
    remove_leftovers(library)
    temporary = library / f".{INDEX}.{secrets.token_hex(6)}.tmp"
    try:
        with closing(sqlite3.connect(temporary)) as file:
            file.execute("PRAGMA journal_mode=OFF")
            memory.execute(f"PRAGMA user_version={_VERSION}")
            memory.backup(file)
        temporary.replace(library / INDEX)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _condition(query: str) -> tuple[str, list[str]]:
    """Return the SQL condition of a query, and its values."""
    parts: list[str] = []
    values: list[str] = []
    for match in _TERM.finditer(query):
        key, quoted_value, quoted_words, word = match.groups()
        setting = _SETTING.fullmatch(word) if word else None
        if setting is not None:
            key, quoted_value = setting.groups()
        if key is None:
            parts.append("instr(words, ?)")
            values.append((quoted_words if word is None else word).casefold().encode("utf-8", "replace").decode())
            continue
        line = f"{key.casefold()}={search_value(quoted_value)}\n".encode("utf-8", "replace").decode()
        parts.append("(instr(settings, ?) OR instr(settings, ?))")
        values += [f"\n{line}", f".{line}"]
    return (" WHERE " + " AND ".join(parts) if parts else ""), values

"""Folders of the program's data: where runs are kept, and how the library is moved."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

from mlpsvd.errors import FileFormatError, SettingError
from mlpsvd.files import expand_home, read_plain, write_atomically
from mlpsvd.json_fields import parse_fields

__all__ = ["RUNS_VARIABLE", "SWEEPS", "SWEEP_FILE", "data_folder", "runs_folder", "set_runs_folder"]

RUNS_VARIABLE = "MLPSVD_RUNS"
"""Environment variable that names the library's folder for one program or one session."""

SWEEPS = "sweeps"
"""Folder of the sweeps inside the library of runs."""

SWEEP_FILE = "sweep.toml"
"""Definition of a sweep, in its folder."""

_POINTER = "library.json"
_VERSION = 1
_MOST_BYTES = 100_000


def data_folder() -> Path:
    """Return the folder for automatically saved data; it may not exist.

    It is ``$XDG_DATA_HOME/mlpsvd`` or ``~/.local/share/mlpsvd``; on macOS and Windows, the usual folder of the system.
    """
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME", "")
        base = base if Path(base).is_absolute() else str(Path.home() / ".local" / "share")
    return Path(base) / "mlpsvd"


def runs_folder() -> Path:
    """Return the folder of the library of runs; it may not exist.

    It is, in this order, the environment variable ``MLPSVD_RUNS``, the folder stored by :func:`set_runs_folder`, and
    ``runs`` in :func:`data_folder`. A damaged stored value is ignored.
    """
    named = os.environ.get(RUNS_VARIABLE, "").strip()
    if named:
        return Path.cwd() / expand_home(named)
    with contextlib.suppress(OSError, FileFormatError, ValueError):
        fields = parse_fields(read_plain(data_folder() / _POINTER, _MOST_BYTES))
        folder = Path(fields.text("runs_folder"))
        if folder.is_absolute():
            return folder
    return data_folder() / "runs"


def set_runs_folder(folder: Path) -> None:
    """Store the folder of the library, for the window and the command line.

    Raises
    ------
    SettingError
        If the path is relative, or a file.
    OSError
        If it cannot be stored.
    """
    if not folder.is_absolute() or (folder.exists() and not folder.is_dir()):
        raise SettingError("the folder of the library", str(folder), "the full path of a folder")
    data_folder().mkdir(parents=True, exist_ok=True)
    table = {"program": "mlpsvd", "format_version": _VERSION, "runs_folder": str(folder)}
    write_atomically(data_folder() / _POINTER, json.dumps(table, indent=2) + "\n")

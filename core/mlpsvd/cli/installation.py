"""The installation: where files lie, and the libraries with their licences."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from mlpsvd.classification.batch.reviews import LABELS_NAME
from mlpsvd.engines.cpu.compiled_code import compiled_code_place
from mlpsvd.experiments.runs.places import runs_folder
from mlpsvd.frozen import is_frozen

__all__ = ["Library", "libraries", "log_file", "places", "program_folder", "third_party_file", "window_settings"]

_PROGRAM = "mlpsvd"
_THIRD_PARTY = "THIRD-PARTY.txt"
_LONGEST_LICENCE = 60


@dataclass(frozen=True)
class Library:
    """An installed library.

    Attributes
    ----------
    name
        Name of the distribution, e.g. ``numpy``.
    version
        Its version.
    licence
        Its licence as the distribution states it, e.g. ``BSD-3-Clause``; empty if it states none.
    """

    name: str
    version: str
    licence: str


def places() -> list[tuple[str, str]]:
    """Return the name and the path of everything that the program reads or writes by itself."""
    return [
        ("Program", str(program_folder())),
        ("Kept runs", str(runs_folder())),
        ("Compiled kernels", str(compiled_code_place())),
        ("Window's settings", window_settings()),
        ("Window's log", str(log_file())),
        ("Reviewed labels", str(log_file().with_name(LABELS_NAME))),
    ]


def program_folder() -> Path:
    """Return the folder of the installed program, or the one that contains the package ``mlpsvd``."""
    if is_frozen():
        return Path(sys.executable).resolve().parent
    return Path(__file__).resolve().parents[2]


def third_party_file() -> Path | None:
    """Return the list of all libraries with their licence texts, which the installed program contains; else None."""
    folder = program_folder()
    places = (folder, folder.with_name("Resources"))  # the second one in a bundle of macOS
    return next((place / _THIRD_PARTY for place in places if (place / _THIRD_PARTY).is_file()), None)


def window_settings() -> str:
    """Return where Qt stores the settings of organisation and application MLP-SVD, without importing Qt."""
    if sys.platform == "win32":
        return r"registry, HKEY_CURRENT_USER\Software\MLP-SVD\MLP-SVD"
    if sys.platform == "darwin":
        return str(Path.home() / "Library" / "Preferences" / "com.mlp-svd.MLP-SVD.plist")
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return str(folder / "MLP-SVD" / "MLP-SVD.conf")


def log_file() -> Path:
    """Return the log file of the window, which lies in Qt's folder for the data of an application."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "MLP-SVD" / "MLP-SVD" / "mlpsvd.log"


def libraries() -> list[Library]:
    """Return the installed libraries that the program uses, directly or through others, in alphabetical order."""
    found: dict[str, Library] = {}
    waiting = _requirements(_PROGRAM, with_extras=True)
    while waiting:
        name = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in found:
            continue
        try:
            one = distribution(name)
        except PackageNotFoundError:  # an extra, or for another system
            continue
        found[key] = Library(one.metadata["Name"], one.version, _licence(one))
        waiting.extend(_requirements(name))
    return [found[key] for key in sorted(found)]


def _requirements(name: str, with_extras: bool = False) -> list[str]:
    """Return the names that a distribution requires, with or without its extras for users."""
    try:
        lines = distribution(name).requires or []
    except PackageNotFoundError:
        return []
    unwanted = r"extra == .test" if with_extras else r"extra =="
    return [re.split(r"[\s<>=!~;\[(]", line, maxsplit=1)[0] for line in lines if not re.search(unwanted, line)]


def _licence(one: Distribution) -> str:
    for field in ("License-Expression", "License"):
        for stated in one.metadata.get_all(field) or []:
            if "\n" not in stated and len(stated) <= _LONGEST_LICENCE:
                return str(stated)
    classifiers = [text for text in one.metadata.get_all("Classifier") or [] if text.startswith("License ::")]
    return ", ".join(text.rpartition(" :: ")[2] for text in classifiers)

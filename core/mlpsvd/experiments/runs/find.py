"""Finding the folder of a run by its path, name, date, identity or ``latest``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlpsvd.errors import FileFormatError
from mlpsvd.experiments.runs.kept_run import KeptRun
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.run_folder import has_run
from mlpsvd.files import expand_home, path_exists
from mlpsvd.text import quoted

__all__ = ["LATEST", "find_run", "find_trashed"]

LATEST = "latest"
"""The newest run of the library."""

_MOST_SHOWN = 4


def find_run(text: str, library: RunLibrary | None = None) -> Path:
    """Return the folder of the run that a person means.

    Parameters
    ----------
    text
        The path of a run folder, ``latest``, or for a run of the library its name or an unambiguous start of its
        identity or of its folder's name, such as ``2026-11-27``.
    library
        The library; by default that of the user.

    Raises
    ------
    FileFormatError
        If there is no such run, or several; the message names some of them.
    """
    path = expand_home(text)
    if path_exists(path) and has_run(path):
        return path
    library = RunLibrary() if library is None else library
    if text == LATEST:
        latest = library.latest()
        if latest is None:
            raise FileFormatError(f"there is no run in {library.folder}; train one with mlpsvd train")
        return latest
    return _only(text, library.search(), f"the library {library.folder}", is_path=path_exists(path))


def find_trashed(text: str, library: RunLibrary) -> Path:
    """Return the folder of a run in the trash; see :func:`find_run`.

    Raises
    ------
    FileFormatError
        If there is no such run in the trash, or several.
    """
    return _only(text, library.trashed(), f"the trash of {library.folder}")


def _only(text: str, runs: Sequence[KeptRun], where: str, *, is_path: bool = False) -> Path:
    found = [run for run in runs if text == run.folder.name] or [run for run in runs if text == run.name]
    found = found or [run for run in runs if text and (run.id.startswith(text) or run.folder.name.startswith(text))]
    if len(found) == 1:
        return found[0].folder
    if found:
        names = ", ".join(run.folder.name for run in found[:_MOST_SHOWN])
        more = f" and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
        raise FileFormatError(f"{quoted(text)} can be any of {len(found)} runs: {names}{more}; give one of these names")
    what = "holds no run" if is_path else "is neither a run folder"
    nor = " and names none in" if is_path else " nor a run in"
    raise FileFormatError(f"{text} {what}{nor} {where}; mlpsvd runs list shows the runs")

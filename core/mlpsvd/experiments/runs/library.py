"""Library of automatically kept runs in the user's data folder; the oldest are replaced."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mlpsvd.contenders import contender_title
from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.runs.files import read_results
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.store import has_run, is_in_use, read_run, stored_id

__all__ = ["MOST_BYTES", "MOST_RUNS", "KeptRun", "RunLibrary", "data_folder"]

MOST_RUNS = 100
MOST_BYTES = 2 * 10**9
_NAME = re.compile(r"(\d{4}-\d\d-\d\d_\d{6})(?:_(.*))?")
_TIME = "%Y-%m-%d_%H%M%S"
_LONGEST = 40


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


@dataclass(frozen=True)
class KeptRun:
    """A run in the library.

    Attributes
    ----------
    folder
        The run folder.
    name
        Name of the experiment.
    started
        Start time.
    epochs, accuracies
        Completed epochs and test accuracy (0 to 1) by contender; empty if the program was killed during the run.
    titles
        Titles of the contenders.
    """

    folder: Path
    name: str
    started: datetime
    epochs: Mapping[str, int]
    accuracies: Mapping[str, float]
    titles: Mapping[str, str]


class RunLibrary:
    """Library of runs in a folder, each in a subfolder such as ``2026-11-26_153012_name``.

    Parameters
    ----------
    folder
        The folder, created with the first run; by default ``runs`` in :func:`data_folder`.
    most_runs, most_bytes
        Limits, beyond which :meth:`prune` deletes the oldest runs.
    """

    def __init__(self, folder: Path | None = None, most_runs: int = MOST_RUNS, most_bytes: int = MOST_BYTES) -> None:
        self.folder = data_folder() / "runs" if folder is None else folder
        self._most_runs = most_runs
        self._most_bytes = most_bytes

    def new_folder(self, experiment: Experiment, now: datetime | None = None) -> Path:
        """Create and return the folder of a new run.

        Raises
        ------
        OSError
            If the folder cannot be created.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        stem = f"{(now or datetime.now()).strftime(_TIME)}_{_slug(experiment.name)}"
        for number in range(1, 1000):
            path = self.folder / (stem if number == 1 else f"{stem}-{number}")
            with contextlib.suppress(FileExistsError):
                path.mkdir()
                return path
        raise FileExistsError(17, "there are too many runs of that name and second", str(self.folder / stem))

    def folders(self) -> list[Path]:
        """Return the folders of all readable runs, newest first, except for those that are being trained."""
        return [path for path in self._all() if has_run(path) and not is_in_use(path)]

    def entries(self, most: int = MOST_RUNS) -> list[KeptRun]:
        """Return summaries of the newest runs without reading their networks."""
        return [_entry(path) for path in self.folders()[:most]]

    def latest(self) -> Path | None:
        """Return the folder of the newest run, or None."""
        return next(iter(self.folders()), None)

    def folder_of(self, run_id: str) -> Path | None:
        """Return the folder of the run with this identity, or None; runs that are being trained are not found."""
        return next((path for path in self.folders() if stored_id(path) == run_id), None)

    def read_latest(self) -> Run | None:
        """Return the newest readable run, or None."""
        for folder in self.folders():
            with contextlib.suppress(OSError, MlpSvdError):
                return read_run(folder)
        return None

    def prune(self) -> list[Path]:
        """Delete the oldest runs beyond the limits; return the deleted folders.

        The newest run and runs that are being trained are never deleted, nor are folders with other names than runs'.
        """
        deleted: list[Path] = []
        n_bytes = 0
        for number, path in enumerate(self._all()):
            n_bytes += _size(path)
            is_beyond = number >= self._most_runs or n_bytes > self._most_bytes
            if number and is_beyond and not is_in_use(path):
                shutil.rmtree(path, ignore_errors=True)
                deleted.append(path)
        return deleted

    def discard(self, folder: Path) -> None:
        """Remove the folder of a run if it contains no checkpoint."""
        if not has_run(folder):
            shutil.rmtree(folder, ignore_errors=True)

    def _all(self) -> list[Path]:
        try:
            found = [path for path in self.folder.iterdir() if _NAME.fullmatch(path.name)]
        except OSError:
            return []
        return sorted((path for path in found if path.is_dir() and not path.is_symlink()), reverse=True)


def _entry(folder: Path) -> KeptRun:
    match = _NAME.fullmatch(folder.name)
    assert match is not None
    started = datetime.now()
    with contextlib.suppress(ValueError):
        started = datetime.strptime(match[1], _TIME)
    name, epochs, accuracies, titles = match[2] or "", {}, {}, {}
    with contextlib.suppress(OSError, MlpSvdError):
        results = read_results(folder)
        name = results.text("experiment")
        contenders = results.table("contenders")
        for contender in contenders.names():
            table = contenders.table(contender)
            titles[contender] = table.text("title") if "title" in table else contender_title(contender)
            epochs[contender] = table.integer("epochs")
            accuracies[contender] = table.number("test_accuracy", 0.0, 1.0)
    return KeptRun(folder, name, started, epochs, accuracies, titles)


def _slug(name: str) -> str:
    """Return a name as part of a file name that is valid on every system."""
    kept = "".join(one if one.isalnum() or one in "-." else " " for one in name)
    return "-".join(kept.split())[:_LONGEST].strip("-.") or "run"


def _size(folder: Path) -> int:
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(base) / name).lstat().st_size
    return total

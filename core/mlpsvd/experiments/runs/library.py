"""Library of automatically kept runs in the user's data folder."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.projects.project import find_project_file
from mlpsvd.experiments.runs import index, trash
from mlpsvd.experiments.runs.about import About, change_about, is_marked, with_tags
from mlpsvd.experiments.runs.kept_run import TIME_FORMAT, KeptRun, run_folders
from mlpsvd.experiments.runs.lock import WORK
from mlpsvd.experiments.runs.places import data_folder, runs_folder
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_folder import has_run, is_in_use, stored_id

__all__ = ["MOST_BYTES", "MOST_RUNS", "KeptRun", "RunLibrary", "data_folder", "name_slug", "with_activity"]

MOST_RUNS = 100
MOST_BYTES = 2 * 10**9
_LONGEST = 40


class RunLibrary:
    """Library of runs in a folder, each in a subfolder such as ``2026-11-26_153012_name``.

    Parameters
    ----------
    folder
        The folder, created with the first run; by default :func:`mlpsvd.experiments.runs.places.runs_folder`.
    most_runs, most_bytes
        Limits, beyond which :meth:`prune` deletes the oldest runs that nobody has marked.
    """

    def __init__(self, folder: Path | None = None, most_runs: int = MOST_RUNS, most_bytes: int = MOST_BYTES) -> None:
        self.folder = runs_folder() if folder is None else folder
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
        stem = f"{(now or datetime.now()).strftime(TIME_FORMAT)}_{name_slug(experiment.name)}"
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
        """Return summaries of the newest runs, except for those that are being trained."""
        return [run for run in self.search() if run.status != "training"][:most]

    def search(self, query: str = "", *, starred: bool = False) -> list[KeptRun]:
        """Return summaries of all runs that match, newest first, also of those that are being trained.

        Parameters
        ----------
        query
            Words that must all occur in the name, the note, the tags (``#birds``), the folder or the identity,
            regardless of case. ``key=value`` must be a setting, such as ``seed=7``, ``epochs=20`` or
            ``training.optimiser=adam``; ``status=interrupted`` and ``tag=birds`` work likewise. Empty for all runs.
        starred
            Return starred runs only.
        """
        runs = index.find_runs(self.folder, self._all(), query)
        return [with_activity(run) for run in runs if run.about.is_starred or not starred]

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

    def annotate(
        self,
        folder: Path,
        *,
        title: str | None = None,
        note: str | None = None,
        star: bool | None = None,
        add_tags: Iterable[str] = (),
        remove_tags: Iterable[str] = (),
    ) -> About:
        """Change title, note, star and tags of a run, inside the library or elsewhere; None leaves one unchanged.

        An empty title is the name of the experiment again.

        Raises
        ------
        MlpSvdError
            If a text is not possible, or the present ``about.json`` is damaged or of a newer version.
        OSError
            If it cannot be written; nothing is then changed.
        """
        added, removed = tuple(add_tags), tuple(remove_tags)

        def change(about: About) -> About:
            return replace(
                with_tags(about, added, removed),
                title=about.title if title is None else " ".join(title.split()),
                note=about.note if note is None else note.strip(),
                is_starred=about.is_starred if star is None else star,
            )

        return change_about(folder, change)

    def tags(self) -> dict[str, int]:
        """Return all tags with the number of runs that have them, most frequent first."""
        return dict(Counter(tag for run in self.search() for tag in run.about.tags).most_common())

    def delete(self, folder: Path) -> Path:
        """Move a run to the trash; return its folder there. See :func:`mlpsvd.experiments.runs.trash.move_to_trash`."""
        return trash.move_to_trash(self.folder, folder)

    def trashed(self, query: str = "") -> list[KeptRun]:
        """Return summaries of the runs in the trash that match, newest first; see :meth:`search`."""
        return index.find_runs(self.folder / trash.TRASH, trash.trashed_folders(self.folder), query)

    def count(self) -> int:
        """Return the number of runs, also of those that are being trained; none is read."""
        return sum(has_run(path) for path in self._all())

    def restore(self, folder: Path) -> Path:
        """Move a run from the trash back; return its folder. See :func:`mlpsvd.experiments.runs.trash.restore`."""
        return trash.restore(self.folder, folder)

    def empty_trash(self) -> int:
        """Delete the runs in the trash for good; return their number."""
        return trash.empty_trash(self.folder)

    def rebuild_index(self) -> int:
        """Write the index again from the folders; return the number of runs."""
        return index.rebuild(self.folder, self._all())

    def prune(self) -> list[Path]:
        """Delete the oldest runs beyond the limits; return the deleted folders.

        Runs with a star, a title, a note or a tag do not count and are never deleted, nor are the newest run, runs that
        are being trained, the runs of a project, and folders with other names than runs'. Empty folders of killed
        programs are removed.
        """
        deleted: list[Path] = []
        is_limited = find_project_file(self.folder.parent) is None
        n_bytes = n_runs = 0
        for number, path in enumerate(self._all()):
            if number and not has_run(path) and not is_in_use(path):
                self._remove_if_empty(path)
                continue
            if not is_limited or is_marked(path):
                continue
            n_bytes, n_runs = n_bytes + _size(path), n_runs + 1
            is_beyond = n_runs > self._most_runs or n_bytes > self._most_bytes
            if number and is_beyond and not is_in_use(path):
                with contextlib.suppress(OSError):
                    trash.delete_folder(path)
                    deleted.append(path)
        return deleted

    def discard(self, folder: Path) -> None:
        """Remove the folder of a run if it contains no checkpoint."""
        if not has_run(folder):
            shutil.rmtree(folder, ignore_errors=True)

    def _remove_if_empty(self, folder: Path) -> None:
        """Remove a folder with nothing but the program's internal files."""
        with contextlib.suppress(OSError):
            if [path.name for path in folder.iterdir()] in ([], [WORK]):
                trash.delete_folder(folder)

    def _all(self) -> list[Path]:
        return run_folders(self.folder)


def with_activity(run: KeptRun) -> KeptRun:
    """Return a summary with the status ``training`` if a program is writing the run."""
    if run.status == "complete" or not is_in_use(run.folder):
        return run
    return replace(run, status="training")


def name_slug(name: str) -> str:
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

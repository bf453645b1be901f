"""Writing of run folders, for the command line and the window.

Files are written into a hidden folder inside the run folder and moved when all of them are complete, so that a folder
never contains files of two runs. If the program is killed while it writes, the old run remains. If it is killed while
it moves the files, a list of them remains, and the next opening of the folder completes the move. The run folder itself
is not replaced: it may contain other files, be a mount point, or be the working directory of a shell.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

from mlpsvd.contenders import CONTENDERS, is_contender_key
from mlpsvd.errors import DataError, MlpSvdError
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.runs.checkpoint import CHECKPOINT, checkpoint_id, save_checkpoint
from mlpsvd.experiments.runs.files import (
    check_run_folder,
    model_name,
    read_results,
    run_names,
    write_earlier_networks,
    write_essentials,
    write_figures,
    write_tables,
)
from mlpsvd.experiments.runs.lock import WORK, FolderInUse, work_folder
from mlpsvd.experiments.runs.run_contents import RunContents
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.files import read_plain, write_atomically
from mlpsvd.json_fields import parse_fields
from mlpsvd.models.model_file import save_model

__all__ = [
    "CHECKPOINT_S",
    "RunFolder",
    "has_run",
    "is_in_use",
    "latest_checkpoint",
    "stored_id",
    "write_run",
]

CHECKPOINT_S = 10.0
"""Seconds between two checkpoints; a crash loses at most this much."""

_NEW, _READY, _UNFINISHED = "new", "ready.json", "unfinished.safetensors"
_MOST_READY_BYTES = 100_000


class RunFolder:
    """A run folder that is open for writing; it is locked until it is closed.

    Parameters
    ----------
    path
        The folder; created if it does not exist.

    Raises
    ------
    FileFormatError
        If it is a file, or contains files with names of a run's files that this program has not written.
    DataError
        If another run is being written into it.
    OSError
        If it cannot be created.
    """

    def __init__(self, path: Path) -> None:
        check_run_folder(path)
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = FolderInUse(path)
        self._saved_at = time.monotonic()
        _finish_swap(path)
        self._holds = stored_id(path)

    def checkpoint(self, run: RunContents) -> Path | None:
        """Write a checkpoint of a run atomically; an earlier run in the folder is kept until :meth:`write`.

        Returns
        -------
        Path or None
            The file; None before the first event.

        Raises
        ------
        OSError
            If the file cannot be written; the existing file is then unchanged.
        """
        self._saved_at = time.monotonic()
        if not run.outcomes:
            return None
        is_ours = self._holds in (None, run.id)
        path = self.path / CHECKPOINT if is_ours else work_folder(self.path) / _UNFINISHED
        if path.is_symlink():
            path.unlink()  # the target of a link, in a folder from elsewhere, must not be overwritten
        save_checkpoint(path, run)
        return path

    def checkpoint_if_due(self, run_id: str, prepared: Prepared, race: Race) -> None:
        """Write a checkpoint ten seconds after the last one, or after the folder was opened."""
        if time.monotonic() - self._saved_at >= CHECKPOINT_S:
            self.checkpoint(RunContents.of(run_id, prepared, race))

    def write(self, run: RunContents, *, with_figures: bool = True) -> list[Path]:
        """Write all files of a run, stopped or finished; an earlier run in the folder is replaced.

        Parameters
        ----------
        run
            The run.
        with_figures
            Whether to write figures and tables as well, which takes some seconds.

        Returns
        -------
        list of Path
            The written files.

        Raises
        ------
        OSError
            If a file cannot be written; the error names the file. If it is a model, the checkpoint, the experiment or
            the results, the folder is unchanged; otherwise these are written and some of the other files are missing.
        """
        with _staged(self.path) as staged:
            names = [path.name for path in write_essentials(staged, run)]
        try:
            if with_figures:
                more = chain(write_tables(staged, run), write_figures(staged, run))
                names.extend(path.name for path in more)  # includes the files before a failure
            names.extend(path.name for path in write_earlier_networks(staged, run))
        except OSError as error:
            raise _named(error, self.path, "; models, results and checkpoint are written, the rest is not") from error
        finally:  # move the essential files even if the figures failed
            _swap(self.path, staged, run, names)
            self._holds = run.id
        return [self.path / name for name in names]

    def replace_model(self, run: RunContents, contender: str) -> None:
        """Replace the checkpoint of a run and one contender's model file; all other files stay.

        Parameters
        ----------
        run
            The run in the folder, with a changed outcome of the contender.
        contender
            Key of the contender.

        Raises
        ------
        OSError
            If a file cannot be written; the folder is then unchanged.
        """
        path = latest_checkpoint(self.path)
        if path.name != CHECKPOINT or not (self.path / model_name(contender)).is_file():  # killed while it was trained
            save_checkpoint(path, run)
            return
        with _staged(self.path) as staged:
            save_model(staged / model_name(contender), model_of(run.data, run.outcomes[contender], run.id))
            save_checkpoint(staged / CHECKPOINT, run)
        kept = sorted(run_names(_all_contenders(self.path, run)))
        _swap(self.path, staged, run, [name for name in kept if (self.path / name).is_file()])

    def holds(self, run: RunContents) -> bool:
        """Return whether the folder contains this run, finished or not."""
        return self._holds == run.id

    def close(self) -> None:
        """Release the lock of the folder."""
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def write_run(folder: Path, run: RunContents, *, with_figures: bool = True) -> list[Path]:
    """Write a run into a folder; see :class:`RunFolder`."""
    with RunFolder(folder) as opened:
        return opened.write(run, with_figures=with_figures)


def has_run(folder: Path) -> bool:
    """Return whether a folder contains a run."""
    return latest_checkpoint(folder).is_file()


def latest_checkpoint(folder: Path) -> Path:
    """Return the path of the newest checkpoint in a folder, which may not exist."""
    unfinished = folder / WORK / _UNFINISHED
    return unfinished if unfinished.is_file() else folder / CHECKPOINT


def finish_interrupted_swap(folder: Path) -> None:
    """Complete an interrupted write, unless another program is writing or the folder is read-only."""
    if not (folder / WORK / _NEW).is_dir():
        return
    with contextlib.suppress(DataError, OSError), contextlib.closing(FolderInUse(folder)):
        _finish_swap(folder)


def is_in_use(folder: Path) -> bool:
    """Return whether a program is writing a run into a folder."""
    return FolderInUse.is_held(folder)


def _named(error: OSError, folder: Path, consequence: str = "") -> OSError:
    """Return an error with the final path of the file."""
    name = Path(os.fsdecode(error.filename)).name if isinstance(error.filename, str | bytes) else ""
    return OSError(error.errno, f"{error.strerror or error}{consequence}", str(folder / name))


@contextlib.contextmanager
def _staged(folder: Path) -> Iterator[Path]:
    """Context with an empty hidden folder for files of a run, to be moved by :func:`_swap`; an error removes it."""
    staged = work_folder(folder) / _NEW
    shutil.rmtree(staged, ignore_errors=True)
    try:
        staged.mkdir()
        yield staged
    except BaseException as error:
        shutil.rmtree(staged, ignore_errors=True)
        if isinstance(error, OSError):
            raise _named(error, folder) from error
        raise


def _swap(folder: Path, staged: Path, run: RunContents, names: list[str]) -> None:
    keys = _all_contenders(folder, run)
    write_atomically(staged / _READY, json.dumps({"run_id": run.id, "files": names, "contenders": keys}))
    _finish_swap(folder)


def _all_contenders(folder: Path, run: RunContents) -> list[str]:
    return sorted({*CONTENDERS, *_existing_contenders(folder), *(one.key for one in run.contenders)})


def _finish_swap(folder: Path) -> None:
    """Move complete files to their final names; delete incomplete ones."""
    staged = work_folder(folder) / _NEW
    if staged.is_symlink() or not staged.is_dir():
        return
    ready = _ready(staged)
    if ready is not None:
        names, keys = ready
        for name in names:
            if (staged / name).is_file() and not (staged / name).is_symlink():
                (staged / name).replace(folder / name)
        for name in run_names(keys) - set(names):
            (folder / name).unlink(missing_ok=True)
        (staged.parent / _UNFINISHED).unlink(missing_ok=True)
    shutil.rmtree(staged, ignore_errors=True)


def _ready(staged: Path) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the names of a complete set of files, and the contenders of the old and new run; None if incomplete."""
    try:
        fields = parse_fields(read_plain(staged / _READY, _MOST_READY_BYTES))
        keys = fields.texts("contenders") if "contenders" in fields else tuple(CONTENDERS)
        keys = tuple(key for key in keys if is_contender_key(key))
        return fields.texts("files", tuple(sorted(run_names(keys)))), keys
    except (OSError, MlpSvdError):
        return None


def _existing_contenders(folder: Path) -> tuple[str, ...]:
    """Return the contenders of the run in a folder; empty if its results are missing."""
    with contextlib.suppress(OSError, MlpSvdError):
        return tuple(key for key in read_results(folder).table("contenders").names() if is_contender_key(key))
    return ()


def stored_id(folder: Path) -> str | None:
    """Return the identity of the run in a folder: None without a run, empty for format version 1."""
    with contextlib.suppress(OSError, MlpSvdError):
        results = read_results(folder)
        return results.text("run_id") if "run_id" in results else ""
    with contextlib.suppress(MlpSvdError):
        return checkpoint_id(folder / CHECKPOINT)
    return None

"""Results of a long classification, kept on disk as they arrive so that an interrupted command can continue."""

from __future__ import annotations

import base64
import contextlib
import errno
import hashlib
import json
import math
import os
import time
from collections.abc import Mapping, Sequence
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.classification.batch.find_files import SoundFile
from mlpsvd.classification.batch.results import FileResult, Thresholds
from mlpsvd.errors import FileFormatError
from mlpsvd.files import open_plain
from mlpsvd.json_fields import parse_line
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import model_digest

__all__ = ["ClassificationJournal", "journal_path"]

_FORMAT = "mlpsvd classify 1"
_OURS = b'{"format": "mlpsvd classify'
_SYNC_S = 2.0
_MOST_BYTES = 2**40
_ARRAYS = ("starts_s", "durations_s", "levels_dbfs", "distances")


def journal_path(out: Path) -> Path:
    """Return the path of the journal of a table: ``table.csv.part`` for ``table.csv``."""
    return out.with_name(f"{out.name}.part")


class ClassificationJournal:
    """One line of JSON for each finished file, after a header with the model and the thresholds.

    Only complete lines are read: a last line truncated by a kill or a full disk is removed. Results are reused only if
    model, thresholds, path, folders, size and time of the file are the same; unusable files are tried again.

    Parameters
    ----------
    out
        Path of the table to be written.
    model, thresholds
        The model, and the thresholds for "unknown".
    """

    def __init__(self, out: Path, model: Model, thresholds: Thresholds) -> None:
        self.path = journal_path(out)
        self._model = model
        self._thresholds = thresholds
        self._head = {"format": _FORMAT, "model": model_digest(model), "beyond": thresholds.beyond,
                      "below": thresholds.below}  # fmt: skip
        self._file: FileIO | None = None
        self._synced_s = 0.0

    def load(self, files: Sequence[SoundFile]) -> dict[int, FileResult]:
        """Open the journal and return its results, keyed by the index of the file in ``files``.

        Raises
        ------
        FileFormatError
            If the path exists and is not a journal of this program.
        OSError
            If it cannot be opened or written.
        """
        kept, n_good = self._read()
        if not n_good and self.path.exists() and self.path.stat().st_size and not self._is_ours():
            raise FileFormatError(f"{self.path} was not written by MLP-SVD; move it, as results are kept there")
        with self._naming_the_file():
            self._file = self.path.open("r+b" if n_good else "wb", buffering=0)
            self._file.truncate(n_good)
            self._file.seek(n_good)
        if not n_good:
            self._write(self._head)
        found = {}
        for index, file in enumerate(files):
            entry = kept.get(_identity(file))
            result = self._result(file, entry) if entry is not None else None
            if result is not None:
                found[index] = result
        return found

    def add(self, file: SoundFile, result: FileResult) -> None:
        """Write the result of a file.

        Raises
        ------
        OSError
            If the disk is full; the message names the journal. All earlier results are kept.
        """
        arrays = {name: _packed(getattr(result, name)) for name in _ARRAYS}
        self._write(
            {"file": _identity(file), "duration_s": None if math.isnan(result.duration_s) else result.duration_s,
             "truth": result.truth, "problem": result.problem, "notes": result.notes, "training": result.is_training,
             "probabilities": _packed(result.probabilities), **arrays}
        )  # fmt: skip

    def close(self) -> None:
        """Close the file and keep it, so that the command can be repeated."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def remove(self) -> None:
        """Remove the file, as its table has been written."""
        self.close()
        self.path.unlink(missing_ok=True)

    def _write(self, entry: Mapping[str, Any]) -> None:
        file = self._file
        if file is None:
            raise ValueError("the journal is not open")
        with self._naming_the_file():
            rest = memoryview(json.dumps(entry).encode() + b"\n")
            while rest:  # unbuffered: a write that fails on a full disk is not repeated when the file is closed
                rest = rest[file.write(rest) :]
            if time.monotonic() - self._synced_s >= _SYNC_S:
                os.fsync(file.fileno())
                self._synced_s = time.monotonic()

    @contextlib.contextmanager
    def _naming_the_file(self) -> Any:
        try:
            yield
        except OSError as error:
            is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            hint = "; completed results are kept: free some disk space and repeat the command" if is_full else ""
            raise OSError(error.errno, f"{error.strerror or error}{hint}", str(self.path)) from error

    def _read(self) -> tuple[dict[str, dict[str, Any]], int]:
        """Return the entries by file and the length of all complete lines; 0 if the settings differ."""
        kept: dict[str, dict[str, Any]] = {}
        n_good = 0
        try:
            with open_plain(self.path, _MOST_BYTES) as file:
                for number, line in enumerate(file):
                    entry = parse_line(line) if line.endswith(b"\n") else None
                    if entry is None or (number == 0 and entry != self._head):
                        break
                    n_good += len(line)
                    if number:
                        kept[str(entry.get("file"))] = entry
        except FileNotFoundError:
            return {}, 0
        return kept, n_good

    def _is_ours(self) -> bool:
        with open_plain(self.path, _MOST_BYTES) as file:
            first = file.readline(10_000)
        return first.startswith(_OURS) or _OURS.startswith(first)

    def _result(self, file: SoundFile, entry: Mapping[str, Any]) -> FileResult | None:
        """Rebuild a result; None if the entry is damaged, so that the file is classified again."""
        names = tuple(self._model.class_names)
        try:
            arrays = {name: _unpacked(entry[name]) for name in _ARRAYS}
            probabilities = _unpacked(entry["probabilities"]).reshape(-1, len(names))
            duration_s, truth, problem = entry["duration_s"], entry["truth"], entry["problem"]
            if problem:
                return None
            lengths = {len(probabilities), *(len(array) for array in arrays.values())}
            if len(lengths) != 1 or not isinstance(problem, str) or (truth is not None and truth not in names):
                return None
            return FileResult(
                path=file.path,
                class_names=names,
                duration_s=math.nan if duration_s is None else float(duration_s),
                probabilities=probabilities,
                truth=truth,
                problem=problem,
                notes=tuple(str(note) for note in entry["notes"]),
                is_training=bool(entry["training"]),
                thresholds=self._thresholds,
                starts_s=arrays["starts_s"],
                durations_s=arrays["durations_s"],
                levels_dbfs=arrays["levels_dbfs"],
                distances=arrays["distances"],
            )
        except (KeyError, TypeError, ValueError):
            return None


def _identity(file: SoundFile) -> str:
    """Return the values that must be the same for a result to be reused."""
    try:
        status = file.path.stat()
        size, time_ns = status.st_size, status.st_mtime_ns
    except OSError:
        size = time_ns = -1
    words = json.dumps([str(file.path.absolute()), file.folders, size, time_ns])
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()


def _packed(array: NDArray[np.float64]) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f8").tobytes()).decode()


def _unpacked(text: str) -> NDArray[np.float64]:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f8").astype(np.float64)

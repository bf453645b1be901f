"""Spool files: the samples of a take in progress are on disk, so that a crash loses none of them.

A spool consists of two files: ``ID.json`` with the properties of the take, and ``ID.wav`` (32-bit floating point), to
which samples are appended. All data after the WAV header are samples, whatever length the header gives, so that nothing
is lost if the program is killed between writing samples and header.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import struct
import weakref
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.collection.file_names import checked_label
from mlpsvd.collection.paths import file_id, is_link, is_plain_file
from mlpsvd.collection.take import Take, new_id
from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.files import read_plain, require_plain, write_atomically
from mlpsvd.json_fields import Fields, parse_fields
from mlpsvd.text import quoted

__all__ = ["Spool", "SpoolFacts", "left_over", "read_spool"]

_HEADER_BYTES = 58
_LARGEST = 2**32 - 1
_MOST_BYTES = 1_000_000_000
"""A take is at most 10 minutes long: at 384 kHz that is 922 MB."""
_MOST_FACTS_BYTES = 10_000
_LOWEST_HZ, _HIGHEST_HZ = 100.0, 10e6
_FIRST_YEAR, _LAST_YEAR = 1971, 9000
_USUAL_HZ = 48000.0


@dataclass(frozen=True)
class SpoolFacts:
    """Properties of a take in its spool; see :class:`mlpsvd.collection.take.Take`."""

    id: str
    label: str
    rate_hz: float
    started_at: str
    device: str = ""
    pre_roll_s: float = 0.0
    file_format: str = ""
    has_gap: bool = False


class Spool:
    """Writes one take.

    Parameters
    ----------
    folder
        Where; made where it is missing.
    facts
        What is known of the take; written before its first sample.

    Raises
    ------
    OSError
        If the folder or the files cannot be made, or a link lies where the folder should be.
    ValueError
        If the id of the take cannot be part of a file name.
    """

    def __init__(self, folder: Path, facts: SpoolFacts) -> None:
        if file_id(facts.id) != facts.id:
            raise ValueError(f"the id of the take is {quoted(facts.id)}; it should be letters, digits, - and _")
        # The collection had no links when it was opened; links created since then are not followed.
        if is_link(folder) or (folder.parent.name == ".mlpsvd" and is_link(folder.parent)):
            raise OSError(errno.ELOOP, f"{folder.parent.name}/{folder.name} is a link")
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{facts.id}.wav"
        self._facts = facts
        self._n_samples = 0
        self._write_facts()
        try:
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
            self._close = weakref.finalize(self, os.close, self._file)
            self._put(0, _header(facts.rate_hz, 0))
        except OSError:
            self.remove()
            raise

    def write(self, samples: NDArray[np.float32]) -> None:
        """Append samples [shape=(n_samples,)] and update the header; both are passed to the system on return."""
        self._put(_HEADER_BYTES + 4 * self._n_samples, samples.astype("<f4").tobytes())
        self._n_samples += len(samples)
        self._put(0, _header(self._facts.rate_hz, self._n_samples))

    def finish(self, has_gap: bool) -> None:
        """Close the files of a completed take."""
        with contextlib.suppress(OSError):
            self._close()
        if has_gap != self._facts.has_gap:
            self._facts = replace(self._facts, has_gap=has_gap)
            with contextlib.suppress(OSError):
                self._write_facts()

    def remove(self) -> None:
        """Discard the take."""
        if hasattr(self, "_close"):
            self._close()
        for path in (self.path, self.path.with_suffix(".json")):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def _put(self, at: int, data: bytes) -> None:
        os.lseek(self._file, at, os.SEEK_SET)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def _write_facts(self) -> None:
        write_atomically(self.path.with_suffix(".json"), json.dumps(asdict(self._facts)))


def left_over(folder: Path) -> tuple[Path, ...]:
    """Return the WAV files of all spools in a folder, oldest first, and remove JSON files without samples."""
    if not folder.is_dir():
        return ()
    for facts in folder.glob("*.json"):
        if not os.path.lexists(facts.with_suffix(".wav")):
            with contextlib.suppress(OSError):
                facts.unlink()
    return tuple(sorted(folder.glob("*.wav"), key=lambda path: (path.lstat().st_mtime_ns, path.name)))


def read_spool(path: Path) -> Take | None:
    """Return the take in a spool, or None if it has no samples.

    If the JSON file is damaged, the label is ``recovered``, the rate is that of the WAV header, and the start time is
    estimated from the modification time of the file.

    Raises
    ------
    FileFormatError
        If it is a link or no plain file, or larger than any take.
    OSError
        If it cannot be read.
    """
    if is_link(path):
        raise FileFormatError(f"{path} is a link; it should be a plain file")
    if require_plain(path, _MOST_BYTES) < _HEADER_BYTES + 4:
        return None
    data = read_plain(path, _MOST_BYTES)
    n_samples = (len(data) - _HEADER_BYTES) // 4
    samples = np.frombuffer(data, dtype="<f4", count=n_samples, offset=_HEADER_BYTES).astype(np.float32)
    samples = np.nan_to_num(samples, copy=False)
    facts = _read_facts(path) or _guessed(path, data, n_samples)
    id = path.stem if file_id(path.stem) == path.stem else new_id()
    about: dict[str, Any] = asdict(facts) | {"id": id} | {"started_at": datetime.fromisoformat(facts.started_at)}
    return Take(samples, spool=path, **about)


def _read_facts(path: Path) -> SpoolFacts | None:
    """Return what is known of a take; None where it is damaged."""
    file = path.with_suffix(".json")
    try:
        return _facts(parse_fields(read_plain(file, _MOST_FACTS_BYTES))) if is_plain_file(file) else None
    except (OSError, DataError, FileFormatError, ValueError):
        return None


def _facts(fields: Fields) -> SpoolFacts:
    started_at = fields.text("started_at")
    moment = datetime.fromisoformat(started_at)
    if moment.tzinfo is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise FileFormatError(f"started_at is {quoted(started_at)}; it should have a time zone")
    return SpoolFacts(
        fields.text("id"),
        checked_label(fields.text("label")),
        fields.number("rate_hz", _LOWEST_HZ, _HIGHEST_HZ),
        started_at,
        fields.text("device") if "device" in fields else "",
        fields.number("pre_roll_s", 0.0, 600.0) if "pre_roll_s" in fields else 0.0,
        fields.text("file_format", ("", "flac", "wav")) if "file_format" in fields else "",
        fields.flag("has_gap") if "has_gap" in fields else False,
    )


def _guessed(path: Path, data: bytes, n_samples: int) -> SpoolFacts:
    rate_hz = float(struct.unpack_from("<I", data, 24)[0])
    if not _LOWEST_HZ <= rate_hz <= _HIGHEST_HZ:
        rate_hz = _USUAL_HZ
    written_s = path.lstat().st_mtime
    if not 366 * 86400 < written_s < 2e11:  # before 1971 or beyond the year 8000: a clock that was never set
        written_s = datetime.now().timestamp()
    started_at = datetime.fromtimestamp(written_s - n_samples / rate_hz).astimezone()
    return SpoolFacts(path.stem, "recovered", rate_hz, started_at.isoformat())


def _header(rate_hz: float, n_samples: int) -> bytes:
    """Return the header of a WAV file with one channel of 32-bit floating point numbers."""
    rate, n_bytes = round(rate_hz), min(4 * n_samples, _LARGEST - _HEADER_BYTES)
    return b"".join(
        (
            struct.pack("<4sI4s", b"RIFF", _HEADER_BYTES - 8 + n_bytes, b"WAVE"),
            struct.pack("<4sIHHIIHHH", b"fmt ", 18, 3, 1, rate, 4 * rate, 4, 32, 0),
            struct.pack("<4sII", b"fact", 4, n_bytes // 4),
            struct.pack("<4sI", b"data", n_bytes),
        )
    )

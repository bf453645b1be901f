"""A take on its way: its samples go to disk as they come, so that a program that is killed loses none of them.

A spool is two files: ``ID.json`` says what the take is, ``ID.wav`` (32-bit floating point) grows. Whatever the WAV
header says, the samples are all that lies behind it: a program that was killed between writing samples and header
has lost nothing.
"""

from __future__ import annotations

import contextlib
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

from mlpsvd.data.take import Take
from mlpsvd.files import write_atomically

__all__ = ["Spool", "SpoolFacts", "left_over", "read_spool"]

_HEADER_BYTES = 58
_LARGEST = 2**32 - 1


@dataclass(frozen=True)
class SpoolFacts:
    """What a spool knows of its take besides the samples; see :class:`mlpsvd.data.take.Take`."""

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
        If the folder or the files cannot be made.
    """

    def __init__(self, folder: Path, facts: SpoolFacts) -> None:
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
        """Append samples [shape=(n_samples,)]: when this returns the system has them, and the header counts them."""
        self._put(_HEADER_BYTES + 4 * self._n_samples, samples.astype("<f4").tobytes())
        self._n_samples += len(samples)
        self._put(0, _header(self._facts.rate_hz, self._n_samples))

    def finish(self, has_gap: bool) -> None:
        """Close the files; the take is whole. What cannot be written any more is left as it is."""
        with contextlib.suppress(OSError):
            self._close()
        if has_gap != self._facts.has_gap:
            self._facts = replace(self._facts, has_gap=has_gap)
            with contextlib.suppress(OSError):
                self._write_facts()

    def remove(self) -> None:
        """Throw the take away."""
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
    """Return the WAV files of all spools in a folder, oldest first, and clear away facts that never got samples."""
    if not folder.is_dir():
        return ()
    for facts in folder.glob("*.json"):
        if not facts.with_suffix(".wav").exists():
            with contextlib.suppress(OSError):
                facts.unlink()
    return tuple(sorted(folder.glob("*.wav"), key=lambda path: (path.stat().st_mtime_ns, path.name)))


def read_spool(path: Path) -> Take | None:
    """Return the take in a spool, None where not one sample of it is there.

    Where what is known of the take is damaged, its label is ``recovered``, its rate is the WAV header's, and its
    start is counted back from when the file was last written.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    data = path.read_bytes()
    n_samples = (len(data) - _HEADER_BYTES) // 4
    if n_samples <= 0:
        return None
    samples = np.frombuffer(data, dtype="<f4", count=n_samples, offset=_HEADER_BYTES).astype(np.float32)
    samples = np.nan_to_num(samples, copy=False)
    facts = _read_facts(path) or _guessed(path, data, n_samples)
    about: dict[str, Any] = asdict(facts) | {"id": path.stem} | {"started_at": datetime.fromisoformat(facts.started_at)}
    return Take(samples, spool=path, **about)


def _read_facts(path: Path) -> SpoolFacts | None:
    try:
        facts = SpoolFacts(**json.loads(path.with_suffix(".json").read_text("utf-8")))
        valid = datetime.fromisoformat(facts.started_at).tzinfo is not None and float(facts.rate_hz) > 0.0
    except (OSError, ValueError, TypeError):
        return None
    return facts if valid and all(isinstance(text, str) for text in (facts.id, facts.label)) else None


def _guessed(path: Path, data: bytes, n_samples: int) -> SpoolFacts:
    rate_hz = float(struct.unpack_from("<I", data, 24)[0]) or 48000.0
    started_at = datetime.fromtimestamp(path.stat().st_mtime - n_samples / rate_hz).astimezone()
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

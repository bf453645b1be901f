"""Microphone correction files: frequency response of a measurement microphone, measured by its manufacturer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import FileFormatError
from mlpsvd.files import read_plain
from mlpsvd.text import one_line, quoted

__all__ = ["MicrophoneCorrection", "read_correction"]

_LARGEST_DB = 60.0
_LARGEST_FILE = 1_000_000
_LONGEST_LINE = 1000
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_EXPECTED = "a line should be a frequency in Hz and a response in dB"
_COMMENTS = ("*", "#", ";", "//")


@dataclass(frozen=True, eq=False)
class MicrophoneCorrection:
    """Frequency response of a microphone, to be subtracted from its spectra.

    Attributes
    ----------
    name
        Name of the file.
    frequencies_hz : np.ndarray [shape=(n_points,)]
        Ascending, above 0.
    response_db : np.ndarray [shape=(n_points,)]
        Gain of the microphone at that frequency.
    """

    name: str
    frequencies_hz: NDArray[np.float64] = field(repr=False)
    response_db: NDArray[np.float64] = field(repr=False)

    def at(self, frequencies_hz: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the response in dB at any frequencies, in the same shape.

        Linear interpolation over the logarithm of the frequency; below the first and above the last point, the response
        is constant.
        """
        lowest = float(self.frequencies_hz[0])
        wanted = np.log(np.maximum(np.asarray(frequencies_hz, np.float64), lowest))
        found: NDArray[np.float64] = np.interp(wanted, np.log(self.frequencies_hz), self.response_db)
        return found


def read_correction(path: Path) -> MicrophoneCorrection:
    """Read a correction file: lines of a frequency in Hz and a response in dB.

    Columns are separated by blanks, tabs, commas or semicolons; a third one (the phase) is ignored. Numbers may have a
    decimal comma if the columns have another separator. Lines that do not begin with a number may
    stand before the first one that does (a sensitivity, headings), and comments anywhere: after ``*``, ``#``, ``;`` or
    ``//``, or in quotation marks. A point at 0 Hz is ignored, as it has no position on a logarithmic axis.

    Raises
    ------
    FileFormatError
        If the file cannot be read, has fewer than two points, an invalid line, frequencies that do not ascend, or
        a response beyond ±60 dB; it names the line.
    """
    points = [(hz, db) for hz, db in _points(path, _text(path)) if hz > 0.0]
    if len(points) < 2:
        found = "one line" if points else "no line"
        raise FileFormatError(
            f"{one_line(str(path), 300)} is not a microphone correction: it has {found} of a frequency and a "
            "response; it "
            "should have two or more"
        )
    frequencies_hz, response_db = np.array(points).T
    return MicrophoneCorrection(path.name, frequencies_hz, response_db)


def _text(path: Path) -> str:
    where = one_line(str(path), 300)
    try:
        content = read_plain(path, _LARGEST_FILE)
    except OSError as error:
        raise FileFormatError(f"{where} cannot be read: {error.strerror or error}") from error
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "\0" in text:
        raise FileFormatError(f"{where} is not text; a correction has lines of a frequency in Hz and a response in dB")
    return text


def _points(path: Path, text: str) -> Iterator[tuple[float, float]]:
    """Yield frequency and response of each line that holds them; the frequencies ascend."""
    last_hz, name = -1.0, one_line(str(path), 300)
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if len(line) > _LONGEST_LINE and not line.lstrip().startswith(_COMMENTS):
            raise FileFormatError(f"{name}, line {number} is {len(line)} characters long; {_EXPECTED}")
        fields = _fields(line)
        if not fields or (not _NUMBER.fullmatch(fields[0]) and (last_hz < 0.0 or '"' in line)):
            continue
        where = f"{name}, line {number}"
        frequency_hz, response_db = _point(where, line, fields)
        if frequency_hz <= last_hz:
            raise FileFormatError(f"{where}: {frequency_hz:g} Hz comes after {last_hz:g} Hz; frequencies should ascend")
        last_hz = frequency_hz
        yield frequency_hz, response_db


def _point(where: str, line: str, fields: list[str]) -> tuple[float, float]:
    if len(fields) < 2 or not all(_NUMBER.fullmatch(one) for one in fields[:2]):
        raise FileFormatError(f"{where}: {quoted(line.strip())} should be a frequency in Hz and a response in dB")
    if len(fields) > 3 and line.count(",") > 2 and "." not in line and ";" not in line:
        raise FileFormatError(
            f"{where}: {quoted(line.strip())} has commas between the columns and in the numbers; put a semicolon or a "
            "tab between the columns"
        )
    frequency_hz, response_db = float(fields[0]), float(fields[1])
    if not 0.0 <= frequency_hz < 1e6:
        raise FileFormatError(f"{where}: the frequency is {frequency_hz:g} Hz; it should be above 0 and below 1 MHz")
    if not abs(response_db) <= _LARGEST_DB:
        raise FileFormatError(
            f"{where}: the response is {response_db:g} dB; it should be within ±{_LARGEST_DB:g} dB (levels in dB SPL "
            "are not a response)"
        )
    return frequency_hz, response_db


def _fields(line: str) -> list[str]:
    """Return the columns of a line with decimal points; empty for a comment."""
    line = line.strip()
    if line.startswith(_COMMENTS):
        return []
    line = line.replace('"', " ").replace("\N{MINUS SIGN}", "-").strip()
    if ";" in line:
        return _decimal_points(line.split(";"))
    pieces = line.split()
    if any(piece.startswith(",") or piece.endswith(",") for piece in pieces) or ("," in line and len(pieces) == 1):
        return [piece.strip() for piece in line.split(",")]
    return _decimal_points(pieces)


def _decimal_points(pieces: list[str]) -> list[str]:
    return [piece.strip().replace(",", ".") for piece in pieces]

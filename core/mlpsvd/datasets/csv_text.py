"""CSV: reading from any program (commas, semicolons or tabs, in any common encoding), and writing for this one."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.files import read_plain
from mlpsvd.text import one_line

__all__ = ["MOST_BYTES", "csv_line", "decoded", "read_table_text", "rows_of"]

MOST_BYTES = 100_000_000
"""The largest table that is read: a million rows."""

_SEPARATOR_LINE = re.compile(r'"?sep=([,;|:\t ])"?\s*', re.IGNORECASE)
_SEPARATORS = (",", ";", "\t")


def csv_line(cells: Iterable[object]) -> str:
    """Return one row of a table that this program reads again: unlike :func:`mlpsvd.text.csv_text` as it is."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


def read_table_text(path: Path) -> tuple[str, str]:
    """Return the text of a table, and a note about its encoding (empty if it was UTF-8).

    Raises
    ------
    DataError
        If the file cannot be read, is no plain file, is larger than 100 MB, or is no text.
    """
    try:
        return decoded(read_plain(path, MOST_BYTES))
    except FileFormatError as error:
        raise DataError(str(error)) from None
    except OSError as error:
        raise DataError(f"{one_line(str(path), 300)} cannot be read ({error.strerror or error})") from None
    except UnicodeError:
        raise DataError(f"{one_line(str(path), 300)} is no text; it should be a CSV file in UTF-8") from None


def decoded(data: bytes) -> tuple[str, str]:
    """Return the text of a file, and a note about its encoding (empty for UTF-8).

    Supported are UTF-8 with or without a byte order mark, UTF-16 with one or recognised by its zero bytes, and
    otherwise Windows-1252.

    Raises
    ------
    UnicodeError
        If it is none of these.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16"), "was UTF-16 text"
    if b"\0" in data[:200]:
        order = "le" if data[1:2] == b"\0" else "be"
        text, odd = data.decode(f"utf-16-{order}"), "was UTF-16 text without a byte order mark"
    else:
        try:
            text, odd = data.decode("utf-8-sig"), ""
        except UnicodeDecodeError:
            text, odd = _windows(data), "was not UTF-8 text and was read as Latin-1"
    if "\0" in text:
        raise UnicodeError("a zero byte in a text")
    return text, odd


def _windows(data: bytes) -> str:
    """Windows-1252 has letters where Latin-1 has control characters, but not everywhere."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def rows_of(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of each row that is not blank, the heading first.

    The separator (comma, semicolon or tab) is the one that is most frequent in the heading, or the one that a first
    line ``sep=;``, as written by Excel, specifies.

    Raises
    ------
    csv.Error
        If it is no table.
    """
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    named = _SEPARATOR_LINE.fullmatch(lines[first])
    if named:
        first += 1
    heading = next((line for line in lines[first:] if line.strip()), "")
    separator = named[1] if named else max(_SEPARATORS, key=heading.count)
    reader = csv.reader(io.StringIO("\n".join(lines[first:]), newline=""), delimiter=separator)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield first + reader.line_num, cells

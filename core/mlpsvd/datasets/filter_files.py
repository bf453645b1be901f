"""Filter banks as second-order sections in CSV and MATLAB files, written and read."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.datasets.csv_text import csv_line, read_table_text, rows_of
from mlpsvd.datasets.filter_code import matlab_code, python_code
from mlpsvd.datasets.mat_file import MatValue, mat_content, read_mat, text_cells
from mlpsvd.datasets.settings import SyntheticSettings
from mlpsvd.errors import DataError, FileFormatError, SettingError
from mlpsvd.files import read_plain, write_atomically
from mlpsvd.settings import check
from mlpsvd.signals.second_order import band_pass_of, second_order_sections
from mlpsvd.text import format_number, one_line, quoted

__all__ = ["BANK_FORMATS", "READ_FORMATS", "read_filters", "write_filters"]

_COLUMNS = ("class", "section", "b0", "b1", "b2", "a0", "a1", "a2", "sample_rate_hz")
_LARGEST = 10_000_000
_MOST_SECTIONS = 10_000

READ_FORMATS = (".csv", ".mat")
"""Suffixes of files that can be read as filters."""


def write_filters(path: str | Path, settings: SyntheticSettings) -> None:
    """Write a filter bank as second-order sections; the suffix decides the format.

    ``.csv`` has one row per section, ``.mat`` the same as arrays. ``.py`` is a module with a function ``filter_bank``
    that needs SciPy, ``.m`` a function for MATLAB and Octave without toolboxes.

    Parameters
    ----------
    path : str or Path
        The file to write or to replace.
    settings : SyntheticSettings
        Filters and sample rate.

    Raises
    ------
    SettingError
        If the suffix is another one, a filter is not possible at the sample rate, or the name of an ``.m`` file is no
        name of a function.
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in BANK_FORMATS:
        raise SettingError("the file", path.name, f"named with one of the suffixes {', '.join(BANK_FORMATS)}")
    check(settings, "data.synthetic.")
    write_atomically(path, BANK_FORMATS[path.suffix.lower()](path, settings))


def read_filters(path: str | Path, settings: SyntheticSettings | None = None) -> SyntheticSettings:
    """Read a bank of second-order sections from a ``.csv`` or ``.mat`` file as the filters of an experiment.

    Parameters
    ----------
    path : str or Path
        A file as :func:`write_filters` writes it. In a MATLAB file only ``sos`` [shape=(n, 6)] and ``sample_rate_hz``
        are required; without the others each row is a class.
    settings : SyntheticSettings, optional
        The other settings; by default those of the paper.

    Returns
    -------
    SyntheticSettings
        With the filters and the sample rate of the file.

    Raises
    ------
    DataError
        If the file cannot be read, is no bank, or has a filter that is not one band-pass section of unit gain.
    SettingError
        If the filters cannot be those of an experiment, for example only one.
    """
    path = Path(path)
    if path.suffix.lower() not in READ_FORMATS:
        raise DataError(f"{one_line(str(path), 300)} cannot be read as filters; it should be a .csv or .mat file")
    classes, rate_hz = (_from_csv if path.suffix.lower() == ".csv" else _from_mat)(path)
    if not (math.isfinite(rate_hz) and rate_hz > 0.0):
        raise _no_bank(path, f"its sample rate is {quoted(rate_hz)}; it should be a number of hertz above 0")
    filters = tuple(band_pass_of(label, rows, rate_hz) for label, rows in classes.items())
    found = replace(settings or SyntheticSettings(), filters=filters, sample_rate_hz=rate_hz)
    check(found, "data.synthetic.")
    return found


def _no_bank(path: Path, reason: str) -> DataError:
    return DataError(f"{one_line(str(path), 300)} is no filter bank: {reason}")


def _csv(path: Path, settings: SyntheticSettings) -> str:
    rate = format_number(settings.sample_rate_hz)
    rows = zip(settings.filters, _sections(settings), strict=True)
    lines = [csv_line((one.label, 1, *(repr(float(value)) for value in row), rate)) for one, row in rows]
    return csv_line(_COLUMNS) + "".join(lines)


def _mat(path: Path, settings: SyntheticSettings) -> bytes:
    arrays = {
        "sos": _sections(settings),
        "section_class": np.arange(1.0, len(settings.filters) + 1.0),
        "class_names": text_cells([one.label for one in settings.filters]),
        "centre_hz": np.array([one.centre_hz for one in settings.filters]),
        "bandwidth_hz": np.array([one.bandwidth_hz for one in settings.filters]),
        "sample_rate_hz": settings.sample_rate_hz,
    }
    return mat_content(arrays)


def _python(path: Path, settings: SyntheticSettings) -> str:
    return python_code(settings, _sections(settings))


def _matlab(path: Path, settings: SyntheticSettings) -> str:
    return matlab_code(settings, _sections(settings), path.stem)


def _sections(settings: SyntheticSettings) -> NDArray[np.float64]:
    return second_order_sections(settings.filters, settings.sample_rate_hz)


def _from_csv(path: Path) -> tuple[dict[str, list[Sequence[float]]], float]:
    """Return the rows of coefficients of each class, and the sample rate."""
    text, _ = read_table_text(path)
    classes: dict[str, list[Sequence[float]]] = {}
    rates: list[float] = []
    try:
        rows = rows_of(text)
        header = [name.strip().lower() for name in next(rows, (0, []))[1]]
        missing = [name for name in _COLUMNS if name not in header and name != "section"]
        if missing:
            raise _no_bank(path, f"it has no column {missing[0]}; its first row should be {','.join(_COLUMNS)}")
        for number, cells in rows:
            cell = dict(zip(header, [one.strip() for one in cells] + [""] * len(header), strict=False))
            numbers = [_number(path, number, name, cell[name]) for name in _COLUMNS[2:]]
            classes.setdefault(cell["class"], []).append(numbers[:-1])
            rates.append(numbers[-1])
    except csv.Error as error:
        raise _no_bank(path, f"it is not a CSV file ({error})") from None
    if not rates:
        raise _no_bank(path, "it has no rows")
    if len(set(rates)) > 1:
        raise _no_bank(path, "its rows have several sample rates; they should have the same one")
    return classes, rates[0]


def _number(path: Path, row: int, column: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _no_bank(path, f"{column} in row {row} is {quoted(text)}; it should be a number") from None


def _from_mat(path: Path) -> tuple[dict[str, list[Sequence[float]]], float]:
    """Return the rows of coefficients of each class, and the sample rate."""
    variables = _variables(path)
    sos, rates = (_array(path, variables, name) for name in ("sos", "sample_rate_hz"))
    if sos.ndim != 2 or sos.shape[1] != 6 or not 0 < len(sos) <= _MOST_SECTIONS:
        expected = f"6 columns and 1 to {_MOST_SECTIONS:,} rows, one per section"
        raise _no_bank(path, f"sos has the shape {sos.shape}; it should have {expected}")
    if rates.size != 1:
        raise _no_bank(path, f"sample_rate_hz has {rates.size} values; it should be one number")
    names, indices = _names(path, variables, len(sos))
    classes: dict[str, list[Sequence[float]]] = {}
    for index, row in zip(indices, sos.tolist(), strict=True):
        classes.setdefault(names[index], []).append(row)
    return classes, float(rates.flat[0])


def _array(path: Path, variables: dict[str, MatValue], name: str) -> NDArray[Any]:
    value = variables.get(name)
    if not isinstance(value, np.ndarray):
        raise _no_bank(path, f"it has no real numeric variable {name}")
    return value


def _names(path: Path, variables: dict[str, MatValue], n_rows: int) -> tuple[list[str], list[int]]:
    """Return the name of each class and the class of each row."""
    known = variables.get("class_names")
    names = [name.strip() for name in known] if isinstance(known, list) else []
    if len(set(names)) != len(names):
        raise _no_bank(path, "two classes in class_names have the same name")
    if not names:
        names = [f"class {number}" for number in range(1, n_rows + 1)]
    given = variables.get("section_class")
    indices = np.ravel(given).tolist() if isinstance(given, np.ndarray) else [*range(1, n_rows + 1)]
    if len(indices) != n_rows or not set(indices) <= set(range(1, len(names) + 1)):
        expected = f"{n_rows} whole numbers from 1 to {len(names)}, the class of each row of sos"
        raise _no_bank(path, f"section_class or class_names does not fit to sos; section_class should be {expected}")
    return names, [int(one) - 1 for one in indices]


def _variables(path: Path) -> dict[str, MatValue]:
    try:
        data = read_plain(path, _LARGEST)
    except FileFormatError as error:
        raise DataError(str(error)) from None
    except OSError as error:
        raise DataError(f"{one_line(str(path), 300)} cannot be read ({error.strerror or error})") from None
    try:
        return read_mat(data, _LARGEST)
    except FileFormatError as error:
        raise _no_bank(path, str(error)) from None


BANK_FORMATS: dict[str, Callable[[Path, SyntheticSettings], str | bytes]] = {
    ".csv": _csv,
    ".mat": _mat,
    ".py": _python,
    ".m": _matlab,
}
"""The function that returns the content of each format, by suffix."""

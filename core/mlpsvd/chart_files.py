"""Files of charts: pictures for print, and their numbers as CSV and NumPy files."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.chart import Chart
from mlpsvd.draw_chart import PictureSize, draw, picture
from mlpsvd.drawing import FORMATS, figure_content
from mlpsvd.errors import SettingError
from mlpsvd.files import write_atomically
from mlpsvd.text import csv_text, format_number

__all__ = ["file_stem", "to_csv", "to_npy", "to_npz", "write_charts", "write_data", "write_picture"]

Column = Sequence[Any] | NDArray[Any]


def write_picture(path: Path, chart: Chart, size: PictureSize) -> Path:
    """Write a picture in the format of the suffix: ``.png``, ``.svg`` or ``.pdf``; return the path.

    Raises
    ------
    SettingError
        If the suffix is another one.
    MissingLibraryError
        If Matplotlib is not installed.
    OSError
        If the file cannot be written; an old one is then unchanged.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise SettingError("file name", path.name, "a name with the suffix .png, .svg or .pdf")
    write_atomically(path, picture(chart, kind, size))
    return path


def write_data(path: Path, chart: Chart) -> Path:
    """Write the numbers of a chart in the format of the suffix: ``.csv``, ``.npz`` or ``.npy``; return the path.

    Raises
    ------
    SettingError
        If the suffix is another one.
    OSError
        If the file cannot be written; an old one is then unchanged.
    """
    writers: dict[str, Callable[[Chart], bytes | str]] = {".csv": to_csv, ".npz": to_npz, ".npy": to_npy}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise SettingError("file name", path.name, "a name with the suffix .csv, .npz or .npy")
    write_atomically(path, write(chart))
    return path


def write_charts(
    folder: Path, charts: Mapping[str, Chart], size: PictureSize, formats: Sequence[str] = FORMATS
) -> Iterator[Path]:
    """Write charts by file stem into a folder, each in all formats and its numbers as CSV; yield each path.

    Raises
    ------
    MissingLibraryError
        If Matplotlib is not installed.
    OSError
        If a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for stem, chart in charts.items():
        figure = draw(chart, size)
        for kind in formats:
            path = folder / f"{stem}.{kind}"
            write_atomically(path, figure_content(figure, kind, size.dpi))
            yield path
        yield write_data(folder / f"{stem}.csv", chart)


def to_csv(chart: Chart) -> str:
    """Return the table of a chart as CSV with all digits; absent values (NaN, or a shorter column) are empty cells."""
    table = chart.table()
    columns = [[_cell(value) for value in column] for column in table.values()]
    return csv_text([tuple(table), *zip_longest(*columns, fillvalue="")])


def to_npz(chart: Chart) -> bytes:
    """Return the arrays of a chart as an ``.npz`` file, whose keys are the headers with units."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:  # numpy.savez has a key of its own: "file"
        for name, values in chart.arrays().items():
            archive.writestr(f"{name}.npy", _npy(_array(values)))
    return content.getvalue()


def to_npy(chart: Chart) -> bytes:
    """Return a chart as an ``.npy`` file: an image as [shape=(nx, ny)], other charts with a named field per column."""
    if chart.cells is not None:
        return _npy(np.asarray(chart.cells.values))
    columns = {name: _array(values) for name, values in chart.table().items()}
    n_rows = max((len(column) for column in columns.values()), default=0)
    padded = {name: _padded(column, n_rows) for name, column in columns.items()}
    rows = np.empty(n_rows, dtype=[(name, column.dtype) for name, column in padded.items()])
    for name, column in padded.items():
        rows[name] = column
    return _npy(rows)


def file_stem(text: str) -> str:
    """Return a text as a file name without suffix.

    Examples
    --------
    >>> file_stem("Singular value"), file_stem("U: layer 1 / MLP-SVD"), file_stem("σ")
    ('singular-value', 'u-layer-1-mlp-svd', 'σ')
    """
    return re.sub(r"\W+", "-", text).strip("-").lower()[:80] or "plot"


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return "" if np.isnan(value) else format_number(float(value))


def _array(values: Column) -> NDArray[Any]:
    array = np.asarray(values)
    return array.astype(str) if array.dtype.kind == "O" else array


def _padded(column: NDArray[Any], n_rows: int) -> NDArray[Any]:
    if len(column) == n_rows:
        return column
    absent: Any = "" if column.dtype.kind == "U" else np.nan
    return np.concatenate([column, np.full(n_rows - len(column), absent)])


def _npy(array: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, array, allow_pickle=False)
    return content.getvalue()

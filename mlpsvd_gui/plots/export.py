"""Export of plots: PNG and SVG images, CSV tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSaveFile
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QWidget

from mlpsvd.text import csv_text, spreadsheet_cell

__all__ = ["ExportError", "Table", "to_csv", "write_csv", "write_png", "write_svg"]


class ExportError(Exception):
    """Raised if an export fails; the message is one sentence."""


@dataclass(frozen=True)
class Table:
    """Columns of a table: header (with unit) to values."""

    columns: Mapping[str, npt.NDArray[Any] | list[Any]]


def to_csv(table: Table) -> str:
    """Return a table as comma-separated text; absent values (NaN, or a shorter column) are empty cells."""
    columns = [[_cell(value) for value in column] for column in table.columns.values()]
    return csv_text([tuple(table.columns), *zip_longest(*columns, fillvalue="")])


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{float(value):.9g}"
    return spreadsheet_cell(str(value))


def write_csv(path: Path, table: Table) -> None:
    """Write a table as UTF-8."""
    _write(path, to_csv(table).encode())


def write_png(path: Path, widget: QWidget, scale: float = 2.0) -> None:
    """Write an image of a widget at ``scale`` times its size on the screen."""
    picture = QPixmap(widget.size() * scale)
    picture.setDevicePixelRatio(scale)
    widget.render(picture)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    _write(path, bytes(data.data()))


def write_svg(path: Path, item: Any) -> None:
    """Write a pyqtgraph item as scalable vector graphics."""
    from pyqtgraph.exporters import SVGExporter

    text: bytes = SVGExporter(item).export(toBytes=True)
    size = item.sceneBoundingRect()
    whole = b'width="%d" height="%d"' % (round(size.width()), round(size.height()))
    _write(path, text.replace(b'width="100%" height="100%"', whole))  # a percentage is not read by every viewer


def _write(path: Path, data: bytes) -> None:
    file = QSaveFile(str(path))
    opened = file.open(QIODevice.OpenModeFlag.WriteOnly)
    if not (opened and file.write(data) == len(data) and file.commit()):
        raise ExportError(f"{path} could not be written: {file.errorString()}.")

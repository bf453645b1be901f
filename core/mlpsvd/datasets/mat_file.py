"""MATLAB 5 files: writing of arrays, and reading of numbers and texts.

``scipy.io.loadmat`` is not used for files from elsewhere: a damaged file can crash the process (SciPy 1.17).
"""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlpsvd.errors import FileFormatError

__all__ = ["MatValue", "mat_content", "read_mat", "text_cells"]

MatValue = NDArray[Any] | list[str]
"""Real numbers, or the texts of a cell array."""

_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_CELL, _CHAR = 1, 4
_NUMERIC = range(6, 16)
_COMPLEX = 0x08
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_TEXTS = {1: "utf-8", 2: "utf-8", 16: "utf-8", 4: "utf-16", 17: "utf-16", 18: "utf-32"}


def mat_content(arrays: Mapping[str, Any], *, compressed: bool = False) -> bytes:
    """Return the content of a MATLAB 5 file; vectors are columns."""
    from scipy.io import savemat

    content: Any = io.BytesIO()  # accepted, although the stubs name paths only
    savemat(content, dict(arrays), oned_as="column", do_compression=compressed)
    return bytes(content.getvalue())


def text_cells(texts: Sequence[str]) -> NDArray[Any]:
    """Return texts as a column of cells for :func:`mat_content`."""
    cells = np.empty((len(texts), 1), dtype=object)
    cells[:, 0] = list(texts)
    return cells


def read_mat(data: bytes, most_bytes: int) -> dict[str, MatValue]:
    """Return the real numeric arrays and the cell arrays of texts in a MATLAB 5 file; other variables are left out.

    Parameters
    ----------
    data
        Content of the file.
    most_bytes
        Maximum size of a decompressed variable.

    Raises
    ------
    FileFormatError
        If it is no MATLAB 5 file (versions 5 to 7 of MATLAB), or is damaged.
    """
    marks = {b"IM": "<", b"MI": ">"}
    if len(data) < _HEADER or data[126:128] not in marks:
        hint = "; save it with -v7" if data.startswith((b"\x89HDF", b"MATLAB 7.3")) else ""
        raise FileFormatError(f"it is not a MATLAB 5 file{hint}")
    order = marks[data[126:128]]
    if data.startswith(b"MATLAB 7.3"):
        raise FileFormatError("it is a MATLAB file of version 7.3; save it with -v7")
    found: dict[str, MatValue] = {}
    try:
        for kind, content in _elements(data[_HEADER:], order):
            if kind == _COMPRESSED:
                content = _decompressed(content, most_bytes)
                kind, content = next(_elements(content, order))
            if kind == _MATRIX:
                name, value = _matrix(content, order)
                if value is not None:
                    found[name] = value
    except (ValueError, StopIteration, zlib.error) as error:
        raise FileFormatError(f"it is a damaged MATLAB file ({error or 'an element is missing'})") from None
    return found


def _elements(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of each element; elements begin at multiples of 8 bytes, except compressed ones."""
    place = 0
    while place + 8 <= len(data):
        kind, size = (int(one) for one in np.frombuffer(data, f"{order}u4", 2, place))
        if kind >> 16:  # a small element: type and size in one number, up to 4 bytes of content in the other
            kind, size = kind & 0xFFFF, kind >> 16
            if size > 4:
                raise ValueError("a small element is too long")
            yield kind, data[place + 4 : place + 4 + size]
            place += 8
            continue
        if place + 8 + size > len(data):
            raise ValueError("it ends within an element")
        yield kind, data[place + 8 : place + 8 + size]
        place += 8 + size + (0 if kind == _COMPRESSED else -size % 8)


def _decompressed(data: bytes, most_bytes: int) -> bytes:
    reader = zlib.decompressobj()
    content = reader.decompress(data, most_bytes)
    if not reader.eof:
        raise ValueError(f"a variable is incomplete or larger than {most_bytes} bytes")
    return content


def _matrix(data: bytes, order: str) -> tuple[str, MatValue | None]:
    """Return name and value of a variable; None if it is neither real numbers nor a cell array of texts."""
    parts = _elements(data, order)
    flags = int(np.frombuffer(next(parts)[1], f"{order}u4", 1)[0])
    shape = tuple(int(one) for one in np.frombuffer(next(parts)[1], f"{order}i4"))
    name = next(parts)[1].decode("latin-1")
    kind, is_complex = flags & 0xFF, bool(flags >> 8 & _COMPLEX)
    if min(shape, default=-1) < 0:
        raise ValueError("a size is negative")
    if kind in _NUMERIC and not is_complex:
        return name, _numbers(*next(parts), shape, order)
    if kind == _CELL:
        cells = [_cell_text(content, order) for part, content in parts if part == _MATRIX]
        texts = [one for one in cells if one is not None]
        return name, texts if len(texts) == len(cells) == math.prod(shape) else None
    return name, None


def _numbers(kind: int, content: bytes, shape: tuple[int, ...], order: str) -> NDArray[Any]:
    if kind not in _TYPES:
        raise ValueError(f"numbers have the unknown type {kind}")
    values = np.frombuffer(content, order + _TYPES[kind])
    if values.size != math.prod(shape):
        raise ValueError("an array and its size do not agree")
    return values.reshape(shape, order="F").astype(np.float64)


def _cell_text(data: bytes, order: str) -> str | None:
    """Return the text in a cell; None if it holds something else."""
    parts = _elements(data, order)
    flags = int(np.frombuffer(next(parts)[1], f"{order}u4", 1)[0])
    next(parts), next(parts)
    if flags & 0xFF != _CHAR:
        return None
    kind, content = next(parts, (1, b""))
    if kind not in _TEXTS:
        raise ValueError(f"a text has the unknown type {kind}")
    encoding = _TEXTS[kind]
    if encoding != "utf-8":
        encoding += "-le" if order == "<" else "-be"
    return content.decode(encoding)

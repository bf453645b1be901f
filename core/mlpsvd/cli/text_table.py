"""Tables of text for the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["aligned"]


def aligned(rows: Sequence[Sequence[str]], numbers: Sequence[int] = (), beside: Sequence[int] = ()) -> str:
    """Return rows as lines with aligned columns; the columns in ``numbers`` end at the right.

    Those in ``beside`` belong to the column before: one space away, and without a width if they are empty.
    """
    if not rows:
        return ""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            " " * (width - _width(cell)) + cell if column in numbers else cell + " " * (width - _width(cell))
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        gaps = ["" if column == 0 or (column in beside and not widths[column]) else
                " " if column in beside else "  " for column in range(len(cells))]  # fmt: skip
        lines.append("".join(gap + cell for gap, cell in zip(gaps, cells, strict=True)).rstrip())
    return "\n".join(lines)


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "FW" else 1 for one in text
    )

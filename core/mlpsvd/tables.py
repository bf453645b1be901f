"""Tables and pictures that analyses and paper results produce."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlpsvd.text import csv_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Picture", "Table"]


@dataclass(frozen=True)
class Table:
    """A table of numbers and texts, written as CSV.

    Attributes
    ----------
    stem
        File name without suffix.
    title
        Its heading.
    columns, rows
        Column headings and rows of values.
    shown
        Whether the report shows it; the points of curves are written to CSV only.
    """

    stem: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    shown: bool = False

    def csv(self) -> str:
        """Return the table as CSV text with a header line."""
        return csv_text((self.columns, *self.rows))


@dataclass(frozen=True)
class Picture:
    """A figure, drawn on demand."""

    stem: str
    caption: str
    draw: Callable[[], Figure]

"""Content of a plot as data: axes with units, curves, bars and cells, for drawing and for tables of its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Axis", "Bars", "Cells", "Chart", "Curve", "Dash", "Level", "Marker", "Marks", "Palette", "cell_edges"]

Dash = Literal["solid", "dashed", "dash-dot", "dotted", "none"]
Marker = Literal["", "dot", "circle", "cross"]
Palette = Literal["sequential", "diverging", "ink", "share"]
Floats = NDArray[np.floating[Any]]
Columns = Mapping[str, Sequence[Any] | NDArray[Any]]


@dataclass(frozen=True)
class Axis:
    """An axis.

    Attributes
    ----------
    label, unit
        Its text is ``label (unit)``.
    limits
        What it shows, in data units; None for all data.
    ticks
        Positions and texts, instead of numbers.
    """

    label: str
    unit: str = ""
    is_log: bool = False
    limits: tuple[float, float] | None = None
    has_integers: bool = False
    is_reversed: bool = False
    ticks: tuple[tuple[float, str], ...] = ()

    @property
    def text(self) -> str:
        """Label with unit, as in ``Frequency (Hz)``."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True, eq=False)
class Curve:
    """A line, or points where ``dash`` is "none".

    Attributes
    ----------
    x, y : np.ndarray [shape=(n,)]
        Positions and values; NaN interrupts the line.
    colour
        Colour on white, such as ``#0072B2``.
    width
        Width in points.
    spread : np.ndarray [shape=(n,)] or None
        Half the height of a band about the line.
    """

    x: Floats
    y: Floats
    name: str = ""
    colour: str = "#000000"
    dash: Dash = "solid"
    width: float = 1.0
    marker: Marker = ""
    is_step: bool = False
    spread: Floats | None = None
    in_legend: bool = True


@dataclass(frozen=True)
class Marks:
    """Short ticks on the horizontal axis, such as discarding points."""

    positions: tuple[float, ...]
    colour: str = "#8a8d94"


@dataclass(frozen=True)
class Level:
    """A dotted horizontal line, such as the Bayes limit."""

    y: float
    name: str = ""
    colour: str = "#6a6d73"


@dataclass(frozen=True, eq=False)
class Bars:
    """Horizontal bars from the top down.

    Attributes
    ----------
    values, more_values : np.ndarray [shape=(n,)]
        Lengths, and what continues each bar in a lighter shade.
    texts
        At the ends of the bars; may be empty.
    """

    names: tuple[str, ...]
    values: Floats
    colours: tuple[str, ...]
    texts: tuple[str, ...] = ()
    more_values: Floats | None = None
    more_name: str = ""


@dataclass(frozen=True, eq=False)
class Cells:
    """An image of coloured cells.

    Attributes
    ----------
    values : np.ndarray [shape=(nx, ny)]
        NaN where there is none.
    x_edges, y_edges : np.ndarray [shape=(nx + 1,)] and [shape=(ny + 1,)]
        Ascending borders of the cells.
    label, unit
        What the colours show.
    low, high
        Range of the colours; from the values if None.
    texts
        Text of each cell, as ``texts[x][y]``; may be empty.
    """

    values: Floats
    x_edges: Floats
    y_edges: Floats
    label: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    is_log: bool = False
    palette: Palette = "sequential"
    texts: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        """Label with unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def centres(self) -> tuple[Floats, Floats]:
        """Middles of the columns and rows."""
        return (self.x_edges[1:] + self.x_edges[:-1]) / 2.0, (self.y_edges[1:] + self.y_edges[:-1]) / 2.0


def cell_edges(first: float, step: float, n: int) -> Floats:
    """Return the borders of ``n`` cells whose centres are ``first``, ``first + step`` and so on.

    Examples
    --------
    >>> cell_edges(1.0, 1.0, 3).tolist()
    [0.5, 1.5, 2.5, 3.5]
    """
    return first + step * (np.arange(n + 1) - 0.5)


@dataclass(frozen=True, eq=False)
class Chart:
    """Content of a plot.

    Attributes
    ----------
    name
        What it shows, in a few words; the suggested file name.
    x, y
        The axes.
    labels
        Texts, with the position of the middle of their upper edge.
    title
        Text above the axes; may be empty.
    columns
        Header with unit to numbers or texts, if the table is another one than the content gives.
    """

    name: str
    x: Axis
    y: Axis
    curves: tuple[Curve, ...] = ()
    bars: Bars | None = None
    cells: Cells | None = None
    marks: tuple[Marks, ...] = ()
    levels: tuple[Level, ...] = ()
    labels: tuple[tuple[float, float, str], ...] = ()
    title: str = ""
    has_equal_scales: bool = False
    columns: Columns | None = field(default=None, repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        has_curves = any(np.isfinite(curve.y).any() for curve in self.curves)
        has_bars = self.bars is not None and bool(self.bars.names)
        return not (has_curves or has_bars or (self.cells is not None and self.cells.values.size))

    def table(self) -> Columns:
        """Return the numbers shown, as columns with units in their headers.

        Curves with common positions share the first column; otherwise each curve has a column of positions. An image
        has a row for each position along x.
        """
        if self.columns is not None:
            return self.columns
        if self.cells is not None:
            return self._cell_columns(self.cells)
        return self._bar_columns(self.bars) if self.bars is not None else self._curve_columns()

    def arrays(self) -> Columns:
        """Return the numbers shown as named arrays: those of :meth:`table`, but an image as one of two dimensions."""
        if self.cells is None:
            return self.table()
        x, y = self.cells.centres
        return {self.x.text: x, self.y.text: y, self.cells.text: self.cells.values}

    def _curve_columns(self) -> Columns:
        columns: dict[str, Any] = {}
        curves = self.curves
        shared = all(np.array_equal(curve.x, curves[0].x) for curve in curves)
        if shared and curves:
            columns[self.x.text] = curves[0].x
        for curve in curves:
            name = f"{curve.name}: " if curve.name else ""
            if not shared:
                columns[_unused(f"{name}{self.x.text}", columns)] = curve.x
            columns[_unused(f"{name}{self.y.text}", columns)] = curve.y
            if curve.spread is not None:
                columns[_unused(f"{name}standard deviation of {self.y.text}", columns)] = curve.spread
        return columns

    def _bar_columns(self, bars: Bars) -> Columns:
        columns: dict[str, Any] = {"Name": list(bars.names), self.x.text: bars.values}
        if bars.more_name and bars.more_values is not None:
            columns[f"{bars.more_name}: {self.x.text}"] = bars.more_values
        return columns

    def _cell_columns(self, cells: Cells) -> Columns:
        if not cells.values.size:
            return {}
        x, ys = cells.centres
        columns: dict[str, Any] = {self.x.text: x}
        for j, y in enumerate(ys):
            columns[f"{cells.text} at {self.y.text} {y:.9g}"] = cells.values[:, j]
        return columns


def _unused(header: str, columns: Mapping[str, Any]) -> str:
    """Return a header that is not taken, since two curves may have one name."""
    number, found = 2, header
    while found in columns:
        found, number = f"{header} {number}", number + 1
    return found

"""Drawing of charts for print: a journal's column width, embedded fonts, on white."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from mlpsvd.chart import Axis, Bars, Cells, Chart, Curve, Palette
from mlpsvd.drawing import figure_content, integer_ticks, new_figure, style
from mlpsvd.errors import SettingError
from mlpsvd.text import one_line, with_minus

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis as DrawnAxis
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = ["DOUBLE_COLUMN_MM", "SINGLE_COLUMN_MM", "PictureSize", "draw", "picture"]

SINGLE_COLUMN_MM, DOUBLE_COLUMN_MM = 85.0, 180.0
"""Column widths of the Journal of the Acoustical Society of America and of most others."""

_MM_PER_IN = 25.4
_LEAST_MM, _MOST_MM = 30.0, 1000.0
_LEAST_DPI, _MOST_DPI = 50, 2400
_MOST_PIXELS = 100_000_000
_HEIGHT_OF_WIDTH = 0.66
_MOST_AUTO_MM = 95.0
_BAR_MM, _AROUND_BARS_MM = 4.0, 14.0
_ENTRY_MM, _SAMPLE_MM, _LETTER_MM = 3.6, 11.0, 1.35
"""Height of a line of the legend; width of a sample and of a letter."""
_LONGEST_NAME, _MOST_ENTRIES, _MOST_NAMES = 32, 48, 50
_DASHES = {"solid": "-", "dashed": "--", "dash-dot": "-.", "dotted": ":", "none": "none"}
_MARKERS = {"": "", "dot": "o", "circle": "o", "cross": "x"}
_MARKER_PT = {"dot": 2.5, "circle": 5.0, "cross": 5.0}
_DIVERGING = ("#0b3a75", "#4a90d0", "#f6f6f6", "#e08a3c", "#7a2f04")
_SHARE = ("#ffffff", "#1668c7")
_BRIGHT = 0.5
_PLAIN: Any = {"parse_math": False}
"""No TeX in names."""


@dataclass(frozen=True)
class PictureSize:
    """Size of a picture.

    Attributes
    ----------
    width_mm, height_mm
        In millimetres; without a height, the content determines it.
    dpi
        Dots per inch of a PNG, and of images in SVG and PDF.

    Raises
    ------
    SettingError
        If a value is out of range.
    """

    width_mm: float = SINGLE_COLUMN_MM
    height_mm: float | None = None
    dpi: int = 300

    def __post_init__(self) -> None:
        for name, value in (("width", self.width_mm), ("height", self.height_mm)):
            if value is not None and not _LEAST_MM <= value <= _MOST_MM:
                raise SettingError(name, value, f"from {_LEAST_MM:g} to {_MOST_MM:g} mm")
        if not _LEAST_DPI <= self.dpi <= _MOST_DPI:
            raise SettingError("dpi", self.dpi, f"from {_LEAST_DPI} to {_MOST_DPI}")
        n_pixels = self.width_mm * (self.height_mm or self.width_mm) * (self.dpi / _MM_PER_IN) ** 2
        if n_pixels > _MOST_PIXELS:
            raise SettingError("dpi", self.dpi, f"at most {_MOST_PIXELS:,} dots in all at this size")


def picture(chart: Chart, kind: str, size: PictureSize) -> bytes:
    """Return a chart as the content of a file: ``png``, ``svg`` or ``pdf`` (fonts embedded as TrueType).

    Raises
    ------
    MissingLibraryError
        If Matplotlib is not installed.
    """
    return figure_content(draw(chart, size), kind, size.dpi)


def draw(chart: Chart, size: PictureSize) -> Figure:
    """Return a chart as a figure.

    Raises
    ------
    MissingLibraryError
        If Matplotlib is not installed.
    """
    with _drawing():
        legend = _Legend.of(chart, size.width_mm)
        height_mm = size.height_mm or _height_mm(chart, size.width_mm) + legend.height_mm
        figure = new_figure(height_mm / _MM_PER_IN, size.width_mm / _MM_PER_IN)
        axes = figure.subplots()
        if chart.cells is not None and chart.cells.values.size:
            _draw_cells(figure, axes, chart.cells, is_log=chart.x.is_log)
        if chart.bars is not None and chart.bars.names:
            _draw_bars(axes, chart.bars, chart.x.label)
        for curve in chart.curves:
            _draw_curve(axes, curve)
        for x, y, text in chart.labels:
            axes.text(x, y, one_line(text, 14), ha="center", va="top", fontsize=6)
        for marks in chart.marks:
            across = axes.get_xaxis_transform()
            axes.vlines(marks.positions, 0.0, 0.05, colors=marks.colour, linewidth=1.0, transform=across)
        for level in chart.levels:
            axes.axhline(level.y, color=level.colour, linestyle=":", linewidth=0.8, label=_label(level.name))
        _set_axis(axes, "x", chart.x)
        if chart.bars is None:
            _set_axis(axes, "y", chart.y)
        if chart.has_equal_scales:
            axes.set_aspect("equal", adjustable="box")
        if chart.title:
            axes.set_title(one_line(chart.title), **_PLAIN)
        if legend.n_entries:
            handles, names = axes.get_legend_handles_labels()
            figure.legend(
                handles[:_MOST_ENTRIES], names[:_MOST_ENTRIES], loc="outside upper left", ncols=legend.n_columns
            )
    return figure


@contextmanager
def _drawing() -> Iterator[None]:
    """Context with the style for print, in which a dollar sign is a dollar sign."""
    with style():
        import matplotlib as mpl

        mpl.rcParams["text.parse_math"] = False
        yield


@dataclass(frozen=True)
class _Legend:
    """Layout of the legend above the axes."""

    n_entries: int
    n_columns: int

    @classmethod
    def of(cls, chart: Chart, width_mm: float) -> _Legend:
        names = [
            name
            for name in [*(one.name for one in chart.curves if one.in_legend), *(one.name for one in chart.levels)]
            if name
        ]
        bars = chart.bars
        if bars is not None and bars.more_name:
            names = [chart.x.label, bars.more_name]
        if len(names) == 1 and not chart.levels and chart.bars is None and len(chart.curves) == 1:
            names = []  # the axis says what the only curve is
        longest = max((min(len(name), _LONGEST_NAME) for name in names), default=0)
        n_columns = max(1, int((width_mm - 4.0) / (_SAMPLE_MM + _LETTER_MM * longest)))
        n_entries = min(len(names), _MOST_ENTRIES)
        return cls(n_entries, max(1, min(n_columns, n_entries)))

    @property
    def height_mm(self) -> float:
        return ceil(self.n_entries / self.n_columns) * _ENTRY_MM


def _height_mm(chart: Chart, width_mm: float) -> float:
    if chart.bars is not None:
        return min(_MOST_MM, _AROUND_BARS_MM + _BAR_MM * max(3, len(chart.bars.names)))
    if chart.has_equal_scales and chart.cells is not None:
        n_x, n_y = chart.cells.values.shape
        return min(0.95 * width_mm * min(1.0, max(0.3, float(n_y / n_x))), 1.5 * _MOST_AUTO_MM)
    if chart.has_equal_scales:
        return width_mm
    return min(_HEIGHT_OF_WIDTH * width_mm, _MOST_AUTO_MM)


def _label(name: str) -> str | None:
    return one_line(name, _LONGEST_NAME) or None


def _draw_curve(axes: Axes, curve: Curve) -> None:
    look: dict[str, Any] = {"linestyle": _DASHES[curve.dash], "color": curve.colour, "linewidth": curve.width}
    if curve.marker or len(curve.x) == 1:
        marker = curve.marker or "dot"
        look |= {"marker": _MARKERS[marker], "markersize": _MARKER_PT[marker]}
        look |= {"markerfacecolor": "none"} if marker == "circle" else {}
    if curve.is_step:
        look["drawstyle"] = "steps-post"
    axes.plot(curve.x, curve.y, label=_label(curve.name if curve.in_legend else "") or "_", **look)
    if curve.spread is not None and np.any(curve.spread > 0):
        low, high = curve.y - curve.spread, curve.y + curve.spread
        axes.fill_between(curve.x, low, high, color=curve.colour, alpha=0.2, linewidth=0)


def _draw_bars(axes: Axes, bars: Bars, name: str) -> None:
    rows = np.arange(len(bars.names))
    lengths = np.nan_to_num(bars.values)
    has_more = bars.more_values is not None and bool(np.any(np.nan_to_num(bars.more_values) > 0))
    own = axes.barh(rows, lengths, height=0.68, color=bars.colours)
    ends = lengths
    if has_more and bars.more_values is not None:
        ends = lengths + np.nan_to_num(bars.more_values)
        own.set_label(_label(name) or "_")
        more = axes.barh(rows, ends - lengths, left=lengths, height=0.68, color=bars.colours, alpha=0.35)
        more.set_label(_label(bars.more_name) or "_")
    for row, text in enumerate(bars.texts):
        axes.annotate(text, (ends[row], row), (2, 0), textcoords="offset points", va="center", fontsize=6, **_PLAIN)
    every = max(1, ceil(len(bars.names) / _MOST_NAMES / 4))
    names = [one_line(name, _LONGEST_NAME) for name in bars.names[::every]]
    axes.set_yticks(rows[::every], names, **_PLAIN)
    axes.set_ylim(len(bars.names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.15 if bars.texts else 0.04)


def _draw_cells(figure: Figure, axes: Axes, cells: Cells, *, is_log: bool) -> None:
    from matplotlib.colors import LogNorm, Normalize

    finite = cells.values[np.isfinite(cells.values) & ((cells.values > 0) | (not cells.is_log))]
    low = cells.low if cells.low is not None else float(finite.min(initial=np.inf))
    high = cells.high if cells.high is not None else float(finite.max(initial=-np.inf))
    low, high = (low, high) if low < high else (high / 2, high * 2) if cells.is_log else (low - 0.5, low + 0.5)
    norm = LogNorm(low, high, clip=True) if cells.is_log else Normalize(low, high)
    look: dict[str, Any] = {"norm": norm, "cmap": _colours(cells.palette)}
    values = cells.values.T
    if cells.is_log:
        values = np.where(values <= 0, low, values)
    values = np.ma.masked_invalid(values)
    axes.set_facecolor("0.92")
    if is_log:
        drawn: Any = axes.pcolormesh(cells.x_edges, cells.y_edges, values, rasterized=True, **look)
    else:
        extent = (cells.x_edges[0], cells.x_edges[-1], cells.y_edges[0], cells.y_edges[-1])
        drawn = axes.imshow(values, extent=extent, origin="lower", aspect="auto", interpolation="nearest", **look)
    _write_texts(axes, cells, norm, look["cmap"])
    is_square = bool(cells.texts) or cells.palette == "share"
    bar = figure.colorbar(drawn, ax=axes, label=cells.text, shrink=0.8 if is_square else 1.0)
    if cells.is_log:
        _set_log_ticks(bar.ax.yaxis, low, high)
    for spine in ("top", "right"):
        axes.spines[spine].set_visible(True)


def _write_texts(axes: Axes, cells: Cells, norm: Any, colours: Colormap) -> None:
    xs, ys = cells.centres
    for x, column, values in zip(xs, cells.texts, cells.values, strict=False):
        for y, text, value in zip(ys, column, values, strict=True):
            red, green, blue, _ = colours(norm(value))
            is_bright = 0.3 * red + 0.59 * green + 0.11 * blue > _BRIGHT
            axes.text(x, y, text, ha="center", va="center", fontsize=6, color="black" if is_bright else "white")


def _colours(palette: Palette) -> Colormap:
    from matplotlib import colormaps
    from matplotlib.colors import LinearSegmentedColormap

    if palette == "diverging":
        return LinearSegmentedColormap.from_list("diverging", _DIVERGING)
    if palette == "share":
        return LinearSegmentedColormap.from_list("share", _SHARE)
    return colormaps["Greys" if palette == "ink" else "viridis"]


def _set_axis(axes: Axes, which: str, axis: Axis) -> None:
    drawn: DrawnAxis = getattr(axes, f"{which}axis")
    drawn.set_label_text(axis.text, **_PLAIN)
    set_limits = getattr(axes, f"set_{which}lim")
    if axis.is_log:
        getattr(axes, f"set_{which}scale")("log")
    low, high = sorted(axis.limits or getattr(axes, f"get_{which}lim")())
    if axis.limits is not None or axis.is_reversed:
        set_limits((high, low) if axis.is_reversed else (low, high))
    if axis.ticks:
        every = max(1, ceil(len(axis.ticks) / _MOST_NAMES))
        shown = axis.ticks[::every]
        is_slanted = which == "x" and len(shown) > 4
        slanted: Any = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if is_slanted else {}
        drawn.set_ticks([at for at, _ in shown], [one_line(text, 14) for _, text in shown], **slanted, **_PLAIN)
    elif axis.is_log:
        _set_log_ticks(drawn, low, high)
    elif axis.has_integers:
        integer_ticks(drawn)


def _set_log_ticks(axis: DrawnAxis, low: float, high: float) -> None:
    """Put plain numbers at 1, 2 and 5 times powers of ten, or evenly where less than a factor of four is shown."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    ratio = high / low if low > 0 else np.inf
    if ratio < 4:
        axis.set_major_locator(MaxNLocator(4))
    else:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if ratio < 3000 else (1.0,), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: with_minus(f"{value:.4g}")))
    axis.set_minor_formatter(NullFormatter())

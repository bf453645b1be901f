"""Colour scale: range, logarithmic or linear, table of 256 colours, and ticks."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtGui import QColor

from mlpsvd.text import with_minus
from mlpsvd_gui.plots.frequency_axis import rounded_outwards
from mlpsvd_gui.plots.theme import Theme, mix

__all__ = [
    "ColourScale",
    "diverging_table",
    "ink_table",
    "range_of",
    "rounded_range",
    "sequential_table",
    "symmetric_range_of",
]

_LARGEST_SPAN_DECADES = 8.0
"""Maximum dynamic range, so that a single tiny value does not compress the scale."""


@dataclass(frozen=True)
class ColourScale:
    """A range of values over 255 colours."""

    low: float
    high: float
    is_log: bool = False

    @property
    def position_range(self) -> tuple[float, float]:
        """Both ends along the colour bar: log10 of the values where the scale is logarithmic."""
        return (log10(self.low), log10(self.high)) if self.is_log else (self.low, self.high)

    def indices(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
        """Return the colour index of each value, 0 for missing values.

        Parameters
        ----------
        values : np.ndarray [shape=any]
            Values; NaN means absent.
        """
        low, high = self.position_range
        with np.errstate(divide="ignore", invalid="ignore"):
            positions = np.log10(values) if self.is_log else values
        scaled = np.clip((positions - low) * (254.0 / (high - low)), 0.0, 254.0) + 1.0
        absent = np.isnan(positions)
        scaled[absent] = 0.0
        return scaled.astype(np.uint8)

    def ticks(self) -> list[tuple[float, str]]:
        """Return three to six round values as (position, text)."""
        return self._log_ticks() if self.is_log else self._linear_ticks()

    def _linear_ticks(self) -> list[tuple[float, str]]:
        raw = (self.high - self.low) / 4.0
        scale = 10.0 ** floor(log10(raw))
        spacing = scale * next(step for step in (1.0, 2.0, 2.5, 5.0, 10.0) if step * scale >= raw * 0.999)
        first, last = ceil(self.low / spacing - 1e-9), floor(self.high / spacing + 1e-9)
        return [(k * spacing, _text(k * spacing)) for k in range(first, last + 1)]

    def _log_ticks(self) -> list[tuple[float, str]]:
        low, high = self.position_range
        decades = range(floor(low), ceil(high) + 1)
        steps = (1.0, 2.0, 5.0) if high - low < 2.5 else (1.0,)
        stride = max(1, ceil((high - low) / 6.0))
        values = [step * 10.0**decade for decade in decades if decade % stride == 0 for step in steps]
        return [(log10(v), _text(v)) for v in values if low - 1e-9 <= log10(v) <= high + 1e-9]


def _text(value: float) -> str:
    return with_minus(f"{value:.4g}")


def range_of(values: npt.NDArray[np.float64], is_log: bool) -> tuple[float, float]:
    """Return the range of the finite values (above zero if logarithmic); never of zero length."""
    usable = values[np.isfinite(values) & ((values > 0.0) | (not is_log))]
    if usable.size == 0:
        return (0.1, 1.0) if is_log else (0.0, 1.0)
    low, high = float(usable.min()), float(usable.max())
    if is_log:
        low = max(low, high * 10.0**-_LARGEST_SPAN_DECADES)
        return (low, high) if high > low * 1.001 else (low / 2.0, high * 2.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def rounded_range(low: float, high: float, is_log: bool) -> tuple[float, float]:
    """Return a range that contains the given one; on a logarithmic scale, its limits are tenths of a decade."""
    if not is_log:
        return rounded_outwards(low, high)
    return 10.0 ** (floor(10.0 * log10(low) + 1e-9) / 10.0), 10.0 ** (ceil(10.0 * log10(high) - 1e-9) / 10.0)


def symmetric_range_of(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return a range that is symmetric about zero and contains the finite values."""
    finite = values[np.isfinite(values)]
    largest = float(np.abs(finite).max()) if finite.size else 1.0
    return (-largest, largest) if largest > 0.0 else (-1.0, 1.0)


def sequential_table() -> npt.NDArray[np.uint8]:
    """Return viridis, which is legible with colour vision deficiency and in grey."""
    table = np.zeros((256, 4), dtype=np.uint8)
    table[1:] = pg.colormap.get("viridis").getLookupTable(0.0, 1.0, 255, alpha=True)
    return table


def ink_table(theme: Theme) -> npt.NDArray[np.uint8]:
    """Return a table from the background colour to the text colour, for images of letters."""
    ends = np.array([theme.background.getRgb(), theme.foreground.getRgb()], dtype=np.float64)
    table = np.zeros((256, 4), dtype=np.uint8)
    table[1:] = (ends[0] + np.linspace(0.0, 1.0, 255)[:, np.newaxis] * (ends[1] - ends[0])).round()
    return table


def diverging_table(theme: Theme) -> npt.NDArray[np.uint8]:
    """Return a diverging table from blue through the background colour to orange."""
    middle = mix(theme.background, theme.foreground, 0.04)
    if theme.is_dark:
        colours = [QColor("#a8d4ff"), QColor("#3b82c9"), middle, QColor("#c9741c"), QColor("#ffd49a")]
    else:
        colours = [QColor("#0b3a75"), QColor("#4a90d0"), middle, QColor("#e08a3c"), QColor("#7a2f04")]
    stops = np.array([colour.getRgb() for colour in colours], dtype=np.float64)
    at = np.linspace(0.0, 4.0, 255)
    table = np.zeros((256, 4), dtype=np.uint8)
    table[1:] = np.stack([np.interp(at, np.arange(5), stops[:, k]) for k in range(4)], axis=1).round()
    return table

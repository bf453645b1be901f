"""Axes of the plots: logarithmic frequency, and plain linear numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, floor, inf, log10
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF

from mlpsvd.text import with_minus

__all__ = ["FrequencyAxis", "PlainAxis", "label_stride", "log_ticks", "rounded_outwards", "tick_text"]

_LADDERS: tuple[tuple[float, ...], ...] = (
    (1.0,),
    (1.0, 2.0, 5.0),
    (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0),
    tuple(1.0 + 0.1 * k for k in range(90)),
)
_LABEL_PX = 44.0
_END_PX = 16.0
_GAP_PX = 4.0
"""Minimum gap between neighbouring labels."""


def tick_text(frequency_hz: float) -> str:
    """Format a frequency: 20, 500, 1k, 1.5k, 20k, 710.5."""
    if abs(frequency_hz) >= 1000.0:
        return f"{frequency_hz / 1000.0:.6g}k"
    return f"{frequency_hz:.6g}"


def log_ticks(low_hz: float, high_hz: float, size_px: float) -> tuple[list[float], list[float]]:
    """Return labelled and unlabelled tick frequencies between two frequencies on an axis ``size_px`` long.

    The number of ticks per decade depends on the available space; if less than an octave is shown, ticks are evenly
    spaced in hertz.
    """
    if not 0.0 < low_hz < high_hz:
        return [], []
    room = max(2.0, size_px / _LABEL_PX)
    if high_hz / low_hz < 2.0:
        return _even_ticks(low_hz, high_hz, room)
    labelled = _on_ladder(_LADDERS[0], low_hz, high_hz)
    for ladder in _LADDERS[1:]:
        finer = _on_ladder(ladder, low_hz, high_hz)
        if not _fits(finer, low_hz, high_hz, size_px):
            break
        labelled = finer
    minor = [f for f in _on_ladder(tuple(map(float, range(1, 10))), low_hz, high_hz) if f not in labelled]
    return labelled, minor


def _fits(ticks: list[float], low_hz: float, high_hz: float, size_px: float) -> bool:
    if len(ticks) < 2:
        return True
    px_per_decade = size_px / log10(high_hz / low_hz)
    return float(np.min(np.diff(np.log10(ticks)))) * px_per_decade >= _LABEL_PX * 0.75


def _on_ladder(ladder: tuple[float, ...], low_hz: float, high_hz: float) -> list[float]:
    decades = range(floor(log10(low_hz)), ceil(log10(high_hz)) + 1)
    ticks = (round(step * 10.0**decade, 9) for decade in decades for step in ladder)
    return [tick for tick in ticks if low_hz * (1 - 1e-9) <= tick <= high_hz * (1 + 1e-9)]


def _even_ticks(low_hz: float, high_hz: float, room: float) -> tuple[list[float], list[float]]:
    spacing = _round_step((high_hz - low_hz) / room)
    labelled = _multiples(spacing, low_hz, high_hz)
    minor = [f for f in _multiples(spacing / 5.0, low_hz, high_hz) if f not in labelled]
    return labelled, minor


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20 … and 0.5, 0.2 … that is not below ``least``."""
    scale = 10.0 ** floor(log10(least))
    return scale * next(step for step in (1.0, 2.0, 5.0, 10.0) if step * scale >= least * (1 - 1e-9))


def _multiples(spacing: float, low_hz: float, high_hz: float) -> list[float]:
    first, last = ceil(low_hz / spacing - 1e-9), floor(high_hz / spacing + 1e-9)
    return [round(k * spacing, 9) for k in range(first, last + 1)]


def rounded_outwards(low: float, high: float) -> tuple[float, float]:
    """Return a range with round limits that contains the given one and is at most a fifth longer."""
    least = (high - low) / 25.0  # a round step is at most 2.5 times as long
    if not 0.0 < least < inf:
        return low, high
    step = _round_step(least)
    return floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step


def label_stride(spans: Sequence[tuple[float, float]], gap_px: float = _GAP_PX) -> int:
    """Return the smallest k for which every k-th of the ascending labels (first and last pixel) do not overlap."""
    for stride in range(1, len(spans)):
        kept = spans[::stride]
        if all(right[0] - left[1] >= gap_px for left, right in pairwise(kept)):
            return stride
    return max(1, len(spans))


class _RoomyAxis(pg.AxisItem):  # type: ignore[misc] # pyqtgraph carries no types
    """An axis without SI prefixes, and with space for the labels at both ends."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.enableAutoSIPrefix(False)

    def boundingRect(self) -> QRectF:
        """Return pyqtgraph's rectangle, extended by half a label, so that labels at the ends are kept."""
        rect: QRectF = super().boundingRect()
        is_upright = self.orientation in ("left", "right")
        dx, dy = (0.0, _END_PX) if is_upright else (_END_PX, 0.0)
        return rect.adjusted(-dx, -dy, dx, dy)


class PlainAxis(_RoomyAxis):
    """A linear axis without automatic SI prefixes."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self._integers = False

    @property
    def has_integers(self) -> bool:
        """Whether ticks are on whole numbers only."""
        return self._integers

    def set_integers(self, integers: bool) -> None:
        """Put ticks on whole numbers only (epochs, indices)."""
        if integers != self._integers:
            self._integers = integers
            self.picture = None
            self.update()

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:
        """Return pyqtgraph's spacings, those below one left out where ticks are whole."""
        levels: list[tuple[float, float]] = super().tickSpacing(minVal, maxVal, size)
        if not self._integers:
            return levels
        whole = [(spacing, offset) for spacing, offset in levels if spacing >= 1.0]
        return whole or [(1.0, 0.0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return pyqtgraph's labels with minus signs, as in tables."""
        return [with_minus(text) for text in super().tickStrings(values, scale, spacing)]

    def generateDrawSpecs(self, p: Any) -> Any:
        """Return what pyqtgraph draws, with labels thinned so that they do not overlap."""
        specs = super().generateDrawSpecs(p)
        if specs is None:
            return specs
        axis, ticks, texts = specs
        if self.orientation in ("left", "right"):
            texts = sorted(texts, key=lambda text: -text[0].top())
            spans, gap_px = [(-text[0].bottom(), -text[0].top()) for text in texts], 0.0
        else:
            texts = sorted(texts, key=lambda text: text[0].left())
            spans, gap_px = [(text[0].left(), text[0].right()) for text in texts], _GAP_PX
        return axis, ticks, texts[:: label_stride(spans, gap_px)]


class FrequencyAxis(_RoomyAxis):
    """A frequency axis for a view with log10 of hertz."""

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:
        """Return tick positions (log10 of hertz): first the labelled ones, then the others."""
        low, high = sorted((minVal, maxVal))
        labelled, minor = log_ticks(10.0 ** min(low, 30.0), 10.0 ** min(high, 30.0), size)
        return [(1.0, [log10(f) for f in labelled]), (0.1, [log10(f) for f in minor])]

    def tickStrings(self, values: list[float], scale: float, spacing: Any) -> list[str]:
        """Return the labels of ticks; fine ticks have none."""
        if spacing != 1.0:
            return ["" for _ in values]
        return [tick_text(round(10.0**value, 6)) for value in values]

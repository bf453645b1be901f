"""Geometry of a draggable filter handle and its limits; no widgets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import sqrt

from PySide6.QtGui import QColor

__all__ = ["FilterHandle", "HandleLimits"]


@dataclass(frozen=True)
class FilterHandle:
    """A band-pass filter as a handle."""

    centre_hz: float
    bandwidth_hz: float
    label: str
    colour: QColor

    @property
    def quality(self) -> float:
        """Centre frequency over bandwidth."""
        return self.centre_hz / self.bandwidth_hz

    def band(self) -> tuple[float, float]:
        """Return both −3 dB frequencies: ``bandwidth_hz`` apart, the centre their geometric mean."""
        low = sqrt(self.centre_hz**2 + self.bandwidth_hz**2 / 4.0) - self.bandwidth_hz / 2.0
        return low, low + self.bandwidth_hz

    def description(self) -> str:
        """Return label, centre, bandwidth and Q as text."""
        numbers = f"{self.centre_hz:g} Hz, bandwidth {self.bandwidth_hz:.4g} Hz, Q {self.quality:.3g}"
        return f"{self.label}: {numbers}" if self.label else numbers


@dataclass(frozen=True)
class HandleLimits:
    """Limits of a handle."""

    lowest_hz: float = 1.0
    highest_hz: float = 24_000.0
    narrowest_hz: float = 0.1
    widest_hz: float = 20_000.0

    def moved(self, handle: FilterHandle, centre_hz: float) -> FilterHandle:
        """Return the handle at another centre, to a tenth of a hertz."""
        return replace(handle, centre_hz=round(min(max(centre_hz, self.lowest_hz), self.highest_hz), 1))

    def widened(self, handle: FilterHandle, bandwidth_hz: float) -> FilterHandle:
        """Return the handle with another bandwidth, to four digits."""
        inside = min(max(bandwidth_hz, self.narrowest_hz), self.widest_hz)
        return replace(handle, bandwidth_hz=float(f"{inside:.4g}"))

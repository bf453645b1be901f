"""Measured latency from the sound to the displayed label."""

from __future__ import annotations

from collections import deque

import numpy as np

from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd_gui.pages.listen.views.latency_table import LatencyRow

__all__ = ["LatencyLog"]

_REMEMBERED = 200
_PARTS = (
    ("Device", "Latency reported by the device and its driver, and of the resampler; 0 for a recording"),
    ("Window", "From the delivery of a window's last sample to the start of its classification"),
    ("Features", "Level and features"),
    ("Network", "Network, distance to the training set, smoothing and decision"),
    ("Display", "From the decision to the drawing of its label"),
)
_SUM_TIP = "From a window's last sample to its label; the 95th percentile is that of the total"


class LatencyLog:
    """Latencies of the last 200 drawn labels."""

    def __init__(self) -> None:
        self._parts_ms: deque[tuple[float, ...]] = deque(maxlen=_REMEMBERED)
        self._undrawn: LiveDecision | None = None
        self._window_s = 0.0

    def clear(self) -> None:
        """Clear the latencies."""
        self._parts_ms.clear()
        self._undrawn = None

    def decided(self, decision: LiveDecision) -> None:
        """Record that a decision's label is about to be drawn."""
        self._undrawn = decision
        self._window_s = decision.duration_s

    def painted(self, now_s: float) -> None:
        """Record that the label has been drawn."""
        if self._undrawn is not None:
            one, drawing_ms = self._undrawn.latency, 1e3 * (now_s - self._undrawn.decided_s)
            self._parts_ms.append((one.device_ms, one.waiting_ms, one.features_ms, one.network_ms, drawing_ms))
            self._undrawn = None

    @property
    def totals_ms(self) -> tuple[float, ...]:
        """Latencies from the last sample to the drawn label."""
        return tuple(sum(parts) for parts in self._parts_ms)

    @property
    def own_ms(self) -> tuple[float, ...]:
        """The same without the latency of the device."""
        return tuple(sum(parts[1:]) for parts in self._parts_ms)

    def rows(self) -> list[LatencyRow]:
        """Return median and 95th percentile of each stage, the total last."""
        if not self._parts_ms:
            return []
        table = np.array(self._parts_ms)
        medians, most = np.median(table, axis=0), np.percentile(table, 95, axis=0)
        rows = [
            LatencyRow(name, tip, float(median), float(high))
            for (name, tip), median, high in zip(_PARTS, medians, most, strict=True)
        ]
        totals = table.sum(axis=1)
        total = LatencyRow("Total", _SUM_TIP, float(np.median(totals)), float(np.percentile(totals, 95)))
        return [*rows, total]

    def note(self) -> str:
        """Return a description of the numbers."""
        n = len(self._parts_ms)
        window = f"{1e3 * self._window_s:.0f} ms" if self._window_s < 1.0 else f"{self._window_s:.3g} s"
        return (
            f"Last {n} labels, from the last sample of a window ({window}). The label of a sound that begins within "
            "the window appears at its end."
        )

"""How long labels took from the sound to the screen, as measured."""

from __future__ import annotations

from collections import deque

import numpy as np

from mlpsvd.classification.live.decision import LiveDecision
from mlpsvd_gui.pages.listen.views.latency_table import LatencyRow

__all__ = ["LatencyLog"]

_REMEMBERED = 200
_PARTS = (
    ("Device", "What the device and its driver add, as they say themselves, and the resampler; 0 for a recording"),
    ("Window", "From the delivery of a window's last sample until the classifier took it up"),
    ("Features", "Level and features"),
    ("Network", "The network, the distance to the training set, smoothing and verdict"),
    ("Display", "From the decision until its label was drawn"),
)
_SUM_TIP = "From a window's last sample to its label; the 95 % are those of the sum itself, not a sum of theirs"


class LatencyLog:
    """Latencies of the last two hundred labels that were drawn."""

    def __init__(self) -> None:
        self._parts_ms: deque[tuple[float, ...]] = deque(maxlen=_REMEMBERED)
        self._undrawn: LiveDecision | None = None
        self._window_s = 0.0

    def clear(self) -> None:
        """Forget everything."""
        self._parts_ms.clear()
        self._undrawn = None

    def decided(self, decision: LiveDecision) -> None:
        """A decision's label is about to be drawn."""
        self._undrawn = decision
        self._window_s = decision.duration_s

    def painted(self, now_s: float) -> None:
        """The label has been drawn."""
        if self._undrawn is not None:
            one, drawing_ms = self._undrawn.latency, 1e3 * (now_s - self._undrawn.decided_s)
            self._parts_ms.append((one.device_ms, one.waiting_ms, one.features_ms, one.network_ms, drawing_ms))
            self._undrawn = None

    @property
    def totals_ms(self) -> tuple[float, ...]:
        """From the last sample to the drawn label, for each of the labels remembered."""
        return tuple(sum(parts) for parts in self._parts_ms)

    @property
    def own_ms(self) -> tuple[float, ...]:
        """The same without what the device itself adds."""
        return tuple(sum(parts[1:]) for parts in self._parts_ms)

    def rows(self) -> list[LatencyRow]:
        """Say where the time goes: medians, and what 95 of 100 stay below; the sum last."""
        if not self._parts_ms:
            return []
        table = np.array(self._parts_ms)
        medians, most = np.median(table, axis=0), np.percentile(table, 95, axis=0)
        rows = [
            LatencyRow(name, tip, float(median), float(high))
            for (name, tip), median, high in zip(_PARTS, medians, most, strict=True)
        ]
        totals = table.sum(axis=1)
        total = LatencyRow("Sound to label", _SUM_TIP, float(np.median(totals)), float(np.percentile(totals, 95)))
        return [*rows, total]

    def note(self) -> str:
        """Say what the numbers are of."""
        n = len(self._parts_ms)
        window = f"{1e3 * self._window_s:.0f} ms" if self._window_s < 1.0 else f"{self._window_s:.3g} s"
        return (
            f"Of the last {n} labels, from the end of a window's last sample. The window itself is {window} long: a "
            "sound that begins within it is told at its end."
        )

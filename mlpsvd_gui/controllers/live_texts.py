"""What the live tab says of itself in words: where the time goes, and what is being played."""

from __future__ import annotations

from collections import deque

import numpy as np

from mlpsvd.audio.source import SourceState
from mlpsvd.models.live import LiveDecision
from mlpsvd_gui.workers.live import LiveUpdate

__all__ = ["LatencyLog", "right_text", "status_text"]

_REMEMBERED = 100
_FAST = 1.5


class LatencyLog:
    """Latencies of the last hundred labels that were drawn."""

    def __init__(self) -> None:
        self._parts_ms: deque[tuple[float, float, float]] = deque(maxlen=_REMEMBERED)
        self._undrawn: LiveDecision | None = None

    def clear(self) -> None:
        """Forget everything."""
        self._parts_ms.clear()
        self._undrawn = None

    def decided(self, decision: LiveDecision) -> None:
        """A decision's label is about to be drawn."""
        self._undrawn = decision

    def painted(self, now_s: float) -> None:
        """The label has been drawn."""
        if self._undrawn is not None:
            one, drawing_ms = self._undrawn.latency, 1e3 * (now_s - self._undrawn.decided_s)
            self._parts_ms.append((one.device_ms + one.waiting_ms, one.features_ms + one.network_ms, drawing_ms))
            self._undrawn = None

    @property
    def totals_ms(self) -> tuple[float, ...]:
        """From the last sample to the drawn label, for each of the labels remembered."""
        return tuple(sum(parts) for parts in self._parts_ms)

    def parts(self) -> list[tuple[str, str]]:
        """Say where the time goes, as (what, how long): medians, and what 95 of 100 stay below."""
        if not self._parts_ms:
            return []
        medians = np.median(np.array(self._parts_ms), axis=0)
        total, most = np.median(self.totals_ms), np.percentile(self.totals_ms, 95)
        names = ("Waiting", "Features and network", "Display")
        rows = [(name, _ms(value)) for name, value in zip(names, medians, strict=True)]
        return [*rows, ("95 % of labels within", _ms(most)), ("Sound to label", _ms(total))]


def status_text(name: str, update: LiveUpdate, n_decisions: int, elapsed_s: float) -> str:
    """Say in one line what is played, how far, and whether anything was lost."""
    state = update.status.state
    if state is SourceState.FAILED:
        return "Stopped by an error."
    if state is SourceState.STARTING:
        return f"Opening {name} …"
    verb = {SourceState.FINISHED: "Played to the end", SourceState.STOPPED: "Stopped"}.get(state, f"Playing {name}")
    heard = f"{update.heard_s:.1f} s heard"
    if elapsed_s > 0.2 and update.heard_s > _FAST * elapsed_s:
        heard += f" at {update.heard_s / elapsed_s:.0f} times real time"
    lost = f"{update.lost_s:.2f} s lost" if update.lost_s > 0 else "nothing lost"
    return f"{verb}: {heard}, {n_decisions} decision{'' if n_decisions == 1 else 's'}, {lost}."


def right_text(n_right: int, n_judged: int) -> str:
    """Say how many decisions were right, where it is known what was played; nothing where it is not."""
    return f" {n_right} of {n_judged} right ({100.0 * n_right / n_judged:.0f} %)." if n_judged else ""


def _ms(milliseconds: float) -> str:
    if milliseconds < 0.095:
        return f"{milliseconds:.2f} ms"
    return f"{milliseconds:.1f} ms" if milliseconds < 9.95 else f"{milliseconds:.0f} ms"

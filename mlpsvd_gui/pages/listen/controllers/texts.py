"""Status texts of the Listen page."""

from __future__ import annotations

from mlpsvd.audio.sources.source import SourceHealth, SourceState
from mlpsvd.text import counted, percent
from mlpsvd_gui.workers.live_session import LiveUpdate

__all__ = ["right_text", "status_text"]

_FAST = 1.5


def status_text(name: str, update: LiveUpdate, health: SourceHealth, n_decisions: int, elapsed_s: float) -> str:
    """Return one line with source, time received, decisions and losses."""
    state = update.status.state
    if state is SourceState.FAILED:
        return "Stopped after an error."
    if state is SourceState.STARTING:
        return f"Opening {name}…"
    verb = {
        SourceState.FINISHED: "Finished",
        SourceState.STOPPED: "Stopped",
        SourceState.STALLED: f"Waiting for {name}",
    }.get(state, name)
    received = f"{update.heard_s:.1f} s received"
    if elapsed_s > 0.2 and update.heard_s > _FAST * elapsed_s:
        received += f" at {update.heard_s / elapsed_s:.0f} × real time"
    decisions = f", {counted(n_decisions, 'decision')}" if n_decisions else ""
    return f"{verb}: {received}{decisions}, {_lost(update.lost_s, health)}."


def _lost(lost_s: float, health: SourceHealth) -> str:
    parts = []
    if health.n_gaps:
        parts.append(f"{counted(health.n_gaps, 'dropout')} of {health.gaps_s:.1f} s in all")
    if lost_s > 0:
        parts.append(f"{lost_s:.2f}s skipped (too slow to classify)")
    return ", ".join(parts) or "no dropouts"


def right_text(n_right: int, n_judged: int) -> str:
    """Return the accuracy of the decisions if the actual class is known; otherwise an empty text."""
    return f" {n_right} of {n_judged} correct ({percent(n_right / n_judged, 0)})." if n_judged else ""

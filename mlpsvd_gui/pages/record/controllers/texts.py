"""Texts of the Record page."""

from __future__ import annotations

from mlpsvd.collection.recording.recorder import RecorderState
from mlpsvd.collection.recording.settings import FIXED_LENGTH, TRIGGERED, RecordSettings
from mlpsvd.text import counted, length_text, with_minus

__all__ = ["clock", "idle_text", "ready_note", "running_text", "summary", "waiting_text"]


def clock(seconds: float) -> str:
    """Format elapsed time as 0:03.2."""
    minutes, rest = divmod(int(seconds * 10), 600)
    return f"{minutes}:{rest // 10:02d}.{rest % 10}"


def running_text(state: RecorderState, settings: RecordSettings) -> tuple[str, str]:
    """Return headline and detail while recording."""
    of = f" of {settings.length_s:g} s" if settings.mode == FIXED_LENGTH else ""
    return f"REC  {clock(state.duration_s)}{of}", f"recording {state.label}"


def waiting_text(state: RecorderState, settings: RecordSettings) -> tuple[str, str]:
    """Return headline and detail while waiting for the trigger."""
    note = with_minus(f"for a sound above {settings.trigger_dbfs:g} dBFS ({state.label})")
    return "Waiting…", note


def idle_text(label: str, n_clips: int, goal: int) -> str:
    """Return the next class and its number of clips."""
    if not label:
        return "Add a class first"
    count = f"{n_clips} of {goal}" if goal else counted(n_clips, "clip")
    return f"{label}: {count}"


def ready_note(settings: RecordSettings) -> str:
    """Describe the effect of Record."""
    if settings.mode == FIXED_LENGTH:
        return f"{settings.length_s:g} s per press, including {settings.pre_roll_s:g} s of pre-roll"
    if settings.mode == TRIGGERED:
        return with_minus(f"Every sound above {settings.trigger_dbfs:g} dBFS becomes a clip")
    return f"From press to press, or while held, with {settings.pre_roll_s:g} s of pre-roll"


def summary(n_classes: int, n_clips: int, duration_s: float) -> str:
    """Summarise a collection."""
    return f"{counted(n_classes, 'class')}, {counted(n_clips, 'clip')}, {length_text(duration_s, decimals=1)}"

"""What the Record page says in words: pure functions."""

from __future__ import annotations

from mlpsvd.collection.recording.recorder import RecorderState
from mlpsvd.collection.recording.settings import FIXED_LENGTH, TRIGGERED, RecordSettings
from mlpsvd.text import counted, length_text, with_minus

__all__ = ["clock", "idle_words", "ready_note", "running_words", "summary", "waiting_words"]


def clock(seconds: float) -> str:
    """Write elapsed time as 0:03.2."""
    minutes, rest = divmod(int(seconds * 10), 600)
    return f"{minutes}:{rest // 10:02d}.{rest % 10}"


def running_words(state: RecorderState, settings: RecordSettings) -> tuple[str, str]:
    """Say what is being recorded, large and small."""
    of = f" of {settings.length_s:g} s" if settings.mode == FIXED_LENGTH else ""
    return f"REC  {clock(state.duration_s)}{of}", f"{state.label} is being recorded"


def waiting_words(state: RecorderState, settings: RecordSettings) -> tuple[str, str]:
    """Say what is waited for."""
    note = with_minus(f"for a sound above {settings.trigger_dbfs:g} dBFS, to be kept as {state.label}")
    return "Waiting …", note


def idle_words(label: str, n_clips: int, goal: int) -> str:
    """Say which class comes next, and how many clips it has."""
    if not label:
        return "Name a class first"
    count = f"{n_clips} of {goal}" if goal else counted(n_clips, "clip")
    return f"{label}: {count}"


def ready_note(settings: RecordSettings) -> str:
    """Say what pressing Record would do."""
    if settings.mode == FIXED_LENGTH:
        return f"Record takes {settings.length_s:g} s, {settings.pre_roll_s:g} s of it from before the press"
    if settings.mode == TRIGGERED:
        return with_minus(f"Every sound above {settings.trigger_dbfs:g} dBFS becomes a clip")
    return f"From press to press, or while held; {settings.pre_roll_s:g} s from before belong to it"


def summary(n_classes: int, n_clips: int, duration_s: float) -> str:
    """Say what a collection holds."""
    return f"{counted(n_classes, 'class')}, {counted(n_clips, 'clip')}, {length_text(duration_s, decimals=1)}"

"""Words that every part of the window writes alike."""

from __future__ import annotations

__all__ = ["counted", "sentence"]


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: "1 clip", "2 clips", "2 classes", "1,200 clips"."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def sentence(text: str) -> str:
    """End a text with a full stop, where it has none and is not empty."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."

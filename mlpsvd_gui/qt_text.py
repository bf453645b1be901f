"""Words that every part of the window writes alike."""

from __future__ import annotations

import html

__all__ = ["counted", "menu_text", "plain_tip", "sentence"]


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: "1 clip", "2 clips", "2 classes", "1,200 clips"."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def sentence(text: str) -> str:
    """End a text with a full stop, where it has none and is not empty."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def plain_tip(text: str) -> str:
    """Return a tooltip that shows ``text`` as it is; Qt would render what looks like markup, and load its pictures."""
    if "<" not in text and "&" not in text:
        return text
    return f"<p style='white-space: pre-wrap'>{html.escape(text)}</p>"


def menu_text(name: str) -> str:
    """Return a name for a menu entry, button or tab, where a single & marks the next letter as a key."""
    return name.replace("&", "&&")

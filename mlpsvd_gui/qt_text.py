"""Escaping of text, so that Qt shows it literally, without markup and shortcuts."""

from __future__ import annotations

import html

__all__ = ["menu_text", "plain_tip", "title_text"]


def plain_tip(text: str, *, is_long: bool = False) -> str:
    """Return a tooltip that shows ``text`` literally; Qt would render markup and load its images.

    A long one is shown in several lines: Qt breaks the lines of markup only.
    """
    if is_long and text:
        return f"<p>{html.escape(text)}</p>"
    if "<" not in text and "&" not in text:
        return text
    return f"<p style='white-space: pre-wrap'>{html.escape(text)}</p>"


def menu_text(name: str) -> str:
    """Return a name for a menu entry, button or tab, with & escaped."""
    return name.replace("&", "&&")


def title_text(name: str) -> str:
    """Return a name for a window title, where [*] marks a modified document."""
    return name.replace("[*]", "[*][*]")

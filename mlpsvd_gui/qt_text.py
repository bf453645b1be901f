"""Text that Qt shows as it is, without markup and without keys."""

from __future__ import annotations

import html

__all__ = ["menu_text", "plain_tip"]


def plain_tip(text: str) -> str:
    """Return a tooltip that shows ``text`` as it is; Qt would render what looks like markup, and load its pictures."""
    if "<" not in text and "&" not in text:
        return text
    return f"<p style='white-space: pre-wrap'>{html.escape(text)}</p>"


def menu_text(name: str) -> str:
    """Return a name for a menu entry, button or tab, where a single & marks the next letter as a key."""
    return name.replace("&", "&&")

"""Patterns that find a label or a group in a file name."""

from __future__ import annotations

import re
import unicodedata

from mlpsvd.errors import SettingError

__all__ = ["normalised", "text_from_name"]

_KEYS = {"label": "recordings.pattern", "group": "recordings.group_pattern"}


def text_from_name(stem: str, pattern: str, placeholder: str) -> str | None:
    """Return the text at a placeholder of a pattern in a file name without its suffix, or None if it does not match.

    ``{label}`` or ``{group}`` matches at least one character, ``*`` any text, including none. Matching is non-greedy
    from left to right and case-sensitive.

    Parameters
    ----------
    stem
        File name without its suffix.
    pattern
        The pattern.
    placeholder
        ``label`` or ``group``.

    Raises
    ------
    SettingError
        If the pattern does not hold the placeholder exactly once.

    Examples
    --------
    >>> text_from_name("7_george_12", "*_{group}_*", "group")
    'george'
    """
    match = _compiled(pattern, placeholder).fullmatch(normalised(stem))
    return match.group(1).strip() or None if match else None


def normalised(text: str) -> str:
    """Return a text in Unicode NFC: macOS encodes é as two characters, other systems as one."""
    return unicodedata.normalize("NFC", text)


def _compiled(pattern: str, placeholder: str) -> re.Pattern[str]:
    wanted = f"{{{placeholder}}}"
    if pattern.count(wanted) != 1:
        raise SettingError(_KEYS[placeholder], pattern, f"a pattern with {wanted} in it once")
    pieces = re.split(rf"({re.escape(wanted)}|\*)", normalised(pattern))
    wild = [
        ("(.+?)" if one != "*" else ".*?") + re.escape(text)
        for one, text in zip(pieces[1::2], pieces[2::2], strict=True)
    ]
    # An atomic group keeps its first match, which is sufficient here. Without backtracking, a pattern with many stars
    # takes time proportional to the length of the name, not to a power of it.
    return re.compile(re.escape(pieces[0]) + "".join(f"(?>{one})" for one in wild[:-1]) + wild[-1], re.DOTALL)

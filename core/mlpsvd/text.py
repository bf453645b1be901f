"""Text for messages: quotes of untrusted values that are short, on one line and without control characters."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping

__all__ = ["CONTENDER_NAMES", "one_line", "quoted", "spreadsheet_cell", "spreadsheet_row"]

CONTENDER_NAMES = {"mlp": "MLP", "mlp-svd": "MLP-SVD"}
"""The contenders of a race as a person knows them."""

_LONGEST = 80


def one_line(text: str, longest: int = _LONGEST) -> str:
    """Return ``text`` on one line, without control characters and elided in the middle where it is long.

    Parameters
    ----------
    text
        Any text, e.g. a name that was read from a file.
    longest
        Number of characters that are kept.

    Examples
    --------
    >>> one_line("two\\nlines")
    'two lines'
    >>> one_line("abcdefghij", longest=7)
    'abc…hij'
    """
    head = text if len(text) <= longest else f"{text[: (longest - 1) // 2]}…{text[len(text) - longest // 2 :]}"
    return "".join(_visible(character) for character in head)


def quoted(value: object, longest: int = _LONGEST) -> str:
    """Return ``value`` as Python writes it, fit for an error message whatever a file holds.

    Parameters
    ----------
    value
        Any value that was found where another was expected; containers of any size and depth.
    longest
        Number of characters that are kept.

    Examples
    --------
    >>> quoted("5\\n")
    "'5\\\\n'"
    >>> quoted([1, 2, 3])
    '[1, 2, 3]'
    """
    return one_line(_representation(value, longest), longest)


def _representation(value: object, longest: int) -> str:
    """Return the repr of a value without writing out more of it than can be shown."""
    if isinstance(value, str | bytes):
        return repr(value[: longest + 1])
    if isinstance(value, dict | list | tuple | set | frozenset) and not _is_small_and_flat(value, longest):
        return f"a {'table' if isinstance(value, dict) else 'list'} of {len(value)} entries"
    try:
        return repr(value)
    except (ValueError, RecursionError):  # a whole number of thousands of digits
        return f"a value of the type {type(value).__name__}"


def _is_small_and_flat(value: Collection[object], longest: int) -> bool:
    entries = value.values() if isinstance(value, Mapping) else value
    return len(value) <= longest // 2 and all(
        one is None or isinstance(one, int | float) or (isinstance(one, str) and len(one) <= longest) for one in entries
    )


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    # Cc control, Cf format (e.g. right-to-left override), Cs lone surrogates, Co private use, Cn unassigned.
    return "\ufffd" if unicodedata.category(character).startswith("C") else character


def spreadsheet_cell(text: str) -> str:
    """Return a text as a cell of a CSV table that no spreadsheet takes for a formula.

    A text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return gets an apostrophe before it; a
    spreadsheet would compute it, or start a program. Numbers stay as they are.

    Examples
    --------
    >>> spreadsheet_cell("=cmd"), spreadsheet_cell("-3.5"), spreadsheet_cell("-3 dB")
    ("'=cmd", '-3.5', "'-3 dB")
    """
    if not text.startswith(("=", "+", "-", "@", "\t", "\r")) or _is_number(text):
        return text
    return f"'{text}"


def spreadsheet_row(cells: Iterable[object]) -> list[object]:
    """Return a row for a CSV writer whose texts are :func:`spreadsheet_cell`; other values stay as they are."""
    return [spreadsheet_cell(cell) if isinstance(cell, str) else cell for cell in cells]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

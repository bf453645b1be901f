"""Portable file and folder names made from arbitrary labels."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import datetime

from mlpsvd.errors import DataError
from mlpsvd.text import is_unicode

__all__ = ["checked_label", "clip_stem", "first_free", "safe_name"]

_FORBIDDEN = frozenset('<>:"/\\|?*')
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")}
_LONGEST_BYTES = 80


def checked_label(label: str) -> str:
    """Return a normalised label, as read from a manifest: without surrounding spaces, in Unicode NFC.

    Raises
    ------
    DataError
        If nothing is left, or it holds a line break or another character that cannot be shown.
    """
    clean = unicodedata.normalize("NFC", label).strip()
    if not clean:
        raise DataError("the label is empty; a clip needs a label of at least one letter")
    if not is_unicode(clean) or any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in clean):
        raise DataError(f"the label {clean!r} contains a non-printable character; a label is one line of text")
    return clean


def safe_name(label: str) -> str:
    """Return the name of the folder for a label: the label itself if it is a valid name on every system.

    Names that Windows, macOS or Linux would reject, hide or change are modified: slashes, colons and similar
    characters, invisible characters, dots and spaces at either end, reserved names such as ``CON``, and long names. Two
    labels may get the same name.
    """
    shown = "".join("_" if _is_unsafe(letter) else letter for letter in unicodedata.normalize("NFC", label))
    cut = shown.strip(" .").encode()[:_LONGEST_BYTES].decode(errors="ignore").rstrip(" .")
    if cut.partition(".")[0].rstrip().casefold() in _RESERVED:
        return f"_{cut}"
    return cut or "_"


def clip_stem(label: str, recorded_at: datetime) -> str:
    """Return the beginning of a clip's file name: its label and its time of recording, to the second."""
    return f"{safe_name(label)}_{recorded_at:%Y-%m-%d_%H-%M-%S}"


def first_free(names: Callable[[int], str], is_taken: Callable[[str], bool], first: int = 1) -> str:
    """Return the first of ``names(first), names(first + 1), …`` that is not taken."""
    number = first
    while is_taken(names(number)):
        number += 1
    return names(number)


def _is_unsafe(letter: str) -> bool:
    return letter in _FORBIDDEN or unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")

"""Paths as typed, pasted or dropped: with ``~``, in quotes, or as a file URL."""

from __future__ import annotations

import os
import re
from urllib.parse import unquote

from mlpsvd.files import expand_home

__all__ = ["typed_path"]

_INVISIBLE = "\u200e\u200f\u202a\u202b\u202c\ufeff"
"""Marks that Windows adds around a path copied from the properties of a file."""
_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb"}


def typed_path(text: str) -> str:
    """Return the path described by a text.

    Surrounding blanks, invisible marks and one pair of quotes are removed; ``file://`` URLs are decoded (the first of
    several); a leading ``~`` is the home folder. Other text is unchanged.

    Parameters
    ----------
    text
        The text typed, pasted or dropped.

    Examples
    --------
    >>> typed_path('"/data/my digits"')
    '/data/my digits'
    >>> typed_path("file:///data/my%20digits")
    '/data/my digits'
    """
    clean = text.strip().strip(_INVISIBLE).strip()
    if len(clean) > 1 and _QUOTES.get(clean[0]) == clean[-1]:
        clean = clean[1:-1].strip()
    if clean[:5].lower() == "file:":
        return _from_url(clean.split()[0] if "%" in clean or "\n" in clean or "\r" in clean else clean)
    return str(expand_home(clean)) if clean.startswith("~") else clean


def _from_url(url: str) -> str:
    """Return the path in a ``file:`` URL; a host other than this machine is a Windows share."""
    rest = re.sub(r"(?i)^file:", "", url)
    host, path = "", rest
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        path = slash + path
    path = unquote(path)
    if re.match(r"/[A-Za-z]:", path):  # file:///C:/digits
        path = path[1:]
    if host.lower() not in ("", "localhost") and os.name == "nt":
        return f"//{host}{path}"
    return path

"""Start time of a recording, from its file name."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["recorded_at_text", "recording_start"]

_DATE = re.compile(r"(?:^|_)(\d{8})_(\d{6})T?(?:_\d+)?$", re.ASCII)
_HEXADECIMAL = re.compile(r"[0-9A-F]{8}", re.ASCII)
_FIRST = 0x58000000
"""October 2016, before the first AudioMoth."""


def recording_start(path: Path) -> datetime | None:
    """Return when a recording began, as its file name says.

    AudioMoth writes ``20200131_235959.WAV``, with ``T`` at the end for triggered recordings, Song Meter
    ``PREFIX_20200131_235959.wav``, in the time zone of the recorder. Earlier firmware of AudioMoth writes the seconds
    since 1970 (UTC) as eight hexadecimal digits, ``5E34C07F.WAV``; names of decimal digits only are not taken for them.

    Parameters
    ----------
    path
        The file; only its name counts.

    Returns
    -------
    datetime or None
        Without a time zone where the name states none, in UTC for hexadecimal names; None for other names.

    Examples
    --------
    >>> recording_start(Path("SITE3_20200131_235959.wav")).isoformat()
    '2020-01-31T23:59:59'
    >>> recording_start(Path("5E34C07F.WAV")).isoformat()
    '2020-02-01T00:04:15+00:00'
    """
    stem = path.stem
    match = _DATE.search(stem)
    if match is not None:
        try:
            return datetime.strptime("".join(match.groups()), "%Y%m%d%H%M%S")
        except ValueError:
            return None
    if _HEXADECIMAL.fullmatch(stem) and not stem.isdecimal() and _FIRST <= int(stem, 16) < 2**31:
        return datetime.fromtimestamp(int(stem, 16), UTC)
    return None


def recorded_at_text(path: Path) -> str:
    """Return the start time in ISO 8601 for a table; empty if the name states none."""
    start = recording_start(path)
    return "" if start is None else start.isoformat()

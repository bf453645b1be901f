"""Suppression of messages that C libraries write to stderr."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TextIO

__all__ = ["quiet_libraries"]

_STDERR = 2


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Send what C libraries write to stderr nowhere; what Python writes to ``sys.stderr`` comes as ever.

    ALSA, JACK and PortAudio write a page there, as they begin and whenever a device is lost, from threads of their
    own. To turn the descriptor away for the time of one call would not keep that out, and would swallow what another
    thread tells meanwhile. So it is turned away as long as this is entered, and ``sys.stderr`` gets another one.
    """
    own = sys.stderr
    if own is None:  # the program was started without one
        yield
        return
    own.flush()
    kept = os.dup(_STDERR)
    _turn_away()
    if _writes_to_stderr(own):
        sys.stderr = os.fdopen(kept, "w", 1, encoding=own.encoding, errors=own.errors, closefd=False)
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = own
        os.dup2(kept, _STDERR)
        os.close(kept)


def _turn_away() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)


def _writes_to_stderr(stream: TextIO) -> bool:
    try:
        return stream.fileno() == _STDERR
    except (OSError, ValueError):  # a test, or another program, has put something else in its place
        return False

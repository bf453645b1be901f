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
    """Discard what C libraries write to stderr; Python's ``sys.stderr`` still works.

    ALSA, JACK and PortAudio write many lines there at start and when a device is lost, from their own threads.
    Redirecting the descriptor for one call only would not suppress them and would lose messages of other threads. It is
    therefore redirected while this context is active, and ``sys.stderr`` uses a copy.
    """
    own = sys.stderr
    if own is None:  # the program was started without stderr
        yield
        return
    own.flush()
    kept = os.dup(_STDERR)
    _redirect_to_null()
    if _writes_to_stderr(own):
        sys.stderr = os.fdopen(kept, "w", 1, encoding=own.encoding, errors=own.errors, closefd=False)
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = own
        os.dup2(kept, _STDERR)
        os.close(kept)


def _redirect_to_null() -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, _STDERR)
    os.close(null)


def _writes_to_stderr(stream: TextIO) -> bool:
    try:
        return stream.fileno() == _STDERR
    except (OSError, ValueError):  # a test or another program has replaced it
        return False

"""One program at a time in one folder: a lock that the system takes back when the program ends, however it ends."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import weakref
from datetime import datetime
from pathlib import Path

from mlpsvd.errors import DataError

__all__ = ["FolderLock"]

_LOCKED_BYTE = 2**30  # Windows lets nobody read what is locked: who holds it is written before


class FolderLock:
    """Holds a lock file until released, collected as garbage, or the program ends.

    Parameters
    ----------
    path
        The lock file; made where it is missing, and left there.

    Raises
    ------
    DataError
        If another program, or this one, holds it: the message says who.
    OSError
        If the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if not _try(descriptor):
            os.close(descriptor)
            raise DataError(f"{path.parent.parent} is open {_holder(path)}; close it there first")
        self._finalizer = weakref.finalize(self, _release, descriptor)
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{datetime.now():%Y-%m-%d %H:%M}"}
        with contextlib.suppress(OSError):
            os.truncate(descriptor, 0)
            os.write(descriptor, json.dumps(holder).encode())

    def release(self) -> None:
        """Let others have it; may be called twice."""
        self._finalizer()


if sys.platform == "win32":

    def _try(descriptor: int) -> bool:
        import msvcrt

        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        with contextlib.suppress(OSError):
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
            return True
        return False

    def _release(descriptor: int) -> None:
        os.close(descriptor)

else:

    def _try(descriptor: int) -> bool:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without locks: better open than not at all
        return True

    def _release(descriptor: int) -> None:
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # a forked process may hold the file open as well
        os.close(descriptor)


def _holder(path: Path) -> str:
    """Say who holds a lock, as far as it is known."""
    try:
        holder = json.loads(path.read_text("utf-8"))
        since = holder["since"]
        if holder["pid"] == os.getpid() and holder["host"] == socket.gethostname():
            return f"in this program already (since {since})"
        return f"in another program (process {holder['pid']} on {holder['host']}, since {since})"
    except (OSError, ValueError, KeyError, TypeError):
        return "in another program"

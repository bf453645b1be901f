"""Folder lock for one program at a time; the system releases it however the program ends."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
import stat
import sys
import weakref
from datetime import datetime
from pathlib import Path

from mlpsvd.errors import DataError, FileFormatError
from mlpsvd.files import read_plain
from mlpsvd.json_fields import parse_fields
from mlpsvd.text import one_line

__all__ = ["FolderLock"]

_MOST_BYTES = 10_000
_LOCKED_BYTE = 2**30  # Windows does not allow reading of locked bytes, so the holder is written before them


class FolderLock:
    """Holds a lock file until released, collected as garbage, or the program ends.

    Parameters
    ----------
    path
        The lock file; created if missing, and not removed. It must be a plain file, not a link.

    Raises
    ------
    DataError
        If another program, or this one, holds it; the message names the holder.
    OSError
        If the file cannot be created, or the path is not a plain file.
    """

    def __init__(self, path: Path) -> None:
        # A link would redirect the writing, and a named pipe would block.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(path, flags, 0o666)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, f"{path.name} is not a plain file")
        if not _try(descriptor):
            os.close(descriptor)
            raise DataError(f"{path.parent.parent} is open {_holder(path)}; close it there first")
        self._finalizer = weakref.finalize(self, _release, descriptor)
        holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": f"{datetime.now():%Y-%m-%d %H:%M}"}
        if status.st_nlink > 1:  # a hard link to a file that may belong to something else
            return
        with contextlib.suppress(OSError):
            os.truncate(descriptor, 0)
            os.write(descriptor, json.dumps(holder).encode())

    @staticmethod
    def is_held(path: Path) -> bool:
        """Return whether a program holds a lock file, or it is not a plain file that can be opened; writes nothing."""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        try:
            descriptor = os.open(path, flags)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        try:
            return not stat.S_ISREG(os.fstat(descriptor).st_mode) or not _try(descriptor)
        finally:
            _release(descriptor)

    def release(self) -> None:
        """Release the lock; may be called twice."""
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
            return True  # a file system without locks: continue without a lock
        return True

    def _release(descriptor: int) -> None:
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # a forked process may also hold the file open
        os.close(descriptor)


def _holder(path: Path) -> str:
    """Describe the holder of a lock, as far as known."""
    try:
        holder = parse_fields(read_plain(path, _MOST_BYTES))
        pid, host = holder.integer("pid"), one_line(holder.text("host"), 40)
        since = one_line(holder.text("since"), 40)
    except (OSError, FileFormatError):
        return "in another program"
    if pid == os.getpid() and host == one_line(socket.gethostname(), 40):
        return f"in this program already (since {since})"
    return f"in another program (process {pid} on {host}, since {since})"

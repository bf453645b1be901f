"""File access: reading of plain files up to a size limit, and atomic writing."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import time
from pathlib import Path
from typing import BinaryIO

from mlpsvd.errors import FileFormatError
from mlpsvd.text import one_line

__all__ = [
    "expand_home",
    "is_leftover",
    "open_plain",
    "path_exists",
    "read_plain",
    "remove_leftovers",
    "require_plain",
    "write_atomically",
]

_BINARY = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{12}\.tmp")
_LEFT_OVER_S = 600.0


def expand_home(text: str) -> Path:
    """Return a path with a leading ``~`` or ``~user`` expanded to the home folder; without a home it stays."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def path_exists(path: Path) -> bool:
    """Whether a path exists; also False for a path that is invalid on this system."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def require_plain(path: Path, most_bytes: int) -> int:
    """Return the size of a plain file in bytes; links are followed.

    For libraries that open a path themselves; otherwise :func:`open_plain` avoids the race condition.

    Raises
    ------
    FileFormatError
        If it is a folder, a named pipe, a socket or a device (reading one may never end), or larger than
        ``most_bytes``.
    OSError
        If it does not exist or may not be accessed.
    """
    return _checked(path, path.stat(), most_bytes)


def open_plain(path: Path, most_bytes: int) -> BinaryIO:
    """Open a plain file for reading; see :func:`require_plain`. A named pipe is refused without waiting."""
    # Without O_NONBLOCK, opening a named pipe blocks until it has a writer.
    try:
        descriptor = os.open(path, os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0))
    except PermissionError:  # Windows does not open a folder
        require_plain(path, most_bytes)
        raise
    try:
        _checked(path, os.fstat(descriptor), most_bytes)
    except BaseException:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def read_plain(path: Path, most_bytes: int) -> bytes:
    """Return the content of a plain file of at most ``most_bytes``; see :func:`open_plain`."""
    with open_plain(path, most_bytes) as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:  # it has grown meanwhile, or its size was unknown (as in /proc)
        raise _too_large(path, most_bytes)
    return data


def _checked(path: Path, status: os.stat_result, most_bytes: int) -> int:
    if not stat.S_ISREG(status.st_mode):
        raise FileFormatError(f"{one_line(str(path), 300)} is {_kind(status.st_mode)}; it should be a plain file")
    if status.st_size > most_bytes:
        raise _too_large(path, most_bytes)
    return status.st_size


def _too_large(path: Path, most_bytes: int) -> FileFormatError:
    most = f"{most_bytes / 1e6:.15g} MB" if most_bytes >= 1_000_000 else f"{most_bytes} bytes"
    return FileFormatError(f"{one_line(str(path), 300)} is too large; it should be at most {most}")


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"))
    return next((name for test, name in kinds if test(mode)), "a device")


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write ``data`` to ``path`` atomically: to a temporary file in the same folder, which is then renamed.

    Parameters
    ----------
    path
        The file to write or to replace; its folder must exist. A link is followed, so that it stays a link.
    data
        Bytes, or text that is written as UTF-8 with unchanged line ends.

    Raises
    ------
    OSError
        If the folder is missing, full or write-protected. The old file is then unchanged, and no temporary file
        remains.
    """
    target = path.resolve()
    content = data.encode() if isinstance(data, str) else data
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _keep_mode(target, temporary)
        temporary.replace(target)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.errno is not None:  # names no file if the disk is full
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def remove_leftovers(folder: Path, age_s: float = _LEFT_OVER_S) -> None:
    """Remove temporary files that :func:`write_atomically` of a killed program left in a folder.

    Parameters
    ----------
    folder
        The folder.
    age_s
        Younger files stay, as another program may be writing them; 0 in a folder that this program has locked.
    """
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if is_leftover(path) and time.time() - path.lstat().st_mtime >= age_s:
                path.unlink()


def is_leftover(path: Path) -> bool:
    """Return whether a name is that of a temporary file of :func:`write_atomically`."""
    return _TEMPORARY.fullmatch(path.name) is not None


def _keep_mode(old: Path, new: Path) -> None:
    """Copy the permissions of the old file, if any, to the new one."""
    with contextlib.suppress(OSError):
        new.chmod(old.stat().st_mode & 0o7777)

"""Writing files so that a crash leaves either the old file or the new one, never half of one."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

__all__ = ["expand_home", "write_atomically"]


def expand_home(text: str) -> Path:
    """Return a path in which a leading ``~`` stands for the home folder; ``~nobody`` is a name like any other."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write ``data`` to ``path`` in one step: into a temporary file beside it that then takes its name.

    Parameters
    ----------
    path
        The file to write or to replace; its folder must exist. A link is followed, so that it stays a link.
    data
        Bytes as they are, or text written as UTF-8 with its line ends as they are.

    Raises
    ------
    OSError
        If the folder is missing, full or write-protected. The old file is then as it was; nothing is left.
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
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _keep_mode(old: Path, new: Path) -> None:
    """Give the new file the old one's permissions, where there is an old one and the system has such."""
    with contextlib.suppress(OSError):
        new.chmod(old.stat().st_mode & 0o7777)

"""Detection of the removal of a sound server's source while it is open."""

from __future__ import annotations

import contextlib
import os
import subprocess

__all__ = ["RemovalWatch"]


class RemovalWatch:
    """Listens to the server's own events.

    If a device is unplugged, the server silently moves its streams to another device, so that the program would
    continue with a different microphone. PortAudio does not report this.

    Parameters
    ----------
    source_index
        The number that the server gave the source.
    """

    def __init__(self, source_index: int) -> None:
        self._line = f"Event 'remove' on source #{source_index}".encode()
        self._unread = b""
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError):  # no pactl: then the source could not have been chosen by its name either
            self._process = subprocess.Popen(
                ["pactl", "subscribe"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={**os.environ, "LC_ALL": "C"},
            )
            os.set_blocking(self._out, False)

    def has_gone(self) -> bool:
        """Return whether the source has been removed since, without waiting."""
        if self._process is None:
            return False
        with contextlib.suppress(BlockingIOError):
            self._unread += os.read(self._out, 65536)
        *lines, self._unread = self._unread.split(b"\n")
        return self._line in lines

    def close(self) -> None:
        """Stop watching."""
        if self._process is not None and self._process.stdout is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None

    @property
    def _out(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

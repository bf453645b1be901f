"""Program entry point: Ctrl-C ends the program with exit code 130 and without a traceback, from the first import on.

The entry points import this module first. While a command works, :class:`mlpsvd.cli.interrupt.StopRequest` replaces
this handling; before and after that there are no results to lose.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
from types import FrameType

__all__ = ["leave_quietly_on_interrupt", "run"]


def _leave(number: int, frame: FrameType | None) -> None:
    """End the process at once: no exception, which a library that is being imported could swallow or print."""
    with contextlib.suppress(Exception):  # the signal may have arrived during a write
        sys.stdout.flush()
    with contextlib.suppress(OSError):
        os.write(2, b"mlpsvd: stopped\n")
    os._exit(128 + number)


def leave_quietly_on_interrupt() -> None:
    """Let Ctrl-C end this process quietly, unless it is ignored (``nohup``, a background job)."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _leave)
        # Registered first, so called last: otherwise the interpreter would restore the default handler, and a late
        # Ctrl-C would give exit code -2 although all work is done.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)


leave_quietly_on_interrupt()


def run() -> int:
    """Run the command line of this process; return its exit code."""
    from mlpsvd.cli.program import main

    return main()

"""Ctrl-C and SIGTERM: the first one stops after the current epoch, the second one ends the program."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Self

from mlpsvd.cli.console import INTERRUPTED

__all__ = ["StopRequest"]

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class StopRequest:
    """Context in which the first Ctrl-C, SIGTERM or SIGHUP sets :attr:`is_requested`; a second one interrupts as usual.

    Service managers, batch systems and shutdowns send SIGTERM; a closed terminal sends SIGHUP.

    Parameters
    ----------
    answer
        Message printed at the first signal.
    """

    def __init__(self, answer: str = "stopping after this epoch") -> None:
        self._answer = answer
        self._requested = threading.Event()
        self._previous: dict[int, Any] = {}
        self._signal = 0

    @property
    def is_requested(self) -> bool:
        """Whether Ctrl-C was pressed or another signal was received."""
        return self._requested.is_set()

    @property
    def exit_code(self) -> int:
        """Exit code: 130 after Ctrl-C, 128 plus the number of another signal."""
        return 128 + self._signal if self._signal else INTERRUPTED

    def raise_if_requested(self) -> None:
        """Raise KeyboardInterrupt if a stop was requested, for work without partial results.

        Raises
        ------
        KeyboardInterrupt
            If a stop was requested.
        """
        if self.is_requested:
            raise KeyboardInterrupt

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # Python handles signals in the main thread only
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT:  # nohup ignores SIGHUP
                    self._previous[number] = signal.signal(number, self._interrupted)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, previous in self._previous.items():
            signal.signal(number, previous)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self.is_requested:
            raise KeyboardInterrupt
        self._signal = number
        self._requested.set()
        self._write(f"\nmlpsvd: {self._answer}; Ctrl-C again stops at once\n")

    @staticmethod
    def _write(text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, RuntimeError, ValueError):  # terminal closed, or another write interrupted
            return

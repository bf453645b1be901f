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
    """While entered, turns the first Ctrl-C, SIGTERM or SIGHUP into :attr:`asked`; a second one interrupts as usual.

    SIGTERM is how a service manager, a batch system or a shutdown ends a program, SIGHUP how a closed terminal does.

    Parameters
    ----------
    answer
        What is said to the first one.
    """

    def __init__(self, answer: str = "stopping after this epoch") -> None:
        self._answer = answer
        self._asked = threading.Event()
        self._previous: dict[int, Any] = {}
        self._signal = 0

    @property
    def asked(self) -> bool:
        """Whether Ctrl-C was pressed, or one of the other signals came."""
        return self._asked.is_set()

    @property
    def exit_code(self) -> int:
        """What the program should return: 130 after Ctrl-C, 128 plus the number of another signal."""
        return 128 + self._signal if self._signal else INTERRUPTED

    def raise_if_asked(self) -> None:
        """End work of which nothing can be kept.

        Raises
        ------
        KeyboardInterrupt
            If a stop was asked for.
        """
        if self.asked:
            raise KeyboardInterrupt

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # Python takes signals nowhere else
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT:  # nohup ignores SIGHUP
                    self._previous[number] = signal.signal(number, self._interrupted)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, previous in self._previous.items():
            signal.signal(number, previous)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self._signal = number
        self._asked.set()
        self._say(f"\nmlpsvd: {self._answer}; Ctrl-C again stops at once\n")

    @staticmethod
    def _say(text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, RuntimeError, ValueError):  # the terminal is gone, or the signal came within another write
            return

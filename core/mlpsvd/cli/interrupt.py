"""Ctrl-C as a request: the first one lets the epoch end, the second one ends the program."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType, TracebackType
from typing import Any, Self

__all__ = ["StopRequest"]


class StopRequest:
    """While entered, turns the first Ctrl-C into :attr:`asked`; a second one interrupts as usual.

    Parameters
    ----------
    answer
        What is said to the first one.
    """

    def __init__(self, answer: str = "stopping after this epoch") -> None:
        self._answer = answer
        self._asked = threading.Event()
        self._previous: Any = None

    @property
    def asked(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._asked.is_set()

    def raise_if_asked(self) -> None:
        """End work of which nothing can be kept.

        Raises
        ------
        KeyboardInterrupt
            If Ctrl-C was pressed.
        """
        if self.asked:
            raise KeyboardInterrupt

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # Python takes signals nowhere else
            self._previous = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self._asked.set()
        sys.stderr.write(f"\nmlpsvd: {self._answer}; Ctrl-C again stops at once\n")

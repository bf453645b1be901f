"""One piece of work in a background thread, its answer on the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

__all__ = ["Background"]


class Background(QObject):
    """Runs the latest of the jobs it is given; an answer to an older one is dropped.

    While a job runs, only the newest waiting one is kept, so that a moving cursor never builds a queue.
    """

    _answered = Signal(int, object, object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._lock = threading.Lock()
        self._waiting: tuple[int, Callable[[], Any]] | None = None
        self._thread: threading.Thread | None = None
        self._latest = 0
        self._done: Callable[[Any], None] = _ignore
        self._failed: Callable[[Exception], None] = _ignore
        self._answered.connect(self._deliver)

    def submit(self, job: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[Exception], None]) -> None:
        """Run ``job`` in the background, then ``done(result)`` or ``failed(error)`` on this thread."""
        self._latest += 1
        self._done, self._failed = done, failed
        with self._lock:
            self._waiting = (self._latest, job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether a job runs or waits."""
        with self._lock:
            return self._thread is not None

    def close(self, timeout_s: float = 1.0) -> None:
        """Drop what waits and any late answer; wait a moment for the job that runs."""
        self._latest += 1
        with self._lock:
            self._waiting = None
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def _work(self) -> None:
        while True:
            with self._lock:
                if self._waiting is None:
                    self._thread = None
                    return
                token, job = self._waiting
                self._waiting = None
            try:
                result, error = job(), None
            except Exception as caught:
                result, error = None, caught
            self._answer(token, result, error)

    def _answer(self, token: int, result: Any, error: Exception | None) -> None:
        try:
            self._answered.emit(token, result, error)
        except RuntimeError:  # the window has gone, and this object with it
            return

    def _deliver(self, token: int, result: Any, error: Exception | None) -> None:
        if token != self._latest:
            return
        if error is None:
            self._done(result)
        else:
            self._failed(error)


def _ignore(_: Any) -> None:
    return

"""Processes that compute trials and end when they are told to; no Qt, for each of them loads this module."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context

from mlpsvd.executors import begin_worker

__all__ = ["StoppedError", "TrialProcesses"]


class StoppedError(Exception):
    """Somebody has pressed Stop: no more processes are opened."""


class TrialProcesses:
    """Opens worker processes, even where one will do: a thread would share the interpreter with what draws pictures.

    They begin afresh (``spawn``), as they must beside threads.

    Parameters
    ----------
    n_processes
        How many compute at a time.
    """

    def __init__(self, n_processes: int) -> None:
        self._n_processes = n_processes
        self._stop = threading.Event()

    @property
    def is_stopped(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._stop.is_set()

    @contextmanager
    def open(self) -> Iterator[Executor]:
        """Open an executor; may be called again where the last one was broken.

        Raises
        ------
        StoppedError
            If :meth:`stop` was called.
        """
        if self._stop.is_set():
            raise StoppedError
        executor = ProcessPoolExecutor(self._n_processes, get_context("spawn"), initializer=begin_worker)
        try:
            yield executor
        finally:
            if self._stop.is_set():
                _end_processes()  # one that was just being started when Stop was pressed
            executor.shutdown(wait=True, cancel_futures=True)

    def stop(self) -> None:
        """End the processes at once: what they are at is lost, and at most one trial each."""
        self._stop.set()
        _end_processes()


def _end_processes() -> None:
    """Nothing else in this process starts others through ``multiprocessing``."""
    for process in active_children():
        process.terminate()

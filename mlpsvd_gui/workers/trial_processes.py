"""Worker processes for trials, which can be stopped. No Qt, because each process loads this module."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from mlpsvd.executors import begin_worker

__all__ = ["StoppedError", "TrialProcesses"]


class StoppedError(Exception):
    """Raised after Stop: no more processes are started."""


class TrialProcesses:
    """Opens worker processes, even a single one: a thread would share the interpreter with the drawing of figures.

    They are spawned, not forked, because of the threads.

    Parameters
    ----------
    n_processes
        Number of processes.
    """

    def __init__(self, n_processes: int) -> None:
        self._n_processes = n_processes
        self._stop = threading.Event()
        self._executor: ProcessPoolExecutor | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._stop.is_set()

    @contextmanager
    def open(self) -> Iterator[Executor]:
        """Open an executor; may be called again if the last one broke.

        Raises
        ------
        StoppedError
            If :meth:`stop` was called.
        """
        if self._stop.is_set():
            raise StoppedError
        executor = ProcessPoolExecutor(self._n_processes, get_context("spawn"), initializer=begin_worker)
        self._executor = executor
        try:
            if self._stop.is_set():  # it was pressed before there was an executor to end
                raise StoppedError
            yield executor
        finally:
            if self._stop.is_set():
                _terminate(executor)  # a process that was being started when Stop was pressed
            executor.shutdown(wait=True, cancel_futures=True)

    def stop(self) -> None:
        """Terminate the processes; at most one trial each is lost."""
        self._stop.set()
        if self._executor is not None:
            _terminate(self._executor)


def _terminate(executor: ProcessPoolExecutor) -> None:
    for process in list((executor._processes or {}).values()):
        process.terminate()

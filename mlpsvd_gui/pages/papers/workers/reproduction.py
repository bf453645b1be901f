"""Worker for reproductions: a thread that receives the messages of the leader process."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from PySide6.QtCore import QObject, Signal

from mlpsvd.errors import TrainingError
from mlpsvd_gui.pages.papers.workers.leader_process import (
    EngineCompiling,
    LeaderNews,
    Order,
    RunEnd,
    RunFailed,
    RunStopped,
    lead,
)
from mlpsvd_gui.workers.warm_up import WarmUp

__all__ = ["ReproductionWorker"]

_END_S = 3.0
"""Timeout for the end of the process and of its thread."""

_LOST = "The process of the run was terminated from outside; finished trials are kept"


class ReproductionWorker(QObject):
    """Runs one order at a time, in separate processes.

    Parameters
    ----------
    warm_up
        Compiles the fused engine before the processes load it; None leaves that to them.
    """

    news = Signal(object)
    """Emits ``LeaderNews``, in order, on the thread this object lives in; the last one is an end."""

    def __init__(self, warm_up: WarmUp | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._warm_up = warm_up
        self._token = 0
        self._run: _Run | None = None

    def start(self, order: Order) -> int:
        """Start an order, after stopping a running one; return the new run's token."""
        self.close()
        self._token += 1
        self._run = _Run(self, self._token, order, self._warm_up)
        self._run.thread.start()
        return self._token

    @property
    def is_alive(self) -> bool:
        """Whether a run is active."""
        return self._run is not None and self._run.thread.is_alive()

    def stop(self) -> None:
        """Stop the run; finished trials are kept, and the same order continues from there."""
        if self._run is not None:
            self._run.stop()

    def close(self, timeout_s: float = 0.8) -> bool:
        """Stop and wait; terminate the process after a timeout. Return whether it ended in time."""
        self._token += 1  # ignore its remaining messages
        if self._run is None:
            return True
        self._run.stop()
        self._run.thread.join(timeout_s)
        has_ended = not self._run.thread.is_alive()
        if not has_ended:
            self._run.end()
            self._run.thread.join(_END_S)  # its process has ended: a remaining thread would outlive the window
        return has_ended

    def is_current(self, news: LeaderNews) -> bool:
        """Whether a message belongs to the latest order."""
        return news.token == self._token

    def report(self, news: LeaderNews) -> None:
        """Emit news from any thread."""
        with suppress(RuntimeError):  # the window and this object no longer exist
            self.news.emit(news)


class _Run:
    """An order: its thread in the window, and its leader process."""

    def __init__(self, worker: ReproductionWorker, token: int, order: Order, warm_up: WarmUp | None) -> None:
        self.thread = threading.Thread(target=self._work, name="reproduction", daemon=True)
        self._worker = worker
        self._token = token
        self._order = order
        self._warm_up = warm_up
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._process: SpawnProcess | None = None
        self._leader: Connection | None = None

    def stop(self) -> None:
        """Ask the leader process to stop."""
        with self._lock:
            self._stop.set()
            if self._leader is not None:
                with suppress(OSError):  # it has ended
                    self._leader.send(None)

    def end(self) -> None:
        """Terminate the leader process; its worker processes end with it."""
        with self._lock:
            if self._process is not None:
                self._process.terminate()

    def _work(self) -> None:
        try:
            self._lead()
        finally:
            self._await_process()

    def _lead(self) -> None:
        self._await_engine()
        leader = self._start()
        if leader is None:
            self._report(RunStopped())
            return
        with leader:
            self._listen(leader)

    def _await_process(self) -> None:
        """Wait for the process to end, so that it leaves no zombie."""
        with self._lock:
            process = self._process
        if process is not None:
            process.join(_END_S)
            if process.is_alive():
                process.kill()
                process.join(_END_S)

    def _await_engine(self) -> None:
        if self._warm_up is None:
            return
        if self._warm_up.compiles:
            self._report(EngineCompiling())
        self._warm_up.wait(self._stop)

    def _start(self) -> Connection | None:
        """Start the leader process and return the connection to it; None if Stop came first."""
        context = get_context("spawn")
        with self._lock:
            if self._stop.is_set():
                return None
            leader, its_end = context.Pipe()
            with its_end:  # held by the process alone, so that its end is detected
                self._process = context.Process(target=lead, args=(self._order, its_end), name="reproduction")
                self._process.start()
            self._leader = leader
            return leader

    def _listen(self, leader: Connection) -> None:
        try:
            while True:
                news: LeaderNews = leader.recv()
                self._report(news)
                if isinstance(news, RunEnd):
                    return
        except (EOFError, OSError):
            self._report(RunStopped() if self._stop.is_set() else RunFailed(TrainingError(_LOST)))
        finally:
            with self._lock:
                self._leader = None

    def _report(self, news: LeaderNews) -> None:
        self._worker.report(replace(news, token=self._token))

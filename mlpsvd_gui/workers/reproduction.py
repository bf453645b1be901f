"""Reproducing in a thread that pulls the core's generator, with the trials in processes of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from mlpsvd.experiments.reproduction.registry import chosen
from mlpsvd.experiments.reproduction.run import FindingWritten, ReproductionEvent, TrialDone, reproduce
from mlpsvd_gui.workers.reproduction_state import Standing, Tracker
from mlpsvd_gui.workers.trial_processes import StoppedError, TrialProcesses
from mlpsvd_gui.workers.warm_up import WarmUp

__all__ = ["Order", "ReproductionKind", "ReproductionNews", "ReproductionWorker"]

_TELL_S = 0.2
"""Trials that are kept already come by the hundred: the window hears of them five times a second."""

_LEAST_TIMED = 5
"""Of fewer trials than this, too much of the time went into starting the processes."""


@dataclass(frozen=True)
class Order:
    """What to run: names, trials of each task, where to write, and how many processes."""

    names: tuple[str, ...]
    n_trials: int
    folder: Path
    n_processes: int


class ReproductionKind(Enum):
    """What the worker tells."""

    COMPILING = auto()
    STARTING = auto()
    PROGRESS = auto()
    FOUND = auto()
    FINISHED = auto()
    STOPPED = auto()
    FAILED = auto()


@dataclass(frozen=True)
class ReproductionNews:
    """Something that happened in the run called ``token``; only the fields of its kind are filled.

    Attributes
    ----------
    token, kind
        Which run, and what happened.
    n_done, n_trials, left_s
        Trials that are there, and wanted, of all together, and the seconds until all are.
    standings
        The same for each, by name.
    name
        What was found.
    cost_per_s
        Work that one process did in a second, where enough was done to tell.
    error
        What went wrong.
    """

    token: int
    kind: ReproductionKind
    n_done: int = 0
    n_trials: int = 0
    left_s: float | None = None
    standings: Mapping[str, Standing] = field(default_factory=dict)
    name: str = ""
    cost_per_s: float | None = None
    error: BaseException | None = None


class ReproductionWorker(QObject):
    """Runs one order at a time.

    Parameters
    ----------
    warm_up
        Makes the fused engine ready, before processes load it; None leaves that to them.
    """

    news = Signal(object)
    """Emits :class:`ReproductionNews`, in order, on the thread this object lives in."""

    def __init__(self, warm_up: WarmUp | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._warm_up = warm_up
        self._token = 0
        self._thread: threading.Thread | None = None
        self._processes: TrialProcesses | None = None
        self._stop = threading.Event()

    def start(self, order: Order) -> int:
        """Start an order; one that is still run is stopped first. Returns the new run's token."""
        self.close()
        self._token += 1
        self._stop = threading.Event()
        self._processes = TrialProcesses(order.n_processes)
        run = _Run(self, self._token, order, self._processes, self._stop)
        self._thread = threading.Thread(target=run.run, args=(self._warm_up,), name="reproduction", daemon=True)
        self._thread.start()
        return self._token

    def stop(self) -> None:
        """End the processes; every trial that is finished is kept, and the same order goes on from there."""
        self._stop.set()
        if self._processes is not None:
            self._processes.stop()

    def close(self, timeout_s: float = 0.8) -> bool:
        """Stop, wait, and say whether the thread has ended in time (a daemon otherwise: it cannot hold the program)."""
        self.stop()
        self._token += 1  # whatever it still has to say is no longer wanted
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout_s)
        return thread is None or not thread.is_alive()

    def is_current(self, news: ReproductionNews) -> bool:
        """Whether news belongs to the order that was started last."""
        return news.token == self._token

    def tell(self, news: ReproductionNews) -> None:
        """Emit news from any thread."""
        try:
            self.news.emit(news)
        except RuntimeError:  # the window has gone, and this object with it
            return


class _Run:
    """One order, in the background thread."""

    def __init__(
        self,
        worker: ReproductionWorker,
        token: int,
        order: Order,
        processes: TrialProcesses,
        stop: threading.Event,
    ) -> None:
        self._worker = worker
        self._token = token
        self._order = order
        self._processes = processes
        self._stop = stop
        self._told_at = 0.0
        self._n_computed = 0
        self._cost_per_s: float | None = None

    def run(self, warm_up: WarmUp | None) -> None:
        try:
            self._await_engine(warm_up)
            self._pull()
            self._tell(ReproductionKind.FINISHED)
        except StoppedError:
            self._tell(ReproductionKind.STOPPED)
        except Exception as error:  # told in words by the controller, MemoryError included
            if self._stop.is_set():
                self._tell(ReproductionKind.STOPPED)
            else:
                self._tell(ReproductionKind.FAILED, error=error)

    def _await_engine(self, warm_up: WarmUp | None) -> None:
        if warm_up is None:
            return
        if warm_up.compiles:
            self._tell(ReproductionKind.COMPILING)
        warm_up.wait(self._stop)

    def _pull(self) -> None:
        order = self._order
        reproductions = chosen(order.names)
        tracker = Tracker(reproductions, order.n_trials, order.folder)
        self._tell(ReproductionKind.STARTING, standings=tracker.look())
        with closing(reproduce(reproductions, order.n_trials, order.folder, self._processes.open)) as events:
            for event in events:
                self._take(event, tracker)
                if self._stop.is_set():
                    raise StoppedError

    def _take(self, event: ReproductionEvent, tracker: Tracker) -> None:
        if isinstance(event, TrialDone):
            self._n_computed += not event.kept
            if time.monotonic() - self._told_at >= _TELL_S or event.done == event.total:
                self._told_at = time.monotonic()
                self._tell_progress(event, tracker)
        elif isinstance(event, FindingWritten):
            self._tell(ReproductionKind.FOUND, name=event.reproduction.name, standings=tracker.look())

    def _tell_progress(self, event: TrialDone, tracker: Tracker) -> None:
        if event.left_s and self._n_computed >= _LEAST_TIMED:
            self._cost_per_s = tracker.left()[1] / event.left_s / self._order.n_processes
        self._tell(
            ReproductionKind.PROGRESS,
            n_done=event.done,
            n_trials=event.total,
            left_s=event.left_s,
            standings=tracker.look(event.left_s),
        )

    def _tell(self, kind: ReproductionKind, **fields: Any) -> None:
        self._worker.tell(ReproductionNews(self._token, kind, cost_per_s=self._cost_per_s, **fields))

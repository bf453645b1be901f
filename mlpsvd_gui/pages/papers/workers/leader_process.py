"""Process that controls a run: it drives the core's generator and draws figures. No Qt."""

from __future__ import annotations

import signal
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.papers.kept_results import Completion, Tracker
from mlpsvd.experiments.papers.registry import chosen
from mlpsvd.experiments.papers.reproduce import FindingWritten, ReproductionEvent, TrialDone, reproduce
from mlpsvd_gui.workers.trial_processes import StoppedError, TrialProcesses

__all__ = [
    "EngineCompiling",
    "LeaderNews",
    "Order",
    "ResultFound",
    "RunEnd",
    "RunFailed",
    "RunFinished",
    "RunStarting",
    "RunStopped",
    "TrialsDone",
    "lead",
]

_REPORT_INTERVAL_S = 0.2
"""Interval of progress messages to the window: five per second."""

_LEAST_TIMED = 5
"""Minimum number of trials for a speed measurement: with fewer, the start of the processes dominates."""


@dataclass(frozen=True)
class Order:
    """A run to execute: names, trials per task, folder, and number of processes."""

    names: tuple[str, ...]
    n_trials: int
    folder: Path
    n_processes: int


@dataclass(frozen=True)
class EngineCompiling:
    """The run waits for the fused engine to be compiled."""

    token: int = 0


@dataclass(frozen=True)
class RunStarting:
    """The processes start; contains the results that are already available, by name."""

    completions: Mapping[str, Completion]
    token: int = 0


@dataclass(frozen=True)
class TrialsDone:
    """Trials of all results together that are there, and wanted, and the seconds left; the same by name."""

    n_done: int
    n_trials: int
    left_s: float | None
    completions: Mapping[str, Completion]
    token: int = 0


@dataclass(frozen=True)
class ResultFound:
    """A table or figure is written."""

    name: str
    completions: Mapping[str, Completion]
    token: int = 0


@dataclass(frozen=True)
class RunFinished:
    """All is done; the work that one process did in a second, where enough was done to measure it."""

    cost_per_s: float | None = None
    token: int = 0


@dataclass(frozen=True)
class RunStopped:
    """The run was stopped."""

    cost_per_s: float | None = None
    token: int = 0


@dataclass(frozen=True)
class RunFailed:
    """The run could not continue."""

    error: Exception
    cost_per_s: float | None = None
    token: int = 0


RunEnd = RunFinished | RunStopped | RunFailed
LeaderNews = EngineCompiling | RunStarting | TrialsDone | ResultFound | RunEnd


def lead(order: Order, window: Connection) -> None:
    """Run an order and report to the window; stop when the window requests it or has closed.

    Parameters
    ----------
    order
        What to run.
    window
        Takes ``LeaderNews``, the last of which is an end; anything that comes from it means Stop.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    processes = TrialProcesses(order.n_processes)
    threading.Thread(target=_listen, args=(window, processes), name="listen to the window", daemon=True).start()
    _Run(order, window, processes).run()


def _listen(window: Connection, processes: TrialProcesses) -> None:
    with suppress(EOFError, OSError):  # the window has closed: stop too
        window.recv()
    processes.stop()


class _Run:
    """A running order."""

    def __init__(self, order: Order, window: Connection, processes: TrialProcesses) -> None:
        self._order = order
        self._window = window
        self._processes = processes
        self._reported_at = 0.0
        self._n_computed = 0
        self._cost_per_s: float | None = None

    def run(self) -> None:
        try:
            self._pull()
        except Exception as error:  # the window shows it
            if self._processes.is_stopped:
                self._report(RunStopped(self._cost_per_s))
            else:
                self._report(RunFailed(_plain(error), self._cost_per_s))
        else:
            self._report(RunFinished(self._cost_per_s))

    def _pull(self) -> None:
        order = self._order
        reproductions = chosen(order.names)
        tracker = Tracker(reproductions, order.n_trials, order.folder)
        self._report(RunStarting(tracker.completions()))
        with closing(reproduce(reproductions, order.n_trials, order.folder, self._processes.open)) as events:
            for event in events:
                self._take(event, tracker)
                if self._processes.is_stopped:
                    raise StoppedError

    def _take(self, event: ReproductionEvent, tracker: Tracker) -> None:
        if isinstance(event, TrialDone):
            self._n_computed += not event.kept
            if time.monotonic() - self._reported_at >= _REPORT_INTERVAL_S or event.done == event.total:
                self._reported_at = time.monotonic()
                self._report_progress(event, tracker)
        elif isinstance(event, FindingWritten):
            self._report(ResultFound(event.reproduction.name, tracker.completions()))

    def _report_progress(self, event: TrialDone, tracker: Tracker) -> None:
        if event.left_s and self._n_computed >= _LEAST_TIMED:
            self._cost_per_s = tracker.left()[1] / event.left_s / self._order.n_processes
        self._report(TrialsDone(event.done, event.total, event.left_s, tracker.completions(event.left_s)))

    def _report(self, news: LeaderNews) -> None:
        try:
            self._window.send(news)
        except OSError:  # the window has closed, which the other thread also detects
            return


def _plain(error: Exception) -> Exception:
    """Return an error that can be pickled: some of ours cannot be rebuilt from their message alone."""
    if isinstance(error, MlpSvdError):
        return MlpSvdError(str(error))
    if isinstance(error, OSError):
        return OSError(str(error))
    if isinstance(error, MemoryError):
        return MemoryError()
    return RuntimeError("".join(traceback.format_exception(error)))

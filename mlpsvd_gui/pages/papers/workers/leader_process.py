"""The process that leads a run: it pulls the core's generator and draws, so that the window does neither. No Qt."""

from __future__ import annotations

import signal
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.papers.kept_results import Completion, Tracker
from mlpsvd.experiments.papers.registry import chosen
from mlpsvd.experiments.papers.reproduce import FindingWritten, ReproductionEvent, TrialDone, reproduce
from mlpsvd_gui.pages.papers.workers.trial_processes import StoppedError, TrialProcesses

__all__ = ["LeaderNews", "LeaderNewsKind", "Order", "lead"]

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


class LeaderNewsKind(Enum):
    """What is told of a run."""

    COMPILING = auto()
    STARTING = auto()
    PROGRESS = auto()
    FOUND = auto()
    FINISHED = auto()
    STOPPED = auto()
    FAILED = auto()

    @property
    def is_end(self) -> bool:
        """Whether nothing comes after it."""
        return self in (LeaderNewsKind.FINISHED, LeaderNewsKind.STOPPED, LeaderNewsKind.FAILED)


@dataclass(frozen=True)
class LeaderNews:
    """Something that happened in the run called ``token``; only the fields of its kind are filled.

    Attributes
    ----------
    kind, token
        What happened, and in which run.
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

    kind: LeaderNewsKind
    token: int = 0
    n_done: int = 0
    n_trials: int = 0
    left_s: float | None = None
    standings: Mapping[str, Completion] = field(default_factory=dict)
    name: str = ""
    cost_per_s: float | None = None
    error: Exception | None = None


def lead(order: Order, window: Connection) -> None:
    """Run an order and tell the window; it stops when the window says so, or has gone.

    Parameters
    ----------
    order
        What to run.
    window
        Takes :class:`LeaderNews`, the last of which is an end; anything that comes from it means Stop.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    processes = TrialProcesses(order.n_processes)
    threading.Thread(target=_listen, args=(window, processes), name="listen to the window", daemon=True).start()
    _Run(order, window, processes).run()


def _listen(window: Connection, processes: TrialProcesses) -> None:
    with suppress(EOFError, OSError):  # the window has gone: Stop as well
        window.recv()
    processes.stop()


class _Run:
    """One order under way."""

    def __init__(self, order: Order, window: Connection, processes: TrialProcesses) -> None:
        self._order = order
        self._window = window
        self._processes = processes
        self._told_at = 0.0
        self._n_computed = 0
        self._cost_per_s: float | None = None

    def run(self) -> None:
        try:
            self._pull()
        except Exception as error:  # told in words by the window
            if self._processes.is_stopped:
                self._tell(LeaderNewsKind.STOPPED)
            else:
                self._tell(LeaderNewsKind.FAILED, error=_plain(error))
        else:
            self._tell(LeaderNewsKind.FINISHED)

    def _pull(self) -> None:
        order = self._order
        reproductions = chosen(order.names)
        tracker = Tracker(reproductions, order.n_trials, order.folder)
        self._tell(LeaderNewsKind.STARTING, standings=tracker.look())
        with closing(reproduce(reproductions, order.n_trials, order.folder, self._processes.open)) as events:
            for event in events:
                self._take(event, tracker)
                if self._processes.is_stopped:
                    raise StoppedError

    def _take(self, event: ReproductionEvent, tracker: Tracker) -> None:
        if isinstance(event, TrialDone):
            self._n_computed += not event.kept
            if time.monotonic() - self._told_at >= _TELL_S or event.done == event.total:
                self._told_at = time.monotonic()
                self._tell_progress(event, tracker)
        elif isinstance(event, FindingWritten):
            self._tell(LeaderNewsKind.FOUND, name=event.reproduction.name, standings=tracker.look())

    def _tell_progress(self, event: TrialDone, tracker: Tracker) -> None:
        if event.left_s and self._n_computed >= _LEAST_TIMED:
            self._cost_per_s = tracker.left()[1] / event.left_s / self._order.n_processes
        self._tell(
            LeaderNewsKind.PROGRESS,
            n_done=event.done,
            n_trials=event.total,
            left_s=event.left_s,
            standings=tracker.look(event.left_s),
        )

    def _tell(self, kind: LeaderNewsKind, **fields: Any) -> None:
        try:
            self._window.send(LeaderNews(kind, cost_per_s=self._cost_per_s, **fields))
        except OSError:  # the window has gone: the other thread hears of it too
            return


def _plain(error: Exception) -> Exception:
    """Return an error that can be sent: some of ours cannot be made anew from their sentence alone."""
    if isinstance(error, MlpSvdError):
        return MlpSvdError(str(error))
    if isinstance(error, OSError):
        return OSError(str(error))
    if isinstance(error, MemoryError):
        return MemoryError()
    return RuntimeError("".join(traceback.format_exception(error)))

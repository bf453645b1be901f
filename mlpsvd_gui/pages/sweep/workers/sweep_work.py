"""Worker for sweeps: a thread that pulls the core's events, with trials in processes of their own."""

from __future__ import annotations

import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mlpsvd.engines.cpu.warm_up import ensure_compiled
from mlpsvd.experiments.sweeps.files import write_results
from mlpsvd.experiments.sweeps.folder import SweepFolder, kept_sweeps, read_sweep, trial_store
from mlpsvd.experiments.sweeps.results import CombinationResult
from mlpsvd.experiments.sweeps.run import SweepTrialDone, kept_results, run_sweep
from mlpsvd.experiments.sweeps.sweep import Sweep
from mlpsvd_gui.workers.trial_processes import TrialProcesses

__all__ = ["KeptSweep", "SweepEnded", "SweepNews", "SweepProgressed", "SweepWorker", "list_sweeps", "read_kept"]

_INTERVAL_S = 0.5
_JOIN_S = 3.0


@dataclass(frozen=True)
class KeptSweep:
    """A sweep of the library with its results."""

    folder: Path
    sweep: Sweep
    results: tuple[CombinationResult, ...]


@dataclass(frozen=True)
class SweepProgressed:
    """Trials done, all of them, seconds left if known, and all results, or None if they are not read again yet.

    ``sweep`` includes the combinations that a search has chosen.
    """

    token: int
    sweep: Sweep
    done: int
    total: int
    left_s: float | None
    results: tuple[CombinationResult, ...] | None


@dataclass(frozen=True)
class SweepEnded:
    """The sweep ended: all results, whether it was stopped, and the error that ended it."""

    token: int
    sweep: Sweep
    results: tuple[CombinationResult, ...]
    was_stopped: bool
    error: Exception | None


SweepNews = SweepProgressed | SweepEnded


def list_sweeps(library: Path) -> list[Path]:
    """Return the folders of the kept sweeps, newest first."""
    return kept_sweeps(library)


def read_kept(folder: Path) -> KeptSweep:
    """Read a kept sweep with its results.

    Raises
    ------
    FileFormatError
        If it is damaged.
    """
    sweep = read_sweep(folder)
    return KeptSweep(folder, sweep, tuple(kept_results(sweep, trial_store(folder))))


class SweepWorker(QObject):
    """Runs one sweep at a time."""

    news = Signal(object)
    """Emits ``SweepNews`` on the thread of this object; the last one is a :class:`SweepEnded`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._token = 0
        self._run: _Run | None = None

    @property
    def is_alive(self) -> bool:
        """Whether a sweep is running."""
        return self._run is not None and self._run.thread.is_alive()

    def start(self, folder: Path, sweep: Sweep, n_processes: int) -> None:
        """Start or continue a sweep."""
        self.close()
        self._token += 1
        self._run = _Run(self, self._token, folder, sweep, n_processes)
        self._run.thread.start()

    def stop(self) -> None:
        """Stop; finished trials are kept."""
        if self._run is not None:
            self._run.processes.stop()

    def close(self) -> None:
        """Stop and wait."""
        self._token += 1
        if self._run is not None:
            self._run.is_abandoned = True
            self.stop()
            self._run.thread.join(_JOIN_S)

    def is_current(self, news: SweepNews) -> bool:
        """Whether news belong to the last sweep that was started."""
        return news.token == self._token


class _Run:
    """A running sweep."""

    def __init__(self, worker: SweepWorker, token: int, folder: Path, sweep: Sweep, n_processes: int) -> None:
        self.thread = threading.Thread(target=self._work, name="sweep", daemon=True)
        self.processes = TrialProcesses(n_processes)
        self._worker = worker
        self._token = token
        self._folder = folder
        self._sweep = sweep
        self._read_at = 0.0
        self.is_abandoned = False
        """Whether nobody waits for the results: the window closes."""

    def _work(self) -> None:
        error: Exception | None = None
        results: tuple[CombinationResult, ...] = ()
        try:
            with SweepFolder(self._folder, self._sweep) as folder:
                try:
                    ensure_compiled()
                    self._pull(folder)
                except Exception as problem:  # shown by the window
                    error = None if self.processes.is_stopped else problem
                if self.is_abandoned:
                    return
                self._sweep = folder.sweep  # with what a search has chosen
                results = tuple(kept_results(self._sweep, folder.store))
                write_results(self._folder, self._sweep, results)
        except Exception as problem:
            error = error or problem
        self._report(SweepEnded(self._token, self._sweep, results, self.processes.is_stopped, error))

    def _pull(self, folder: SweepFolder) -> None:
        with closing(run_sweep(folder, self.processes.open)) as events:
            for event in events:
                if self.processes.is_stopped:
                    return
                if isinstance(event, SweepTrialDone):
                    numbers = event.done, event.total, event.left_s
                    self._report(SweepProgressed(self._token, folder.sweep, *numbers, self._results(folder)))

    def _results(self, folder: SweepFolder) -> tuple[CombinationResult, ...] | None:
        """Return all results; None if they were read a moment ago."""
        if time.monotonic() < self._read_at:
            return None
        started = time.monotonic()
        results = tuple(kept_results(folder.sweep, folder.store))
        self._read_at = time.monotonic() + max(_INTERVAL_S, 5 * (time.monotonic() - started))
        return results

    def _report(self, news: SweepNews) -> None:
        with suppress(RuntimeError):  # the window no longer exists
            self._worker.news.emit(news)

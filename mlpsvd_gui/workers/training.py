"""Training in a background thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mlpsvd.errors import MlpSvdError, TrainingError
from mlpsvd.experiments.bayes_limit import bayes_limits
from mlpsvd.experiments.cross_validation import cross_validate
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.race import Race, RaceEvent
from mlpsvd.experiments.runs.keeper import RunKeeper
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.resume import continued_race
from mlpsvd.experiments.runs.run import Run
from mlpsvd_gui.log import LOGGER
from mlpsvd_gui.workers.training_events import (
    Compiling,
    DataPrepared,
    EpochsTrained,
    LimitEstimated,
    PreparationProgress,
    TrainingEvent,
    TrainingFailed,
    TrainingFinished,
    TrainingStopped,
    ValidationProgress,
)
from mlpsvd_gui.workers.warm_up import WarmUp

__all__ = ["Resumed", "TrainingWorker"]

_BATCH_S = 0.05
"""New epochs are emitted at most 20 times per second."""

_FUSED = ("auto", "fused")
"""Engines prepared by the warm-up."""


@dataclass(frozen=True, eq=False)
class Resumed:
    """A saved run that goes on, and its folder."""

    run: Run
    folder: Path


class _CancelledError(Exception):
    """Raised when Stop was pressed during the preparation of the data."""


class TrainingWorker(QObject):
    """Prepares and trains one experiment at a time in a background thread.

    Parameters
    ----------
    prepare_data, make_race
        Functions to prepare data and create the race; tests pass quicker ones.
    warm_up
        Prepares the fused engine; None leaves that to the first race.
    library
        Stores every run, with a checkpoint every ten seconds; None stores none.
    """

    news = Signal(object)
    """Emits a ``TrainingEvent``, in order, on the thread this object lives in."""

    def __init__(
        self,
        prepare_data: Callable[[Experiment, Callable[[float], None]], Prepared] = prepare,
        make_race: Callable[[Prepared], Race] = Race,
        warm_up: WarmUp | None = None,
        library: RunLibrary | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._prepare = prepare_data
        self._make_race = make_race
        self._warm_up = warm_up
        self._library = library
        self.epochs_per_s: float | None = None
        """Maximum epochs per second and network; None is full speed."""
        self._token = 0
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._go = threading.Event()

    def start(self, experiment: Experiment, run_id: str = "", resumed: Resumed | None = None) -> int:
        """Start training ``experiment`` once an active run has stopped; return the new run's token immediately.

        With ``resumed`` a saved run goes on in its folder.
        """
        self.stop_and_keep()
        self._token += 1  # ignore remaining messages of the last run
        self._stop = threading.Event()
        self._go = threading.Event()
        self._go.set()
        self._thread = threading.Thread(
            target=self._run,
            args=(self._token, experiment, run_id, resumed, self._stop, self._go, self._thread),
            name="training",
            daemon=True,
        )
        self._thread.start()
        return self._token

    def pause(self) -> None:
        """Pause after the current epoch."""
        self._go.clear()

    def resume(self) -> None:
        """Resume."""
        self._go.set()

    def stop_and_keep(self) -> None:
        """End the run after the current epoch; its outcomes are emitted."""
        self._stop.set()
        self._go.set()

    def close(self, timeout_s: float = 0.8) -> bool:
        """Stop and wait; return whether the thread ended in time (it is a daemon and cannot block the program)."""
        self.stop_and_keep()
        self._token += 1  # ignore its remaining messages
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout_s)
        return thread is None or not thread.is_alive()

    def is_current(self, news: TrainingEvent) -> bool:
        """Whether an event belongs to the run that was started last."""
        return news.token == self._token

    def _run(
        self,
        token: int,
        experiment: Experiment,
        run_id: str,
        resumed: Resumed | None,
        stop: threading.Event,
        go: threading.Event,
        before: threading.Thread | None,
    ) -> None:
        try:
            _await_end(before, stop)  # not by the window, which an epoch or a step of the Bayes limit would hold up
            prepared, race, keeper = self._start_race(token, experiment, run_id, resumed, stop)
            with keeper:
                self._report(self._raced(token, prepared, race, keeper, stop, go))
            self._find_limit(token, experiment, stop)
        except _CancelledError:
            self._report(TrainingStopped(token))
        except Exception as error:  # the controller shows a message, also for MemoryError
            self._report(TrainingFailed(token, error))
        finally:
            if before is not None:
                before.join()  # the next run waits for this thread, and so for all before it

    def _raced(
        self,
        token: int,
        prepared: Prepared,
        race: Race,
        keeper: RunKeeper,
        stop: threading.Event,
        go: threading.Event,
    ) -> TrainingFinished | TrainingStopped | TrainingFailed:
        """Train to the end, to Stop, or until a loss is no longer finite; the networks trained so far are kept."""
        n_contenders = len(prepared.experiment.training.contenders)
        try:
            stopped = self._pull(token, race, keeper, n_contenders, stop, go)
        except TrainingError as error:
            notes = (*race.notes, *keeper.finish())
            outcomes, states = dict(race.outcomes()), dict(race.states())
            return TrainingFailed(token, error, outcomes, states, notes)
        if not stopped:
            self._validate(token, prepared, race, stop, go)
        ended = TrainingStopped if stopped else TrainingFinished
        notes = (*race.notes, *keeper.finish())
        return ended(token, dict(race.outcomes()), dict(race.states()), notes)

    def _validate(self, token: int, prepared: Prepared, race: Race, stop: threading.Event, go: threading.Event) -> None:
        """Cross-validate if the test set is small; Stop skips it and keeps the trained networks."""
        reported_at = 0.0

        def progress(share: float) -> None:
            nonlocal reported_at
            go.wait()
            if stop.is_set():
                raise _CancelledError
            if time.monotonic() - reported_at >= _BATCH_S:
                reported_at = time.monotonic()
                self._report(ValidationProgress(token, share))

        try:
            race.validations = cross_validate(prepared, progress, race.contenders)
        except _CancelledError:
            return
        except TrainingError as error:
            LOGGER.info("Cross-validation failed: %s", error)

    def _start_race(
        self, token: int, experiment: Experiment, run_id: str, resumed: Resumed | None, stop: threading.Event
    ) -> tuple[Prepared, Race, RunKeeper]:
        def progress(share: float) -> None:
            if stop.is_set():
                raise _CancelledError
            self._report(PreparationProgress(token, share))

        prepared = self._prepare(experiment, progress)
        self._await_engine(token, experiment, stop)
        if stop.is_set():
            raise _CancelledError
        race = self._make_race(prepared) if resumed is None else continued_race(resumed.run, prepared)
        keeper = RunKeeper(self._library, run_id, prepared, race, None if resumed is None else resumed.folder)
        engine, notes = race.engine_description, (*race.notes, *keeper.notes)
        prepared.measure()  # in this thread, so that the window does not wait for it later
        if prepared.warnings:
            notes = (*notes, " ".join(prepared.warnings))
        self._report(DataPrepared(token, prepared, engine, notes, race.contenders))
        return prepared, race, keeper

    def _find_limit(self, token: int, experiment: Experiment, stop: threading.Event) -> None:
        """Emit increasingly precise estimates of the Bayes limit, after the training, which they would slow down."""

        def progress(_: float) -> None:
            if stop.is_set():
                raise _CancelledError

        try:
            for limit in bayes_limits(experiment, progress):
                self._report(LimitEstimated(token, limit))
        except _CancelledError:
            return
        except (MlpSvdError, MemoryError) as error:  # only a line in a plot is missing
            LOGGER.info("The Bayes limit could not be estimated: %s", error)

    def _await_engine(self, token: int, experiment: Experiment, stop: threading.Event) -> None:
        if self._warm_up is None or experiment.training.engine not in _FUSED:
            return
        if self._warm_up.compiles:
            self._report(Compiling(token))
        self._warm_up.wait(stop)

    def _pull(
        self,
        token: int,
        race: Race,
        keeper: RunKeeper,
        n_contenders: int,
        stop: threading.Event,
        go: threading.Event,
    ) -> bool:
        """Train epochs until the end or Stop; return whether it was Stop."""
        batch: list[RaceEvent] = []
        reported_at = 0.0
        events = race.run()
        try:
            for event in events:
                batch.append(event)
                keeper.keep_if_due()
                if time.monotonic() - reported_at >= _BATCH_S or not go.is_set():
                    self._report(EpochsTrained(token, tuple(batch)))
                    batch, reported_at = [], time.monotonic()
                go.wait()
                self._limit_speed(n_contenders, stop)
                if stop.is_set():
                    return True
            return False
        finally:
            if batch:
                self._report(EpochsTrained(token, tuple(batch)))
            close = getattr(events, "close", None)
            if close is not None:
                close()

    def _limit_speed(self, n_contenders: int, stop: threading.Event) -> None:
        """Limit the speed; the networks take turns, so each waits its share."""
        pace = self.epochs_per_s
        if pace is not None:
            stop.wait(1.0 / pace / n_contenders)

    def _report(self, news: TrainingEvent) -> None:
        try:
            self.news.emit(news)
        except RuntimeError:  # the window and this object no longer exist
            return


def _await_end(thread: threading.Thread | None, stop: threading.Event) -> None:
    """Wait for a thread; raises _CancelledError if ``stop`` is set meanwhile."""
    while thread is not None and thread.is_alive():
        thread.join(0.02)
        if stop.is_set():
            raise _CancelledError

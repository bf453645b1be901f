"""The training job of the window: starts, pauses and stops runs, and keeps the state of the run up to date."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from PySide6.QtCore import QObject, Signal

from mlpsvd import setting_labels, settings
from mlpsvd.errors import MlpSvdError, SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.race import RaceEvent
from mlpsvd.experiments.runs.run import Run
from mlpsvd.text import duration_text, sentence
from mlpsvd_gui.log import LOGGER, unexpected_sentence
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.run_state import RunPhase, RunState
from mlpsvd_gui.workers.training import Resumed, TrainingWorker
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

__all__ = ["TrainingJob", "time_left"]

_REPORT_S = 0.2
"""Progress is emitted at most five times per second, because a progress bar paints immediately."""


class TrainingJob(QObject):
    """Trains the experiment of the window; pages start and stop it, and follow the state of the run.

    Parameters
    ----------
    experiments
        State of the experiment to train.
    run
        Receives histories, outcomes and phases of the run.
    worker
        The worker; by default a new one, which stores no runs.
    """

    failed = Signal(str)
    """Emits why a run could not continue, in one sentence."""
    noted = Signal(str)
    """Emits a note about a continuing run (for example another engine than requested)."""
    progress_changed = Signal(float, str)
    """Emits the completed fraction (0 to 1; negative if unknown) and the remaining time as text."""
    limit_found = Signal(object)
    """Emits a :class:`BayesLimit` of the experiment; better ones may follow."""

    def __init__(
        self,
        experiments: ExperimentState,
        run: RunState,
        worker: TrainingWorker | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._experiments = experiments
        self._run = run
        self._worker = worker or TrainingWorker(parent=self)
        self._elapsed_s = 0.0
        self._n_before = 0
        self._resumed: Resumed | None = None
        self._running_since: float | None = None
        self._reported_at = 0.0
        self._worker.news.connect(self._take)

    def train(self) -> None:
        """Start a run of the current experiment; :attr:`failed` follows if a setting is invalid."""
        experiment = self._experiments.experiment
        problem = next(iter(settings.problems(experiment)), None)
        if problem is not None:
            self.failed.emit(setting_labels.sentence(problem, Experiment))
            return
        self._run.begin(experiment)
        self._begin_worker()

    def resume_run(self, run: Run, folder: Path) -> None:
        """Continue a saved run in its folder, to its last epoch."""
        self._run.continue_from(run)
        self._begin_worker(Resumed(run, folder))

    def _begin_worker(self, resumed: Resumed | None = None) -> None:
        assert self._run.experiment is not None
        self._resumed = resumed
        self._elapsed_s, self._running_since = 0.0, None
        self._n_before = _n_epochs_done(self._run)
        self._worker.start(self._run.experiment, self._run.run_id, resumed)
        self.progress_changed.emit(0.0, "preparing data")

    def pause(self) -> None:
        """Pause after the current epoch."""
        if self._run.state is RunPhase.TRAINING:
            self._worker.pause()
            self._stop_clock()
            self._run.set_state(RunPhase.PAUSED)

    def resume(self) -> None:
        """Resume."""
        if self._run.state is RunPhase.PAUSED:
            self._worker.resume()
            self._running_since = time.monotonic()
            self._run.set_state(RunPhase.TRAINING)

    def set_speed(self, epochs_per_s: float | None) -> None:
        """Limit training to this number of epochs per second and network, from the next epoch; None is full speed."""
        self._worker.epochs_per_s = epochs_per_s

    def stop_and_keep(self) -> None:
        """End the run after the current epoch and keep its results."""
        if self._run.state.is_active:
            self._worker.stop_and_keep()

    def close(self) -> None:
        """Stop the thread, within a second."""
        self._worker.close()

    def _take(self, news: TrainingEvent) -> None:
        if not self._worker.is_current(news):
            return
        match news:
            case PreparationProgress(share=share):
                self.progress_changed.emit(share, "preparing the data")
            case Compiling():
                self.progress_changed.emit(-1.0, "compiling the fused engine, once per computer")
            case DataPrepared():
                self._begin_training(news)
            case EpochsTrained(events=events):
                self._add(events)
            case ValidationProgress(share=share):
                self.progress_changed.emit(share, "cross-validating")
            case LimitEstimated(limit=limit):
                self.limit_found.emit(limit)
            case TrainingFinished() | TrainingStopped():
                self._end(news)
            case TrainingFailed():
                self._show_outcomes(news)
                self._note_new(news.notes)
                self._fail(news.error)
            case _:
                assert_never(news)

    def _begin_training(self, news: DataPrepared) -> None:
        self._run.set_contenders(news.contenders)
        self._run.set_prepared(news.prepared, news.engine, news.notes)
        self._running_since = time.monotonic()
        self._run.set_state(RunPhase.TRAINING)
        self.progress_changed.emit(0.0, "")
        self._note(news.notes)

    def _add(self, events: Sequence[RaceEvent]) -> None:
        for key in self._run.histories:
            of_contender = [one.event for one in events if one.contender.key == key]
            if of_contender:
                self._run.add_events(key, of_contender)
        self._report_progress()

    def _report_progress(self) -> None:
        now = time.monotonic()
        if self._run.state is not RunPhase.TRAINING or now - self._reported_at < _REPORT_S:
            return
        running_s = now - self._running_since if self._running_since is not None else 0.0
        elapsed_s = self._elapsed_s + running_s
        left_s = time_left(self._run, elapsed_s, self._n_before)
        if left_s is not None:
            self._reported_at = now
            share = elapsed_s / (elapsed_s + left_s) if elapsed_s else 0.0
            self.progress_changed.emit(share, f"{duration_text(left_s)} left")

    def _end(self, news: TrainingFinished | TrainingStopped) -> None:
        self._stop_clock()
        self._show_outcomes(news)
        self._note_new(news.notes)
        stopped = isinstance(news, TrainingStopped)
        if stopped and not any(self._run.histories.values()):
            self._run.forget()
        else:
            self._run.set_state(RunPhase.STOPPED if stopped else RunPhase.FINISHED)
        self.progress_changed.emit(0.0 if stopped else 1.0, "" if stopped else "finished")

    def _show_outcomes(self, news: TrainingFinished | TrainingStopped | TrainingFailed) -> None:
        """Show the outcomes; a run that ended before it went on is shown as it was saved."""
        if self._resumed is not None and not news.outcomes:
            self._run.show(self._resumed.run)
        else:
            self._run.set_outcomes(news.outcomes, news.states)

    def _fail(self, error: BaseException) -> None:
        self._stop_clock()
        reason = _reason(error)
        LOGGER.error("Training failed: %s", reason, exc_info=error)
        self._run.set_state(RunPhase.FAILED, reason)
        self.progress_changed.emit(0.0, "")
        self.failed.emit(reason)

    def _note_new(self, notes: Sequence[str]) -> None:
        """Report notes that were added since the start of the run."""
        self._note([note for note in notes if self._run.add_note(note)])

    def _note(self, notes: Sequence[str]) -> None:
        """Emit all notes in one message: a new message replaces the previous one."""
        if notes:
            self.noted.emit(" ".join(sentence(note) for note in notes))

    def _stop_clock(self) -> None:
        if self._running_since is not None:
            self._elapsed_s += time.monotonic() - self._running_since
            self._running_since = None


def time_left(run: RunState, elapsed_s: float, n_before: int = 0) -> float | None:
    """Estimate the remaining seconds from the training time so far (without pauses); None before the first epoch.

    ``n_before`` epochs of all networks together were trained in an earlier session.
    """
    if run.experiment is None:
        return None
    total = run.experiment.training.epochs * len(run.histories)
    n_all = _n_epochs_done(run)
    done = n_all - n_before
    return elapsed_s * (total - n_all) / done if done > 0 else None


def _n_epochs_done(run: RunState) -> int:
    return sum(history[-1].epoch for history in run.histories.values() if history)


def _reason(error: BaseException) -> str:
    if isinstance(error, SettingError):
        return setting_labels.sentence(error, Experiment)
    if isinstance(error, MlpSvdError):
        return sentence(str(error))
    if isinstance(error, MemoryError):
        return "Not enough memory for this experiment. Use fewer or shorter clips, or smaller layers."
    return unexpected_sentence(error)

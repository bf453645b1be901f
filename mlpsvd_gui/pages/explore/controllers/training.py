"""Runs the race on request and shows what comes of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import cycle

from PySide6.QtCore import QObject, QTimer, Signal

from mlpsvd import setting_labels as setting_words
from mlpsvd import settings
from mlpsvd.errors import MlpSvdError, SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import PRESETS
from mlpsvd.experiments.unknown_speakers import KNOWN_SPEAKERS_ONLY, known_sources_note
from mlpsvd_gui.log import LOGGER, unexpected_sentence
from mlpsvd_gui.pages.explore.controllers import run_figures
from mlpsvd_gui.pages.explore.controllers.singular_values import SingularValuesController
from mlpsvd_gui.pages.explore.views.confusion_panel import ConfusionPanel
from mlpsvd_gui.pages.explore.views.race_panel import RacePanel
from mlpsvd_gui.pages.explore.views.singular_values_panel import SingularValuesPanel
from mlpsvd_gui.pages.explore.views.training_panel import TrainingPanel
from mlpsvd_gui.qt_text import sentence as as_sentence
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.run_state import RunPhase, RunState
from mlpsvd_gui.state.selection_state import SelectionState
from mlpsvd_gui.workers.training import News, NewsKind, TrainingWorker

__all__ = ["TrainingController"]

_MOST_NAMED = 3
_PREPARING = "preparing the data …"
_NOT_A_CHANGE = {"seed", "data.recordings.path"}
"""Settings that the caption names anyway, or that a preset leaves to the person."""
_REDRAW_MS = 200
"""Plots are redrawn five times a second: at ten, drawing took a third of the interpreter's time, and training in NumPy
took 1.45 times as long as without a window; at five 1.27 times."""

_TURN_MS = _REDRAW_MS // 3
"""Curves, heatmap and spectrum take turns, so that the window answers between any two of them: drawn one after the
other they held it up for 30 ms."""


class TrainingController(QObject):
    """Train, pause, resume, stop and keep; curves, race table and confusion matrix of the run."""

    failed = Signal(str)
    """Emits why a run could not go on, in one sentence."""
    noted = Signal(str)
    """Emits what a person should know about a run that goes on (another engine than asked for)."""
    progress_changed = Signal(float, str)
    """Emits the share done (0 to 1; negative for unknown) and in words how long is left."""

    def __init__(
        self,
        training_panel: TrainingPanel,
        singular_values_panel: SingularValuesPanel,
        race_panel: RacePanel,
        confusion_panel: ConfusionPanel,
        experiment_model: ExperimentState,
        selection_model: SelectionState,
        run_model: RunState,
        worker: TrainingWorker | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._training = training_panel
        self._race = race_panel
        self._confusion = confusion_panel
        self._experiments = experiment_model
        self._selection = selection_model
        self._run = run_model
        self._worker = worker or TrainingWorker(parent=self)
        self._singular_values = SingularValuesController(singular_values_panel, selection_model, run_model, self)
        self._fresh: set[str] = set()
        self._is_preparing = False
        self._elapsed_s = 0.0
        self._running_since: float | None = None
        self._redraw = QTimer(self)
        self._redraw.setInterval(_TURN_MS)
        self._turns = cycle((self._draw, self._singular_values.draw_history, self._singular_values.draw_spectrum))
        self._connect()

    def _connect(self) -> None:
        self._worker.news.connect(self._hear)
        self._redraw.timeout.connect(self._take_turn)
        self._training.cursor_moved.connect(self._selection.select_epoch)
        self._selection.epoch_changed.connect(self._training.show_epoch)
        self._selection.class_changed.connect(self._confusion.select_class)
        self._confusion.class_selected.connect(self._selection.select_class)
        self._experiments.changed.connect(self._update_stale)
        self._race.train_again_requested.connect(self.train)
        self._race.restore_requested.connect(self._restore)
        self._run.started.connect(self._clear)
        self._run.outcomes_changed.connect(self._show_outcomes)
        self._run.events_added.connect(self._note_fresh)

    def train(self) -> None:
        """Start a run of the experiment as it is now; refused in words where a setting is impossible."""
        experiment = self._experiments.experiment
        problem = next(iter(settings.problems(experiment)), None)
        if problem is not None:
            self.failed.emit(setting_words.sentence(problem, Experiment))
            return
        self._is_preparing = True
        self._run.begin(experiment)
        self._is_preparing = False
        self._elapsed_s, self._running_since = 0.0, None
        self._worker.start(experiment, self._run.run_id)
        self._redraw.start()
        self.progress_changed.emit(0.0, "preparing the data")

    def pause(self) -> None:
        """Pause after the epoch under way."""
        if self._run.state is RunPhase.TRAINING:
            self._worker.pause()
            self._stop_clock()
            self._run.set_state(RunPhase.PAUSED)

    def resume(self) -> None:
        """Go on."""
        if self._run.state is RunPhase.PAUSED:
            self._worker.resume()
            self._running_since = time.monotonic()
            self._run.set_state(RunPhase.TRAINING)

    def set_speed(self, epochs_per_s: float | None) -> None:
        """Train at most so many epochs of each network a second, from the next epoch on; None is full speed."""
        self._worker.epochs_per_s = epochs_per_s

    def stop_and_keep(self) -> None:
        """End the run after the epoch under way and keep what it has reached."""
        if self._run.state.is_active:
            self._worker.stop_and_keep()

    def close(self) -> None:
        """Stop all threads; takes less than a second."""
        self._redraw.stop()
        self._worker.close()
        self._singular_values.close()

    def _take_turn(self) -> None:
        next(self._turns)()

    def draw_now(self) -> None:
        """Draw what has come since the last redraw at once."""
        self._draw()
        self._singular_values.draw_history()
        self._singular_values.draw_spectrum()

    def _hear(self, news: News) -> None:
        if not self._worker.is_current(news):
            return
        if news.kind is NewsKind.PROGRESS:
            self.progress_changed.emit(news.share, "preparing the data")
        elif news.kind is NewsKind.COMPILING:
            self.progress_changed.emit(-1.0, "compiling the fused engine, once per machine")
        elif news.kind is NewsKind.PREPARED:
            self._begin_training(news)
        elif news.kind is NewsKind.LIMIT:
            self._training.show_limit(news.limit)
        elif news.kind is NewsKind.EPOCHS:
            self._add(news)
        elif news.kind is NewsKind.VALIDATING:
            self.progress_changed.emit(news.share, "cross-validating")
        elif news.kind is NewsKind.FAILED:
            self._run.set_outcomes(news.outcomes or {}, news.states)
            self._tell_new_notes(news)
            self._fail(news.error or RuntimeError("no reason given"))
        else:
            self._end(news)

    def _begin_training(self, news: News) -> None:
        assert news.prepared is not None
        self._run.set_prepared(news.prepared, news.engine, news.notes)
        self._running_since = time.monotonic()
        self._expect()
        self._race.show_caption(self._caption())
        self._run.set_state(RunPhase.TRAINING)
        self.progress_changed.emit(0.0, "")
        self._tell(news.notes)

    def _add(self, news: News) -> None:
        by_contender = {name: [e.event for e in news.events if e.contender == name] for name in self._run.histories}
        for contender, events in by_contender.items():
            if events:
                self._run.add_events(contender, events)

    def _end(self, news: News) -> None:
        self._stop_clock()
        self.draw_now()
        self._redraw.stop()
        self._run.set_outcomes(news.outcomes or {}, news.states or {})
        self._tell_new_notes(news)
        stopped = news.kind is NewsKind.STOPPED
        if stopped and not any(self._run.histories.values()):
            self._run.forget()
        else:
            self._run.set_state(RunPhase.STOPPED if stopped else RunPhase.FINISHED)
        self.progress_changed.emit(0.0 if stopped else 1.0, "" if stopped else "finished")

    def _fail(self, error: BaseException) -> None:
        self._stop_clock()
        self.draw_now()
        self._redraw.stop()
        sentence = _sentence(error)
        if not any(self._run.histories.values()):  # the axes that were got ready stay empty
            self._training.clear()
            self._singular_values.show_nothing()
        LOGGER.error("Training failed: %s", sentence, exc_info=error)
        self._run.set_state(RunPhase.FAILED, sentence)
        self.progress_changed.emit(0.0, "")
        self.failed.emit(sentence)

    def _tell_new_notes(self, news: News) -> None:
        """Say what has become known since the run began."""
        self._tell([note for note in news.notes if self._run.add_note(note)])

    def _tell(self, notes: Sequence[str]) -> None:
        """Say all notes at once: a message takes the place of the one before."""
        if notes:
            self.noted.emit(" ".join(as_sentence(note) for note in notes))

    def _stop_clock(self) -> None:
        if self._running_since is not None:
            self._elapsed_s += time.monotonic() - self._running_since
            self._running_since = None

    def _clear(self) -> None:
        self._fresh.clear()
        self._training.clear()
        self._training.show_limit(None)
        self._race.show_rows({})
        self._race.show_caption("")
        if self._is_preparing:
            self._training.show_waiting(_PREPARING)
            self._singular_values.show_waiting(_PREPARING)
            self._race.show_caption(f"{self._caption()} · {_PREPARING}")
        else:
            self._expect()
        self._update_stale()

    def _expect(self) -> None:
        """Draw axes that reach to the run's last epoch."""
        if self._run.experiment is not None:
            training = self._run.experiment.training
            self._training.expect(training.contenders, training.epochs)
            self._singular_values.expect()

    def _note_fresh(self, contender: str) -> None:
        self._fresh.add(contender)
        if not self._redraw.isActive():
            self.draw_now()

    def _draw(self) -> None:
        if not self._fresh:
            return
        if self._run.state is RunPhase.TRAINING:
            self._tell_progress()  # first: a progress bar paints at once, and with it all that waits to be painted
        n_test = run_figures.n_test_clips(self._run)
        self._training.put_off_painting()
        for contender, history in self._run.histories.items():
            if contender in self._fresh:
                self._training.show_curves(contender, run_figures.curves(history, n_test))
        self._fresh.clear()
        self._training.show_epoch(self._selection.epoch)
        self._show_race()
        self._race.show_caption(self._caption())

    def _show_race(self) -> None:
        n_test = run_figures.n_test_clips(self._run)
        rows = {name: run_figures.race_row(history, n_test) for name, history in self._run.histories.items()}
        shown = {name: row for name, row in rows.items() if row is not None}
        self._race.show_rows(shown, run_figures.comparison(self._run))

    def _tell_progress(self) -> None:
        running_s = time.monotonic() - self._running_since if self._running_since is not None else 0.0
        elapsed_s = self._elapsed_s + running_s
        left_s = run_figures.time_left(self._run, elapsed_s)
        if left_s is not None:
            share = elapsed_s / (elapsed_s + left_s) if elapsed_s else 0.0
            self.progress_changed.emit(share, f"{_duration(left_s)} left")

    def _caption(self) -> str:
        experiment = self._run.experiment
        if experiment is None:
            return ""
        parts = [_true_name(experiment), f"seed {experiment.seed}", self._run.engine_description]
        return " · ".join(part for part in parts if part)

    def _show_outcomes(self) -> None:
        self._show_race()
        experiment = self._run.experiment
        note = known_sources_note(experiment) if experiment is not None and self._run.outcomes else ""
        self._race.show_note(KNOWN_SPEAKERS_ONLY if note else "", note)
        scores = {name: run_figures.class_scores(outcome) for name, outcome in self._run.outcomes.items()}
        names = self._run.data.class_names if self._run.data else ()
        self._confusion.show_scores(scores, names)
        self._confusion.select_class(self._selection.class_index)

    def _update_stale(self, *_: object) -> None:
        changed = ""
        if self._run.experiment is not None and self._run.is_stale(self._experiments.experiment):
            changed = _named(run_figures.changed_settings(self._run.experiment, self._experiments.experiment))
        self._race.show_stale(changed)
        self._training.set_dimmed(bool(changed))
        self._singular_values.set_dimmed(bool(changed))

    def _restore(self) -> None:
        if self._run.experiment is not None:
            self._experiments.replace(self._run.experiment)


def _true_name(experiment: Experiment) -> str:
    """Return the name, which a preset whose settings were changed no longer bears alone."""
    preset = PRESETS.get(experiment.name)
    changed = run_figures.changed_settings(preset, experiment) if preset is not None else []
    return f"{experiment.name}, changed" if set(changed) - _NOT_A_CHANGE else experiment.name


def _named(keys: list[str]) -> str:
    shown = ", ".join(setting_words.label(Experiment, key) for key in keys[:_MOST_NAMED])
    more = len(keys) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def _sentence(error: BaseException) -> str:
    if isinstance(error, SettingError):
        return setting_words.sentence(error, Experiment)
    if isinstance(error, MlpSvdError):
        return f"{str(error).rstrip('.')}."
    if isinstance(error, MemoryError):
        return "There is not enough memory for this experiment; fewer or shorter clips, or smaller layers, need less."
    return unexpected_sentence(error)

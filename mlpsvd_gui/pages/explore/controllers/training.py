"""Shows the run of the window on the Explore page: curves, comparison table, confusion matrix."""

from __future__ import annotations

from itertools import cycle

from PySide6.QtCore import QObject, QTimer

from mlpsvd import setting_labels
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import PRESETS
from mlpsvd.experiments.unknown_speakers import KNOWN_SPEAKERS_ONLY, known_sources_note
from mlpsvd_gui.pages.explore.controllers import run_figures
from mlpsvd_gui.pages.explore.controllers.singular_values import SingularValuesController
from mlpsvd_gui.pages.explore.views.confusion_panel import ConfusionPanel
from mlpsvd_gui.pages.explore.views.race_panel import RacePanel
from mlpsvd_gui.pages.explore.views.singular_values_panel import SingularValuesPanel
from mlpsvd_gui.pages.explore.views.training_panel import TrainingPanel
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.run_state import RunPhase, RunState
from mlpsvd_gui.state.selection_state import SelectionState
from mlpsvd_gui.workers.training_job import TrainingJob

__all__ = ["TrainingController"]

_MOST_NAMED = 3
_PREPARING = "preparing data…"
_NOT_A_CHANGE = {"seed", "data.recordings.path"}
"""Settings that the caption shows anyway, or that a preset leaves to the user."""
_REDRAW_MS = 200
"""Plots are redrawn five times per second. At ten, drawing took a third of the interpreter's time, and training in
NumPy took 1.45 times as long as without a window; at five, 1.27 times."""

_TURN_MS = _REDRAW_MS // 3
"""Curves, heatmap and spectrum are drawn in separate passes of the event loop; together they blocked it for 30 ms."""


class TrainingController(QObject):
    """Draws the run while it is trained, and after it; its buttons train again and restore the settings."""

    def __init__(
        self,
        training_panel: TrainingPanel,
        singular_values_panel: SingularValuesPanel,
        race_panel: RacePanel,
        confusion_panel: ConfusionPanel,
        experiment_model: ExperimentState,
        selection_model: SelectionState,
        run_model: RunState,
        job: TrainingJob,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._training = training_panel
        self._race = race_panel
        self._confusion = confusion_panel
        self._experiments = experiment_model
        self._selection = selection_model
        self._run = run_model
        self._job = job
        self._singular_values = SingularValuesController(singular_values_panel, selection_model, run_model, self)
        self._fresh: set[str] = set()
        self._redraw = QTimer(self)
        self._redraw.setInterval(_TURN_MS)
        self._turns = cycle((self._draw, self._singular_values.draw_history, self._singular_values.draw_spectrum))
        self._connect()

    def _connect(self) -> None:
        self._job.limit_found.connect(self._training.show_limit)
        self._redraw.timeout.connect(self._draw_next)
        self._training.cursor_moved.connect(self._selection.select_epoch)
        self._selection.epoch_changed.connect(self._training.show_epoch)
        self._selection.class_changed.connect(self._confusion.select_class)
        self._confusion.class_selected.connect(self._selection.select_class)
        self._experiments.changed.connect(self._update_stale)
        self._race.train_again_requested.connect(self._job.train)
        self._race.restore_requested.connect(self._restore)
        self._run.started.connect(self._clear)
        self._run.state_changed.connect(self._follow)
        self._run.prepared_changed.connect(self._expect)
        self._run.outcomes_changed.connect(self._show_outcomes)
        self._run.events_added.connect(self._note_fresh)

    def close(self) -> None:
        """Stop drawing, and the thread that computes factors."""
        self._redraw.stop()
        self._singular_values.close()

    def _draw_next(self) -> None:
        next(self._turns)()

    def draw_now(self) -> None:
        """Draw what has arrived since the last redraw immediately."""
        self._draw()
        self._singular_values.draw_history()
        self._singular_values.draw_spectrum()

    def _follow(self, phase: RunPhase) -> None:
        """Draw regularly while a run is active, and all of it at its end."""
        if phase is RunPhase.PREPARING:
            self._training.show_waiting(_PREPARING)
            self._singular_values.show_waiting(_PREPARING)
            self._race.show_caption(f"{self._caption()} · {_PREPARING}")
        if phase.is_active:
            self._redraw.start()
            return
        self._redraw.stop()
        self.draw_now()
        if phase is RunPhase.FAILED and not any(self._run.histories.values()):
            self._training.clear()  # the axes that were prepared stay empty
            self._singular_values.show_nothing()

    def _clear(self) -> None:
        self._fresh.clear()
        self._training.clear()
        self._training.show_limit(None)
        if self._run.contenders:
            self._race.show_contenders(tuple(self._run.contenders.values()))
        self._race.show_rows({})
        self._race.show_caption("")
        self._update_stale()

    def _expect(self) -> None:
        """Draw axes up to the run's last epoch."""
        if self._run.experiment is not None:
            self._race.show_contenders(tuple(self._run.contenders.values()))
            self._training.expect(tuple(self._run.contenders.values()), self._run.experiment.training.epochs)
            self._singular_values.expect()
        self._race.show_caption(self._caption())

    def _note_fresh(self, contender: str) -> None:
        self._fresh.add(contender)
        if not self._redraw.isActive():
            self.draw_now()

    def _draw(self) -> None:
        if not self._fresh:
            return
        n_test = run_figures.n_test_clips(self._run)
        self._training.put_off_painting()
        for contender, history in self._run.histories.items():
            if contender in self._fresh:
                self._training.show_curves(self._run.contenders[contender], run_figures.curves(history, n_test))
        self._fresh.clear()
        self._training.show_epoch(self._selection.epoch)
        self._show_race()
        self._race.show_caption(self._caption())

    def _show_race(self) -> None:
        n_test = run_figures.n_test_clips(self._run)
        rows = {name: run_figures.race_row(history, n_test) for name, history in self._run.histories.items()}
        shown = {name: row for name, row in rows.items() if row is not None}
        self._race.show_rows(shown, run_figures.comparisons(self._run))

    def _caption(self) -> str:
        experiment = self._run.experiment
        if experiment is None:
            return ""
        parts = [_experiment_name(experiment), f"seed {experiment.seed}", self._run.engine_description]
        return " · ".join(part for part in parts if part)

    def _show_outcomes(self) -> None:
        self._show_race()
        experiment = self._run.experiment
        note = known_sources_note(experiment) if experiment is not None and self._run.outcomes else ""
        validation = run_figures.validation_note(self._run)
        self._race.show_note(validation or (KNOWN_SPEAKERS_ONLY if note else ""), validation or note)
        scores = {one.contender: run_figures.class_scores(one) for one in self._run.outcomes.values()}
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


def _experiment_name(experiment: Experiment) -> str:
    """Return the experiment's name, marked if the settings of its preset were changed."""
    preset = PRESETS.get(experiment.name)
    changed = run_figures.changed_settings(preset, experiment) if preset is not None else []
    return f"{experiment.name} (modified)" if set(changed) - _NOT_A_CHANGE else experiment.name


def _named(keys: list[str]) -> str:
    shown = ", ".join(setting_labels.label(Experiment, key) for key in keys[:_MOST_NAMED])
    more = len(keys) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown

"""Retrain: from the collection as it is now to a network that the Listen page uses."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mlpsvd.datasets.settings import RecordingsSettings
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.promotion import judged_accuracy, judged_clips, ranked_contenders
from mlpsvd.experiments.recordings_recipe import adapted_to
from mlpsvd.experiments.unknown_speakers import KNOWN_SPEAKERS_ONLY, UNKNOWN_SPEAKERS
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd.text import CONTENDER_NAMES, counted
from mlpsvd_gui.pages.record.controllers.collection import CollectionController
from mlpsvd_gui.pages.record.views.panel import RecordPanel
from mlpsvd_gui.pages.record.workers.clip_library import CollectionView
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.run_state import RunPhase, RunState
from mlpsvd_gui.workers.training_job import TrainingJob

__all__ = ["Retraining", "experiment_of"]

_FEWEST_CLIPS = 2


class Retraining(QObject):
    """Trains on what the collection holds, and says what came of it."""

    listen_requested = Signal()

    def __init__(
        self,
        panel: RecordPanel,
        collection: CollectionController,
        experiment_model: ExperimentState,
        run_model: RunState,
        training: TrainingJob,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._collection = collection
        self._experiments = experiment_model
        self._run = run_model
        self._training = training
        self._trained_on: tuple[object, ...] | None = None
        panel.training.retrain_requested.connect(self._ask)
        panel.training.listen_requested.connect(self.listen_requested)
        collection.shelf_changed.connect(self._show)
        run_model.started.connect(self._note_clips)
        run_model.state_changed.connect(lambda _: self._show())
        run_model.outcomes_changed.connect(self._show)
        training.progress_changed.connect(self._show_progress)
        self._show()

    @property
    def is_mine(self) -> bool:
        """Whether the run that the window shows was trained on this collection."""
        shelf, experiment = self._collection.shelf, self._run.experiment
        if shelf is None or experiment is None or experiment.data.source != "recordings":
            return False
        return Path(experiment.data.recordings.path) == shelf.manifest

    def _ask(self) -> None:
        """Train when everything that was recorded so far is in the collection."""
        if self._collection.library is not None and not self._run.state.is_active:
            self._collection.library.when_done(self._train)

    def _train(self, shelf: CollectionView) -> None:
        if self._collection.shelf is None or self._run.state.is_active:
            return
        self._experiments.replace(experiment_of(self._experiments.experiment, shelf), "settings for the collection")
        self._training.train()
        self._show()

    def _note_clips(self) -> None:
        """Remember what a run that begins now is trained on, also one that was started in the toolbar."""
        shelf = self._collection.shelf
        self._trained_on = _identity(shelf) if shelf is not None and self.is_mine else None

    def _show(self, *_: object) -> None:
        shelf, box = self._collection.shelf, self._panel.training
        box.show_warnings(shelf.warnings if shelf is not None else ())
        is_active = self._run.state.is_active
        problem = _problem(shelf)
        tip = problem or "Train on every clip as it is labelled now; the Listen page uses the new network at once"
        if is_active:
            tip = "A run is going on; when it is over, or stopped (F7), you can train again"
        box.show_possible(not problem and not is_active, tip)
        if not is_active:
            box.show_progress(None)
        can_listen = self.is_mine and bool(self._run.outcomes)
        box.show_result(self._result(shelf), can_listen)
        is_split_by_chance = shelf is not None and not shelf.has_fixed_split
        has_note = can_listen and not is_active and is_split_by_chance
        box.show_note(KNOWN_SPEAKERS_ONLY if has_note else "", UNKNOWN_SPEAKERS)

    def _show_progress(self, share: float, left: str) -> None:
        if self._run.state.is_active and self.is_mine:
            self._panel.training.show_progress(share)
            self._panel.training.show_result(f"Training: {left} …" if left else "Training …", False)

    def _result(self, shelf: CollectionView | None) -> str:
        if not self.is_mine:
            return ""
        state = self._run.state
        if state is RunPhase.FAILED:
            return f"Not trained: {self._run.message}"
        if state.is_active or not self._run.outcomes:
            return "Training …" if state.is_active else ""
        outcomes = {CONTENDER_NAMES[name]: one for name, one in self._run.outcomes.items()}
        accuracies = (
            f"{name} {accuracy_text(judged_accuracy(one), judged_clips(one), 0)}" for name, one in outcomes.items()
        )
        text = f"{self._how_judged()}: {', '.join(accuracies)}."
        text += "".join(f" {name} did not learn." for name, one in outcomes.items() if one.at_chance)
        if len(outcomes) > 1:
            best = CONTENDER_NAMES[ranked_contenders(self._run.outcomes)[-1]]
            text += f" Better network: {best}, the default in Listen and Files."
        if shelf is not None and self._trained_on is not None and _identity(shelf) != self._trained_on:
            text += " Clips have changed; retrain to include them."
        return text

    def _how_judged(self) -> str:
        validation = next(iter(self._run.outcomes.values())).validation
        if validation is not None:
            return f"Cross-validated accuracy ({counted(validation.n_clips, 'clip')}, {validation.n_folds} folds)"
        n_test = self._run.data.n_test if self._run.data is not None else 0
        return f"Test accuracy ({counted(n_test, 'clip')})"


def experiment_of(current: Experiment, shelf: CollectionView) -> Experiment:
    """Return the experiment that trains on a collection.

    Settings for recordings that a person has changed are kept, but for the place of the recordings; all others are
    fitted to the clips at hand (:func:`mlpsvd.experiments.recordings_recipe.adapted_to`).
    """
    before = current.data.recordings if current.data.source == "recordings" else RecordingsSettings()
    recordings = replace(before, path=str(shelf.manifest), labels_from="manifest")
    return adapted_to(current, recordings, len(shelf.clips), _usual_rate_hz(shelf))[0]


def _usual_rate_hz(shelf: CollectionView) -> float:
    rates = Counter(clip.sample_rate_hz for clip in shelf.clips)
    return max(rates, key=lambda rate: (rates[rate], rate), default=0.0)


def _problem(shelf: CollectionView | None) -> str:
    """Say what keeps a collection from being trained on; empty: nothing."""
    if shelf is None:
        return "Make or open a collection first"
    if len(shelf.counts) < 2:
        return "Two classes at least are needed to tell apart"
    few = [name for name, n_clips in shelf.counts.items() if n_clips < _FEWEST_CLIPS]
    if few:
        return f"Each class needs {_FEWEST_CLIPS} clips at least, one of them to test on: {few[0]} has 1"
    return ""


def _identity(shelf: CollectionView) -> tuple[object, ...]:
    """Return what a training depends on: which clips, how long, under which label."""
    return tuple((clip.id, clip.label, clip.duration_s) for clip in shelf.clips)

"""Controller of Retrain: trains on the collection."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from mlpsvd.experiments.collection_recipe import (
    clips_identity,
    experiment_for_collection,
    is_of_collection,
    training_problem,
)
from mlpsvd.experiments.promotion import judged_text, ranked_contenders
from mlpsvd.experiments.unknown_speakers import KNOWN_SPEAKERS_ONLY, UNKNOWN_SPEAKERS
from mlpsvd.text import counted
from mlpsvd_gui.pages.record.controllers.collection import CollectionController
from mlpsvd_gui.pages.record.views.panel import RecordPanel
from mlpsvd_gui.pages.record.workers.clip_library import CollectionView
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.run_state import RunPhase, RunState
from mlpsvd_gui.workers.training_job import TrainingJob

__all__ = ["Retraining"]


class Retraining(QObject):
    """Trains on the collection and shows the result."""

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
        collection.content_changed.connect(self._show)
        run_model.started.connect(self._note_clips)
        run_model.state_changed.connect(lambda _: self._show())
        run_model.outcomes_changed.connect(self._show)
        training.progress_changed.connect(self._show_progress)
        self._show()

    @property
    def is_mine(self) -> bool:
        """Whether the current run was trained on this collection."""
        content, experiment = self._collection.content, self._run.experiment
        return content is not None and experiment is not None and is_of_collection(experiment, content.manifest)

    def _ask(self) -> None:
        """Train once all recorded takes are in the collection."""
        if self._collection.library is not None and not self._run.state.is_active:
            self._collection.library.when_done(self._train)

    def _train(self, content: CollectionView) -> None:
        if self._collection.content is None or self._run.state.is_active:
            return
        experiment = experiment_for_collection(self._experiments.experiment, content.manifest, content.clips)
        self._experiments.replace(experiment, "settings for the collection")
        self._training.train()
        self._show()

    def _note_clips(self) -> None:
        """Store what a new run is trained on, also if it was started from the toolbar."""
        content = self._collection.content
        self._trained_on = clips_identity(content.clips) if content is not None and self.is_mine else None

    def _show(self, *_: object) -> None:
        content, box = self._collection.content, self._panel.training
        box.show_warnings(content.warnings if content is not None else ())
        is_active = self._run.state.is_active
        problem = _problem(content)
        tip = problem or "Train on all clips with their current labels; the Listen page then uses the new model"
        if is_active:
            tip = "A run is active; wait for its end or stop it (F7)"
        box.show_possible(not problem and not is_active, tip)
        if not is_active:
            box.show_progress(None)
        can_listen = self.is_mine and bool(self._run.outcomes)
        box.show_result(self._result(content), can_listen)
        is_split_by_chance = content is not None and not content.has_fixed_split
        has_note = can_listen and not is_active and is_split_by_chance
        box.show_note(KNOWN_SPEAKERS_ONLY if has_note else "", UNKNOWN_SPEAKERS)

    def _show_progress(self, share: float, left: str) -> None:
        if self._run.state.is_active and self.is_mine:
            self._panel.training.show_progress(share)
            self._panel.training.show_result(f"Training: {left}…" if left else "Training…", False)

    def _result(self, content: CollectionView | None) -> str:
        if not self.is_mine:
            return ""
        state = self._run.state
        if state is RunPhase.FAILED:
            return f"Not trained: {self._run.message}"
        if state.is_active or not self._run.outcomes:
            return "Training…" if state.is_active else ""
        outcomes = {one.contender.title: one for one in self._run.outcomes.values()}
        accuracies = (f"{name} {judged_text(one, 0)}" for name, one in outcomes.items())
        text = f"{self._validation_text()}: {', '.join(accuracies)}."
        text += "".join(f" {name} did not learn." for name, one in outcomes.items() if one.at_chance)
        if len(outcomes) > 1:
            best = self._run.outcomes[ranked_contenders(self._run.outcomes)[-1]].contender.title
            text += f" Better network: {best}, the default in Listen and Files."
        if content is not None and self._trained_on is not None and clips_identity(content.clips) != self._trained_on:
            text += " Clips have changed; retrain to include them."
        return text

    def _validation_text(self) -> str:
        validation = next(iter(self._run.outcomes.values())).validation
        if validation is not None:
            return f"Cross-validated accuracy ({counted(validation.n_clips, 'clip')}, {validation.n_folds} folds)"
        n_test = self._run.data.n_test if self._run.data is not None else 0
        return f"Test accuracy ({counted(n_test, 'clip')})"


def _problem(content: CollectionView | None) -> str:
    """Return why a collection cannot be trained on; otherwise an empty text."""
    return training_problem(content.counts) if content is not None else "Create or open a collection first"

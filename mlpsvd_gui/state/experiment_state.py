"""The experiment that the window edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from mlpsvd import settings
from mlpsvd.experiments.experiment import Experiment
from mlpsvd_gui.state.experiment_history import ExperimentHistory, Origin

__all__ = ["ExperimentChange", "ExperimentState", "Origin"]


@dataclass(frozen=True)
class ExperimentChange:
    """From which experiment to which; ``sections`` are the top-level keys that differ ("data", "training", …)."""

    before: Experiment
    after: Experiment
    sections: frozenset[str]


class ExperimentState(QObject):
    """Holds one frozen experiment; every edit replaces it by another, and can be undone."""

    changed = Signal(object)
    """Emits an :class:`ExperimentChange`."""
    origin_changed = Signal()
    """The file that the experiment belongs to has changed."""
    history_changed = Signal()
    """What undo and redo would do may have changed."""

    def __init__(self, experiment: Experiment | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._experiment = experiment or Experiment()
        self._origin = Origin(None, self._experiment)
        self._history = ExperimentHistory()

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is now."""
        return self._experiment

    @property
    def origin(self) -> Origin:
        """The file that the experiment belongs to, and what is in it."""
        return self._origin

    @property
    def undo_name(self) -> str:
        """What undo would take back, in words; empty where there is nothing."""
        return self._history.undo_name

    @property
    def redo_name(self) -> str:
        """What redo would repeat, in words; empty where there is nothing."""
        return self._history.redo_name

    def replace(self, experiment: Experiment, step: str = "", origin: Origin | None = None) -> None:
        """Make ``experiment`` the current one, as a step that can be undone; silent where nothing differs.

        Parameters
        ----------
        experiment
            The next experiment.
        step
            Name of the step in the Edit menu, for example "settings for recordings"; by default what was changed.
        origin
            The file that it belongs to, where that changes too; undo restores both.
        """
        origins = None if origin is None else (self._origin, origin)
        if experiment != self._experiment:
            self._history.add(self._experiment, experiment, step, origins)
        self._show(experiment, origin)
        self.history_changed.emit()

    def set_value(self, key: str, value: Any) -> None:
        """Set one setting by its dotted key, e.g. ``training.batch_size``."""
        self.replace(settings.with_value(self._experiment, key, value))

    def set_origin(self, origin: Origin) -> None:
        """Say which file the experiment belongs to, as after saving; this is no step."""
        self._origin = origin
        self.origin_changed.emit()

    def undo(self) -> None:
        """Take the last step back."""
        step = self._history.undo()
        if step is not None:
            self._show(step.before, step.origins[0] if step.origins else None)
            self.history_changed.emit()

    def redo(self) -> None:
        """Repeat the step that was taken back last."""
        step = self._history.redo()
        if step is not None:
            self._show(step.after, step.origins[1] if step.origins else None)
            self.history_changed.emit()

    def _show(self, experiment: Experiment, origin: Origin | None) -> None:
        before = self._experiment
        sections = frozenset(
            info.name
            for info in settings.describe(Experiment)
            if getattr(before, info.name) != getattr(experiment, info.name)
        )
        self._experiment = experiment
        if origin is not None:
            self._origin = origin
        if sections:
            self.changed.emit(ExperimentChange(before, experiment, sections))
        if origin is not None:
            self.origin_changed.emit()

"""State of the edited experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from mlpsvd import settings
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import new_experiment
from mlpsvd_gui.state.experiment_history import ExperimentHistory, Origin, Version
from mlpsvd_gui.state.undo_steps import redo_name, undo_name

__all__ = ["ExperimentChange", "ExperimentState", "Origin"]


@dataclass(frozen=True)
class ExperimentChange:
    """Old and new experiment; ``sections`` are the top-level keys that differ ("data", "training", …)."""

    before: Experiment
    after: Experiment
    sections: frozenset[str]


class ExperimentState(QObject):
    """Holds a frozen experiment; every edit replaces it and can be undone."""

    changed = Signal(object)
    """Emits an :class:`ExperimentChange`."""
    origin_changed = Signal()
    """Emitted when the file of the experiment has changed."""

    def __init__(self, experiment: Experiment | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._experiment = experiment or new_experiment()
        self._origin = Origin(None, self._experiment)
        self._history = ExperimentHistory(self._show, self)

    @property
    def experiment(self) -> Experiment:
        """The current experiment."""
        return self._experiment

    @property
    def origin(self) -> Origin:
        """The file of the experiment, and its content."""
        return self._origin

    @property
    def stack(self) -> QUndoStack:
        """The steps that can be undone and redone."""
        return self._history.stack

    @property
    def undo_name(self) -> str:
        """Description of the step to undo; empty if there is none."""
        return undo_name(self.stack)

    @property
    def redo_name(self) -> str:
        """Description of the step to redo; empty if there is none."""
        return redo_name(self.stack)

    def replace(self, experiment: Experiment, step: str = "", origin: Origin | None = None) -> None:
        """Make ``experiment`` the current one, as an undoable step; does nothing if it is equal.

        Parameters
        ----------
        experiment
            The next experiment.
        step
            Name of the step in the Edit menu, for example "settings for recordings"; by default what was changed.
        origin
            Its file, if that changes too; undo restores both.
        """
        before = Version(self._experiment, None if origin is None else self._origin)
        after = Version(experiment, origin)
        if experiment != self._experiment:
            self._history.change(before, after, step)
        else:
            self._show(after)

    def set_value(self, key: str, value: Any, step: str = "") -> None:
        """Set one setting by its dotted key, e.g. ``training.batch_size``; ``step`` is as in :meth:`replace`."""
        self.replace(settings.with_value(self._experiment, key, value), step)

    def set_origin(self, origin: Origin) -> None:
        """Set the file of the experiment, as after saving; not undoable."""
        self._origin = origin
        self.origin_changed.emit()

    def undo(self) -> None:
        """Undo the last step."""
        self.stack.undo()

    def redo(self) -> None:
        """Redo the last undone step."""
        self.stack.redo()

    def start_again(self, experiment: Experiment, origin: Origin | None = None) -> None:
        """Make ``experiment`` the current one and forget all steps, as when a project is opened."""
        self._history.clear()
        self._show(Version(experiment, origin or Origin(None, experiment)))

    def _show(self, version: Version) -> None:
        before, experiment, origin = self._experiment, version.experiment, version.origin
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

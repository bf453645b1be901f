"""The experiment that the window edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from mlpsvd import settings
from mlpsvd.experiments.experiment import Experiment

__all__ = ["ExperimentChange", "ExperimentModel"]


@dataclass(frozen=True)
class ExperimentChange:
    """From which experiment to which; ``sections`` are the top-level keys that differ ("data", "training", …)."""

    before: Experiment
    after: Experiment
    sections: frozenset[str]


class ExperimentModel(QObject):
    """Holds one frozen experiment; every edit makes the next one and tells what changed."""

    changed = Signal(object)
    """Emits an :class:`ExperimentChange`."""

    def __init__(self, experiment: Experiment | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._experiment = experiment or Experiment()

    @property
    def experiment(self) -> Experiment:
        """The experiment as it is now."""
        return self._experiment

    def replace(self, experiment: Experiment) -> None:
        """Make ``experiment`` the current one; silent where nothing differs."""
        before = self._experiment
        sections = frozenset(
            info.name
            for info in settings.describe(Experiment)
            if getattr(before, info.name) != getattr(experiment, info.name)
        )
        if sections:
            self._experiment = experiment
            self.changed.emit(ExperimentChange(before, experiment, sections))

    def set_value(self, key: str, value: Any) -> None:
        """Set one setting by its dotted key, e.g. ``training.batch_size``."""
        self.replace(settings.with_value(self._experiment, key, value))

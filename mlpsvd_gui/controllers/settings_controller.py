"""Joins the settings column with the experiment."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from mlpsvd import settings
from mlpsvd.errors import SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd_gui.models.experiment_model import ExperimentChange, ExperimentModel
from mlpsvd_gui.views.settings_panel import SettingsPanel

__all__ = ["SettingsController"]


class SettingsController(QObject):
    """Takes edits into the experiment and marks what is impossible."""

    problems_changed = Signal(list)
    """Emits every impossible value as a sentence; an empty list when the experiment can be trained."""

    def __init__(self, panel: SettingsPanel, experiment_model: ExperimentModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._model = experiment_model
        self._refused: dict[str, SettingError] = {}
        panel.edited.connect(self._set)
        panel.text_edited.connect(self._read)
        panel.reset_requested.connect(self._reset)
        experiment_model.changed.connect(self._take)
        self._show()

    def close(self) -> None:
        """Nothing runs in the background here."""

    def commit(self) -> None:
        """Take over what is typed but not yet confirmed."""
        self._panel.commit()

    def problems(self) -> list[SettingError]:
        """Return every impossible value, typed text that could not be read included."""
        return [*settings.problems(self._model.experiment), *self._refused.values()]

    def _set(self, key: str, value: Any) -> None:
        self._refused.pop(key, None)
        self._model.set_value(key, value)
        self._show()

    def _read(self, key: str, text: str) -> None:
        try:
            experiment = settings.parse_text(self._model.experiment, key, text)
        except SettingError as error:
            self._refused[key] = error
        else:
            self._refused.pop(key, None)
            self._model.replace(experiment)
        self._show()

    def _reset(self, key: str) -> None:
        self._refused.pop(key, None)
        value = settings.get(Experiment(), key)
        self._panel.show_again(key, value)
        self._model.set_value(key, value)
        self._show()

    def _take(self, change: ExperimentChange) -> None:
        if "name" in change.sections:  # another experiment was opened: half-typed text belongs to the old one
            for key in self._refused:
                self._panel.show_again(key, settings.get(change.after, key))
            self._refused.clear()
        self._show()

    def _show(self) -> None:
        self._panel.show_experiment(self._model.experiment)
        found = self.problems()
        self._panel.show_problems({_row_key(error.key): self._sentence(error) for error in found})
        self.problems_changed.emit([str(error) for error in found])

    def _sentence(self, error: SettingError) -> str:
        if _row_key(error.key) in self._panel.rows:
            return f"Should be {error.expected}, not {_in_words(error.found)}."
        return f"{error}."


def _in_words(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(entry) for entry in value) or "nothing"
    return f"{value:g}" if isinstance(value, float) else str(value) or "nothing"


def _row_key(key: str) -> str:
    """Return the key of the row that shows a setting: an entry of a list is shown in the list's row."""
    return key.partition("[")[0]

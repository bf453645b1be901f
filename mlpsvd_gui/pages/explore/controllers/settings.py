"""Controller of the settings panel."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from mlpsvd import setting_labels, settings
from mlpsvd.errors import SettingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import start_value
from mlpsvd.setting_labels import inside_sentence, value_text
from mlpsvd_gui.pages.explore.views.settings_panel import SettingsPanel
from mlpsvd_gui.state.experiment_state import ExperimentChange, ExperimentState

__all__ = ["SettingsController"]


class SettingsController(QObject):
    """Applies edits to the experiment and marks invalid values.

    A value that is invalid by itself is not applied: its text stays in the field, marked. Settings
    that are valid by themselves but incompatible are applied and marked too.
    """

    problems_changed = Signal(list)
    """Emits every problem as a sentence; an empty list if the experiment can be trained."""

    def __init__(self, panel: SettingsPanel, experiment_model: ExperimentState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._model = experiment_model
        self._refused: dict[str, str] = {}
        """Why the text of a field was rejected, in one sentence, by key."""
        panel.edited.connect(self._set)
        panel.text_edited.connect(self._read)
        panel.refused.connect(self._refuse)
        panel.reset_requested.connect(self._reset)
        experiment_model.changed.connect(self._take)
        self._show()

    def close(self) -> None:
        """Do nothing: no background work to stop."""

    def commit(self) -> None:
        """Apply text that is typed but not yet confirmed."""
        self._panel.commit()

    def problems(self) -> list[str]:
        """Return every problem as a sentence with the setting's label, rejected texts included."""
        refused = [f"{setting_labels.label(Experiment, key)}: {text}" for key, text in self._refused.items()]
        found = settings.problems(self._model.experiment)
        return [*(setting_labels.sentence(error, Experiment) for error in found), *refused]

    def _set(self, key: str, value: Any) -> None:
        self._replace(key, settings.with_value(self._model.experiment, key, value))

    def _read(self, key: str, text: str) -> None:
        try:
            experiment = settings.parse_text(self._model.experiment, key, text)
        except SettingError as error:
            self._refuse(key, _expected_text(error))
        else:
            self._replace(key, experiment)

    def _replace(self, key: str, experiment: Experiment) -> None:
        """Make ``experiment`` the current one, unless the edited setting has an invalid value."""
        own = (error for error in settings.problems(experiment) if _row_key(error.key) == key)
        conflict = next(own, None)
        if conflict is not None and settings.is_impossible(experiment, key):
            self._refuse(key, _expected_text(conflict))
            return
        self._refused.pop(key, None)
        self._model.replace(experiment)
        self._show()

    def _refuse(self, key: str, sentence: str) -> None:
        self._refused.pop(key, None)
        if sentence:
            self._refused[key] = sentence
        self._show()

    def _reset(self, key: str) -> None:
        self._refused.pop(key, None)
        value = start_value(key, self._model.experiment.data.source)
        self._panel.show_again(key, value)
        self._model.set_value(key, value, f"reset of {inside_sentence(setting_labels.label(Experiment, key))}")
        self._show()

    def _take(self, change: ExperimentChange) -> None:
        is_other = "name" in change.sections  # another experiment was opened: discard partly typed text
        for key in list(self._refused):
            value = settings.get(change.after, key)
            if is_other or value != settings.get(change.before, key):
                del self._refused[key]
                self._panel.show_again(key, value)
        self._show()

    def _show(self) -> None:
        self._panel.show_experiment(self._model.experiment)
        sentences: dict[str, str] = {}
        for error in settings.problems(self._model.experiment):
            key = _row_key(error.key)
            is_shown = key in self._panel.rows
            sentences[key] = _expected_text(error) if is_shown else setting_labels.sentence(error, Experiment)
        self._panel.show_problems({**sentences, **self._refused})
        self.problems_changed.emit(self.problems())


def _expected_text(error: SettingError) -> str:
    return f"Must be {error.expected}, not {value_text(error.found)}."


def _row_key(key: str) -> str:
    """Return the key of the row that shows a setting: an entry of a list is shown in the list's row."""
    return key.partition("[")[0]

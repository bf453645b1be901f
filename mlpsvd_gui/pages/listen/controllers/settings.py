"""Controller of the live settings: form, trigger mark and stored values."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QObject, Signal

from mlpsvd import setting_labels, settings
from mlpsvd.audio.level import SILENCE_DBFS
from mlpsvd.classification.live.settings import LiveSettings
from mlpsvd.classification.live.trigger import ABOVE_BACKGROUND_DB, TriggerSuggestion, suggested_trigger
from mlpsvd.errors import MlpSvdError
from mlpsvd.setting_labels import inside_sentence
from mlpsvd.text import with_minus
from mlpsvd_gui.pages.listen.views.settings_form import LiveSettingsForm
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.undo_steps import ValueHistory
from mlpsvd_gui.widgets.level_meter import LevelMeter

__all__ = ["LiveSettingsController"]

_REMEMBERED = "live/settings"
_BY_HAND = "live/windows"
_N_LEVELS = 100
"""The last five seconds, at twenty per second."""


class LiveSettingsController(QObject):
    """Holds valid :class:`LiveSettings`; invalid values are reported at their editor and not applied."""

    changed = Signal(object)
    """Emits the new settings."""

    def __init__(
        self, form: LiveSettingsForm, meter: LevelMeter, preferences: Preferences, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._form = form
        self._meter = meter
        self._preferences = preferences
        self._settings = _remembered(preferences)
        self._levels_dbfs: deque[float] = deque(maxlen=_N_LEVELS)
        self.history = ValueHistory(self._apply, self)
        form.edited.connect(self._set)
        form.reset_requested.connect(lambda: self._use(LiveSettings(), "reset of the live settings"))
        meter.trigger_dragged.connect(lambda level: self._set("trigger_dbfs", level))
        self._show()

    @property
    def settings(self) -> LiveSettings:
        """The current settings."""
        return self._settings

    @property
    def clips_align(self) -> bool:
        """Whether windows are aligned with the clips of the bank."""
        return self._settings.hop_share == 1.0 and self._settings.windows == "running"

    @property
    def chose_windows(self) -> bool:
        """Whether the user has ever chosen a mode."""
        return bool(self._preferences.table(_BY_HAND))

    def add_level(self, rms_dbfs: float) -> None:
        """Add the current level, from which a trigger level is derived if needed."""
        self._levels_dbfs.append(rms_dbfs)

    def forget_levels(self) -> None:
        """Discard the levels of another source."""
        self._levels_dbfs.clear()

    def use_event_mode(self) -> None:
        """Switch to event mode."""
        self._set("windows", "whole sounds")

    def _set(self, name: str, value: object) -> None:
        note = ""
        try:
            wanted = settings.with_value(self._settings, name, value)
            if wanted.windows == "whole sounds" and name == "windows" and wanted.trigger_dbfs <= SILENCE_DBFS:
                suggestion = suggested_trigger(self._levels_dbfs)
                note = _origin(suggestion, bool(self._levels_dbfs))
                wanted = settings.with_value(wanted, "trigger_dbfs", suggestion.trigger_dbfs)
            settings.check(wanted)
        except MlpSvdError as error:
            self._form.show_problem(name, f"{error}")
            self._meter.show_trigger(self._settings.trigger_dbfs)
            return
        if name == "windows":
            self._preferences.set_table(_BY_HAND, {"chosen": value})
        label = inside_sentence(setting_labels.label(LiveSettings, name))
        self._use(wanted, f"change of {label}", name)
        self._form.show_note("trigger_dbfs", note)

    def _use(self, wanted: LiveSettings, step: str, key: str = "") -> None:
        for info in settings.describe(LiveSettings):
            self._form.show_problem(info.name, "")
        if wanted != self._settings:
            self.history.add(step, self._settings, wanted, key)
        else:
            self._show()

    def _apply(self, wanted: LiveSettings) -> None:
        self._settings = wanted
        self._preferences.set_table(_REMEMBERED, settings.to_table(wanted))
        self.changed.emit(wanted)
        self._show()

    def _show(self) -> None:
        self._form.show_values(settings.to_table(self._settings), _without_effect(self._settings))
        self._meter.show_trigger(self._settings.trigger_dbfs)


def _origin(suggestion: TriggerSuggestion, has_levels: bool) -> str:
    """Return a sentence on the origin of a trigger level."""
    if suggestion.background_dbfs is not None:
        text = f"Trigger level set {ABOVE_BACKGROUND_DB:g} dB above the background"
        return with_minus(f"{text}, which was at {suggestion.background_dbfs:.0f} dBFS.")
    if has_levels:
        return "Trigger level set to −50 dBFS because the background is silent."
    return "Trigger level set to −50 dBFS because there is no input yet. Drag the mark on the meter to change it."


def _without_effect(one: LiveSettings) -> list[str]:
    hidden = ["hop_share"] if one.windows == "whole sounds" else ["hang_s"]
    if one.smoothing not in ("mean", "majority"):
        hidden.append("smoothing_s")
    if one.smoothing != "hidden Markov":
        hidden.append("switching_cost")
    return hidden


def _remembered(preferences: Preferences) -> LiveSettings:
    try:
        found = settings.from_table(LiveSettings, preferences.table(_REMEMBERED))
        settings.check(found)
    except MlpSvdError:  # stored by another version
        return LiveSettings()
    return found

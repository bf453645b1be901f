"""Joins the form of live settings, the trigger mark on the meter, and what is remembered."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from mlpsvd import settings
from mlpsvd.audio.level import SILENCE_DBFS
from mlpsvd.errors import MlpSvdError
from mlpsvd.models.live_settings import LiveSettings
from mlpsvd_gui.models.preferences import Preferences
from mlpsvd_gui.views.level_meter import LevelMeter
from mlpsvd_gui.views.live_settings_form import LiveSettingsForm

__all__ = ["LiveSettingsController"]

_REMEMBERED = "live/settings"
_FIRST_TRIGGER_DBFS = -45.0
"""Whole sounds need a trigger level; where there is none, this one is a beginning."""


class LiveSettingsController(QObject):
    """One :class:`LiveSettings`, always possible; what is impossible is told beside its editor and goes no further."""

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
        form.edited.connect(self._set)
        form.reset_requested.connect(lambda: self._use(LiveSettings()))
        meter.trigger_dragged.connect(lambda level: self._set("trigger_dbfs", level))
        self._show()

    @property
    def settings(self) -> LiveSettings:
        """What holds now."""
        return self._settings

    @property
    def clips_align(self) -> bool:
        """Whether windows begin where the bank's clips begin."""
        return self._settings.hop_share == 1.0 and self._settings.windows == "running"

    def _set(self, name: str, value: object) -> None:
        try:
            wanted = settings.with_value(self._settings, name, value)
            if wanted.windows == "whole sounds" and name == "windows" and wanted.trigger_dbfs <= SILENCE_DBFS:
                wanted = settings.with_value(wanted, "trigger_dbfs", _FIRST_TRIGGER_DBFS)
            settings.check(wanted)
        except MlpSvdError as error:
            self._form.show_problem(name, f"{error}")
            self._meter.show_trigger(self._settings.trigger_dbfs)
            return
        self._use(wanted)

    def _use(self, wanted: LiveSettings) -> None:
        for info in settings.describe(LiveSettings):
            self._form.show_problem(info.name, "")
        if wanted != self._settings:
            self._settings = wanted
            self._preferences.set_table(_REMEMBERED, settings.to_table(wanted))
            self.changed.emit(wanted)
        self._show()

    def _show(self) -> None:
        self._form.show_values(settings.to_table(self._settings), _without_effect(self._settings))
        self._meter.show_trigger(self._settings.trigger_dbfs)


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
    except MlpSvdError:  # remembered by another version
        return LiveSettings()
    return found

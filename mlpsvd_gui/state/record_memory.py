"""Stored state of the Record page: collections, settings, goals, classes without clips."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace

from mlpsvd import settings
from mlpsvd.collection.file_names import checked_label
from mlpsvd.collection.recording.settings import RecordSettings
from mlpsvd.errors import MlpSvdError
from mlpsvd.json_fields import Fields
from mlpsvd_gui.state.preferences import Preferences

__all__ = ["HIGHEST_GOAL", "FolderMemory", "RecordMemory"]

HIGHEST_GOAL = 9999
LOGGER = logging.getLogger(__name__)

_N_RECENT = 8
_SETTINGS = "record settings"
_FOLDERS = "collections"


@dataclass(frozen=True)
class FolderMemory:
    """Stored state of a collection: folder, classes without clips, goal per class."""

    folder: str
    classes: tuple[str, ...] = field(default=())
    goal: int = 0


class RecordMemory:
    """Stored in the window's preferences; damaged entries are ignored."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    @property
    def folders(self) -> tuple[str, ...]:
        """Recent collections, the latest first."""
        return tuple(one.folder for one in self._all())

    def of(self, folder: str) -> FolderMemory:
        """Return the stored state of a collection."""
        return next((one for one in self._all() if one.folder == folder), FolderMemory(folder))

    def opened(self, folder: str) -> None:
        """Add a recent collection."""
        self._write([self.of(folder), *(one for one in self._all() if one.folder != folder)])

    def forget(self, folder: str) -> None:
        """Remove a collection from the list."""
        self._write([one for one in self._all() if one.folder != folder])

    def set_classes(self, folder: str, classes: tuple[str, ...]) -> None:
        """Store classes without clips."""
        self._change(replace(self.of(folder), classes=classes))

    def set_goal(self, folder: str, goal: int) -> None:
        """Store the goal of clips per class."""
        self._change(replace(self.of(folder), goal=goal))

    @property
    def settings(self) -> RecordSettings:
        """The last recording settings."""
        try:
            found = settings.from_table(RecordSettings, self._preferences.table(_SETTINGS))
            settings.check(found)
        except MlpSvdError as error:
            LOGGER.warning("The stored settings of Record are ignored: %s.", error)
            return RecordSettings()
        return found

    @settings.setter
    def settings(self, record: RecordSettings) -> None:
        self._preferences.set_table(_SETTINGS, settings.to_table(record))

    def _change(self, memory: FolderMemory) -> None:
        self._write([memory if one.folder == memory.folder else one for one in self._all()])

    def _write(self, all_: list[FolderMemory]) -> None:
        rows = [{"folder": one.folder, "classes": one.classes, "goal": one.goal} for one in all_[:_N_RECENT]]
        self._preferences.set_table(_FOLDERS, {"latest first": rows})

    def _all(self) -> list[FolderMemory]:
        table = Fields(self._preferences.table(_FOLDERS))
        try:
            rows = table.tables("latest first") if "latest first" in table else ()
            found = {one.folder: one for one in map(_memory, rows)}
        except MlpSvdError as error:
            LOGGER.warning("The stored collections are ignored: %s.", error)
            return []
        return list(found.values())[:_N_RECENT]


def _memory(fields: Fields) -> FolderMemory:
    classes = tuple(dict.fromkeys(checked_label(name) for name in fields.texts("classes")))
    return FolderMemory(fields.text("folder"), classes, fields.integer("goal", 0, HIGHEST_GOAL))

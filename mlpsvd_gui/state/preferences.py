"""Stored preferences of the window."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

from mlpsvd import settings
from mlpsvd.errors import FileFormatError, MlpSvdError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import from_toml, to_toml
from mlpsvd.experiments.runs.places import runs_folder
from mlpsvd.json_fields import Fields, parse_fields
from mlpsvd.text import is_unicode, quoted

__all__ = ["THEMES", "Preferences", "or_default"]

THEMES = ("system", "light", "dark")
_N_RECENT = 8
T = TypeVar("T")
LOGGER = logging.getLogger(__name__)


def or_default(read: Callable[[], T], otherwise: T) -> T:
    """Return the result of a reader of stored fields, or ``otherwise`` if they are absent or damaged."""
    try:
        return read()
    except FileFormatError:
        return otherwise


class Preferences:
    """Layout, theme, recent files and the last experiment, kept in ``QSettings``.

    Damaged entries are ignored with a log message; they never prevent the window from opening.
    """

    def __init__(self, store: QSettings) -> None:
        self._store = store

    @property
    def theme(self) -> str:
        """One of :data:`THEMES`."""
        found = self._store.value("theme", "system")
        if found in THEMES:
            return str(found)
        themes = ", ".join(THEMES)
        LOGGER.warning("The stored theme %s is none of %s; following the system.", quoted(found), themes)
        return "system"

    @theme.setter
    def theme(self, theme: str) -> None:
        self._store.setValue("theme", theme)

    def experiment(self) -> Experiment | None:
        """Return the last experiment, or None."""
        text = self._store.value("experiment", "")
        if not isinstance(text, str) or not text:
            return None
        try:
            experiment = from_toml(text, checked=False)  # incompatible settings are marked in the window
            for problem in settings.impossible_values(experiment):
                raise problem
            return experiment
        except MlpSvdError as error:
            LOGGER.warning("The last experiment could not be read and is ignored: %s", error)
            return None

    def set_experiment(self, experiment: Experiment) -> None:
        """Store the current experiment, including incompatible settings."""
        text = to_toml(experiment)
        if is_unicode(text):
            self._store.setValue("experiment", text)
        else:
            LOGGER.warning("The experiment is not stored: a text in it is not Unicode.")

    def recent_files(self) -> list[str]:
        """Return recent files, the newest first."""
        found = self._store.value("recent", [])
        if isinstance(found, str):
            return [found]
        if isinstance(found, list) and all(isinstance(entry, str) for entry in found):
            return found
        LOGGER.warning("The list of recent files is damaged and ignored.")
        return []

    def add_recent_file(self, path: str) -> None:
        """Add a recent file."""
        others = [entry for entry in self.recent_files() if entry != path]
        self._store.setValue("recent", [path, *others][:_N_RECENT])

    def recent_projects(self) -> list[str]:
        """Return the folders of recent projects, the newest first."""
        found = self._store.value("projects/recent", [])
        found = [found] if isinstance(found, str) else found
        return [one for one in found if isinstance(one, str) and one] if isinstance(found, list) else []

    def add_recent_project(self, folder: str) -> None:
        """Add a recent project."""
        others = [entry for entry in self.recent_projects() if entry != folder]
        self._store.setValue("projects/recent", [folder, *others][:_N_RECENT])

    @property
    def is_welcomed(self) -> bool:
        """Whether the welcome of the first start was seen."""
        return self._store.value("welcomed", "") == "yes"

    @is_welcomed.setter
    def is_welcomed(self, is_welcomed: bool) -> None:
        self._store.setValue("welcomed", "yes" if is_welcomed else "")

    @property
    def project(self) -> str:
        """Folder of the project that is opened at the start; empty for none."""
        found = self._store.value("projects/open", "")
        return found if isinstance(found, str) else ""

    @project.setter
    def project(self, folder: str) -> None:
        self._store.setValue("projects/open", folder)

    @property
    def experiments_folder(self) -> Path | None:
        """Folder for paper results; None for the default."""
        found = self._store.value("experiments/folder", "")
        return Path(found) if isinstance(found, str) and found else None

    @experiments_folder.setter
    def experiments_folder(self, folder: Path) -> None:
        self._store.setValue("experiments/folder", str(folder))

    @property
    def trial_cost_per_s(self) -> float | None:
        """Work of trials per process and second on this machine, as last measured; None before."""
        try:
            found = float(str(self._store.value("experiments/cost_per_s", "")))
        except ValueError:
            return None
        return found if 0 < found < float("inf") else None

    @trial_cost_per_s.setter
    def trial_cost_per_s(self, cost_per_s: float) -> None:
        self._store.setValue("experiments/cost_per_s", cost_per_s)

    def table(self, name: str) -> dict[str, Any]:
        """Return the table stored under a name; empty if absent or damaged."""
        text = self._store.value(f"tables/{name}", "")
        if not isinstance(text, str) or not text:
            return {}
        try:
            return parse_fields(text).raw()
        except FileFormatError as error:
            LOGGER.warning("Stored values of %s are ignored: %s.", name, error)
            return {}

    def fields(self, name: str) -> Fields:
        """Return :meth:`table` as a typed reader; see also :func:`or_default`."""
        return Fields(self.table(name))

    def set_table(self, name: str, table: Mapping[str, Any]) -> None:
        """Store a table (JSON types) under a name."""
        self._store.setValue(f"tables/{name}", json.dumps(table))

    @property
    def data_folder(self) -> Path:
        """Folder for larger stored data, created when needed."""
        if self._store.format() == QSettings.Format.IniFormat:
            return Path(self._store.fileName()).parent
        return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation))

    @property
    def runs_folder(self) -> Path:
        """Folder of automatically saved runs, shared with the command line."""
        if self._store.format() == QSettings.Format.IniFormat:
            return self.data_folder / "runs"
        return runs_folder()

    def layout(self, name: str) -> QByteArray | None:
        """Return the stored geometry or splitter state ``name``, or None."""
        found = self._store.value(f"layout/{name}")
        if found is None or isinstance(found, QByteArray):
            return found
        LOGGER.warning("The stored layout of %s is damaged and ignored.", name)
        return None

    def set_layout(self, name: str, state: QByteArray) -> None:
        """Store a geometry or splitter state."""
        self._store.setValue(f"layout/{name}", state)

    def forget_layout(self) -> None:
        """Delete all stored geometry."""
        self._store.remove("layout")

    def save(self) -> None:
        """Write to disk."""
        self._store.sync()

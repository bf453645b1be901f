"""What the window remembers between two starts."""

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
from mlpsvd.experiments.runs.library import data_folder
from mlpsvd.json_fields import Fields, parse_fields
from mlpsvd.text import quoted

__all__ = ["THEMES", "Preferences", "or_else"]

THEMES = ("system", "light", "dark")
_N_RECENT = 8
T = TypeVar("T")
LOGGER = logging.getLogger(__name__)


def or_else(read: Callable[[], T], otherwise: T) -> T:
    """Return what a reader of remembered fields returns, and ``otherwise`` where they are absent or damaged."""
    try:
        return read()
    except FileFormatError:
        return otherwise


class Preferences:
    """Layout, theme, recent files and the last experiment, kept in ``QSettings``.

    Whatever is damaged in there is left out with a line in the log: it must never keep the window from opening.
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
        LOGGER.warning("The remembered theme %s is none of %s; following the system.", quoted(found), themes)
        return "system"

    @theme.setter
    def theme(self, theme: str) -> None:
        self._store.setValue("theme", theme)

    def experiment(self) -> Experiment | None:
        """Return the experiment that was open last, or None."""
        text = self._store.value("experiment", "")
        if not isinstance(text, str) or not text:
            return None
        try:
            experiment = from_toml(text, checked=False)  # what does not fit together is marked in the window
            for problem in settings.impossible_values(experiment):
                raise problem
            return experiment
        except MlpSvdError as error:
            LOGGER.warning("The last experiment could not be read and is left out: %s", error)
            return None

    def set_experiment(self, experiment: Experiment) -> None:
        """Remember the experiment that is open, with settings that do not fit together as they are."""
        text = to_toml(experiment)
        if settings.is_unicode(text):
            self._store.setValue("experiment", text)
        else:
            LOGGER.warning("The experiment is not remembered: a text in it is not Unicode.")

    def recent_files(self) -> list[str]:
        """Return the files opened or saved last, the newest first."""
        found = self._store.value("recent", [])
        if isinstance(found, str):
            return [found]
        if isinstance(found, list) and all(isinstance(entry, str) for entry in found):
            return found
        LOGGER.warning("The list of recent files is damaged and left out.")
        return []

    def add_recent_file(self, path: str) -> None:
        """Put a file on top of the recent ones."""
        others = [entry for entry in self.recent_files() if entry != path]
        self._store.setValue("recent", [path, *others][:_N_RECENT])

    @property
    def experiments_folder(self) -> Path | None:
        """Where reproductions of the paper go; None while nobody has said."""
        found = self._store.value("experiments/folder", "")
        return Path(found) if isinstance(found, str) and found else None

    @experiments_folder.setter
    def experiments_folder(self, folder: Path) -> None:
        self._store.setValue("experiments/folder", str(folder))

    @property
    def trial_cost_per_s(self) -> float | None:
        """Work of trials that one process of this machine does in a second, as last measured; None before that."""
        try:
            found = float(str(self._store.value("experiments/cost_per_s", "")))
        except ValueError:
            return None
        return found if 0 < found < float("inf") else None

    @trial_cost_per_s.setter
    def trial_cost_per_s(self, cost_per_s: float) -> None:
        self._store.setValue("experiments/cost_per_s", cost_per_s)

    def table(self, name: str) -> dict[str, Any]:
        """Return the plain table remembered under a name; empty where there is none or it is damaged."""
        text = self._store.value(f"tables/{name}", "")
        if not isinstance(text, str) or not text:
            return {}
        try:
            return parse_fields(text).raw()
        except FileFormatError as error:
            LOGGER.warning("What was remembered of %s is left out: %s.", name, error)
            return {}

    def fields(self, name: str) -> Fields:
        """Return :meth:`table` to be read by type; see also :func:`or_else`."""
        return Fields(self.table(name))

    def set_table(self, name: str, table: Mapping[str, Any]) -> None:
        """Remember a plain table (what JSON can hold) under a name."""
        self._store.setValue(f"tables/{name}", json.dumps(table))

    @property
    def data_folder(self) -> Path:
        """Where larger things are kept that belong to what is remembered; not made before it is needed."""
        if self._store.format() == QSettings.Format.IniFormat:
            return Path(self._store.fileName()).parent
        return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppDataLocation))

    @property
    def runs_folder(self) -> Path:
        """Where runs are kept by themselves; the command line keeps its runs there too."""
        if self._store.format() == QSettings.Format.IniFormat:
            return self.data_folder / "runs"
        return data_folder() / "runs"

    def layout(self, name: str) -> QByteArray | None:
        """Return the remembered geometry or splitter state called ``name``, or None."""
        found = self._store.value(f"layout/{name}")
        if found is None or isinstance(found, QByteArray):
            return found
        LOGGER.warning("The remembered layout of %s is damaged and left out.", name)
        return None

    def set_layout(self, name: str, state: QByteArray) -> None:
        """Remember a geometry or splitter state."""
        self._store.setValue(f"layout/{name}", state)

    def forget_layout(self) -> None:
        """Forget all geometry."""
        self._store.remove("layout")

    def save(self) -> None:
        """Write to disk now."""
        self._store.sync()

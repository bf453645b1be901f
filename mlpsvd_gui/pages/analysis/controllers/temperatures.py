"""Temperature of a model: used by the window at once, and stored in the folders of its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.text import first_line
from mlpsvd_gui.log import LOGGER, unexpected_sentence
from mlpsvd_gui.pages.analysis.workers.analysis_work import Place
from mlpsvd_gui.pages.analysis.workers.temperature_files import store_in, store_wherever_saved
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.state.undo_steps import ValueHistory
from mlpsvd_gui.threads.serial_jobs import SerialJobs

__all__ = ["TemperatureController"]

_OTHER_EPOCH = "The model is the network of the last epoch; select that epoch to change its temperature."


@dataclass(frozen=True, eq=False)
class _Temperature:
    """Temperature of a contender; ``folder`` is that of a saved run, None for the run of the window."""

    run_id: str
    key: str
    title: str
    temperature: float
    folder: Path | None


class TemperatureController(QObject):
    """Sets the temperature of the run of the window or of a saved run.

    Parameters
    ----------
    run
        The run of the window.
    library
        The library of runs; None stores only in folders that the user has chosen.
    """

    noted = Signal(str)
    """Emits what was done, in one sentence."""
    failed = Signal(str)
    """Emits why a temperature is not stored, in one sentence."""
    stored = Signal(str, str, float)
    """Emits run, contender and temperature of a saved run that has changed on disk."""

    def __init__(self, run: RunState, library: RunLibrary | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run, self._library = run, library
        self._jobs = SerialJobs("temperature", self)
        self.history = ValueHistory(self._use, self)

    def close(self) -> None:
        """Finish all pending writes."""
        self._jobs.close()

    def refusal(self, place: Place) -> str:
        """Return why the temperature of a network cannot be changed; empty if it can."""
        return "" if place.epoch == place.run.outcomes[place.contender].last.epoch else _OTHER_EPOCH

    def use(self, place: Place, temperature: float, folder: Path | None) -> None:
        """Set the temperature of a network; ``folder`` is that of a saved run, None for the run of the window."""
        outcome = place.run.outcomes[place.contender]
        if not self.refusal(place) and temperature != outcome.temperature:
            old = _Temperature(place.run.id, place.contender, outcome.contender.title, outcome.temperature, folder)
            self.history.add("change of temperature", old, replace(old, temperature=temperature))

    def _use(self, wanted: _Temperature) -> None:
        run_id, key, temperature = wanted.run_id, wanted.key, wanted.temperature
        if wanted.folder is not None:
            job = partial(store_in, wanted.folder, run_id, key, temperature)
            self._jobs.submit(job, partial(self._tell_saved, wanted), self._tell_failure)
            return
        if run_id == self._run.run_id:
            self._set(key, temperature)
        library, folders = self._library, tuple(self._run.folders)
        store = partial(store_wherever_saved, run_id, key, temperature, folders, library)
        self._jobs.submit(store, partial(self._tell_stored, wanted), self._tell_failure)

    def _set(self, key: str, temperature: float) -> None:
        outcomes = dict(self._run.outcomes)
        outcomes[key] = replace(outcomes[key], temperature=temperature)
        self._run.set_outcomes(outcomes, self._run.states)

    def _tell_saved(self, wanted: _Temperature, folder: Path) -> None:
        if wanted.run_id == self._run.run_id:
            self._set(wanted.key, wanted.temperature)
        self.stored.emit(wanted.run_id, wanted.key, wanted.temperature)
        self.noted.emit(f"{_now(wanted)} in the saved run {folder.name}.")

    def _tell_stored(self, wanted: _Temperature, folders: Sequence[Path]) -> None:
        where = " and ".join(path.name for path in folders)
        if wanted.run_id == self._run.run_id:
            kept = f"stored in the run ({where})" if where else "save the run or export the model to keep it"
            self.noted.emit(f"{_now(wanted)} on Listen and Files; {kept}.")
        elif where:
            self.noted.emit(f"{_now(wanted)} in the saved run {where}.")
        else:
            self.failed.emit("The run is no longer open; its temperature was not stored.")

    def _tell_failure(self, error: Exception) -> None:
        if isinstance(error, MlpSvdError | OSError):
            LOGGER.info("A temperature could not be stored: %s", error)
            self.failed.emit(f"The temperature is not stored in the run: {first_line(error)}.")
        else:
            LOGGER.error("A temperature could not be stored", exc_info=error)
            self.failed.emit(unexpected_sentence(error))


def _now(one: _Temperature) -> str:
    has = "no temperature" if one.temperature == 1.0 else f"the temperature {one.temperature:.2f}"
    return f"{one.title} has {has}"

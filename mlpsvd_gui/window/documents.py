"""Controller for opening and saving experiments, runs and models, without dialogs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mlpsvd.errors import FileFormatError, MlpSvdError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import save_experiment
from mlpsvd.experiments.projects.project import find_project_file
from mlpsvd.experiments.runs.read_experiment import read_experiment
from mlpsvd.experiments.runs.read_run import read_run
from mlpsvd.experiments.runs.report import reported, write_report
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_folder import has_run, write_run
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.models.exports.export import export_model
from mlpsvd.text import sentence
from mlpsvd_gui.log import LOGGER, unexpected_sentence
from mlpsvd_gui.state.experiment_state import ExperimentState, Origin
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.threads.background_jobs import BackgroundJobs
from mlpsvd_gui.threads.serial_jobs import SerialJobs
from mlpsvd_gui.window.exchange import ExchangeController

__all__ = ["DocumentsController"]


class DocumentsController(QObject):
    """Opens and saves files; tracks the file of the experiment and unsaved changes."""

    failed = Signal(str)
    """Emits why something could not be read or written, in one sentence."""
    done = Signal(str, str)
    """Emits a message and an optional action ("go back" or empty)."""
    model_opened = Signal(object)
    """Emits the path of a model file that has been opened or imported."""
    project_chosen = Signal(object)
    """Emits the path of a project that is to be opened."""
    origin_changed = Signal()
    """Emitted when the file or the unsaved state may have changed."""

    def __init__(
        self,
        experiment_model: ExperimentState,
        run_model: RunState,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._experiments = experiment_model
        self._run = run_model
        self._preferences = preferences
        self._writing = SerialJobs("files", self)  # saving a run takes seconds; later requests wait
        self._reading = BackgroundJobs("saved run", self)
        self._previous: tuple[Experiment, Origin] | None = None
        self.relocate: Callable[[Experiment], Experiment] = lambda experiment: experiment
        """Finds the files of an opened experiment that were moved."""
        self.exchange = ExchangeController(experiment_model, self._writing, self)
        self.exchange.failed.connect(self.failed)
        self.exchange.done.connect(self.done)
        self.exchange.imported.connect(self.model_opened)
        experiment_model.changed.connect(lambda _: self.origin_changed.emit())
        experiment_model.origin_changed.connect(self.origin_changed)

    @property
    def experiment(self) -> Experiment:
        """The current experiment."""
        return self._experiments.experiment

    @property
    def path(self) -> Path | None:
        """The file of the experiment; None without one."""
        return self._experiments.origin.path

    @property
    def saved(self) -> Experiment:
        """The experiment as last opened or saved."""
        return self._experiments.origin.saved

    @property
    def can_go_back(self) -> bool:
        """Whether there are unsaved settings that :meth:`go_back` restores."""
        return self._previous is not None

    @property
    def is_modified(self) -> bool:
        """Whether the experiment differs from the last opened or saved one."""
        return self._experiments.experiment != self.saved

    @property
    def is_busy(self) -> bool:
        """Whether a file is being written."""
        return self._writing.is_busy

    def close(self) -> None:
        """Finish all pending writes; exports for other programs are interrupted."""
        self.exchange.close()
        self._reading.close()
        self._writing.close()

    def use(self, experiment: Experiment, path: Path | None = None, sentence: str = "") -> None:
        """Make an experiment the current one; unsaved changes can be restored."""
        lost = self.is_modified
        if lost:
            self._previous = (self._experiments.experiment, self._experiments.origin)
        self._experiments.replace(experiment, f"open “{experiment.name}”", Origin(path, experiment))
        self.done.emit(sentence or f"Opened {experiment.name}.", "go back" if lost else "")

    def go_back(self) -> None:
        """Restore the unsaved experiment that another one replaced."""
        if self._previous is not None:
            before, origin = self._previous
            self._previous = None
            self._experiments.replace(before, "return to unsaved settings", origin)
            self.origin_changed.emit()

    def start_again(self, experiment: Experiment, keeps: bool = False) -> None:
        """Make the experiment of a project the current one; unsaved changes can be restored if ``keeps``."""
        lost = keeps and self.is_modified
        self._previous = (self._experiments.experiment, self._experiments.origin) if lost else None
        self._experiments.start_again(experiment)

    def adopt(self, path: Path) -> None:
        """Set ``path`` as the file of the experiment, with which the program was started."""
        self._experiments.set_origin(Origin(path, self._experiments.experiment))
        self._preferences.add_recent_file(str(path))

    def open(self, path: Path, remember: bool = True) -> None:
        """Open an experiment (.toml), the folder of a run, a model or a project; it becomes the current one."""
        if find_project_file(path) is not None:
            self.project_chosen.emit(path)
            return
        try:
            experiment = self.relocate(read_experiment(path))
        except MlpSvdError as error:
            self.failed.emit(f"{error}")
            return
        except OSError as error:
            self.failed.emit(f"{path} cannot be read: {error.strerror or error}.")
            return
        if remember:
            self._preferences.add_recent_file(str(path))
        own_file = path if path.suffix.lower() == ".toml" else None
        if path.is_dir() and has_run(path) and not self._run.state.is_active:
            self.use(experiment, own_file, f"Opened {path.name}: {experiment.name}. Reading results…")
            self._reading.submit(
                partial(read_run, path), partial(self._show_run, path), partial(self._report_unread, path)
            )
            return
        self.use(experiment, own_file, f"Opened {path.name}: {experiment.name}. Press Train to compute its results.")
        if path.suffix.lower() == ".safetensors":
            self.model_opened.emit(path)

    def _show_run(self, path: Path, saved: Run) -> None:
        if self._run.state.is_active:
            return  # Train was pressed meanwhile
        self._run.show(saved)
        self._run.add_folder(saved.id, path)
        self.done.emit(f"Opened {path.name} with its results: {saved.experiment.name}.", "")

    def _report_unread(self, path: Path, error: Exception) -> None:
        LOGGER.error("The results in %s could not be read", path, exc_info=error)
        reason = str(error).rstrip(".") if isinstance(error, MlpSvdError) else unexpected_sentence(error).rstrip(".")
        self.failed.emit(f"Opened {path.name} without its results: {reason}.")

    def save(self, path: Path | None = None) -> bool:
        """Save the experiment to ``path`` or its own file; return whether it succeeded."""
        path = path or self.path
        if path is None:
            return False
        path = path if path.suffix else path.with_suffix(".toml")
        try:
            save_experiment(path, self._experiments.experiment)
        except (MlpSvdError, OSError) as error:
            self.failed.emit(_not_written(path, error))
            return False
        self._experiments.set_origin(Origin(path, self._experiments.experiment))
        self._preferences.add_recent_file(str(path))
        self.done.emit(f"Saved {path}.", "")
        return True

    def save_run(self, folder: Path) -> None:
        """Write experiment, results, histories, figures and models to a folder, in the background."""
        run = self._run.to_run()
        if run is None:
            self.failed.emit("No run to save. Train first.")
            return
        self.done.emit(f"Saving the run to {folder}…", "")
        job, done = partial(write_run, folder, run), partial(self._note_saved, run.id, folder)
        self._writing.submit(job, done, partial(self._report_failed, folder))

    def save_report(self, path: Path) -> None:
        """Write a report of the run as an HTML file, in the background."""
        run = self._run.to_run()
        if run is None or not run.outcomes:
            self.failed.emit("No run to report. Train first.")
            return
        path = path if path.suffix.lower() in (".html", ".htm") else path.with_name(f"{path.name}.html")
        self.done.emit(f"Writing {path}…", "")
        job = partial(write_report, path, [reported(run)])
        self._writing.submit(job, partial(self._report_saved, path), partial(self._report_failed, path))

    def export_model(self, path: Path, contender: str) -> None:
        """Write one contender's model in the format of the suffix, with a script where the format has one."""
        outcome = self._run.outcomes.get(contender)
        if outcome is None or self._run.data is None:
            self.failed.emit("No trained network to export. Train first.")
            return
        path = path if path.suffix else path.with_suffix(".safetensors")
        job = partial(export_model, path, model_of(self._run.data, outcome, self._run.run_id))
        self._writing.submit(job, self._report_exported, partial(self._report_failed, path))

    def _note_saved(self, run_id: str, folder: Path, written: object) -> None:
        self._run.add_folder(run_id, folder)
        self._report_saved(folder, written)

    def _report_saved(self, path: Path, _written: object) -> None:
        self.done.emit(f"Saved {path}.", "")

    def _report_exported(self, written: object) -> None:
        assert isinstance(written, list)
        self.done.emit(f"Saved {' and '.join(map(str, written))}.", "")

    def _report_failed(self, path: Path, error: Exception) -> None:
        LOGGER.error("%s could not be written", path, exc_info=error)
        self.failed.emit(_not_written(path, error))


def _not_written(path: Path, error: Exception) -> str:
    if isinstance(error, FileFormatError | MlpSvdError):
        return sentence(str(error))
    if isinstance(error, OSError):
        return f"{path} cannot be written: {error.strerror or error}. Choose another place."
    return unexpected_sentence(error)

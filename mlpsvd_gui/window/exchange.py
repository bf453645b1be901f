"""Controller for models from other programs, and for filters, clips and features for other programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mlpsvd.datasets.filter_files import read_filters, write_filters
from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.clip_export import export_clips
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.feature_export import export_features
from mlpsvd.experiments.model_import import prepared_frame, with_accuracy
from mlpsvd.experiments.recordings_recipe import adapted_to_bank
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd.models.imports.import_model import import_model, is_foreign
from mlpsvd.models.model_file import save_model
from mlpsvd.network.settings import Activation, Output
from mlpsvd.text import counted, one_line, sentence
from mlpsvd_gui.log import LOGGER, unexpected_sentence
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.threads.serial_jobs import SerialJobs

__all__ = ["ExchangeController", "ImportChoice"]


@dataclass(frozen=True)
class ImportChoice:
    """What a file does not state: activations (None as in the file), and the layers in their order."""

    activation: Activation | None = None
    output: Output | None = None
    layers: tuple[str, ...] = ()


class _StoppedError(Exception):
    """The window closes."""


class ExchangeController(QObject):
    """Reads and writes files of other programs, in the background."""

    failed = Signal(str)
    """Emits why something could not be read or written, in one sentence."""
    done = Signal(str, str)
    """Emits a message and an optional action ("undo" or empty)."""
    imported = Signal(object)
    """Emits the path of the file of an imported model."""

    def __init__(self, experiments: ExperimentState, writing: SerialJobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._experiments = experiments
        self._writing = writing
        self._is_closed = False

    def close(self) -> None:
        """Interrupt what is being written; nothing is left of it."""
        self._is_closed = True

    def is_foreign(self, path: Path) -> bool | None:
        """Return whether a file holds weights without features; None, and a message, if it cannot be read."""
        try:
            return is_foreign(path)
        except MlpSvdError as error:
            self.failed.emit(sentence(str(error)))
            return None

    def import_model(self, source: Path, target: Path, choice: ImportChoice) -> None:
        """Write a model with the weights in ``source``, and the features and classes of the experiment."""
        target = target if target.suffix else target.with_suffix(".safetensors")
        job = partial(_imported, source, target, self._experiments.experiment, choice, self._progress)
        self._start(f"Importing {one_line(source.name)}…", job, partial(self._note_imported, target), source)

    def export_filters(self, path: Path) -> None:
        """Write the filters of the experiment as second-order sections."""
        if not self._has_filters():
            return
        path = path if path.suffix else path.with_suffix(".csv")
        synthetic = self._experiments.experiment.data.synthetic
        n_filters = counted(len(synthetic.filters), "filter")
        self._start("", partial(write_filters, path, synthetic), self._said(f"Saved {n_filters} to {path}."), path)

    def import_filters(self, path: Path) -> None:
        """Replace the filters of the experiment by those of a file."""
        current = adapted_to_bank(self._experiments.experiment)[0]
        try:
            bank = read_filters(path, current.data.synthetic)
        except (MlpSvdError, OSError) as error:
            self._report(path, error)
            return
        data = replace(current.data, source="synthetic", synthetic=bank)
        self._experiments.replace(replace(current, data=data), "import of filters")
        self.done.emit(f"Imported {counted(len(bank.filters), 'filter')} from {one_line(path.name)}.", "undo")

    def export_clips(self, folder: Path) -> None:
        """Write the clips of the experiment as WAV files with a manifest, to a new folder."""
        job = partial(export_clips, folder, self._experiments.experiment, "float", self._progress)
        self._start(f"Writing clips to {folder}…", job, self._said(f"Saved the clips to {folder}."), folder)

    def export_features(self, path: Path) -> None:
        """Write the feature vectors of the experiment."""
        path = path if path.suffix else path.with_suffix(".npz")
        job = partial(export_features, path, self._experiments.experiment, self._progress)
        self._start(f"Computing features for {path}…", job, self._said(f"Saved the features to {path}."), path)

    def _has_filters(self) -> bool:
        source = self._experiments.experiment.data.source
        if source != "synthetic":
            self.failed.emit(f"The experiment trains on {source}; only one of filtered noise has filters.")
        return source == "synthetic"

    def _progress(self, _share: float) -> None:
        if self._is_closed:
            raise _StoppedError

    def _start(self, text: str, job: Callable[[], object], done: Callable[[object], None], path: Path) -> None:
        if text:
            self.done.emit(text, "")
        self._writing.submit(job, done, partial(self._report, path))

    def _said(self, text: str) -> Callable[[object], None]:
        return lambda _: self.done.emit(text, "")

    def _note_imported(self, target: Path, accuracy: object) -> None:
        self.imported.emit(target)
        self.done.emit(f"Saved {target}: test accuracy {accuracy}. It is on the pages Listen and Files.", "")

    def _report(self, path: Path, error: Exception) -> None:
        if isinstance(error, MlpSvdError):
            self.failed.emit(sentence(str(error)))
        elif isinstance(error, OSError):
            self.failed.emit(f"{path}: {error.strerror or error}.")
        else:
            LOGGER.error("%s failed", path, exc_info=error)
            self.failed.emit(unexpected_sentence(error))


def _imported(
    source: Path, target: Path, experiment: Experiment, choice: ImportChoice, progress: Callable[[float], None]
) -> str:
    """Write the model and return its test accuracy as a text."""
    frame, data = prepared_frame(experiment, progress)
    model = with_accuracy(import_model(source, frame, choice.activation, choice.output, choice.layers), data)
    save_model(target, model)
    return accuracy_text(model.summary["test_accuracy"], data.n_test)

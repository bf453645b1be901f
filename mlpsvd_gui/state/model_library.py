"""Models to choose from on the pages of Live audio: trained ones and opened files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mlpsvd_gui.state.available_models import AvailableModel, model_from_file, models_from_run, refusal_of_run
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.threads.background_jobs import BackgroundJobs

__all__ = ["ModelLibrary"]


class ModelLibrary(QObject):
    """List of opened model files and the outcomes of the run, shared by the pages.

    Each page keeps its own choice.
    """

    models_changed = Signal()
    """Emitted when the entries have changed."""
    opened = Signal(object)
    """Emits the :class:`AvailableModel` opened with :meth:`open_model`, after its addition to the entries."""
    failed = Signal(str)
    """Emits why a model file could not be opened, in one sentence."""

    def __init__(self, run_model: RunState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run_model = run_model
        self._opened: list[AvailableModel] = []
        self._trained: list[AvailableModel] = []
        self._opening = BackgroundJobs("open model", self)
        run_model.outcomes_changed.connect(self._on_outcomes)
        self._on_outcomes()

    def entries(self) -> list[AvailableModel]:
        """Return all models, trained ones last."""
        return self._opened + self._trained

    @property
    def refusal(self) -> str:
        """Why there is no model although networks have been trained; empty otherwise."""
        has_outcomes = bool(self._run_model.outcomes) and not self.entries()
        return refusal_of_run(self._run_model.data) if has_outcomes else ""

    def find(self, key: str) -> AvailableModel | None:
        """Return the model with a key; None if it does not exist."""
        return next((model for model in self.entries() if model.key == key), None)

    def open_model(self, path: str | Path) -> None:
        """Read a model file in the background; see :attr:`opened` and :attr:`failed`."""
        self._opening.submit(lambda: model_from_file(Path(path)), self._on_opened, self._report)

    def close(self) -> None:
        """Stop reading."""
        self._opening.close()

    def _on_opened(self, model: AvailableModel) -> None:
        self._opened = [other for other in self._opened if other.key != model.key] + [model]
        self.models_changed.emit()
        self.opened.emit(model)

    def _on_outcomes(self) -> None:
        self._trained = models_from_run(self._run_model.data, list(self._run_model.outcomes.values()))
        self.models_changed.emit()

    def _report(self, error: Exception) -> None:
        self.failed.emit(f"{error}")

"""Controller of the cross-validation panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mlpsvd.experiments.runs.validation_tables import write_validation
from mlpsvd.experiments.validation_rows import basis_text, summary_rows, validation_rows, validation_title
from mlpsvd.metrics.cross_validation import Validation
from mlpsvd.text import one_line
from mlpsvd_gui.pages.explore.views.validation_panel import ValidationPanel
from mlpsvd_gui.state.run_state import RunState

__all__ = ["ValidationController"]


class ValidationController(QObject):
    """Shows the cross-validation of the run, and writes it to files."""

    exported = Signal(str)
    """Emits a message after an export."""
    failed = Signal(str)
    """Emits why a file could not be written."""

    def __init__(
        self, panel: ValidationPanel, show: Callable[[bool, bool], object], run: RunState, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._panel, self._show_panel, self._run = panel, show, run
        run.outcomes_changed.connect(self._show)
        panel.export_requested.connect(self._export)
        self._show()

    @property
    def _validations(self) -> dict[str, Validation]:
        """Results with parts; those of earlier versions have none."""
        found = {key: one.validation for key, one in self._run.outcomes.items()}
        return {key: one for key, one in found.items() if one is not None and one.parts}

    def _show(self) -> None:
        validations = self._validations
        if validations:
            first = next(iter(validations.values()))
            titles = {key: self._run.outcomes[key].contender.title for key in validations}
            rows, summary = validation_rows(validations, titles), summary_rows(validations)
            self._panel.show_result(validation_title(first), rows, summary, basis_text(first))
        self._show_panel(bool(validations), any(one.evaluation != "test set" for one in validations.values()))

    def _export(self, path: str) -> None:
        try:
            write_validation(Path(path), self._validations)
        except OSError as error:
            self.failed.emit(f"{one_line(path)} could not be written: {error.strerror or error}.")
        else:
            self.exported.emit(f"Exported the cross-validation to {one_line(path)}.")

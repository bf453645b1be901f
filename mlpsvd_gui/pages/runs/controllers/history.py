"""Undo and redo of changes of runs, which are written in the background in order."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from mlpsvd.errors import MlpSvdError
from mlpsvd.text import sentence
from mlpsvd_gui.log import LOGGER, unexpected_sentence
from mlpsvd_gui.pages.runs.workers.steps import ChangeAbout, Step
from mlpsvd_gui.threads.serial_jobs import SerialJobs

__all__ = ["StepHistory", "error_sentence"]


class StepHistory(QObject):
    """Makes changes, takes them back and makes them again."""

    done = Signal(str, bool)
    """Emits the name of a completed step, and whether it was a new one."""
    failed = Signal(str)
    """Emits why a step could not be made, in one sentence."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = SerialJobs("changes of runs", self)
        self._undone: list[Step] = []
        self._made: list[Step] = []

    @property
    def is_busy(self) -> bool:
        """Whether a change is being written."""
        return self._jobs.is_busy

    def make(self, step: Step) -> None:
        """Make a change."""
        self._undone.clear()
        self._made.append(step)
        self._jobs.submit(step.do, lambda _: self.done.emit(step.name, True), partial(self._fail, step))

    def undo(self) -> None:
        """Take the last change back."""
        if self._made:
            step = self._made.pop()
            self._undone.append(step)
            name = f"undo {step.name}"
            self._jobs.submit(step.undo, lambda _: self.done.emit(name, False), partial(self._fail, step))

    def redo(self) -> None:
        """Make the last undone change again."""
        if self._undone:
            step = self._undone.pop()
            self._made.append(step)
            name = f"redo {step.name}"
            self._jobs.submit(step.do, lambda _: self.done.emit(name, False), partial(self._fail, step))

    def forget_moves(self) -> None:
        """Forget steps that move runs: the trash is being emptied."""
        self._made = [step for step in self._made if isinstance(step, ChangeAbout)]
        self._undone.clear()

    def close(self) -> None:
        """Finish all pending changes."""
        self._jobs.close()

    def _fail(self, step: Step, error: Exception) -> None:
        if isinstance(step, ChangeAbout):  # a move that failed half-way can be taken back
            self._made = [one for one in self._made if one is not step]
            self._undone = [one for one in self._undone if one is not step]
        self.failed.emit(error_sentence(error))


def error_sentence(error: Exception) -> str:
    """Return an error of the core or of the system as one sentence; others are logged."""
    if isinstance(error, MlpSvdError):
        return sentence(str(error))
    if isinstance(error, OSError):
        return sentence(f"{error.filename}: {error.strerror or error}" if error.filename else str(error))
    LOGGER.error("A run could not be changed", exc_info=error)
    return unexpected_sentence(error)

"""Undo and redo of changes of runs, which are written in the background in order."""

from __future__ import annotations

import time
import weakref
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from mlpsvd_gui.log import error_sentence
from mlpsvd_gui.pages.runs.workers.steps import ChangeAbout, Step
from mlpsvd_gui.state.undo_steps import NamedStep, drop_obsolete, make_stack
from mlpsvd_gui.threads.serial_jobs import SerialJobs

__all__ = ["StepHistory"]

_TYPING_S = 5.0
"""Changes of one note within this time are one step: it is saved as it is typed."""


class StepHistory(QObject):
    """Makes changes, takes them back and makes them again; :attr:`stack` holds them."""

    done = Signal(str, bool)
    """Emits the name of a completed step, and whether it was a new one."""
    failed = Signal(str)
    """Emits why a step could not be made, in one sentence."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = SerialJobs("changes of runs", self)
        self.stack = make_stack(self)

    @property
    def is_busy(self) -> bool:
        """Whether a change is being written."""
        return self._jobs.is_busy

    def make(self, step: Step) -> None:
        """Make a change."""
        self.stack.push(_Change(self, step))

    def undo(self) -> None:
        """Take the last change back."""
        self.stack.undo()
        drop_obsolete(self.stack)

    def redo(self) -> None:
        """Make the last undone change again."""
        self.stack.redo()
        drop_obsolete(self.stack)

    def forget_moves(self) -> None:
        """Forget steps that move runs, and those undone: the trash is being emptied."""
        for number in range(self.stack.count()):
            command = self.stack.command(number)
            assert isinstance(command, _Change)
            command.setObsolete(not isinstance(command.step, ChangeAbout) or number >= self.stack.index())
        drop_obsolete(self.stack)

    def forget(self) -> None:
        """Forget all steps: another library is shown."""
        self.stack.clear()

    def close(self) -> None:
        """Finish all pending changes."""
        self._jobs.close()

    def submit(self, change: _Change, *, is_undo: bool, is_new: bool) -> None:
        """Write a change in the background, or take it back."""
        step = change.step
        name = step.name if is_new else f"{'undo' if is_undo else 'redo'} {step.name}"
        job = step.undo if is_undo else step.do
        self._jobs.submit(job, lambda _: self.done.emit(name, is_new), partial(self._fail, change))

    def _fail(self, change: _Change, error: Exception) -> None:
        commands = [self.stack.command(number) for number in range(self.stack.count())]
        if isinstance(change.step, ChangeAbout) and change in commands:  # a move that failed half-way can be undone
            change.setObsolete(True)
            drop_obsolete(self.stack)
        self.failed.emit(error_sentence(error))


class _Change(NamedStep):
    """A step on the stack."""

    def __init__(self, history: StepHistory, step: Step) -> None:
        super().__init__(step.name)
        self.step = step
        self._history = weakref.ref(history)
        self._is_new = True
        self._made_s = time.monotonic()

    def redo(self) -> None:
        """Submit the change."""
        self._submit(is_undo=False, is_new=self._is_new)
        self._is_new = False

    def undo(self) -> None:
        """Submit its reversal."""
        self._submit(is_undo=True, is_new=False)
        self._made_s = 0.0

    def _submit(self, *, is_undo: bool, is_new: bool) -> None:
        history = self._history()
        if history is not None:
            history.submit(self, is_undo=is_undo, is_new=is_new)

    def id(self) -> int:
        """Return the same number for all steps; :meth:`mergeWith` decides."""
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over the next part of a note that is being typed."""
        if not isinstance(other, _Change) or other._made_s - self._made_s > _TYPING_S:
            return False
        if not isinstance(self.step, ChangeAbout) or not isinstance(other.step, ChangeAbout):
            return False
        joined = self.step.joined(other.step)
        if joined is None:
            return False
        self.step, self._made_s = joined, other._made_s
        return True

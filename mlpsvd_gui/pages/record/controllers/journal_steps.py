"""The steps of the open collection's journal, as commands of the Edit menu."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoStack

from mlpsvd_gui.state.undo_steps import MOST_STEPS, NamedStep, make_stack

__all__ = ["JournalSteps"]


class JournalSteps(QObject):
    """A stack that follows a journal, which stays valid after a restart and is the only record of what was done.

    The stack may also hold other steps, such as changes of settings, between those of the journal.

    Parameters
    ----------
    undo, redo
        Request one step from the collection; :meth:`show` follows with the journal after it.
    """

    def __init__(self, undo: Callable[[], None], redo: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stack: QUndoStack = make_stack(self)
        self._undo, self._redo = undo, redo
        self._is_filling = False
        self._done: list[str] = []
        self._undone: list[str] = []
        self._n_requested = 0

    def show(self, undo_names: Sequence[str], redo_names: Sequence[str]) -> None:
        """Show the steps of a journal that can be undone and redone, the next one last."""
        done, undone = list(undo_names), list(redo_names)
        n_before = len(self._done)
        is_moved = [*done, *reversed(undone)] == [*self._done, *reversed(self._undone)]
        is_continued = not undone and done[:n_before] == self._done
        self._done, self._undone = done, undone
        self._is_filling = True
        if is_moved:
            self._n_requested = max(0, self._n_requested - 1)
            if not self._n_requested:  # otherwise the stack is ahead of the journal
                self._align()
        elif is_continued:
            self._push(done, n_before)
        else:
            self.stack.clear()
            self._push([*done, *reversed(undone)], 0)
            self._align()
        self._is_filling = False

    def forget(self) -> None:
        """Remove all steps, also the others: another collection follows."""
        self._done, self._undone, self._n_requested = [], [], 0
        self.stack.clear()

    def request(self, *, is_undo: bool) -> None:
        """Request the next step, unless the stack is being filled."""
        if not self._is_filling:
            self._n_requested += 1
            (self._undo if is_undo else self._redo)()

    def _push(self, names: Sequence[str], first: int) -> None:
        for number in range(max(first, len(names) - MOST_STEPS), len(names)):
            self.stack.push(_JournalStep(names[number], number + 1, self))

    def _align(self) -> None:
        """Move to where all steps that are done in the journal, and no others of it, are done on the stack.

        They differ after a step of the journal has failed.
        """
        for place in range(self.stack.count()):
            step = self.stack.command(place)
            if not isinstance(step, _JournalStep):
                continue
            is_done = step.number <= len(self._done)
            if is_done and place >= self.stack.index():
                self.stack.setIndex(place + 1)
            elif not is_done and place < self.stack.index():
                self.stack.setIndex(place)


class _JournalStep(NamedStep):
    def __init__(self, name: str, number: int, steps: JournalSteps) -> None:
        super().__init__(name)
        self.number = number
        self._steps = weakref.ref(steps)

    def redo(self) -> None:
        self._request(is_undo=False)

    def undo(self) -> None:
        self._request(is_undo=True)

    def _request(self, *, is_undo: bool) -> None:
        steps = self._steps()
        if steps is not None:
            steps.request(is_undo=is_undo)

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

    def show(self, undo_names: Sequence[str], redo_names: Sequence[str]) -> None:
        """Show the steps of a journal that can be undone and redone, the next one last."""
        names = [*undo_names, *reversed(redo_names)][-MOST_STEPS:]
        index = max(0, len(names) - len(redo_names))
        shown = [self.stack.text(number) for number in range(self.stack.count())]
        if (shown, self.stack.index()) == (names, index):
            return
        self._is_filling = True
        if shown != names:
            self.stack.clear()
            for name in names:
                self.stack.push(_JournalStep(name, self))
        self.stack.setIndex(index)
        self._is_filling = False

    def request(self, *, is_undo: bool) -> None:
        """Request the next step, unless the stack is being filled."""
        if not self._is_filling:
            (self._undo if is_undo else self._redo)()


class _JournalStep(NamedStep):
    def __init__(self, name: str, steps: JournalSteps) -> None:
        super().__init__(name)
        self._steps = weakref.ref(steps)

    def redo(self) -> None:
        self._request(is_undo=False)

    def undo(self) -> None:
        self._request(is_undo=True)

    def _request(self, *, is_undo: bool) -> None:
        steps = self._steps()
        if steps is not None:
            steps.request(is_undo=is_undo)

"""Undo steps: a value that is replaced as a whole, and commands with a name for the Edit menu."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand, QUndoStack
from shiboken6 import isValid

from mlpsvd_gui.qt_text import menu_text

__all__ = ["MOST_STEPS", "NamedStep", "ValueHistory", "drop_obsolete", "make_stack", "redo_name", "undo_name"]

MOST_STEPS = 200
_MERGE_S = 1.0
"""Changes with the same key within this time are one step, as in a drag."""

T = TypeVar("T")


class NamedStep(QUndoCommand):
    """A step with a name, which is plain text in messages and escaped in menus."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name}\n{menu_text(name)}")

    @property
    def name(self) -> str:
        """What is done, for example ``change of learning rate``."""
        return self.text()


class _ValueStep(NamedStep, Generic[T]):
    """Replaces a value; joined with the next step if that has the same key and follows at once."""

    def __init__(self, name: str, before: T, after: T, history: ValueHistory[T], key: str, joins: bool) -> None:
        super().__init__(name)
        self.before, self.after, self.key, self.joins = before, after, key, joins
        self._history = weakref.ref(history)  # see make_stack
        self._is_new = True

    def redo(self) -> None:
        """Show the new value, except when the step is added to the stack: that is shown afterwards."""
        if not self._is_new:
            self._show(self.after)
        self._is_new = False

    def _show(self, value: T) -> None:
        history = self._history()
        if history is not None:
            history.take(value)

    def undo(self) -> None:
        """Show the old value."""
        self._show(self.before)

    def id(self) -> int:
        """Return the same number for all steps; :meth:`mergeWith` compares their keys."""
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over the value of a step that follows at once; a step that changes nothing any more is removed."""
        if not isinstance(other, _ValueStep) or not other.joins or not self.key or other.key != self.key:
            return False
        self.after = other.after
        self.setObsolete(self.before == self.after)
        return True


class ValueHistory(Generic[T]):
    """Undo history of a value.

    Parameters
    ----------
    show
        Makes a value the current one.
    parent
        Owner of the stack.
    stack
        A stack that is shared with other values; by default one of its own.
    """

    def __init__(
        self, show: Callable[[T], None], parent: QObject | None = None, stack: QUndoStack | None = None
    ) -> None:
        self.stack = stack or make_stack(parent)
        self._show = show
        self._last_s = 0.0

    def add(self, name: str, before: T, after: T, key: str = "") -> None:
        """Make ``after`` the current value, as a step; a quick change with the same key extends the last step."""
        now_s = time.monotonic()
        joins = bool(key) and now_s - self._last_s < _MERGE_S
        self.stack.push(_ValueStep(name, before, after, self, key, joins))
        self.take(after)
        self._last_s = now_s if key else 0.0

    def clear(self) -> None:
        """Forget all steps."""
        self.stack.clear()
        self._last_s = 0.0

    def take(self, value: T) -> None:
        """Make a value the current one, without a step."""
        self._last_s = 0.0  # a change after undo or redo is a step of its own
        self._show(value)


def make_stack(parent: QObject | None = None) -> QUndoStack:
    """Return an empty stack with the usual limit.

    It is emptied before its parent goes: Python's garbage collector may otherwise delete the steps first, and the stack
    then deletes them once more, which ends the program. Steps hold their target weakly, because the finalizer holds the
    stack and its steps: a parent that they hold is not collected.
    """
    stack = QUndoStack(parent)
    stack.setUndoLimit(MOST_STEPS)
    if parent is not None:
        weakref.finalize(parent, _empty, stack).atexit = False
    return stack


def _empty(stack: QUndoStack) -> None:
    if isValid(stack):
        stack.blockSignals(True)  # who listens may be gone already
        stack.clear()


def undo_name(stack: QUndoStack) -> str:
    """Return the name of the step to undo; empty if there is none."""
    return stack.text(stack.index() - 1) if stack.canUndo() else ""


def redo_name(stack: QUndoStack) -> str:
    """Return the name of the step to redo; empty if there is none."""
    return stack.text(stack.index()) if stack.canRedo() else ""


def drop_obsolete(stack: QUndoStack) -> None:
    """Remove the steps next to the current position that are obsolete; they are neither undone nor redone."""
    while stack.canUndo() and stack.command(stack.index() - 1).isObsolete():
        stack.undo()
    while stack.canRedo() and stack.command(stack.index()).isObsolete():
        stack.redo()

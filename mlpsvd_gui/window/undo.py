"""Undo and redo of the Edit menu: each page has a stack of steps, and text fields their own while they are typed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence, QUndoGroup, QUndoStack
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTabWidget, QTextEdit, QWidget

from mlpsvd_gui.state.undo_steps import drop_obsolete
from mlpsvd_gui.window.actions import WindowActions
from mlpsvd_gui.window.live_tab import LiveTab

__all__ = ["PageSteps", "UndoController"]


@dataclass(frozen=True)
class PageSteps:
    """The stack of a page, and how text is applied that is typed there but not yet confirmed."""

    stack: QUndoStack
    commit: Callable[[], None] = lambda: None


class UndoController(QObject):
    """Connects the actions *Undo* and *Redo* with the stack of the page in front.

    Parameters
    ----------
    actions
        The actions of the window.
    tabs, live_tab
        The tabs, which decide which page is in front.
    experiment
        Steps of the experiment, for pages without steps of their own.
    others
        Steps of other pages, by index of the tab or by page of ``live_tab``.
    parent
        Owner.
    """

    def __init__(
        self,
        actions: WindowActions,
        tabs: QTabWidget,
        live_tab: LiveTab,
        experiment: PageSteps,
        others: Mapping[QWidget, PageSteps],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._tabs, self._live_tab = tabs, live_tab
        self._experiment, self._others = experiment, dict(others)
        self._group = QUndoGroup(actions)  # goes with them: stacks that are deleted later would change them
        for steps in (experiment, *self._others.values()):
            self._group.addStack(steps.stack)
        self._keys = _TextFieldKeys(self)
        actions.undo.triggered.connect(self.undo)
        actions.redo.triggered.connect(self.redo)
        tabs.currentChanged.connect(self._follow)
        live_tab.pages.currentChanged.connect(self._follow)
        for changed in (self._group.undoTextChanged, self._group.redoTextChanged, self._group.canUndoChanged,
                        self._group.canRedoChanged):  # fmt: skip
            changed.connect(lambda _: actions.show_history(self._group.undoText(), self._group.redoText()))
        actions.show_history("", "")
        self._follow()

    @property
    def front(self) -> PageSteps:
        """The steps of the page in front."""
        page = self._tabs.currentWidget()
        if page is self._live_tab:
            page = self._live_tab.pages.currentWidget()
        found = (steps for widget, steps in self._others.items() if page is widget or page.isAncestorOf(widget))
        return next(found, self._experiment)

    def undo(self) -> None:
        """Undo the last step of the page in front; what is typed there but not confirmed is the last step."""
        steps = self.front
        steps.commit()
        steps.stack.undo()
        drop_obsolete(steps.stack)

    def redo(self) -> None:
        """Redo the last undone step of the page in front."""
        steps = self.front
        steps.commit()
        steps.stack.redo()
        drop_obsolete(steps.stack)

    def _follow(self, _: int = 0) -> None:
        self._group.setActiveStack(self.front.stack)


class _TextFieldKeys(QObject):
    """Leaves the keys of undo and redo to the window where a text field has no typing to undo or redo."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._watch)

    def _watch(self, _: QWidget | None, field: QWidget | None) -> None:
        if isinstance(field, QLineEdit | QTextEdit | QPlainTextEdit | QComboBox):
            field.installEventFilter(self)

    def eventFilter(self, field: QObject, event: QEvent) -> bool:
        """Refuse the keys before the field takes them."""
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        is_undo = event.matches(QKeySequence.StandardKey.Undo)
        if not is_undo and not event.matches(QKeySequence.StandardKey.Redo):
            return False
        if _has_typing(field, is_undo):
            return False
        event.ignore()
        return True


def _has_typing(field: QObject, is_undo: bool) -> bool:
    """Whether a text field has typing to undo, or to redo."""
    edit = field.lineEdit() if isinstance(field, QComboBox) else field
    if isinstance(edit, QLineEdit):
        return not edit.isReadOnly() and (edit.isUndoAvailable() if is_undo else edit.isRedoAvailable())
    if isinstance(edit, QTextEdit | QPlainTextEdit):
        document = edit.document()
        return not edit.isReadOnly() and (document.isUndoAvailable() if is_undo else document.isRedoAvailable())
    return False

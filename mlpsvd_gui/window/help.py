"""The Help menu's documentation: its contents, the page of the panel with the focus, and *What is this?*."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QWhatsThis, QWidget

from mlpsvd_gui.help_pages import open_help
from mlpsvd_gui.widgets.help_mark import topic_of
from mlpsvd_gui.window.actions import WindowActions

__all__ = ["HelpController"]


class HelpController(QObject):
    """Opens the documentation.

    Parameters
    ----------
    window
        The main window.
    actions
        Its actions.
    """

    failed = Signal(str)
    """Emits why a page cannot be opened, in one sentence."""

    def __init__(self, window: QWidget, actions: WindowActions) -> None:
        super().__init__(window)
        self._window = window
        actions.contents.triggered.connect(lambda: self._open(""))
        actions.panel_help.triggered.connect(lambda: self._open(self.topic_here()))
        actions.panel_help.setShortcutContext(Qt.ShortcutContext.ApplicationShortcut)  # also in the window of sweeps
        actions.what_is_this.triggered.connect(QWhatsThis.enterWhatsThisMode)

    def topic_here(self) -> str:
        """Return the topic of the panel with the focus, else that of the first visible panel; empty without one."""
        topic = topic_of(QApplication.focusWidget())
        visible = (topic_of(one) for one in self._window.findChildren(QWidget) if one.isVisible())
        return topic or next(filter(None, visible), "")

    def _open(self, topic: str) -> None:
        problem = open_help(topic)
        if problem:
            self.failed.emit(problem)

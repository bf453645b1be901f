"""A path that is typed, dropped or chosen in a dialog."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from mlpsvd_gui.widgets.path_edit import PathEdit

__all__ = ["PathRow"]


class PathRow(QWidget):
    """A line edit and a button that asks for the path.

    Parameters
    ----------
    ask
        Opens the dialog; called with the function that takes the chosen path.
    name
        Accessible name of the line edit.
    """

    changed = Signal(str)
    """Emits the path after it has been typed, dropped or chosen."""

    def __init__(
        self, ask: Callable[[Callable[[str], object]], object], name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.edit = PathEdit(self)
        self.edit.setAccessibleName(name)
        self.button = QPushButton("Choose…", self)
        self.button.setAutoDefault(False)
        self.button.clicked.connect(lambda: ask(self.choose))
        self.edit.editingFinished.connect(lambda: self.changed.emit(self.path))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.edit, 1)
        row.addWidget(self.button)
        self.setFocusProxy(self.edit)

    @property
    def path(self) -> str:
        """The path; empty without one."""
        return self.edit.path

    def choose(self, path: str) -> None:
        """Show a chosen path, as if typed."""
        self.edit.setText(path)
        self.changed.emit(self.path)

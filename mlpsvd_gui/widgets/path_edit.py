"""Line edit for a path, and parsing of dropped paths."""

from __future__ import annotations

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLineEdit

from mlpsvd.typed_paths import typed_path

__all__ = ["PathEdit", "dropped_paths"]


class PathEdit(QLineEdit):
    """A line edit for a path; a dropped path replaces its text."""

    @property
    def path(self) -> str:
        """The path of the text; see :func:`mlpsvd.typed_paths.typed_path`."""
        return typed_path(self.text())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files, folders and text."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Show the first dropped path, as if typed."""
        paths = dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.setText(paths[0])
            self.setModified(True)
            self.textEdited.emit(paths[0])
            self.editingFinished.emit()


def dropped_paths(data: QMimeData) -> list[str]:
    """Return the paths of dropped files and folders; of a dropped text, each line is one."""
    local = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
    lines = [] if local or data.hasUrls() else data.text().splitlines()
    return [path for path in (*local, *map(typed_path, lines)) if path]

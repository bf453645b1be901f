"""The page on which labelled clips are recorded, looked through, and trained on."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from mlpsvd_gui.plots.theme import Theme

__all__ = ["RecordPanel"]


class RecordPanel(QWidget):
    """Collection and level on top; classes, the Record button and what comes in; below them every clip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""

"""The page that classifies many recordings in one go."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from mlpsvd_gui.plots.theme import Theme, theme_for

__all__ = ["ClassifyPanel"]


class ClassifyPanel(QWidget):
    """Files and folders dropped here are classified by the chosen network."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme_for(self.palette())

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme

"""Joins the page of many recordings with the networks and the processes that classify."""

from __future__ import annotations

from PySide6.QtCore import QObject

from mlpsvd_gui.controllers.model_provider import ModelProvider
from mlpsvd_gui.views.classify_panel import ClassifyPanel

__all__ = ["ClassifyController"]


class ClassifyController(QObject):
    """Finds the recordings, classifies them on all cores, and writes the results.

    Parameters
    ----------
    panel
        The page.
    models
        The networks to choose from.
    """

    def __init__(self, panel: ClassifyPanel, models: ModelProvider, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._models = models

    def open_model(self, path: str) -> None:
        """Open a model file and choose it on this page."""
        self._models.open_model(path)

    def close(self) -> None:
        """Stop everything, within a second."""

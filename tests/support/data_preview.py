"""The preview of the Data tab: whether it will change."""

from __future__ import annotations

from PySide6.QtCore import QTimer

from mlpsvd_gui.pages.explore.controllers.data import DataController


def is_at_rest(controller: DataController) -> bool:
    """Return whether everything asked for is shown, and nothing is about to be asked for."""
    is_due = any(timer.isActive() for timer in controller.findChildren(QTimer))
    return not is_due and not controller._previewer.is_busy

"""Joins the Record page with what is heard, the collection on disk, and training."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from mlpsvd_gui.controllers.live_controller import LiveController
from mlpsvd_gui.controllers.training_controller import TrainingController
from mlpsvd_gui.models.experiment_model import ExperimentModel
from mlpsvd_gui.models.preferences import Preferences
from mlpsvd_gui.models.run_model import RunModel
from mlpsvd_gui.views.record_panel import RecordPanel
from mlpsvd_gui.workers.playback import Player

__all__ = ["RecordController"]


class RecordController(QObject):
    """Records takes of what the live tab hears into a collection, lets them be reviewed, and retrains on them.

    Parameters
    ----------
    panel
        The page.
    live
        Whose session is recorded, and which is asked to start one.
    experiment_model, run_model, training
        What Retrain changes, and how it went.
    preferences
        Which collection was open last, and how it was recorded.
    player
        Plays clips; a player of its own by default.
    """

    listen_requested = Signal()
    """Somebody wants to see the Listen page: the network just trained is at work there."""

    def __init__(
        self,
        panel: RecordPanel,
        live: LiveController,
        experiment_model: ExperimentModel,
        run_model: RunModel,
        training: TrainingController,
        preferences: Preferences,
        player: Player | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)

    def close(self) -> None:
        """End a running take and write what is not yet on disk; waits until it is."""

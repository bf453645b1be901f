"""Controller of the Record page."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd_gui.pages.record.controllers.clip_review import ClipReview
from mlpsvd_gui.pages.record.controllers.collection import CollectionController
from mlpsvd_gui.pages.record.controllers.retraining import Retraining
from mlpsvd_gui.pages.record.controllers.takes import TakesController
from mlpsvd_gui.pages.record.views.panel import RecordPanel
from mlpsvd_gui.pages.record.workers.clip_library import CollectionView
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.listening_state import ListeningState
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.record_memory import RecordMemory
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.workers.player import Player
from mlpsvd_gui.workers.training_job import TrainingJob

__all__ = ["RecordController"]


class RecordController(QObject):
    """Records the input of the Listen page into a collection, and manages review and retraining.

    Parameters
    ----------
    panel
        The page.
    listening
        The controller whose session is recorded, and which starts one.
    experiment_model, run_model, training
        The experiment that Retrain changes, its run, and the controller of training.
    preferences
        Stored collection and recording settings.
    host
        The owner of PortAudio, for playback.
    """

    listen_requested = Signal()
    """Requests the Listen page."""

    def __init__(
        self,
        panel: RecordPanel,
        listening: ListeningState,
        experiment_model: ExperimentState,
        run_model: RunState,
        training: TrainingJob,
        preferences: Preferences,
        host: PortAudioThread | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._listening = listening
        self.player = Player(host, self)
        memory = RecordMemory(preferences)
        self.collection = CollectionController(panel, memory, self)
        self.takes = TakesController(panel, listening, memory, self.collection.steps.stack, self)
        self.reviewer = ClipReview(panel, self.collection, self.player, self)
        self.retrain = Retraining(panel, self.collection, experiment_model, run_model, training, self)
        self.collection.content_changed.connect(self._show_content)
        self.collection.classes_changed.connect(self.takes.draw_now)
        self.takes.take_ready.connect(self.collection.add)
        self.takes.settled.connect(self.collection.close_previous)
        self.retrain.listen_requested.connect(self._listen)
        panel.theme_changed.connect(self.collection.show_clips)
        self.player.look_for_output()
        self.collection.open_last()

    def _show_content(self, content: CollectionView) -> None:
        self.takes.set_target(content.folder, content.spool_folder if content.writable else None)

    def _listen(self) -> None:
        self.listen_requested.emit()
        self._listening.request_start()

    def close(self) -> None:
        """End a running take and wait until everything is on disk."""
        self.takes.close()
        self.collection.close()
        self.reviewer.close()
        self.player.close()

"""Session: restores the last run, lists recent runs, and confirms quitting."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QMessageBox, QWidget

from mlpsvd.experiments.runs.library import KeptRun, RunLibrary
from mlpsvd.experiments.runs.run import Run
from mlpsvd.text import one_line, percent
from mlpsvd_gui.log import LOGGER
from mlpsvd_gui.qt_text import menu_text
from mlpsvd_gui.state.run_state import RunPhase, RunState
from mlpsvd_gui.threads.background_jobs import BackgroundJobs
from mlpsvd_gui.window.documents import DocumentsController
from mlpsvd_gui.workers.training_job import TrainingJob

__all__ = ["SessionController"]

_MOST_SHOWN = 15
_LONGEST_NAME = 50


class SessionController(QObject):
    """Restores the last run, lists recent runs, and asks before quitting stops a run.

    Parameters
    ----------
    window
        Closed once an active run has been stopped and saved.
    menu
        Menu of recent runs, filled when it opens.
    run_model, files, training
        State of the run, and the controllers that open and stop runs.
    library
        The library of runs.
    """

    noted = Signal(str)
    """Emits a message about the restored run."""

    def __init__(
        self,
        window: QWidget,
        menu: QMenu,
        run_model: RunState,
        files: DocumentsController,
        training: TrainingJob,
        library: RunLibrary,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._menu = menu
        self._run = run_model
        self._files = files
        self._training = training
        self._library = library
        self._reading = BackgroundJobs("last session", self)
        self._soon = QTimer(self)  # a project that is opened at the start replaces the library first
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._read)
        self._may_stop = False
        self._closes_when_stopped = False
        menu.aboutToShow.connect(self._fill_menu)
        run_model.state_changed.connect(self._close_if_stopped)
        QGuiApplication.instance().commitDataRequest.connect(self._end_of_login)  # type: ignore[union-attr]

    def restore(self) -> None:
        """Read the last run in the background soon, and show it unless another one was started meanwhile."""
        self._soon.start()

    def _read(self) -> None:
        self._reading.submit(self._library.read_latest, self._show, self._report_unread)

    def may_close(self) -> bool:
        """Whether the window may close now; asks first if a run is active."""
        if self._may_stop or not self._run.state.is_active or not self._window.isVisible():
            return True
        self._ask()
        return False

    def close(self) -> None:
        """Stop reading."""
        self._soon.stop()
        self._reading.close()

    @property
    def is_restoring(self) -> bool:
        """Whether the last run is being read."""
        return self._soon.isActive() or self._reading.is_busy

    def _show(self, run: Run | None) -> None:
        if run is None or self._run.state is not RunPhase.EMPTY:
            return
        self._run.show(run)
        if not run.is_finished:
            n_epochs = run.experiment.training.epochs
            self.noted.emit(f"Restored the last run ({run.epoch} of {n_epochs} epochs).")

    def _report_unread(self, error: Exception) -> None:
        LOGGER.warning("The last run could not be restored: %s", error)

    def _ask(self) -> None:
        box = QMessageBox(self._window)
        box.setObjectName("quit question")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Quit")
        box.setText("A run is active.")
        box.setInformativeText("Stop it, save its results and quit?")
        stop = box.addButton("&Stop, save and quit", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("&Continue training", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stop)
        box.finished.connect(box.deleteLater)
        box.accepted.connect(self.stop_and_close)
        box.open()

    def stop_and_close(self) -> None:
        """Close the window without asking, once an active run has been stopped and saved."""
        self._closes_when_stopped = True
        self._training.stop_and_keep()
        self._close_if_stopped()

    def _close_if_stopped(self, *_: object) -> None:
        if self._closes_when_stopped and not self._run.state.is_active:
            self._closes_when_stopped = False
            self._window.close()

    def _end_of_login(self, *_: object) -> None:
        """Allow logout; a run stopped by it is saved."""
        self._may_stop = True

    def _fill_menu(self) -> None:
        self._menu.clear()
        for entry in self._library.entries(_MOST_SHOWN):
            action = QAction(_run_text(entry), self._menu)
            action.triggered.connect(lambda _=False, folder=entry.folder: self._open(folder))
            self._menu.addAction(action)
        if self._menu.isEmpty():
            self._menu.addAction("No runs yet").setEnabled(False)

    def _open(self, folder: Path) -> None:
        self._files.open(folder, remember=False)


def _run_text(entry: KeptRun) -> str:
    parts = [f"{entry.started:%Y-%m-%d %H:%M}", one_line(entry.name, _LONGEST_NAME) or "run"]
    scores = [f"{entry.titles[name]} {percent(accuracy)}" for name, accuracy in entry.accuracies.items()]
    parts.append(", ".join(scores) or "interrupted")
    return menu_text("   ".join(parts))

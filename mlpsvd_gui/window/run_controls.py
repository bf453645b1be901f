"""Train, pause and stop in menu and toolbar, and the status line."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel

from mlpsvd.text import percent
from mlpsvd_gui.pages.explore.controllers.settings import SettingsController
from mlpsvd_gui.pages.explore.views.race_panel import RacePanel
from mlpsvd_gui.qt_text import plain_tip
from mlpsvd_gui.state.run_state import RunPhase, RunState
from mlpsvd_gui.window.actions import WindowActions, export_tip
from mlpsvd_gui.window.toolbar import RunToolBar
from mlpsvd_gui.workers.training_job import TrainingJob

__all__ = ["RunControls"]


_STOP_TIP = "Stop after the current epoch and keep the results (F7)"
_SAVE_TIP = "Save experiment, results, histories, figures and models (Ctrl+R)"


def _no_result(state: RunPhase) -> str:
    return "Wait for the run to end, or stop it (F7)" if state.is_active else "No trained network: press Train (F5)"


def _set_tip(action: QAction, tip: str) -> None:
    action.setToolTip(plain_tip(tip))
    action.setStatusTip(tip)


class RunControls(QObject):
    """Enables the actions that apply, and shows why others are disabled."""

    def __init__(
        self,
        actions: WindowActions,
        toolbar: RunToolBar,
        race_panel: RacePanel,
        settings: SettingsController,
        training: TrainingJob,
        run: RunState,
        state_text: QLabel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._toolbar = toolbar
        self._race = race_panel
        self._settings = settings
        self._training = training
        self._run = run
        self._state_text = state_text
        self._problems = settings.problems()
        self._left = ""
        self._connect()
        self._update()

    def _connect(self) -> None:
        self._actions.train.triggered.connect(self._train)
        self._actions.pause.triggered.connect(self._pause_or_resume)
        self._actions.stop.triggered.connect(self._training.stop_and_keep)
        self._actions.speeds.triggered.connect(lambda action: self._training.set_speed(action.data()))
        self._settings.problems_changed.connect(self._on_problems)
        self._training.progress_changed.connect(self._show_progress)
        self._run.state_changed.connect(self._update)
        self._run.outcomes_changed.connect(self._update)
        self._run.events_added.connect(self._show_state_text)

    def _train(self) -> None:
        self._settings.commit()
        if not self._problems:
            self._training.train()

    def _pause_or_resume(self) -> None:
        if self._run.state is RunPhase.PAUSED:
            self._training.resume()
        else:
            self._training.pause()

    def _on_problems(self, problems: list[str]) -> None:
        self._problems = problems
        self._update()

    def _show_progress(self, share: float, left: str) -> None:
        self._left = left
        self._toolbar.show_progress(share, left)
        self._show_state_text()

    def _update(self, *_: object) -> None:
        state, actions = self._run.state, self._actions
        tip = self._train_tip()
        actions.train.setEnabled(not self._problems and not state.is_active)
        _set_tip(actions.train, tip)
        self._race.set_again_enabled(actions.train.isEnabled(), tip)
        actions.pause.setEnabled(state in (RunPhase.TRAINING, RunPhase.PAUSED))
        actions.set_paused(state is RunPhase.PAUSED)
        actions.stop.setEnabled(state.is_active)
        for action, tip in ((actions.pause, "Pause after the current epoch (F6)"), (actions.stop, _STOP_TIP)):
            if not action.isEnabled():
                _set_tip(action, "No run to pause or stop: press Train (F5)")
            elif action is actions.stop or state is not RunPhase.PAUSED:
                _set_tip(action, tip)
        has_outcomes = bool(self._run.outcomes) and not state.is_active
        actions.save_run.setEnabled(has_outcomes)
        _set_tip(actions.save_run, _SAVE_TIP if has_outcomes else _no_result(state))
        self._update_exports(has_outcomes)
        if state is not RunPhase.EMPTY:
            self._toolbar.show_engine(self._run.engine_description)
        self._show_state_text()

    def _update_exports(self, has_outcomes: bool) -> None:
        contenders = self._run.contenders
        if contenders and list(contenders) != list(self._actions.exports):
            self._actions.show_contenders(tuple(contenders.values()))
        for key, action in self._actions.exports.items():
            action.setEnabled(has_outcomes and key in self._run.outcomes)
            shortcut = " (Ctrl+E)" if not action.shortcut().isEmpty() else ""
            tip = f"{export_tip(contenders[key])}{shortcut}" if action.isEnabled() else _no_result(self._run.state)
            _set_tip(action, tip)

    def _train_tip(self) -> str:
        if self._problems:
            return f"Cannot train: {self._problems[0].rstrip('.')}"
        if self._run.state.is_active:
            return "A run is active; stop it first (F7)"
        return "Train the networks on the same data (F5)"

    def _show_state_text(self, *_: object) -> None:
        self._state_text.setText(self._sentence())

    def _sentence(self) -> str:
        state = self._run.state
        if self._problems and not state.is_active:
            return f"Cannot train: {self._problems[0]}"
        if state is RunPhase.EMPTY:
            return "Not trained yet. Press Train (F5)."
        if state is RunPhase.PREPARING:
            return "Preparing data…"
        if state is RunPhase.FAILED:
            return f"Training failed: {self._run.message}"
        reached = self._reached()
        if state is RunPhase.TRAINING:
            left = f" ({self._left})" if self._left.endswith("left") else ""
            return f"Training{left}. {reached}"
        return f"{state.value[0].upper()}{state.value[1:]}. {reached}"

    def _reached(self) -> str:
        last = {name: history[-1] for name, history in self._run.histories.items() if history}
        if not last:
            return ""
        epoch, n_epochs = min(one.epoch for one in last.values()), next(iter(last.values())).n_epochs
        parts = [f"{self._run.contenders[name].title} {percent(one.test_accuracy)}" for name, one in last.items()]
        return f"Epoch {epoch} of {n_epochs}. Test accuracy: {' · '.join(parts)}"

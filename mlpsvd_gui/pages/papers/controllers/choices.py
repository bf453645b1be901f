"""Choices of the Papers page, stored and with undo: ticked results, numbers of trials and processes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from mlpsvd.experiments.papers.registry import PAPERS, REPRODUCTIONS
from mlpsvd_gui.pages.papers.views.panel import PapersPanel
from mlpsvd_gui.state.preferences import Preferences, or_default
from mlpsvd_gui.state.undo_steps import ValueHistory

__all__ = ["PapersChoices"]

_REMEMBERED = "experiments/choices"


@dataclass(frozen=True)
class _Choices:
    ticked: tuple[str, ...]
    n_trials: int
    n_processes: int


class PapersChoices(QObject):
    """Restores and stores the choices; each change is a step that can be undone.

    Parameters
    ----------
    panel
        The page, with its list filled.
    preferences
        Stores the choices.
    """

    changed = Signal()

    def __init__(self, panel: PapersPanel, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._preferences = panel, preferences
        self._is_showing = False
        self._restore()
        self._choices = self._shown()
        self.history: ValueHistory[_Choices] = ValueHistory(self._apply, self)
        panel.list.ticked.connect(lambda: self._edit("selection"))
        panel.form.trials_changed.connect(lambda _: self._edit("trials"))
        panel.form.processes_changed.connect(lambda _: self._edit("processes"))

    def _restore(self) -> None:
        """Show the last choices; by default the results of the first paper, with its number of trials."""
        fields, form = self._preferences.fields(_REMEMBERED), self._panel.form
        ticked = or_default(lambda: fields.texts("ticked"), None)
        known = None if ticked is None else [name for name in ticked if name in REPRODUCTIONS]
        own = [one.name for one in PAPERS[0].results if not one.beyond]
        self._panel.list.tick(own if known is None else known)
        for box, name in ((form.trials, "trials"), (form.processes, "processes")):
            number = or_default(partial(fields.integer, name), None)
            if number is not None:
                box.setValue(number)  # limited to what is possible on this machine

    def _shown(self) -> _Choices:
        form = self._panel.form
        return _Choices(self._panel.list.ticked_names(), form.trials.value(), form.processes.value())

    def _edit(self, what: str) -> None:
        after = self._shown()
        if not self._is_showing and after != self._choices:
            self.history.add(f"change of {what}", self._choices, after, what)

    def _apply(self, choices: _Choices) -> None:
        self._is_showing = True
        self._panel.list.tick(choices.ticked)
        self._panel.form.trials.setValue(choices.n_trials)
        self._panel.form.processes.setValue(choices.n_processes)
        self._is_showing = False
        self._choices = choices
        table = {"trials": choices.n_trials, "processes": choices.n_processes}
        self._preferences.set_table(_REMEMBERED, {"ticked": list(choices.ticked), **table})
        self.changed.emit()

"""Actions on runs: buttons, context menu and keys of the table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from mlpsvd.experiments.runs.kept_run import KeptRun
from mlpsvd_gui.qt_text import plain_tip

__all__ = ["RunActions"]

_MOST_COMPARED = 30
_TRAINED = "The run is being trained; stop it first"


class RunActions(QObject):
    """The actions, without their behaviour; those of the table work while it has the focus.

    Parameters
    ----------
    page, table
        The page, in which search works, and the table.
    """

    def __init__(self, page: QWidget, table: QWidget) -> None:
        super().__init__(page)
        self.open = self._new("Open", "Return", "Open the run in the window, with its settings and results")
        self.resume = self._new("Continue", "Ctrl+Return", "Train the run on to its last epoch")
        self.compare = self._new("Compare", "C", "Compare the selected runs")
        self.analyse = self._new("Analyse", "A", "Show on Analysis what the networks of the run have learned")
        self.report = self._new("Save report…", "P", "Write a report of the selected runs as one HTML file")
        self.star = self._new("Star", "S", "Mark the selected runs with a star, or remove it")
        self.rename = self._new("Rename", "F2", "Give the run a name")
        self.note = self._new("Edit note", "N", "Write a note on the run")
        self.show_folder = self._new("Show folder", "", "Show the folder of the run in the file manager")
        self.delete = self._new("Delete", "Del", "Move the selected runs to the trash; can be undone")
        self.restore = self._new("Restore", "", "Move the selected runs back from the trash")
        self.empty_trash = self._new("Empty trash…", "", "Delete all runs in the trash for good")
        self.of_table = (self.open, self.resume, self.compare, self.analyse, self.report, self.star, self.rename,
                         self.note, self.show_folder, self.delete, self.restore, self.empty_trash)  # fmt: skip
        for action in self.of_table:
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        table.addActions(self.of_table)
        self.find = self._new("Find", QKeySequence.StandardKey.Find, "Search the runs")
        self.find.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        page.addAction(self.find)

    def _new(self, text: str, keys: QKeySequence.StandardKey | str, tip: str) -> QAction:
        action = QAction(text, self)
        if keys:
            action.setShortcut(QKeySequence(keys))
        action.setData(tip)
        self._tell(action, "")
        return action

    @staticmethod
    def _tell(action: QAction, refusal: str) -> None:
        """Enable an action, or disable it with the reason as tooltip."""
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        tip = f"{action.data()} ({keys})" if keys else str(action.data())
        action.setEnabled(not refusal)
        action.setToolTip(plain_tip(refusal or tip))

    def show_selection(self, runs: Sequence[KeptRun], n_trashed: int, *, in_trash: bool, is_active: bool) -> None:
        """Enable what is possible with the selected runs.

        Parameters
        ----------
        runs
            The selected runs.
        n_trashed
            Number of runs in the trash.
        in_trash
            Whether the trash is shown.
        is_active
            Whether the window is training.
        """
        for action in self.of_table:
            is_of_trash = action in (self.restore, self.empty_trash)
            action.setVisible(in_trash == is_of_trash or action is self.show_folder)
        none = "" if runs else "Select a run"
        one = none or ("" if len(runs) == 1 else "Select one run")
        for action in (self.star, self.restore):
            self._tell(action, none)
        for action in (self.rename, self.note, self.show_folder):
            self._tell(action, one)
        being_trained = _TRAINED if any(run.status == "training" for run in runs) else ""
        self._tell(self.open, one or being_trained)
        self._tell(self.analyse, one or being_trained)
        self._tell(self.delete, none or being_trained)
        active = "Stop the training first" if is_active else ""
        done = "" if runs and runs[0].can_resume else "The run is complete"
        self._tell(self.resume, one or being_trained or done or active)
        many = "" if len(runs) <= _MOST_COMPARED else f"Select at most {_MOST_COMPARED} runs"
        few = "" if len(runs) > 1 else "Select two or more runs (Ctrl, Shift)"
        self._tell(self.compare, many or few or being_trained)
        self._tell(self.report, none or many or being_trained)
        self._tell(self.empty_trash, "" if n_trashed else "The trash is empty")
        self.star.setText("Remove star" if runs and all(run.about.is_starred for run in runs) else "Star")

"""Controller of the Runs page: lists, annotates, deletes, opens and continues runs of the library."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from mlpsvd.experiments.runs.kept_run import KeptRun
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.trash import TRASH as TRASH_FOLDER
from mlpsvd.text import counted, one_line
from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.log import error_sentence
from mlpsvd_gui.pages.runs.controllers.comparison import ComparisonController
from mlpsvd_gui.pages.runs.controllers.history import StepHistory
from mlpsvd_gui.pages.runs.views.panel import STARRED, TRASH, UNFINISHED, RunsPanel
from mlpsvd_gui.pages.runs.workers.library_work import Listing, changed_settings, list_runs, load_to_continue
from mlpsvd_gui.pages.runs.workers.steps import ChangeAbout, MoveToTrash, RestoreFromTrash
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.threads.background_jobs import BackgroundJobs
from mlpsvd_gui.threads.serial_jobs import SerialJobs

__all__ = ["RunsController"]

_SETTLE_MS = 200
"""Several changes of the folder are read at once."""
_WATCH_TRAINING_MS = 3000


class RunsController(QObject):
    """Shows the library while the page is visible, and reads it again when something may have changed.

    Parameters
    ----------
    panel
        The page.
    library
        The library of runs.
    run
        State of the run of the window.
    """

    open_requested = Signal(object)
    """Requests to open a run folder in the window."""
    analyse_requested = Signal(object)
    """Requests the Analysis page for a run folder."""
    resume_requested = Signal(object, object)
    """Requests to train a run on: emits the :class:`Run` and its folder."""

    def __init__(self, panel: RunsPanel, library: RunLibrary, run: RunState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._panel, self._library, self._run = panel, library, run
        self._n_trashed = 0
        self._listing = BackgroundJobs("library of runs", self)
        self._reading = BackgroundJobs("settings of a run", self)
        self._loading = BackgroundJobs("run to continue", self)
        self._emptying = SerialJobs("trash of runs", self)
        self.history = StepHistory(self)
        self.comparison = ComparisonController(panel.comparison, self)
        self._watcher = QFileSystemWatcher(self)
        self._soon, self._again = QTimer(self), QTimer(self)
        for timer, wait_ms in ((self._soon, _SETTLE_MS), (self._again, _WATCH_TRAINING_MS)):
            timer.setSingleShot(True)
            timer.setInterval(wait_ms)
            timer.timeout.connect(self.refresh)
        self._connect()

    def _connect(self) -> None:
        panel, actions = self._panel, self._panel.actions_
        panel.opened.connect(self.refresh)
        panel.query_changed.connect(self.refresh)
        panel.empty_trash_confirmed.connect(self._empty_trash)
        panel.messages.action_requested.connect(lambda _: self.history.undo())
        panel.table.chosen.connect(self._show_selected)
        panel.table.star_clicked.connect(lambda run: self._star([run]))
        panel.details.edited.connect(self._annotate)
        actions.open.triggered.connect(lambda: self.open_requested.emit(self._selected[0].folder))
        actions.analyse.triggered.connect(lambda: self.analyse_requested.emit(self._selected[0].folder))
        actions.compare.triggered.connect(self._compare)
        actions.report.triggered.connect(self._ask_for_report)
        actions.resume.triggered.connect(self._resume)
        actions.star.triggered.connect(lambda: self._star(self._selected))
        actions.rename.triggered.connect(panel.details.title_edit.setFocus)
        actions.note.triggered.connect(panel.details.note_edit.setFocus)
        actions.show_folder.triggered.connect(self._show_folder)
        actions.delete.triggered.connect(self._delete)
        actions.restore.triggered.connect(self._restore)
        actions.empty_trash.triggered.connect(lambda: panel.ask_to_empty_trash(self._n_trashed))
        self.history.done.connect(self._tell_done)
        self.history.failed.connect(self._tell_failed)
        self.comparison.shown.connect(panel.show_comparison)
        self.comparison.shown.connect(panel.messages.clear)
        self.comparison.failed.connect(panel.show_error)
        self.comparison.noted.connect(panel.show_done)
        self._run.state_changed.connect(lambda _: self._follow_run())
        self._watcher.directoryChanged.connect(lambda _: self._soon.start())

    def use_other_library(self) -> None:
        """Show the library again after its folder has changed; earlier changes of runs cannot be undone."""
        self.history.forget()
        if self._watcher.directories():
            self._watcher.removePaths(self._watcher.directories())
        self.refresh()

    @property
    def is_busy(self) -> bool:
        """Whether the library is being read or changed."""
        return any(
            (
                self._listing.is_busy,
                self.history.is_busy,
                self._emptying.is_busy,
                self._soon.isActive(),
                self.comparison.is_busy,
            )
        )

    def close(self) -> None:
        """Write what has been edited, and stop all background work."""
        self._panel.details.commit()
        self._watcher.blockSignals(True)
        for timer in (self._soon, self._again):
            timer.stop()
        self.history.close()
        self.comparison.close()
        self._emptying.close()
        for jobs in (self._listing, self._reading, self._loading):
            jobs.close()

    # -- the list

    def refresh(self) -> None:
        """Read the library in the background, if the page is visible."""
        if not self._panel.isVisible():
            return
        self._soon.stop()
        kind = self._panel.kind
        job = partial(
            list_runs,
            self._library,
            self._panel.query,
            starred=kind == STARRED,
            unfinished=kind == UNFINISHED,
            trashed=kind == TRASH,
        )
        self._listing.submit(job, self._show, lambda error: self._panel.show_error(error_sentence(error)))

    def _show(self, found: Listing) -> None:
        self._n_trashed = found.n_trashed
        self._panel.show_runs(found.runs, n_all=found.n_all, n_trashed=found.n_trashed)
        self._watch()
        if any(run.status == "training" for run in found.runs):
            self._again.start()  # its folder changes, that of the library does not

    def _watch(self) -> None:
        watched = set(self._watcher.directories())
        for folder in (self._library.folder, self._library.folder / TRASH_FOLDER):
            if folder.is_dir() and str(folder) not in watched:
                self._watcher.addPath(str(folder))

    def _follow_run(self) -> None:
        self._show_actions()
        self._soon.start()
        self._again.start()  # its folder is in use for a moment after its end

    @property
    def _selected(self) -> list[KeptRun]:
        return self._panel.table.selected

    def _show_selected(self) -> None:
        runs, details = self._selected, self._panel.details
        before = details.folder
        details.show_runs(runs, can_edit=self._panel.kind != TRASH)
        self._show_actions()
        if details.folder is not None and details.folder != before:
            folder = details.folder
            self._reading.submit(
                partial(changed_settings, folder),
                lambda rows: details.show_settings(rows) if details.folder == folder else None,
                lambda error: self._panel.show_error(error_sentence(error)),
            )

    def _show_actions(self) -> None:
        self._panel.actions_.show_selection(
            self._selected,
            self._n_trashed,
            in_trash=self._panel.kind == TRASH,
            is_active=self._run.state.is_active,
        )

    # -- changes

    def _annotate(self, folder: Path, field: str, before: object, value: object) -> None:
        self.history.make(ChangeAbout(f"change of the {field}", field, {folder: before}, {folder: value}))

    def _star(self, runs: list[KeptRun]) -> None:
        is_starred = not all(run.about.is_starred for run in runs)
        before = {run.folder: run.about.is_starred for run in runs}
        after = dict.fromkeys(before, is_starred)
        name = "mark with a star" if is_starred else "removal of the star"
        self.history.make(ChangeAbout(name, "is_starred", before, after))

    def _delete(self) -> None:
        self._panel.details.commit()
        self.history.make(MoveToTrash(self._library, [run.folder for run in self._selected]))

    def _restore(self) -> None:
        self.history.make(RestoreFromTrash(self._library, [run.folder for run in self._selected]))

    def commit(self) -> None:
        """Apply what has been typed but not yet confirmed."""
        self._panel.details.commit()

    def _tell_done(self, name: str, is_new: bool) -> None:
        if is_new and name.startswith("delete "):
            self._panel.show_done(f"Moved {name.removeprefix('delete ')} to the trash.", "undo", "Undo")
        elif is_new and name.startswith("restore "):
            self._panel.show_done(f"Restored {name.removeprefix('restore ')}.", "undo", "Undo")
        elif not is_new:
            self._panel.show_done(f"{name[0].upper()}{name[1:]}: done.")
        self.refresh()

    def _tell_failed(self, text: str) -> None:
        self._panel.show_error(text)
        self._panel.details.restore()
        self.refresh()

    def _empty_trash(self) -> None:
        self.history.forget_moves()
        self._emptying.submit(
            self._library.empty_trash,
            lambda n: self._end_emptying(f"Deleted {counted(n, 'run')}."),
            lambda error: self._tell_failed(error_sentence(error)),
        )

    def _end_emptying(self, text: str) -> None:
        self._panel.show_done(text)
        self.refresh()

    # -- other pages

    def _resume(self) -> None:
        run = self._selected[0]
        self._panel.show_done(f"Reading {one_line(run.name, 60)}…")
        self._loading.submit(
            partial(load_to_continue, run.folder),
            lambda loaded: self._begin(loaded, run.folder),
            lambda error: self._panel.show_error(error_sentence(error)),
        )

    def _begin(self, loaded: object, folder: Path) -> None:
        self._panel.messages.clear()
        if not self._run.state.is_active:  # Train may have been pressed meanwhile
            self.resume_requested.emit(loaded, folder)

    def _compare(self) -> None:
        self._panel.show_done(f"Reading {counted(len(self._selected), 'run')}…")
        self.comparison.compare(self._selected)

    def _ask_for_report(self) -> None:
        runs = self._selected
        ask_for_path(
            self._panel,
            "report",
            "Save report",
            lambda path: self.comparison.save_report(runs, Path(path)),
            mode=QFileDialog.FileMode.AnyFile,
            name_filter="HTML page (*.html)",
            suggested="report.html",
        )

    def _show_folder(self) -> None:
        folder = self._selected[0].folder
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._panel.show_error(f"No application can open this folder: {folder}")

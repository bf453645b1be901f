"""Controller of projects: creates, opens, saves and closes them, and asks where moved recordings are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMainWindow, QTabWidget

from mlpsvd.errors import DataError, MlpSvdError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import new_experiment
from mlpsvd.experiments.projects.project import SUFFIX, Project
from mlpsvd.experiments.projects.project_folder import ProjectFolder, create_project
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_folder import write_run
from mlpsvd.text import one_line
from mlpsvd_gui.file_dialogs import ask_for_path
from mlpsvd_gui.log import error_sentence
from mlpsvd_gui.pages.record.controllers.collection import CollectionController
from mlpsvd_gui.pages.record.views.bar import RecordBar
from mlpsvd_gui.pages.record.workers.clip_library import CollectionView
from mlpsvd_gui.pages.runs.controllers.runs import RunsController
from mlpsvd_gui.qt_text import menu_text
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.threads.serial_jobs import SerialJobs
from mlpsvd_gui.window.actions import WindowActions
from mlpsvd_gui.window.documents import DocumentsController
from mlpsvd_gui.window.layout import WindowLayout
from mlpsvd_gui.window.session import SessionController

__all__ = ["ProjectController", "Workspace"]

_SAVE_MS = 400
_WAIT_MS = 100
_PROJECTS = f"Projects (*{SUFFIX})"
_READ_ONLY = "read-only: its folder cannot be written, so changes and new runs are not kept"


@dataclass(frozen=True)
class Workspace:
    """What a project restores in the window, besides the experiment."""

    layout: WindowLayout
    tabs: QTabWidget
    session: SessionController
    runs: RunsController
    collection: CollectionController
    collection_bar: RecordBar


class ProjectController(QObject):
    """Holds at most one open project, which is saved as changes happen.

    Parameters
    ----------
    window
        Parent of the dialogs.
    actions, preferences
        Actions of the window; recent projects are stored in the preferences.
    documents, run, library
        Experiment, run and library of runs, which a project replaces.
    workspace
        What else it restores.
    """

    failed = Signal(str)
    """Emits why a project cannot be opened or saved, in one sentence."""
    done = Signal(str, str)
    """Emits what was done, in one sentence, and an optional action ("go back" or empty)."""
    changed = Signal()
    """Emitted after a project has been opened or closed."""

    def __init__(
        self,
        window: QMainWindow,
        actions: WindowActions,
        preferences: Preferences,
        documents: DocumentsController,
        run: RunState,
        library: RunLibrary,
        workspace: Workspace,
    ) -> None:
        super().__init__(window)
        self._window, self._actions, self._preferences = window, actions, preferences
        self._documents, self._run, self._library, self._workspace = documents, run, library, workspace
        self._general_runs = library.folder
        self._open: ProjectFolder | None = None
        self._collections: tuple[Path, ...] = ()
        self._chosen: set[Path] = set()
        self._asked: set[Path] = set()
        self._problem = ""
        self._jobs = SerialJobs("new project", self)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SAVE_MS)
        self._connect()
        self._show_actions()

    def _connect(self) -> None:
        actions, workspace = self._actions, self._workspace
        actions.new_project.triggered.connect(self.ask_new)
        actions.open_project.triggered.connect(self.ask_open)
        actions.save_project.triggered.connect(self._save_by_hand)
        actions.close_project.triggered.connect(lambda: self._when_idle(self.leave))
        actions.recent_projects.aboutToShow.connect(self._fill_recent)
        self._documents.relocate = self._relocated
        self._documents.project_chosen.connect(self.open)
        self._documents.origin_changed.connect(self._soon.start)
        self._soon.timeout.connect(self.save)
        workspace.tabs.currentChanged.connect(lambda _: self._soon.start())
        for chosen in (workspace.collection_bar.open_requested, workspace.collection_bar.new_requested):
            chosen.connect(lambda folder: self._chosen.add(Path(folder).absolute()))
        workspace.collection.content_changed.connect(self._add_collection)

    @property
    def project(self) -> Project | None:
        """The open project as last saved; None without one."""
        return None if self._open is None else self._open.project

    @property
    def is_read_only(self) -> bool:
        """Whether a project is open that cannot be written."""
        return self._open is not None and self._open.is_read_only

    # -- requests

    def ask_new(self) -> None:
        """Ask for the folder of a new project."""
        ask_for_path(
            self._window,
            "project",
            "New project: name of its folder",
            lambda path: self.create(Path(path)),
            mode=QFileDialog.FileMode.AnyFile,
            suggested="My project",
            accept_text="Create",
        )

    def ask_open(self) -> None:
        """Ask for a project to open."""
        ask_for_path(self._window, "project", "Open project", lambda path: self.open(Path(path)), name_filter=_PROJECTS)

    def create(self, folder: Path) -> None:
        """Create a project with the present experiment and a copy of the shown run, and open it."""
        if self._refuse_while_training():
            return
        experiment, run = self._documents.experiment, self._run.to_run()
        self._jobs.submit(
            partial(_create, folder, experiment, run),
            lambda file: self.open(file, f"Created project {one_line(file.parent.name)}."),
            lambda error: self._fail(error_sentence(error, str(folder))),
        )

    def open(self, path: Path, words: str = "") -> None:
        """Open a project by its folder or file; the present one is saved and closed."""
        if not self._refuse_while_training():
            self._when_idle(partial(self._open_now, path, words))

    def _open_now(self, path: Path, words: str) -> None:
        if self._refuse_while_training():  # it may have started while a run was written
            return
        if self._open is not None and path.resolve() in (self._open.file, self._open.file.parent):
            return
        try:
            opened = ProjectFolder(path)
        except (MlpSvdError, OSError) as error:
            is_locked = isinstance(error, DataError)
            if self._preferences.project == str(path) and not is_locked:
                self._preferences.project = ""  # it is not tried again at every start
            self._fail(error_sentence(error, str(path)))
            return
        if self._open is None:
            self._preferences.set_experiment(self._documents.experiment)
        is_saved = self._release()
        self._open, self._collections = opened, opened.project.collections
        self._chosen, self._asked = set(), set()
        self._enter(opened.project, is_saved)
        self._preferences.add_recent_project(str(opened.file.parent))
        self._preferences.project = str(opened.file.parent)
        name = one_line(opened.project.name)
        words = f"Opened project {name} {_READ_ONLY}." if self.is_read_only else words
        self._report_change(words or f"Opened project {name}.")
        self._ask_next()

    def leave(self) -> None:
        """Save and close the project; the window shows again what it showed without one."""
        if self._open is None or self._refuse_while_training():
            return
        name = one_line(self._open.project.name)
        is_saved = self._release()
        self._preferences.project = ""
        self._use(self._preferences.experiment() or new_experiment(), self._general_runs, is_saved)
        self._report_change(f"Closed project {name}.")

    def save(self) -> bool:
        """Save the project if it has changed; return whether it is stored. A problem is told once."""
        self._soon.stop()
        if self._open is None:
            return False
        try:
            self._open.save(self._present(self._open.project))
        except (MlpSvdError, OSError) as error:
            reason = f"The project is not saved: {error_sentence(error, str(self._open.file))}"
            if reason != self._problem:
                self._fail(reason)
            self._problem = reason
            return False
        self._problem = ""
        return not self._open.is_read_only

    def close(self) -> None:
        """Save and release the project, as the program ends."""
        self._jobs.close()
        self._release()

    # -- the open project

    def _present(self, project: Project) -> Project:
        tabs, states = self._workspace.tabs, self._workspace.layout.states()
        return replace(
            project,
            experiment=self._documents.experiment,
            collections=self._collections,
            page=tabs.tabText(tabs.currentIndex()),
            layout=tuple((name, state.toBase64().toStdString()) for name, state in states.items()),
        )

    def _enter(self, project: Project, is_saved: bool) -> None:
        self._use(project.experiment, project.runs_folder, is_saved)
        workspace = self._workspace
        workspace.layout.show({name: QByteArray.fromBase64(QByteArray(text.encode())) for name, text in project.layout})
        titles = [workspace.tabs.tabText(index) for index in range(workspace.tabs.count())]
        if project.page in titles:
            workspace.tabs.setCurrentIndex(titles.index(project.page))
        for folder in project.collections[:1]:
            if folder.is_dir():
                workspace.collection.open(folder)

    def _use(self, experiment: Experiment, runs_folder: Path, is_saved: bool) -> None:
        """Show an experiment and a library of runs, with the newest of them; settings not saved can be restored."""
        self._documents.start_again(experiment, keeps=not is_saved)
        self._library.folder = runs_folder
        self._workspace.runs.use_other_library()
        self._run.forget()
        self._workspace.session.restore()
        self._show_actions()
        self.changed.emit()

    def _relocated(self, experiment: Experiment) -> Experiment:
        return experiment if self._open is None else self._open.project.relocated(experiment)

    def _release(self) -> bool:
        """Save and close the open project; return whether nothing is lost."""
        if self._open is None:
            return True
        is_saved = self.save()
        self._open.close()
        self._open = None
        return is_saved

    def _report_change(self, words: str) -> None:
        """Report that another project, or none, is shown, and whether the settings before were not saved."""
        if self._documents.can_go_back:
            self.done.emit(f"{words} The previous settings are not saved.", "go back")
        else:
            self.done.emit(words, "")

    def _save_by_hand(self) -> None:
        self._problem = ""
        if self.save() and self._open is not None:
            self.done.emit(f"Saved project {one_line(self._open.project.name)}.", "")
        elif self.is_read_only:
            self._fail("The project is open read-only and is not saved.")

    def _add_collection(self, content: CollectionView | None) -> None:
        if self._open is not None and content is not None and content.folder.absolute() in self._chosen:
            others = (one for one in self._collections if one != content.folder)
            self._collections = (content.folder, *others)
            self._soon.start()

    # -- what was moved

    def _ask_next(self) -> None:
        """Ask for the next file or folder that is missing; each is asked for once."""
        missing = () if self._open is None else self._present(self._open.project).missing()
        path = next((one for one in missing if one not in self._asked), None)
        if path is None:
            return
        self._asked.add(path)
        kind = "file" if path.suffix else "folder"
        mode = QFileDialog.FileMode.ExistingFile if path.suffix else QFileDialog.FileMode.Directory
        dialog = ask_for_path(
            self._window,
            "recordings",
            f"Where is the {kind} “{one_line(path.name, 60)}”?",
            lambda new: self._found(path, Path(new)),
            mode=mode,
            start=str(_nearest(path)),
            accept_text="It is here",
        )
        dialog.finished.connect(self._ask_next)

    def _found(self, old: Path, new: Path) -> None:
        if self._open is None:
            return
        before = self._present(self._open.project)
        after = before.with_moved(old, new)
        self._collections = after.collections
        if after.experiment != before.experiment:
            self._documents.start_again(after.experiment)
        for folder in after.collections[:1]:
            if folder not in before.collections and folder.is_dir():
                self._workspace.collection.open(folder)
        self._open.project = after
        self.save()

    # -- helpers

    def _refuse_while_training(self) -> bool:
        if self._run.state.is_active:
            self._fail("A run is active. Stop it before you change the project.")
        return self._run.state.is_active

    def _when_idle(self, act: Callable[[], None]) -> None:
        """Call ``act`` once no file of a run is being written."""
        if self._documents.is_busy or self._workspace.runs.history.is_busy:
            QTimer.singleShot(_WAIT_MS, self, partial(self._when_idle, act))
        else:
            act()

    def _fail(self, text: str) -> None:
        self.failed.emit(text)

    def _show_actions(self) -> None:
        for action in (self._actions.save_project, self._actions.close_project):
            action.setEnabled(self._open is not None)

    def _fill_recent(self) -> None:
        menu = self._actions.recent_projects
        menu.clear()
        for path in self._preferences.recent_projects():
            action = QAction(menu_text(path), menu)
            action.triggered.connect(lambda _=False, path=path: self.open(Path(path)))
            menu.addAction(action)
        if menu.isEmpty():
            menu.addAction("No projects yet").setEnabled(False)


def _create(folder: Path, experiment: Experiment, run: Run | None) -> Path:
    file = create_project(folder, experiment)
    if run is not None:
        write_run(RunLibrary(file.parent / "runs").new_folder(run.experiment), run, with_figures=False)
    return file


def _nearest(path: Path) -> Path:
    """Return the nearest folder above a path that exists."""
    return next((one for one in path.parents if one.is_dir()), Path.home())

"""The main window: creates state, views and controllers and connects them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent
from PySide6.QtWidgets import QMainWindow, QSizePolicy, QVBoxLayout, QWidget

from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.executors import n_usable_cores
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.presets import PRESETS, SHORT_NAMES
from mlpsvd.experiments.recordings_recipe import with_recordings
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.run import Run
from mlpsvd.text import one_line
from mlpsvd_gui.file_dialogs import LAST_FOLDERS
from mlpsvd_gui.pages.analysis.controllers.analysis import AnalysisController
from mlpsvd_gui.pages.analysis.controllers.registry_runs import offered
from mlpsvd_gui.pages.analysis.views.panel import AnalysisPanel
from mlpsvd_gui.pages.explore.controllers.data import DataController
from mlpsvd_gui.pages.explore.controllers.filters import FiltersController
from mlpsvd_gui.pages.explore.controllers.settings import SettingsController
from mlpsvd_gui.pages.explore.controllers.training import TrainingController
from mlpsvd_gui.pages.explore.controllers.validation import ValidationController
from mlpsvd_gui.pages.explore.views.confusion_panel import ConfusionPanel
from mlpsvd_gui.pages.explore.views.data_panel import DataPanel
from mlpsvd_gui.pages.explore.views.filters_panel import FiltersPanel
from mlpsvd_gui.pages.explore.views.page import ExplorePage
from mlpsvd_gui.pages.explore.views.race_panel import RacePanel
from mlpsvd_gui.pages.explore.views.settings_panel import SettingsPanel
from mlpsvd_gui.pages.explore.views.singular_values_panel import SingularValuesPanel
from mlpsvd_gui.pages.explore.views.training_panel import TrainingPanel
from mlpsvd_gui.pages.files.controllers.files import FilesController
from mlpsvd_gui.pages.files.views.panel import FilesPanel
from mlpsvd_gui.pages.listen.controllers.listen import ListenController
from mlpsvd_gui.pages.listen.views.panel import ListenPanel
from mlpsvd_gui.pages.papers.controllers.papers import PapersController
from mlpsvd_gui.pages.papers.views.panel import PapersPanel
from mlpsvd_gui.pages.record.controllers.record import RecordController
from mlpsvd_gui.pages.record.views.panel import RecordPanel
from mlpsvd_gui.pages.runs.controllers.runs import RunsController
from mlpsvd_gui.pages.runs.views.panel import RunsPanel
from mlpsvd_gui.pages.sweep.controllers.sweep import SweepController
from mlpsvd_gui.plots.theme import Theme
from mlpsvd_gui.qt_text import menu_text, title_text
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.state.listening_state import ListeningState
from mlpsvd_gui.state.model_library import ModelLibrary
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.state.selection_state import SelectionState
from mlpsvd_gui.widgets.choosers import Tabs
from mlpsvd_gui.widgets.messages import FloatingMessage, MessageKind
from mlpsvd_gui.widgets.plain_label import PlainLabel
from mlpsvd_gui.widgets.scrolling import scrolling
from mlpsvd_gui.window.actions import WindowActions, fill_menu_bar
from mlpsvd_gui.window.annotations import AnnotationsImport
from mlpsvd_gui.window.dialogs import Dialogs
from mlpsvd_gui.window.documents import DocumentsController
from mlpsvd_gui.window.help import HelpController
from mlpsvd_gui.window.layout import WindowLayout
from mlpsvd_gui.window.live_tab import LiveTab
from mlpsvd_gui.window.page_links import PageLinks
from mlpsvd_gui.window.pictures import STATUS_MS, PicturesController
from mlpsvd_gui.window.project import ProjectController, Workspace
from mlpsvd_gui.window.run_controls import RunControls
from mlpsvd_gui.window.session import SessionController
from mlpsvd_gui.window.theme import ThemeController
from mlpsvd_gui.window.toolbar import RunToolBar
from mlpsvd_gui.window.undo import PageSteps, UndoController
from mlpsvd_gui.window.welcome import WelcomeController
from mlpsvd_gui.workers.training import TrainingWorker
from mlpsvd_gui.workers.training_job import TrainingJob
from mlpsvd_gui.workers.warm_up import WarmUp

__all__ = ["MainWindow"]


class MainWindow(QMainWindow):
    """Window with one experiment, one selection and one run.

    Parameters
    ----------
    preferences
        Stored choices.
    experiment
        The experiment to open; by default the last one, or the paper's.
    """

    unexpected = Signal(str)
    """Emits messages about uncaught exceptions; may be emitted from any thread."""

    def __init__(self, preferences: Preferences, experiment: Experiment | None = None) -> None:
        super().__init__()
        self.preferences = preferences
        self.experiments = ExperimentState(experiment or preferences.experiment(), self)
        self.selection = SelectionState(self)
        self.run = RunState(self)
        self.models = ModelLibrary(self.run, self)
        self.listening = ListeningState(self)
        self.warm_up = WarmUp()
        self.sound = PortAudioThread()
        self.actions_ = WindowActions(self)
        self._state_text, self._reproduction_text = PlainLabel(), PlainLabel()
        self._library = RunLibrary(preferences.runs_folder)
        self._make_panels()
        self._make_controllers()
        self._build()
        self._connect()
        self.theme = ThemeController(self, self._theme_takers(), preferences, self)
        self._restore()
        if experiment is None:
            self.session.restore()

    def _make_panels(self) -> None:
        self.settings_panel = SettingsPanel()
        self.filters_panel = FiltersPanel()
        self.data_panel = DataPanel()
        self.training_panel = TrainingPanel()
        self.singular_values_panel = SingularValuesPanel()
        self.confusion_panel = ConfusionPanel()
        self.race_panel = RacePanel()
        self.runs_panel = RunsPanel()
        self.analysis_panel = AnalysisPanel(offered())
        self.papers_panel = PapersPanel(n_usable_cores())
        self.listen_panel = ListenPanel()
        self.record_panel = RecordPanel()
        self.files_panel = FilesPanel()
        self.live_tab = LiveTab(self.listen_panel, self.record_panel, self.files_panel)

    def _make_controllers(self) -> None:
        experiments, selection, run, sound = self.experiments, self.selection, self.run, self.sound
        self.settings = SettingsController(self.settings_panel, experiments, self)
        self.filters = FiltersController(self.filters_panel, experiments, selection, self)
        self.data = DataController(self.data_panel, experiments, selection, sound, self)
        worker = TrainingWorker(warm_up=self.warm_up, library=self._library)
        self.training = TrainingJob(experiments, run, worker, self)
        panels = self.training_panel, self.singular_values_panel, self.race_panel, self.confusion_panel
        self.results = TrainingController(*panels, experiments, selection, run, self.training, self)
        self.runs = RunsController(self.runs_panel, self._library, run, self)
        self.analysis = AnalysisController(self.analysis_panel, run, selection, sound, self._library, self)
        self.papers = PapersController(self.papers_panel, self.preferences, self.warm_up, self)
        self.listen = ListenController(self.listen_panel, self.models, self.listening, self.preferences, sound, self)
        self.record = RecordController(
            self.record_panel, self.listening, experiments, run, self.training, self.preferences, sound, self
        )
        self.files = FilesController(self.files_panel, self.models, sound, self.preferences.data_folder, self)
        self.documents = DocumentsController(experiments, run, self.preferences, self)
        self.pictures = PicturesController(self, run, self.preferences)
        self.session = SessionController(
            self, self.actions_.recent_runs, run, self.documents, self.training, self._library
        )

    def _build(self) -> None:
        self.actions_.add_presets(SHORT_NAMES, self.use_preset)
        self.toolbar = RunToolBar(self.actions_, self)
        self.addToolBar(self.toolbar)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # the toolbar must not be hidden by a right click
        self._recent_menu = fill_menu_bar(self.menuBar(), self.actions_)
        self.explore = ExplorePage(
            self.settings_panel,
            self.filters_panel,
            self.data_panel,
            self.training_panel,
            self.singular_values_panel,
            self.confusion_panel,
            self.race_panel,
        )
        self.validation = ValidationController(self.explore.validation, self.explore.show_validation, self.run, self)
        self.layout_ = WindowLayout(self, self.explore, self.preferences)
        self.tabs = Tabs()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(scrolling(self.explore), "Explore")
        self.tabs.addTab(scrolling(self.runs_panel), "Runs")
        self.tabs.addTab(scrolling(self.analysis_panel), "Analysis")
        self.tabs.addTab(scrolling(self.papers_panel), "Papers")
        self.tabs.addTab(self.live_tab, "Live audio")
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tabs, 1)
        self.setCentralWidget(centre)
        self.messages = FloatingMessage(centre, self.tabs.tabBar())
        for text in (self._state_text, self._reproduction_text):
            text.setContentsMargins(8, 0, 8, 0)
            text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self.statusBar().addWidget(text, 1)
        self._show_state()

    def _connect(self) -> None:
        self.project = ProjectController(
            self,
            self.actions_,
            self.preferences,
            self.documents,
            self.run,
            self._library,
            Workspace(self.layout_, self.tabs, self.session, self.runs, self.record.collection, self.record_panel.bar),
        )
        self.project.done.connect(self._report_done)
        self.project.changed.connect(self._update_title)
        self.dialogs = Dialogs(self, self.actions_, self.documents)
        self.annotations = AnnotationsImport(self, self.actions_.import_annotations)
        self.annotations.recordings_wanted.connect(self._use_recordings)
        experiment_steps = PageSteps(self.experiments.stack, self.settings.commit)
        self.undo = UndoController(
            self.actions_, self.tabs, self.live_tab, experiment_steps, self._page_steps(), parent=self
        )
        self.controls = RunControls(
            self.actions_, self.toolbar, self.race_panel, self.settings, self.training, self.run, self._state_text, self
        )
        self.session.noted.connect(self._report_done)
        self.training.noted.connect(lambda text: self.messages.show_message(MessageKind.WARNING, text))
        self.documents.done.connect(self._report_done)
        self.documents.origin_changed.connect(self._update_title)
        self.pictures.done.connect(lambda text: self.statusBar().showMessage(text, STATUS_MS))
        self.actions_.export_pictures.triggered.connect(self.pictures.ask_all)
        self.unexpected.connect(self.report_error)
        self.listen_panel.welcome.record_requested.connect(lambda: self.live_tab.show_page(self.record_panel))
        for welcome in (self.listen_panel.welcome, self.analysis_panel.welcome, self.runs_panel.welcome):
            welcome.explore_requested.connect(lambda: self.tabs.setCurrentIndex(0))
        self.runs.open_requested.connect(self._open_kept)
        self.runs.analyse_requested.connect(self._analyse_kept)
        self.runs.resume_requested.connect(self._resume_kept)
        self.record.listen_requested.connect(lambda: self.live_tab.show_page(self.listen_panel))
        self.messages.action_requested.connect(self._do_offered)
        panels = self.data, self.confusion_panel, self.runs, self.analysis, self.files
        self.links = PageLinks(self.tabs, *panels, self.record.collection, self)
        self.data.settings_applied.connect(lambda text: self._report_done(text, "undo"))
        self.documents.model_opened.connect(self.open_model)
        self.actions_.go_back.triggered.connect(self.documents.go_back)
        self.documents.origin_changed.connect(self._show_go_back)
        self.actions_.quit.triggered.connect(self.close)
        self.actions_.reset_layout.triggered.connect(self.layout_.reset)
        self.actions_.themes.triggered.connect(lambda action: self.theme.choose(action.data()))
        self._recent_menu.aboutToShow.connect(self._fill_recent)
        self.tabs.currentChanged.connect(self._show_state)
        self.papers_panel.form.status_changed.connect(self._reproduction_text.setText)
        self.help = HelpController(self, self.actions_)
        use_recordings = self.data.use_recordings
        self.welcome = WelcomeController(self, self.actions_, self.tabs, self.explore, self.preferences, use_recordings)
        dialogs, exported = self.dialogs.reported, self.validation.exported
        for done in (dialogs, exported, self.analysis.noted, self.welcome.noted):
            done.connect(self._report_done)
        self.experiments.changed.connect(self.welcome.leave)
        for controller in (self.project, self.training, self.documents, self.validation, self.pictures, self.help):
            controller.failed.connect(self.report_error)
        self.sweep = SweepController(self, self.actions_.sweep, self.experiments, self.documents.use, self._library)
        self._update_title()
        self._show_go_back()

    def _page_steps(self) -> dict[QWidget, PageSteps]:
        """Return the steps of the pages that have their own."""
        return {
            self.runs_panel: PageSteps(self.runs.history.stack, self.runs.commit),
            self.analysis_panel: PageSteps(self.analysis.temperature_steps),
            self.listen_panel: PageSteps(self.listen.settings.history.stack),
            self.record_panel: PageSteps(self.record.collection.steps.stack, self.record_panel.controls.commit),
            self.papers_panel: PageSteps(self.papers.choices.history.stack),
            self.files_panel: PageSteps(self.files.steps),
        }

    def open_model(self, path: Path) -> None:
        """Open a model file for Listen and Files, and show a message."""
        self.models.open_model(str(path))
        text = f"Opened model {one_line(path.name)} for Listen and Files."
        self.messages.show_message(MessageKind.DONE, text, "listen", "Show Listen")

    def _open_kept(self, folder: Path) -> None:
        self.documents.open(folder, remember=False)
        self.tabs.setCurrentIndex(0)

    def _analyse_kept(self, folder: Path) -> None:
        self.analysis.open_run(folder)
        self.tabs.setCurrentIndex(2)

    def _resume_kept(self, run: Run, folder: Path) -> None:
        name = one_line(run.experiment.name)
        self.documents.use(run.experiment, None, f"Continuing {name} from epoch {run.epoch}.")
        self.training.resume_run(run, folder)
        self.tabs.setCurrentIndex(0)

    def _do_offered(self, action: str) -> None:
        """Execute the action of a message."""
        {"undo": self.experiments.undo, "go back": self.documents.go_back, "listen": self._show_listen}[action]()

    def _use_recordings(self, path: str) -> None:
        self.data.use_recordings(path)
        self.tabs.setCurrentIndex(0)

    def _show_listen(self) -> None:
        self.tabs.setCurrentWidget(self.live_tab)
        self.live_tab.show_page(self.listen_panel)

    def _show_go_back(self) -> None:
        self.actions_.go_back.setEnabled(self.documents.can_go_back)

    def _show_state(self) -> None:
        """Show the status of the current page; the Papers page has its own."""
        are_reproductions = self.tabs.tabText(self.tabs.currentIndex()) == "Papers"
        self._reproduction_text.setVisible(are_reproductions)
        self._state_text.setVisible(not are_reproductions)

    @property
    def status_text(self) -> str:
        """The text of the status line."""
        shown = self._state_text if self._reproduction_text.isHidden() else self._reproduction_text
        return shown.text()

    def _theme_takers(self) -> list[Callable[[Theme], None]]:
        upper = (self.filters_panel, self.data_panel, self.training_panel, self.singular_values_panel)
        lower = (self.confusion_panel, self.race_panel, self.explore.welcome)
        pages = (self.runs_panel, self.analysis_panel, self.papers_panel)
        live = (self.listen_panel, self.record_panel, self.files_panel)
        return [self._tint, *(panel.set_theme for panel in (*upper, *lower, *pages, *live))]

    def _tint(self, theme: Theme) -> None:
        self.actions_.tint(theme.foreground)

    def show_run(self, run: Run) -> None:
        """Show a run that was trained elsewhere."""
        self.run.show(run)
        self.toolbar.show_progress(1.0, "")

    def use_preset(self, name: str) -> None:
        """Make a preset the current experiment."""
        self.documents.use(with_recordings(PRESETS[name], self.experiments.experiment.data.recordings))

    def report_error(self, text: str) -> None:
        """Show an error message."""
        self.messages.show_message(MessageKind.ERROR, text)

    def _report_done(self, text: str, action: str = "") -> None:
        words = {"undo": "Undo", "go back": "Back to my unsaved settings"}.get(action, "")
        self.messages.show_message(MessageKind.DONE, text, action, words)

    def _update_title(self) -> None:
        name = self.experiments.experiment.name
        file_name = f" – {self.documents.path.name}" if self.documents.path else ""
        project = self.project.project
        project_name = "" if project is None else f" – {one_line(project.name, 60)}"
        self.setWindowTitle(f"{title_text(name)}[*]{title_text(file_name + project_name)} – MLP-SVD")
        is_unsaved = self.documents.path is not None or project is None or self.project.is_read_only
        self.setWindowModified(self.documents.is_modified and is_unsaved)

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for path in self.preferences.recent_files():
            action = QAction(menu_text(path), self._recent_menu)
            action.triggered.connect(lambda _=False, path=path: self.documents.open(Path(path)))
            self._recent_menu.addAction(action)
        if self._recent_menu.isEmpty():
            self._recent_menu.addAction("No recent files").setEnabled(False)

    def _restore(self) -> None:
        for action in self.actions_.themes.actions():
            action.setChecked(action.data() == self.preferences.theme)
        LAST_FOLDERS.restore(self.preferences.table("folders"))
        self.layout_.restore()

    def _remember(self) -> None:
        if not self.project.save() and not self.project.is_read_only:
            self.preferences.set_experiment(self.experiments.experiment)
        self.preferences.set_table("folders", LAST_FOLDERS.table())
        self.layout_.remember()
        self.preferences.save()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Store the state and stop all threads; asks first if a run is active.

        Each thread is given at most a second; files being written are finished.
        """
        self.settings.commit()
        if not self.session.may_close():
            self._remember()
            event.ignore()
            return
        self._remember()
        self.project.close()
        looking = (
            self.annotations,
            self.models,
            self.results,
            self.data,
            self.filters,
            self.settings,
            self.session,
            self.documents,
            self.welcome,
        )
        live = (self.record, self.files, self.listen, self.pictures)  # listeners end before their sources
        for controller in (self.training, self.sweep, self.runs, self.analysis, self.papers, *live, *looking):
            controller.close()
        self.sound.close()  # no longer needed
        super().closeEvent(event)

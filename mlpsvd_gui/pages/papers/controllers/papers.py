"""Controller of the Papers page."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from PySide6.QtCore import QObject, QStandardPaths, QTimer, QUrl
from PySide6.QtGui import QDesktopServices

from mlpsvd.engines.cpu.warm_up import engine_problem
from mlpsvd.experiments.papers.finding import Reproduction
from mlpsvd.experiments.papers.kept_results import Completion, KeptResult, Survey, load_result, survey
from mlpsvd.experiments.papers.registry import REPRODUCTIONS
from mlpsvd.files import write_atomically
from mlpsvd.text import counted, duration_text, sentence
from mlpsvd_gui.pages.papers.controllers.choices import PapersChoices
from mlpsvd_gui.pages.papers.controllers.texts import (
    failure_text,
    idle_state,
    running_state,
    shown_experiment,
    shown_result,
)
from mlpsvd_gui.pages.papers.views.content import RowState, ShownTable
from mlpsvd_gui.pages.papers.views.panel import PapersPanel
from mlpsvd_gui.pages.papers.workers.leader_process import (
    EngineCompiling,
    LeaderNews,
    Order,
    ResultFound,
    RunEnd,
    RunFailed,
    RunFinished,
    RunStarting,
    RunStopped,
    TrialsDone,
)
from mlpsvd_gui.pages.papers.workers.reproduction import ReproductionWorker
from mlpsvd_gui.state.preferences import Preferences
from mlpsvd_gui.state.undo_steps import ValueHistory
from mlpsvd_gui.threads.background_jobs import BackgroundJobs
from mlpsvd_gui.workers.warm_up import WarmUp

__all__ = ["PapersController", "default_folder"]

_FIRST_TITLE = "Paper results"
_FIRST_HINT = (
    "Tick tables and figures and press Run. The selected result appears here: its figure, and its values compared "
    "with those printed in its paper.\n\nTrials run in separate processes. You can stop at any time: finished trials "
    "are kept, and Run continues from there."
)
_COMPILING = "Compiling the fused engine (once per computer, about 10 s)…"
_STARTING = "Starting the processes…"


class PapersController(QObject):
    """Runs the ticked results and shows the selected one.

    Parameters
    ----------
    panel
        The page.
    preferences
        Stores folder, ticked results, numbers of trials and processes, and the speed of this machine.
    warm_up
        Compiles the fused engine before the processes load it.
    """

    def __init__(
        self,
        panel: PapersPanel,
        preferences: Preferences,
        warm_up: WarmUp | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._preferences = preferences
        self.folder = preferences.experiments_folder or default_folder()
        self.worker = ReproductionWorker(warm_up, self)
        self._survey: Survey | None = None
        self._running: tuple[str, ...] = ()
        self._began = 0.0
        self._surveying = BackgroundJobs("survey of experiments", self)
        self._loading = BackgroundJobs("experiment result", self)
        self._writing = BackgroundJobs("export of a table", self)
        self._soon = QTimer(self)  # several ticks at once cause one survey
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._start_survey)
        self._show_list()
        self.choices = PapersChoices(panel, preferences, self)
        self._folders = ValueHistory(self._use_folder, self, self.choices.history.stack)
        self._connect()

    @property
    def is_running(self) -> bool:
        """Whether a run is active."""
        return bool(self._running)

    def run(self) -> None:
        """Run the ticked results; finished trials are not computed again."""
        names = self._panel.list.ticked_names()
        if names and not self._running:
            self._start(names)

    def stop(self) -> None:
        """Stop; finished trials are kept."""
        if self._running:
            self._panel.form.show_stopping()
            self.worker.stop()

    def use_folder(self, folder: Path) -> None:
        """Use another folder, also after a restart; a step that can be undone."""
        if folder != self.folder:
            self._folders.add("change of folder", self.folder, folder)
        else:
            self._use_folder(folder)

    def _use_folder(self, folder: Path) -> None:
        self.folder = folder
        self._preferences.experiments_folder = folder
        self._panel.form.show_folder(folder)
        self._start_survey()
        self._show_chosen()

    def close(self) -> None:
        """Stop everything; finished trials are kept."""
        self._soon.stop()
        self.worker.close()
        for background in (self._surveying, self._loading, self._writing):
            background.close(0.2)

    def _show_list(self) -> None:
        self._panel.list.show_experiments([shown_experiment(one) for one in REPRODUCTIONS.values()])
        self._panel.form.show_folder(self.folder)
        self._panel.result.show_nothing(_FIRST_TITLE, _FIRST_HINT, can_run=False)
        self._panel.result.show_files(False, False)

    def _connect(self) -> None:
        panel, form, result = self._panel, self._panel.form, self._panel.result
        panel.opened.connect(self._survey_later)
        panel.folder_chosen.connect(lambda text: self.use_folder(Path(text)))
        panel.export_requested.connect(self._export)
        panel.list.chosen.connect(self._choose)
        self.choices.changed.connect(self._survey_later)
        form.run_requested.connect(self.run)
        form.stop_requested.connect(self.stop)
        result.run_requested.connect(self._run_chosen)
        result.report_requested.connect(lambda: self._open(self.folder / "report.html"))
        result.folder_requested.connect(self._open_folder)
        self.worker.news.connect(self._take)

    def _run_chosen(self) -> None:
        name = self._panel.list.current_name
        if name and not self._running:
            self._start((name,))

    def _start(self, names: tuple[str, ...]) -> None:
        form = self._panel.form
        self._running = names
        self.choices.history.clear()  # they are fixed during a run
        self._began = time.monotonic()
        self._panel.show_error("")
        self._panel.show_running(True)
        form.set_run_enabled(False, "A run is active")
        form.show_progress(None, _STARTING)
        self._show_states()
        self.worker.start(Order(names, form.trials.value(), self.folder, form.processes.value()))

    def _take(self, news: LeaderNews) -> None:
        if not self.worker.is_current(news):
            return
        match news:
            case EngineCompiling():
                self._panel.form.show_progress(None, _COMPILING)
            case RunStarting(completions=completions):
                self._merge_completions(completions)
                self._panel.form.show_progress(None, _STARTING)
            case TrialsDone(completions=completions):
                self._merge_completions(completions)
                self._show_progress(news)
            case ResultFound(name=name, completions=completions):
                self._merge_completions(completions)
                self._on_found(name)
            case RunFinished() | RunStopped() | RunFailed():
                self._end(news)
            case _:
                assert_never(news)

    def _merge_completions(self, completions: Mapping[str, Completion]) -> None:
        if completions:
            known = self._survey or Survey({})
            self._survey = replace(known, completions={**known.completions, **completions})
            self._show_states()

    def _show_progress(self, news: TrialsDone) -> None:
        left = "" if news.left_s is None else f" · about {duration_text(news.left_s)} left"
        text = f"{news.n_done} of {counted(news.n_trials, 'trial')}{left}"
        self._panel.form.show_progress(news.n_done / max(news.n_trials, 1), text)

    def _on_found(self, name: str) -> None:
        self._panel.result.show_files(bool(self._survey and self._survey.has_report), True)
        chosen = self._panel.list.current_name
        if not chosen:
            self._panel.list.choose(name)
        elif chosen == name:
            self._show_chosen()

    def _end(self, news: RunEnd) -> None:
        self._running = ()
        if news.cost_per_s:
            self._preferences.trial_cost_per_s = news.cost_per_s
        self._panel.show_running(False)
        if isinstance(news, RunFailed):
            self._panel.show_error(failure_text(news.error))
        self._start_survey(self._end_text(news))

    def _end_text(self, news: RunEnd) -> str:
        match news:
            case RunFinished():
                problem = engine_problem()
                by = f" with the reference engine ({problem})" if problem else ""
                took_s = time.monotonic() - self._began
                return f"Finished after {took_s:.1f} s{by}; the report covers all that the folder holds."
            case RunStopped():
                return "Stopped. Finished trials are kept; Run continues from there."
            case RunFailed():
                return ""
            case _:
                assert_never(news)

    def _survey_later(self) -> None:
        if not self._running:
            self._soon.start(0)

    def _start_survey(self, status: str = "") -> None:
        """Survey the folder in the background, then show ``status`` or what Run would compute."""
        folder, form = self.folder, self._panel.form
        ticked, n_trials = self._panel.list.ticked_names(), form.trials.value()
        self._surveying.submit(
            lambda: survey(folder, n_trials, ticked),
            lambda found: self._on_survey(found, status),
            lambda error: self._panel.show_error(failure_text(error)),
        )

    def _on_survey(self, found: Survey, status: str) -> None:
        if self._running:
            self._on_survey_during_run(found)
            return
        was_bad = bool(self._survey and self._survey.problem)
        self._survey = found
        self._panel.result.show_files(found.has_report, self.folder.is_dir())
        if found.problem or was_bad:
            self._panel.show_error(sentence(found.problem))
        ticked = self._panel.list.ticked_names()
        reason = "" if ticked else "Tick a result to run"
        self._panel.form.set_run_enabled(bool(ticked) and not found.problem, found.problem or reason)
        self._panel.result.set_run_enabled(not found.problem)
        self._panel.form.show_status(status or self._planned_work_text(found, len(ticked)))
        self._show_states()
        if self._panel.result.shown is None:
            self._show_chosen()

    def _on_survey_during_run(self, found: Survey) -> None:
        """Apply a survey during a run, except for the results that the run computes and reports itself."""
        known = self._survey.completions if self._survey is not None else {}
        newer = {name: known[name] for name in self._running if name in known}
        self._survey = replace(found, completions={**found.completions, **newer})
        self._show_states()

    def _planned_work_text(self, found: Survey, n_ticked: int) -> str:
        """Return what Run would compute."""
        if found.problem:
            return "Choose another folder."
        if not n_ticked:
            return "No results ticked."
        if not found.n_left:
            return "All selected trials are complete. Press Run to write tables and figures."
        pace = self._cost_per_s()
        time_text = f", about {duration_text(found.cost_left / pace)}" if pace else ""
        return f"Run computes {counted(found.n_left, 'trial')}{time_text}."

    def _cost_per_s(self) -> float | None:
        """Work of all processes per second, if measured on this machine."""
        pace = self._preferences.trial_cost_per_s
        return pace * self._panel.form.processes.value() if pace else None

    def _show_states(self) -> None:
        if self._survey is not None:
            self._panel.list.show_states(self._states(self._survey.completions))

    def _states(self, completions: Mapping[str, Completion]) -> dict[str, RowState]:
        n_trials, pace = self._panel.form.trials.value(), self._cost_per_s()
        states = {}
        for name, completion in completions.items():
            resting = idle_state(completion, n_trials, pace)
            states[name] = running_state(completion) if name in self._running and not resting.is_done else resting
        return states

    def _choose(self, name: str) -> None:
        """Show another entry; reading its result can take seconds, in which the last one would be taken for it."""
        self._panel.result.show_nothing(REPRODUCTIONS[name].title, "Reading…", can_run=False)
        self._show_chosen()

    def _show_chosen(self) -> None:
        """Read the selected result from the folder; without one, show how to compute it."""
        name = self._panel.list.current_name
        if not name:
            return
        folder = self.folder
        self._loading.submit(
            lambda: load_result(folder, name),
            lambda result: self._show_result(REPRODUCTIONS[name], result),
            lambda error: self._panel.show_error(failure_text(error)),
        )

    def _show_result(self, one: Reproduction, result: KeptResult | None) -> None:
        if result is not None:
            self._panel.result.show_result(shown_result(result))
            return
        way = "Running." if one.name in self._running else "Not run yet."
        self._panel.result.show_nothing(one.title, f"{one.about}\n\n{way}", can_run=one.name not in self._running)

    def _export(self, table: ShownTable, path: str) -> None:
        self._writing.submit(
            lambda: write_atomically(Path(path), table.csv),
            lambda _: self._panel.show_done(f"{table.title} written to {path}."),
            lambda error: self._panel.show_error(f"The table could not be written: {error}"),
        )

    def _open_folder(self) -> None:
        shown = self._panel.result.shown
        inner = self.folder / shown.name if shown is not None else self.folder
        self._open(inner if inner.is_dir() else self.folder)

    def _open(self, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._panel.show_error(f"No application can open this file. Saved at {path}")


def default_folder() -> Path:
    """Return the default folder for results, among the user's documents."""
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(documents or Path.home()) / "MLP-SVD experiments"

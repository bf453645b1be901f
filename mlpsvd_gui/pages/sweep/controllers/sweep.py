"""Controller of the sweep window: builds a sweep from the form, runs it and shows its results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from mlpsvd.contenders import contender_title
from mlpsvd.errors import MlpSvdError, SettingError
from mlpsvd.executors import n_usable_cores
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.sweeps.axes import axis_of, sweepable_keys, value_text
from mlpsvd.experiments.sweeps.files import write_results
from mlpsvd.experiments.sweeps.folder import new_sweep_folder
from mlpsvd.experiments.sweeps.search import search_problem
from mlpsvd.experiments.sweeps.sweep import Sweep, identity_of_data
from mlpsvd.experiments.sweeps.texts import summary
from mlpsvd.setting_labels import label
from mlpsvd.setting_labels import sentence as setting_sentence
from mlpsvd.settings import get
from mlpsvd.text import duration_text, one_line, sentence
from mlpsvd_gui.log import error_sentence
from mlpsvd_gui.pages.sweep.controllers.shown import shown_results
from mlpsvd_gui.pages.sweep.views.window import ShownResults, SweepWindow
from mlpsvd_gui.pages.sweep.workers.sweep_work import (
    KeptSweep,
    SweepEnded,
    SweepNews,
    SweepWorker,
    list_sweeps,
    read_kept,
)
from mlpsvd_gui.state.experiment_state import ExperimentState
from mlpsvd_gui.threads.background_jobs import BackgroundJobs
from mlpsvd_gui.threads.serial_jobs import SerialJobs

__all__ = ["SweepController"]

_FIRST_KEYS = ("network.hidden", "training.learning_rate")


class SweepController(QObject):
    """Opens the sweep window with its action; the window is made when it is first opened.

    Parameters
    ----------
    parent
        The main window.
    action
        Opens the sweep window.
    experiments
        The current experiment, which is swept.
    use
        Makes an experiment the current one.
    library
        Library of runs, in whose folder the sweeps are kept.
    """

    def __init__(
        self,
        parent: QWidget,
        action: QAction,
        experiments: ExperimentState,
        use: Callable[[Experiment], object],
        library: RunLibrary,
    ) -> None:
        super().__init__(parent)
        self._parent, self._experiments, self._use, self._library = parent, experiments, use, library
        self.window: SweepWindow | None = None
        self.kept: KeptSweep | None = None
        self.worker = SweepWorker(self)
        self._reading = BackgroundJobs("kept sweep", self)
        self._writing = SerialJobs("files of a sweep", self)
        self._is_running = False
        action.triggered.connect(self.open)
        self.worker.news.connect(self._take)
        experiments.changed.connect(lambda _: self._show_plan())

    @property
    def is_running(self) -> bool:
        """Whether a sweep is running."""
        return self._is_running

    def open(self) -> None:
        """Show the window."""
        if self.window is None:
            self.window = self._new_window()
        self._show_list()
        self.window.show()
        self._show_plan()
        self.window.raise_()
        self.window.activateWindow()

    def close(self) -> None:
        """Stop; finished trials are kept."""
        self.worker.close()
        self._reading.close()
        self._writing.close()

    def start(self) -> None:
        """Start the sweep of the form, or continue the kept one that is shown."""
        sweep = self._planned()
        if self.window is None or self._is_running or isinstance(sweep, str):
            return
        self.window.messages.clear()
        try:
            sweep = replace(sweep, data_identity=identity_of_data(sweep.base))
            if self.kept is None or self.kept.sweep != sweep:
                folder = new_sweep_folder(sweep, self._library.folder)
                self.kept = KeptSweep(folder, sweep, ())
        except OSError as error:
            self.window.show_error(f"The sweep cannot be kept: {error.strerror or error}.")
            return
        self._is_running = True
        self.window.form.show_running(True)
        self.window.form.show_progress(None, "Starting the processes…")
        self.window.kept_box.setEnabled(False)
        self.worker.start(self.kept.folder, self.kept.sweep, self.window.form.processes.value())

    def stop(self) -> None:
        """Stop; finished trials are kept."""
        if self.window is not None and self._is_running:
            self.window.form.stop_button.setEnabled(False)
            self.window.form.show_progress(None, "Stopping…")
            self.worker.stop()

    def _new_window(self) -> SweepWindow:
        window = SweepWindow(_labelled_settings(), n_usable_cores(), self._parent)
        base = self._experiments.experiment
        window.form.show_axes([(key, value_text(get(base, key))) for key in _FIRST_KEYS])
        window.form.show_search_problem(search_problem())
        window.form.edited.connect(self._show_plan)
        window.form.start_requested.connect(self.start)
        window.form.stop_requested.connect(self.stop)
        window.kept_chosen.connect(self._choose_kept)
        window.open_requested.connect(self._open_combination)
        window.export_requested.connect(self._export)
        window.theme_changed.connect(self._show_plan)
        return window

    # -- the plan

    def _planned(self) -> Sweep | str:
        """Return the sweep of the form, or why it is not possible; recordings count as unchanged until it starts."""
        if self.window is None:
            return ""
        form = self.window.form
        base = self.kept.sweep.base if self.kept is not None else self._experiments.experiment
        try:
            axes = tuple(axis_of(key, values) for key, values in form.axes)
            identity = "" if self.kept is None else self.kept.sweep.data_identity
            if form.n_searched and search_problem():
                return search_problem()
            return Sweep(base, axes, form.repeats.value(), form.stops_early, form.judge, identity, form.n_searched)
        except SettingError as error:
            return setting_sentence(error, Experiment)
        except MlpSvdError as error:
            return sentence(str(error))

    def _show_plan(self) -> None:
        if self.window is None or self._is_running:
            return
        form, base = self.window.form, self.kept.sweep.base if self.kept else self._experiments.experiment
        keys = base.training.contenders
        form.show_networks([(key, contender_title(key)) for key in keys], "mlp-svd" if "mlp-svd" in keys else keys[0])
        if not self.window.isVisible():
            return  # opening the window shows it
        sweep = self._planned()
        if isinstance(sweep, str):
            form.show_state(sweep, False, self.window.theme)
            return
        is_kept = self.kept is not None and self.kept.sweep == sweep
        form.start_button.setText("Continue" if is_kept else "Start")
        results = self.kept.results if self.kept is not None and is_kept else ()
        is_done = len(results) >= max(1, sweep.n_searched) and all(one.state != "open" for one in results)
        end = ". All trials are done." if is_done else "."
        form.show_state(f"{summary(sweep)} of {one_line(base.name)}{end}", not is_done, self.window.theme)

    # -- kept sweeps

    def _show_list(self) -> None:
        if self.window is not None:
            folders = [(str(path), path.name) for path in list_sweeps(self._library.folder)]
            self.window.show_kept(folders, "" if self.kept is None else str(self.kept.folder))

    def _choose_kept(self, folder: str) -> None:
        if not folder:
            self.kept = None
            self._show()
            self._show_plan()
            return
        if self.window is not None:
            self.window.show_done(f"Reading {Path(folder).name}…")
        self._reading.submit(partial(read_kept, Path(folder)), self._show_kept, self._tell)

    def _show_kept(self, kept: KeptSweep) -> None:
        if self.window is None or self._is_running or self.window.kept_box.currentData() != str(kept.folder):
            return  # a late answer: something else was chosen or started meanwhile
        self.kept = kept
        self.window.messages.clear()
        form, sweep = self.window.form, kept.sweep
        form.show_axes([(axis.key, ", ".join(axis.texts)) for axis in sweep.axes])
        form.repeats.show_value(sweep.n_seeds)
        form.early_box.setChecked(sweep.stops_early)
        form.show_search(sweep.n_searched)
        self._show_plan()
        form.judge_box.setCurrentIndex(form.judge_box.findData(sweep.judge))
        self._show()

    def _show(self) -> None:
        if self.window is not None:
            kept = self.kept
            shown = ShownResults() if kept is None or not kept.results else shown_results(kept.sweep, kept.results)
            self.window.show_results(shown)

    # -- the running sweep

    def _take(self, news: SweepNews) -> None:
        if not self.worker.is_current(news) or self.window is None or self.kept is None:
            return
        if news.results:
            self.kept = KeptSweep(self.kept.folder, news.sweep, news.results)
            self._show()
        if isinstance(news, SweepEnded):
            self._end(news)
            return
        left = "" if news.left_s is None else f" · about {duration_text(news.left_s)} left"
        self.window.form.show_progress(news.done / max(1, news.total), f"{news.done} of {news.total} trials{left}")

    def _end(self, news: SweepEnded) -> None:
        assert self.window is not None
        self._is_running = False
        self.window.form.show_running(False)
        self.window.kept_box.setEnabled(True)
        self._show_list()
        self._show_plan()
        if news.error is not None:
            self._tell(news.error)
        elif news.was_stopped:
            self.window.show_done("Stopped. Finished trials are kept; Continue goes on from there.")
        else:
            self.window.show_done(f"Finished; tables and figures are in {self.kept.folder if self.kept else ''}.")

    # -- results

    def _open_combination(self, number: int) -> None:
        if self.kept is not None:
            self._use(self.kept.sweep.experiment(self.kept.sweep.combinations[number - 1]))
            self._parent.activateWindow()

    def _export(self, folder: str) -> None:
        if self.kept is not None and self.window is not None:
            window = self.window
            self._writing.submit(
                partial(write_results, Path(folder), self.kept.sweep, self.kept.results),
                lambda _: window.show_done(f"Saved {folder}."),
                self._tell,
            )

    def _tell(self, error: Exception) -> None:
        if self.window is not None:
            self.window.show_error(error_sentence(error))


def _labelled_settings() -> list[tuple[str, str]]:
    """Return key and label of every setting by label; a label of several settings is followed by its section."""
    labels = {key: label(Experiment, key) for key in sweepable_keys()}
    counts = Counter(labels.values())
    named = {
        key: text if counts[text] == 1 else f"{text} ({label(Experiment, key.rpartition('.')[0])})"
        for key, text in labels.items()
    }
    return sorted(named.items(), key=lambda one: one[1].casefold())

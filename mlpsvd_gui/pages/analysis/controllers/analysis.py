"""Controller of the Analysis page: which run, network and epoch, and the answers to the sections' questions."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from mlpsvd.analysis.calibration import Calibration
from mlpsvd.analysis.calibration_report import findings as calibration_findings
from mlpsvd.analysis.direction_sound import direction_noise
from mlpsvd.analysis.rank_accuracy import findings as rank_findings
from mlpsvd.analysis.registry import ANALYSES
from mlpsvd.analysis.weight_spectra import WeightSpectra
from mlpsvd.analysis.weight_spectra import findings as spectra_findings
from mlpsvd.audio.devices.portaudio_thread import PortAudioThread
from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.clip_sounds import ClipSound
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.read_run import load_run
from mlpsvd.experiments.runs.run import Run
from mlpsvd.text import capitalised, sentence
from mlpsvd_gui.log import LOGGER, unexpected_sentence
from mlpsvd_gui.pages.analysis.controllers.registry_runs import OWN_VIEWS, RegistryRuns
from mlpsvd_gui.pages.analysis.controllers.scenes import (
    direction_findings,
    kept_epochs,
    layer_names,
    layer_scene,
    progress_text,
    shown_rank,
)
from mlpsvd_gui.pages.analysis.controllers.temperatures import TemperatureController
from mlpsvd_gui.pages.analysis.views.panel import AnalysisPanel
from mlpsvd_gui.pages.analysis.workers.analysis_work import (
    AnalysisWork,
    ClipQuestion,
    DirectionsAnswer,
    Exported,
    ExportQuestion,
    ModelQuestion,
    Place,
    RankAnswer,
    RunContents,
    SectionQuestion,
)
from mlpsvd_gui.state.run_state import RunState
from mlpsvd_gui.state.selection_state import SelectionState
from mlpsvd_gui.threads.background_jobs import BackgroundJobs
from mlpsvd_gui.threads.latest import LatestRunner
from mlpsvd_gui.workers.player import Player

__all__ = ["AnalysisController"]

_TRAINING = "The run is being trained. Its networks can be analysed when it is stopped or finished."
_COMPUTING = "Computing…"
_STOPPED = "Stopped. Choose the section again, or another epoch, to compute it."


class AnalysisController(QObject):
    """Shows what the networks of a run have learned.

    Sections with a view of their own are computed as soon as they are visible; each new question cancels the last one,
    and its late answer is dropped. Analyses of the registry run on request in a thread of their own.

    Parameters
    ----------
    panel
        The page.
    run, selection
        The run of the window, and its selected epoch.
    sound
        Owner of PortAudio.
    library
        The library of runs, in which temperatures are stored.
    """

    noted = Signal(str)
    """Emits what was done, in one sentence."""

    def __init__(
        self,
        panel: AnalysisPanel,
        run: RunState,
        selection: SelectionState,
        sound: PortAudioThread | None = None,
        library: RunLibrary | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._panel, self._run_state, self._selection = panel, run, selection
        self._opened: tuple[Path, Run] | None = None
        self._run: Run | None = None
        self._contender, self._layer, self._position = "", 0, 0
        self._epochs: list[int] = []
        self._answers: dict[tuple[Any, ...], Any] = {}
        self._began = 0.0
        contents = RunContents()
        work = AnalysisWork(contents)
        self._sections = LatestRunner(work, "analysis section", self)
        self._files = LatestRunner(work, "analysis files", self)
        self._clips = LatestRunner(work, "analysis clip", self)
        self._reading = BackgroundJobs("saved run to analyse", self)
        self._player = Player(sound, self)
        self._temperatures = TemperatureController(run, library, self)
        self.registry = RegistryRuns(panel.results, work, self)
        self._connect()
        self._follow_run()

    def _connect(self) -> None:
        panel = self._panel
        panel.opened.connect(self._open_page)
        panel.run_chosen.connect(lambda folder: self.open_run(Path(folder)))
        panel.current_run_requested.connect(self._close_saved)
        panel.contender_chosen.connect(self._choose_contender)
        panel.layer_chosen.connect(self._choose_layer)
        panel.epoch_chosen.connect(self._choose_position)
        panel.section_chosen.connect(lambda _: self._ask())
        panel.export_chosen.connect(self._export)
        panel.model_chosen.connect(self._save_model)
        panel.directions.trained_chosen.connect(lambda _: self._ask())
        panel.directions.hear_requested.connect(self._hear)
        panel.rank.play_requested.connect(self._play_clip)
        panel.rank.stop_sound_requested.connect(self._player.stop)
        panel.calibration.use_requested.connect(self._use_temperature)
        self._temperatures.noted.connect(self.noted)
        self._temperatures.failed.connect(panel.show_error)
        self._temperatures.stored.connect(self._show_stored)
        panel.spectra.cursor_moved.connect(self._selection.select_epoch)
        for section in panel.own_sections:
            section.stop_requested.connect(self._stop)
        self._run_state.started.connect(self._follow_run)
        self._run_state.outcomes_changed.connect(self._follow_run)
        self._selection.epoch_changed.connect(self._follow_epoch)
        self._sections.answered.connect(self._take)
        self._sections.failed.connect(self._fail)
        self._sections.progressed.connect(self._show_progress)
        self._files.answered.connect(self._tell_written)
        self._files.failed.connect(lambda _, text: panel.show_error(sentence(text)))
        self._clips.answered.connect(lambda _, clip: self._play(clip))
        self._clips.failed.connect(lambda _, text: panel.show_error(sentence(text)))
        self._player.available_changed.connect(self._show_sound)
        self._player.failed.connect(panel.show_error)
        self._player.playing_changed.connect(panel.rank.show_playing)

    @property
    def temperature_steps(self) -> QUndoStack:
        """Changes of temperatures, which can be undone and redone."""
        return self._temperatures.history.stack

    def close(self) -> None:
        """Stop all background work."""
        self.registry.close()
        for runner in (self._sections, self._files, self._clips):
            runner.close()
        self._temperatures.close()
        self._reading.close()
        self._player.close()

    # -- which run

    def open_run(self, folder: Path, cell: tuple[str, int, int] | None = None) -> None:
        """Read a saved run in the background and show it, or the clips of a cell; the window's run stays as it is."""
        self._reading.submit(
            partial(load_run, folder), partial(self._show_saved, folder, cell), partial(self._tell_unread, folder)
        )

    def show_cell(self, contender: str, row: int, column: int) -> None:
        """List the misclassified clips of a cell of a confusion matrix of the window's run."""
        self._opened = None
        self._choose_cell(contender, row, column)
        self._follow_run()

    def _choose_cell(self, contender: str, row: int, column: int) -> None:
        """Choose network, last epoch, section and cell for the run that is shown next."""
        self._contender, self._position = contender, len(self._epochs) - 1
        self._panel.rank.choose_cell(row, column)
        self._panel.choose_section("rank")

    def _show_saved(self, folder: Path, cell: tuple[str, int, int] | None, run: Run) -> None:
        self._opened = (folder, run)
        self._panel.messages.clear()
        if cell is not None:
            self._run = None  # no answer for the last run takes the cell
            self._choose_cell(*cell)
        self._show_run(run)

    def _tell_unread(self, folder: Path, error: Exception) -> None:
        LOGGER.info("The run in %s could not be read: %s", folder, error)
        known = isinstance(error, MlpSvdError | OSError)
        self._panel.show_error(sentence(str(error)) if known else unexpected_sentence(error))

    def _close_saved(self) -> None:
        self._opened = None
        self._follow_run()

    def _follow_run(self) -> None:
        if self._opened is None:
            self._show_run(self._run_state.to_run())

    def _show_run(self, run: Run | None) -> None:
        is_other = run is None or self._run is None or run.id != self._run.id or run.epoch != self._run.epoch
        self._run = run
        if is_other:
            self._sections.cancel()
            self.registry.forget()
            self._answers.clear()
            for section in self._panel.own_sections:
                section.clear()
                section.show_findings(())
                section.show_idle("")
        if run is None:
            if self._run_state.state.is_active:
                self._panel.show_source(_TRAINING, is_saved=False)
                self._panel.show_contenders((), "")
                self._panel.show_layers((), -1)
                self._panel.show_epochs((), 0, 0)
            else:
                self._panel.show_welcome()
            return
        where = "Run of this window" if self._opened is None else f"Saved run {self._opened[0].name}"
        self._panel.show_source(f"{where}: {run.experiment.name}", is_saved=self._opened is not None)
        keys = list(run.outcomes)
        preferred = [one.key for one in run.contenders if one.is_factored and one.key in keys]
        if self._contender not in keys:
            self._contender = (preferred or keys)[0]
        self._panel.show_contenders([(key, run.outcomes[key].contender.title) for key in keys], self._contender)
        self._show_network(last=is_other)

    def _show_network(self, last: bool = False) -> None:
        run = self._run
        if run is None:
            return
        names = layer_names(run, self._contender)
        self._layer = min(self._layer, len(names) - 1)
        self._panel.show_layers(names, self._layer)
        at = self._epochs[self._position] if self._epochs and not last else None
        self._epochs = kept_epochs(run, self._contender)
        chosen = self._epochs[-1] if at is None else at
        self._position = int(np.argmin(np.abs(np.array(self._epochs) - chosen)))
        self._show_epochs()
        self._ask()

    def _show_epochs(self) -> None:
        if self._run is not None:
            last = self._run.outcomes[self._contender].last.n_epochs
            self._panel.show_epochs(self._epochs, self._position, last)
            self._panel.spectra.show_epoch(self._epochs[self._position] if self._epochs else None)

    def _choose_contender(self, key: str) -> None:
        self._contender = key
        self._show_network()

    def _choose_layer(self, layer: int) -> None:
        self._layer = layer
        self._ask()

    def _choose_position(self, position: int) -> None:
        self._position = position
        self._show_epochs()
        if self._opened is None:
            self._selection.select_epoch(self._epochs[position] if position < len(self._epochs) - 1 else None)
        self._ask()

    def _follow_epoch(self, epoch: int | None) -> None:
        """Follow the cursor of the other pages; the cursor of this page's own plots only marks."""
        self._panel.spectra.show_cursor(epoch)
        if self._opened is not None or not self._epochs or self._panel.isVisible() or epoch is None:
            return
        self._position = int(np.argmin(np.abs(np.array(self._epochs) - epoch)))
        self._show_epochs()

    # -- sections

    def _place(self) -> Place | None:
        if self._run is None or not self._epochs:
            return None
        trained = self._panel.directions.trained_box.isChecked()
        return Place(self._run, self._contender, self._epochs[self._position], self._layer, trained)

    def _open_page(self) -> None:
        self._player.look_for_output()
        self._ask()

    def _ask(self) -> None:
        """Compute the visible section, unless its answer is known."""
        place, key = self._place(), self._panel.section.key
        self._panel.show_layer_use(ANALYSES[key].uses_layer)
        if place is None or not self._panel.isVisible():
            return
        self.registry.show(place)
        if key not in OWN_VIEWS:
            return
        question = SectionQuestion(key, place)
        known = self._answers.get(question.identity)
        if known is not None:
            self._sections.cancel()
            self._take(question, known)
            return
        self._began = time.monotonic()
        self._panel.section.show_busy(_COMPUTING, None)
        self._sections.ask(question)

    def _stop(self) -> None:
        self._sections.cancel()
        self._panel.section.show_idle(_STOPPED)

    def _show_progress(self, question: SectionQuestion, share: float) -> None:
        section = self._panel.sections[question.key]
        section.show_busy(progress_text(share, time.monotonic() - self._began), share)

    def _fail(self, question: SectionQuestion, text: str) -> None:
        section = self._panel.sections[question.key]
        section.clear()  # type: ignore[attr-defined]
        section.show_findings(())
        section.show_idle(capitalised(sentence(text)))

    def _take(self, question: SectionQuestion, answer: object) -> None:
        self._answers[question.identity] = answer
        place, panel = question.place, self._panel
        title = place.run.outcomes[place.contender].contender.title
        section = panel.sections[question.key]
        match answer:
            case DirectionsAnswer():
                panel.directions.show_directions(answer.found, layer_scene(place, answer))
                section.show_findings(direction_findings(place, answer))
            case RankAnswer():
                shown = shown_rank(place, answer)
                panel.rank.show_rank(shown)
                section.show_findings(rank_findings(answer.accuracies, title, shown.confusion, shown.class_names))
            case Calibration():
                panel.calibration.show_calibration(answer)
                section.show_findings(calibration_findings(answer, title))
                self._show_temperature(place)
            case WeightSpectra():
                panel.spectra.show_spectra(answer)
                section.show_findings(spectra_findings(answer, title))
        section.show_idle("", has_result=True)

    # -- sound, files, temperature

    def _show_sound(self, problem: str) -> None:
        self._panel.directions.show_sound(problem)
        self._panel.rank.show_sound(problem)

    def _hear(self, index: int) -> None:
        place = self._place()
        answer = None if place is None else self._answers.get(SectionQuestion("directions", place).identity)
        if place is None or answer is None:
            return
        features = place.run.data.features
        self._player.play(direction_noise(answer.found.factors.vt[index], features), features.sample_rate_hz)

    def _play_clip(self, index: int) -> None:
        if self._run is not None:
            self._clips.ask(ClipQuestion(self._run, index))

    def _play(self, clip: ClipSound) -> None:
        self._player.play(clip.samples, clip.sample_rate_hz)

    def _export(self, key: str, folder: str) -> None:
        place = self._place()
        if place is None:
            return
        answer: Exported | None = self._answers.get(SectionQuestion(key, place).identity)
        if key not in OWN_VIEWS:
            place, answer = self.registry.result(key) or (place, None)
        if answer is not None:
            self._files.ask(ExportQuestion(key, place, Path(folder), answer), finish_running=True)

    def _save_model(self, temperature: float, path: str) -> None:
        place = self._place()
        if place is not None:
            self._files.ask(ModelQuestion(place, temperature, Path(path)), finish_running=True)

    def _tell_written(self, _question: object, path: Path) -> None:
        self.noted.emit(f"Saved {path}.")

    def _use_temperature(self, temperature: float) -> None:
        place = self._place()
        if place is not None:
            self._temperatures.use(place, temperature, None if self._opened is None else self._opened[0])

    def _show_stored(self, run_id: str, key: str, temperature: float) -> None:
        if self._opened is not None and self._opened[1].id == run_id:
            outcomes = dict(self._opened[1].outcomes)
            outcomes[key] = replace(outcomes[key], temperature=temperature)
            self._opened = (self._opened[0], replace(self._opened[1], outcomes=outcomes))
            self._show_run(self._opened[1])

    def _show_temperature(self, place: Place) -> None:
        stored = place.run.outcomes[place.contender].temperature
        self._panel.calibration.show_stored(stored, self._temperatures.refusal(place))

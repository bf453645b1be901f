"""``mlpsvd train``: train the networks of an experiment and keep the run."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from mlpsvd.cli.console import FAILED, OK, report
from mlpsvd.cli.interrupt import StopRequest
from mlpsvd.cli.outcome_table import outcome_table
from mlpsvd.cli.progress import Progress, progress_on_stderr
from mlpsvd.cli.validation import validate, verdict
from mlpsvd.contenders import MLP_SVD
from mlpsvd.datasets.left_out import left_out_lines
from mlpsvd.engines.cpu.warm_up import COMPILING, is_compiled
from mlpsvd.errors import FileFormatError, SettingError, TrainingError
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import load_experiment, with_absolute_paths
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.presets import new_experiment, preset
from mlpsvd.experiments.projects.project import find_project_file, read_project
from mlpsvd.experiments.race import Race
from mlpsvd.experiments.recordings_recipe import experiment_for_folder, with_recordings
from mlpsvd.experiments.runs.files import model_name
from mlpsvd.experiments.runs.find import find_run
from mlpsvd.experiments.runs.library import RunLibrary
from mlpsvd.experiments.runs.resume import continued_race, load_unfinished
from mlpsvd.experiments.runs.run import Run
from mlpsvd.experiments.runs.run_data import new_run_id
from mlpsvd.experiments.runs.run_folder import RunFolder, write_run
from mlpsvd.experiments.unknown_speakers import known_sources_note
from mlpsvd.files import expand_home
from mlpsvd.settings import check, parse_text

__all__ = ["chosen_experiment", "first_layer_file", "resume", "train"]


def train(path: Path | None, preset_name: str | None, changes: Sequence[str], out: Path | None, quiet: bool) -> int:
    """Train, print the results, write them to ``out``; return the exit code.

    Ctrl-C ends the training after the current epoch; the results so far are printed and written.
    Without ``out`` the run is kept in the data folder of the program. A checkpoint is written there every ten seconds
    and at the end; :func:`resume` continues from it.

    Raises
    ------
    MlpSvdError, OSError
        If a setting, a file or the data cannot be used.
    """
    return _train(chosen_experiment(path, preset_name, changes), None, out, quiet, with_figures=out is not None)


def resume(folder: Path, quiet: bool) -> int:
    """Continue the run whose checkpoint is in ``folder``; the results are the same as without interruption.

    Raises
    ------
    MlpSvdError, OSError
        If there is no usable checkpoint, or its data is missing or has changed.
    """
    saved = load_unfinished(folder)
    is_kept = folder.absolute().parent == RunLibrary().folder.absolute()
    return _train(saved.experiment, saved, folder, quiet, with_figures=not is_kept)


def _train(experiment: Experiment, saved: Run | None, out: Path | None, quiet: bool, *, with_figures: bool) -> int:
    for note in _notes_on_unused(experiment):
        report(f"note: {note}")
    run_id = saved.id if saved is not None else new_run_id()
    with _opened(out, experiment) as folder, StopRequest() as stop:
        with progress_on_stderr(experiment, quiet) as progress:
            prepared = _prepared(experiment, stop, progress)
            if experiment.training.engine in ("auto", "fused") and not is_compiled():
                report(COMPILING)
            race = Race(prepared) if saved is None else continued_race(saved, prepared)
            diverged = _pull(_CheckpointedRace(race, prepared, run_id, folder), stop, progress)
        if diverged is None:
            validate(race, prepared, stop, quiet)
        outcomes = race.outcomes()
        print(outcome_table(outcomes))
        if verdict(outcomes):
            print(verdict(outcomes))
        if known_sources_note(experiment):
            print(known_sources_note(experiment))
        print(f"Computed by: {race.engine_description}")
        for note in race.notes:
            report(f"note: {note}")
        where = _write(folder, Run.of(run_id, prepared, race), out, with_figures)
    if diverged is not None:
        report(f"{diverged}; " + (f"the state before that is kept in {where}" if where else "no results are kept"))
        return FAILED
    if stop.is_requested:
        epochs = min(one.last.epoch for one in outcomes.values())
        kept = f"kept in {where}; mlpsvd train --resume {where} continues" if where else "no results are kept"
        report(f"stopped after {epochs} of {experiment.training.epochs} epochs; {kept}")
        return stop.exit_code
    if where is None or (out is not None and where != out):
        return FAILED
    print(f"{'Written to: ' if out is not None else 'Kept in:    '} {where}")
    return OK


def _notes_on_unused(experiment: Experiment) -> Iterator[str]:
    """Yield one sentence for each kind of settings that only recordings use, if they are set for another source."""
    data = experiment.data
    if data.source == "recordings":
        return
    if data.recordings.path:
        yield "data.recordings.path is not used; add --set data.source=recordings to train on recordings"
    if data.recordings.evaluation != "test set" or data.recordings.groups_from != "none":
        yield "groups and cross-validation apply to recordings only"
    if data.augmentation.copies:
        yield "changed copies (data.augmentation.copies) are made of recordings only"


@contextmanager
def _opened(out: Path | None, experiment: Experiment) -> Iterator[RunFolder | None]:
    """Open the folder of the run: ``out``, or one in the data folder; None if that is not writable."""
    if out is not None:
        with RunFolder(out) as folder:  # an unwritable folder should be reported before the training
            yield folder
        return
    library = RunLibrary()
    try:
        folder = RunFolder(library.new_folder(experiment))
    except OSError as error:
        report(f"note: the run will not be kept: {error.filename}: {error.strerror}; --out DIR keeps it elsewhere")
        yield None
        return
    try:
        yield folder
    finally:
        folder.close()
        library.discard(folder.path)
        library.prune()


def _write(folder: RunFolder | None, run: Run, out: Path | None, with_figures: bool) -> Path | None:
    """Write the run, or keep it in the data folder if that fails; return its folder."""
    if folder is None:
        return None
    try:
        folder.write(run, with_figures=with_figures)
    except OSError as error:
        report(f"{error.filename or folder.path}: {error.strerror or error}")
        return _written_elsewhere(run) if out is not None and not folder.holds(run) else folder.path
    return folder.path


def _written_elsewhere(run: Run) -> Path | None:
    try:
        where = RunLibrary().new_folder(run.experiment)
        write_run(where, run, with_figures=False)
    except OSError:
        return None
    report(f"the run is kept in {where} instead")
    return where


class _CheckpointedRace:
    """A race with a checkpoint every ten seconds."""

    def __init__(self, race: Race, prepared: Prepared, run_id: str, folder: RunFolder | None) -> None:
        self.race = race
        self._prepared = prepared
        self._run_id = run_id
        self._folder = folder
        self._has_failed = False

    def keep_if_due(self) -> None:
        """Write a checkpoint every ten seconds; a full disk is reported once and does not end the training."""
        if self._folder is None:
            return
        try:
            self._folder.checkpoint_if_due(self._run_id, self._prepared, self.race)
        except OSError as error:
            if not self._has_failed:
                report(
                    f"note: no checkpoint is written: {error.filename}: {error.strerror or error}; training continues"
                )
            self._has_failed = True


def _pull(watched: _CheckpointedRace, stop: StopRequest, progress: Progress) -> TrainingError | None:
    """Train until the end or Ctrl-C; return the error that ended the training, if any."""
    try:
        for event in watched.race.run():
            progress.trained(event)
            watched.keep_if_due()
            if stop.is_requested:
                break
    except TrainingError as error:
        return error
    return None


def chosen_experiment(path: Path | None, preset_name: str | None, changes: Sequence[str]) -> Experiment:
    """Return the experiment of a file, a folder, a preset or the defaults, with ``key=value`` changes applied in turn.

    A folder of recordings, or a CSV manifest, gets settings adapted to it
    (:func:`mlpsvd.experiments.recordings_recipe.experiment_for_folder`) or, with a preset, those of the preset.
    Relative paths among the changes are relative to the working directory.

    Raises
    ------
    SettingError, FileFormatError
        If the file, the preset or a change cannot be used.
    """
    experiment = _start(path, preset_name)
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals:
            raise SettingError("--set", change, "of the form key=value, e.g. training.epochs=20")
        experiment = parse_text(experiment, key.strip(), text)
    experiment = with_absolute_paths(experiment, Path.cwd())
    check(experiment)
    return experiment


def _start(path: Path | None, preset_name: str | None) -> Experiment:
    if path is None:
        return new_experiment() if preset_name is None else preset(preset_name)
    project = find_project_file(path)
    if project is None and (path.is_dir() or path.suffix.lower() == ".csv"):
        return _of_recordings(path, preset_name)
    if preset_name is not None:
        raise FileFormatError(f"--preset is not allowed with the experiment file {path}, which contains all settings")
    try:
        return load_experiment(path) if project is None else read_project(project).experiment
    except SettingError as error:
        raise FileFormatError(f"{path}: {error}") from error


def _of_recordings(path: Path, preset_name: str | None) -> Experiment:
    """Return the experiment for a folder of recordings or a manifest, optionally with the settings of a preset."""
    if (path / "experiment.toml").is_file() and (path / "results.json").is_file():
        raise FileFormatError(
            f"{path} is the folder of a run, not of recordings; mlpsvd train {path / 'experiment.toml'} repeats the run"
        )
    fitted = experiment_for_folder(Path.cwd() / path)
    if preset_name is None:
        return fitted
    chosen = preset(preset_name)
    if chosen.data.source != "recordings":
        raise SettingError("--preset", preset_name, f"a preset for recordings, or left out, to train on {path}")
    return with_recordings(chosen, fitted.data.recordings)


def first_layer_file(text: str) -> Path:
    """Return the model file that ``--first-layer`` means: a model file, or that of a run's MLP-SVD or first network.

    Raises
    ------
    FileFormatError
        If there is no such run, or it has no model.
    """
    path = expand_home(text)
    if path.is_file():
        return path.absolute()
    folder = find_run(text)
    models = [folder / model_name(MLP_SVD.key), *sorted(folder.glob(model_name("*")))]
    found = next((one for one in models if one.is_file()), None)
    if found is None:
        raise FileFormatError(f"{folder} holds no model; --first-layer needs a trained network")
    return found.absolute()


def _prepared(experiment: Experiment, stop: StopRequest, progress: Progress) -> Prepared:
    def show_share(share: float) -> None:
        stop.raise_if_requested()
        progress.prepared(share)

    prepared = prepare(experiment, show_share)
    stop.raise_if_requested()
    with tqdm.external_write_mode(sys.stderr):  # not on the line of the bar
        for line in left_out_lines(prepared.skipped, prepared.notes):
            report(line)
        for warning in prepared.warnings:
            report(f"warning: {warning}")
    return prepared

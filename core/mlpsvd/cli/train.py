"""``mlpsvd train``: an experiment from a file, a preset or the defaults, raced, told and kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlpsvd.cli.console import FAILED, INTERRUPTED, OK, tell
from mlpsvd.cli.interrupt import StopRequest
from mlpsvd.cli.outcome_table import outcome_table
from mlpsvd.cli.progress import Progress, progress_on_stderr
from mlpsvd.engines.warm_up import is_compiled
from mlpsvd.errors import FileFormatError, SettingError, TrainingError
from mlpsvd.experiments.checkpoint import CHECKPOINT, load_checkpoint, save_checkpoint
from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.experiment_file import load_experiment
from mlpsvd.experiments.prepare import Prepared, prepare
from mlpsvd.experiments.presets import preset
from mlpsvd.experiments.race import ContenderState, Race
from mlpsvd.experiments.run_files import check_run_folder, write_run
from mlpsvd.files import expand_home
from mlpsvd.settings import check, parse_text, with_value

__all__ = ["chosen_experiment", "resume", "train"]


_CHECKPOINT_S = 10.0


def train(path: Path | None, preset_name: str | None, changes: Sequence[str], out: Path | None, quiet: bool) -> int:
    """Train as asked, print what came out, write it to ``out``; return the exit code.

    Ctrl-C ends the training after the epoch that runs, and what there is by then is told and written all the same.
    With ``out``, a checkpoint is written there every ten seconds and at the end; :func:`resume` goes on from it.

    Raises
    ------
    MlpSvdError, OSError
        If a setting, a file or the data cannot be used.
    """
    return _train(chosen_experiment(path, preset_name, changes), {}, out, quiet)


def resume(folder: Path, quiet: bool) -> int:
    """Go on with the run whose checkpoint is in ``folder``, to the same numbers as if it had never stopped.

    Raises
    ------
    MlpSvdError, OSError
        If there is no usable checkpoint, or its data cannot be had any more.
    """
    experiment, states = load_checkpoint(folder / CHECKPOINT)
    return _train(experiment, states, folder, quiet)


def _train(experiment: Experiment, states: Mapping[str, ContenderState], out: Path | None, quiet: bool) -> int:
    if experiment.data.recordings.path and experiment.data.source != "recordings":
        tell("note: data.recordings.path is not used; add --set data.source=recordings to train on recordings")
    if out is not None:
        check_run_folder(out)
        out.mkdir(parents=True, exist_ok=True)  # what cannot be written is better known now than after the training
    with StopRequest() as stop, progress_on_stderr(experiment, quiet) as progress:
        prepared = _prepared(experiment, stop, progress)
        if experiment.training.engine in ("auto", "fused") and not is_compiled():
            tell("compiling the fused engine, once per machine; this takes some ten seconds")
        race = Race(prepared, states)
        diverged = _pull(race, experiment, out, stop, progress)
    outcomes = race.outcomes()
    print(outcome_table(outcomes))
    print(f"Computed by: {race.engine_description}")
    for note in race.notes:
        tell(f"note: {note}")
    if out is not None:
        save_checkpoint(out / CHECKPOINT, experiment, race.states())
        write_run(out, prepared, race.histories, outcomes, engine=race.engine_description, notes=race.notes)
    if diverged is not None:
        tell(
            f"{diverged}; " + (f"what was good until then is kept in {out}" if out else "nothing is kept without --out")
        )
        return FAILED
    if stop.asked:
        epochs = min(one.last.epoch for one in outcomes.values())
        kept = f"kept in {out}; mlpsvd train --resume {out} goes on" if out else "nothing is kept without --out"
        tell(f"stopped after {epochs} of {experiment.training.epochs} epochs; {kept}")
        return INTERRUPTED
    if out is not None:
        print(f"Written to:  {out}")
    return OK


def _pull(
    race: Race, experiment: Experiment, out: Path | None, stop: StopRequest, progress: Progress
) -> TrainingError | None:
    """Pull epochs until the end, or until Ctrl-C; return why training could not go on, if it could not."""
    saved_at = time.monotonic()
    try:
        for event in race.run():
            progress.trained(event)
            if out is not None and time.monotonic() - saved_at > _CHECKPOINT_S:
                save_checkpoint(out / CHECKPOINT, experiment, race.states())
                saved_at = time.monotonic()
            if stop.asked:
                break
    except TrainingError as error:
        return error
    return None


def chosen_experiment(path: Path | None, preset_name: str | None, changes: Sequence[str]) -> Experiment:
    """Return the experiment of a file, a preset or the defaults, with ``key=value`` changes applied in turn.

    A relative ``data.recordings.path`` among the changes is relative to the working directory.

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
    experiment = _with_absolute_path(experiment)
    check(experiment)
    return experiment


def _start(path: Path | None, preset_name: str | None) -> Experiment:
    if path is None:
        return Experiment() if preset_name is None else preset(preset_name)
    try:
        return load_experiment(path)
    except SettingError as error:
        raise FileFormatError(f"{path}: {error}") from error


def _with_absolute_path(experiment: Experiment) -> Experiment:
    text = experiment.data.recordings.path
    if not text:
        return experiment
    return with_value(experiment, "data.recordings.path", str(Path.cwd() / expand_home(text)))


def _prepared(experiment: Experiment, stop: StopRequest, progress: Progress) -> Prepared:
    def report(share: float) -> None:
        stop.raise_if_asked()
        progress.prepared(share)

    prepared = prepare(experiment, report)
    stop.raise_if_asked()
    return prepared

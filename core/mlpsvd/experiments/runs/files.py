"""Files of a run folder for other programs: settings, results, tables, figures and models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlpsvd.contenders import CONTENDERS
from mlpsvd.drawing import FORMATS
from mlpsvd.errors import FileFormatError, MlpSvdError
from mlpsvd.experiments.experiment_file import save_experiment
from mlpsvd.experiments.runs.checkpoint import CHECKPOINT, checkpoint_id, save_checkpoint
from mlpsvd.experiments.runs.earlier_networks import networks_name, write_networks
from mlpsvd.experiments.runs.results import PROGRAM, results_table
from mlpsvd.experiments.runs.run_contents import RunContents
from mlpsvd.experiments.runs.tables import confusion_csv, history_csv, singular_values_csv, skipped_csv
from mlpsvd.experiments.runs.trained_model import model_of
from mlpsvd.experiments.runs.validation_tables import validation_csv
from mlpsvd.files import read_plain, write_atomically
from mlpsvd.json_fields import Fields, parse_fields
from mlpsvd.metrics.scores import accuracy
from mlpsvd.metrics.uncertainty import accuracy_text
from mlpsvd.models.model_file import save_model

__all__ = [
    "EXPERIMENT",
    "RESULTS",
    "check_run_folder",
    "model_name",
    "read_results",
    "run_names",
    "write_earlier_networks",
    "write_essentials",
    "write_figures",
    "write_tables",
]

RESULTS = "results.json"
EXPERIMENT = "experiment.toml"
VALIDATION = "cross-validation.csv"
_MOST_RESULTS_BYTES = 100_000_000


def model_name(contender: str) -> str:
    """Return the name of a contender's model file."""
    return f"model-{contender}.safetensors"


def run_names(keys: Iterable[str] = tuple(CONTENDERS)) -> frozenset[str]:
    """Return all file names of a run with the given contenders."""
    keys = tuple(keys)
    per_contender = [f"{stem}-{name}" for stem in ("singular-values", "confusion") for name in keys]
    pictures = ["accuracy-and-loss", "rank-and-weights", *per_contender]
    names = {f"{stem}.{kind}" for stem in pictures for kind in FORMATS}
    names |= {f"{stem}.csv" for stem in per_contender} | {f"history-{name}.csv" for name in keys}
    names |= {model_name(name) for name in keys} | {networks_name(name) for name in keys}
    return frozenset(names | {EXPERIMENT, RESULTS, CHECKPOINT, "skipped.csv", VALIDATION, "window.png"})


def write_essentials(folder: Path, run: RunContents) -> Iterator[Path]:
    """Write the models, the checkpoint, the experiment and ``results.json``; yield the path of each.

    The models are written first, as they matter most if the disk is full.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    for name, outcome in run.outcomes.items():
        save_model(folder / model_name(name), model_of(run.data, outcome, run.id))
        yield folder / model_name(name)
    if run.states and run.outcomes:
        save_checkpoint(folder / CHECKPOINT, run)
        yield folder / CHECKPOINT
    save_experiment(folder / EXPERIMENT, run.experiment)
    yield folder / EXPERIMENT
    validations = {name: one.validation for name, one in run.outcomes.items() if one.validation is not None}
    if validations:
        yield _write(folder / VALIDATION, validation_csv(validations))
    yield _write(folder / RESULTS, json.dumps(results_table(run), indent=2, ensure_ascii=False) + "\n")


def write_earlier_networks(folder: Path, run: RunContents) -> Iterator[Path]:
    """Write the networks of all epochs, for analyses of a saved run; yield the path of each file.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    for name in run.outcomes:
        path = folder / networks_name(name)
        write_networks(path, run.id, run.histories[name])
        yield path


def write_tables(folder: Path, run: RunContents) -> Iterator[Path]:
    """Write histories, singular values, confusion matrices and skipped recordings as CSV; yield each file's path."""
    yield _write(folder / "skipped.csv", skipped_csv(run.data.skipped))
    for name, outcome in run.outcomes.items():
        yield _write(folder / f"history-{name}.csv", history_csv(run.histories[name]))
        yield _write(folder / f"singular-values-{name}.csv", singular_values_csv(run.histories[name]))
        yield _write(folder / f"confusion-{name}.csv", confusion_csv(outcome, run.data.class_names))


def write_figures(folder: Path, run: RunContents) -> Iterator[Path]:
    """Write the figures as PNG, SVG and PDF; yield the path of each file."""
    from mlpsvd.experiments.runs import plots

    shown = {outcome.contender: run.histories[name] for name, outcome in run.outcomes.items()}
    if not shown:
        return
    figures = {"accuracy-and-loss": plots.accuracy_and_loss(shown), "rank-and-weights": plots.rank_and_weights(shown)}
    for name, outcome in run.outcomes.items():
        title = f"{outcome.contender.title}: {accuracy_text(accuracy(outcome.confusion), int(outcome.confusion.sum()))}"
        figures[f"singular-values-{name}"] = plots.singular_values(run.histories[name])
        figures[f"confusion-{name}"] = plots.confusion(outcome.confusion, run.data.class_names, title)
    for stem, figure in figures.items():
        yield from plots.save_figure(figure, folder, stem)


def check_run_folder(folder: Path) -> None:
    """Check, before training, that a run can be written into a folder without overwriting other files.

    Raises
    ------
    FileFormatError
        If ``folder`` is a file, or contains files with names of a run's files that this program has not written.
    """
    if folder.exists() and not folder.is_dir():
        raise FileFormatError(f"{folder} is a file; it should be a folder, or not be there yet")
    foreign = sorted(name for name in run_names() if (folder / name).exists())
    if foreign and not _is_run(folder):
        raise FileFormatError(
            f"{folder} holds {foreign[0]}, which no run of this program wrote; choose an empty folder or another name"
        )


def read_results(folder: Path) -> Fields:
    """Return the content of ``results.json``.

    Raises
    ------
    FileFormatError
        If the file is damaged, or not written by this program.
    OSError
        If the file is missing or cannot be read.
    """
    try:
        results = parse_fields(read_plain(folder / RESULTS, _MOST_RESULTS_BYTES))
        results.text("program", (PROGRAM,))
    except FileFormatError as error:
        raise FileFormatError(f"{folder / RESULTS} is damaged: {error}") from error
    return results


def _is_run(folder: Path) -> bool:
    try:
        read_results(folder)
    except (OSError, MlpSvdError):
        return _is_checkpoint(folder / CHECKPOINT)  # the only file of a killed run
    return True


def _is_checkpoint(path: Path) -> bool:
    try:
        checkpoint_id(path)
    except MlpSvdError:
        return False
    return True


def _write(path: Path, text: str) -> Path:
    write_atomically(path, text.encode("utf-8", "backslashreplace"))  # file names may not be valid Unicode
    return path

"""Keeping a run: everything that was asked, everything that came out, in files that other programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlpsvd.analysis.evaluation import accuracy
from mlpsvd.errors import FileFormatError
from mlpsvd.experiments import plots
from mlpsvd.experiments.experiment_file import save_experiment
from mlpsvd.experiments.prepare import Prepared
from mlpsvd.experiments.race import Outcome
from mlpsvd.experiments.results import PROGRAM, model_of, results_table
from mlpsvd.experiments.run_tables import confusion_csv, history_csv, singular_values_csv, skipped_csv
from mlpsvd.files import write_atomically
from mlpsvd.models.model_file import save_model
from mlpsvd.training.events import EpochEvent
from mlpsvd.training.settings import CONTENDERS

__all__ = ["check_run_folder", "write_run"]

_TITLES = {"mlp": "MLP", "mlp-svd": "MLP-SVD"}


def write_run(
    folder: Path,
    prepared: Prepared,
    histories: Mapping[str, Sequence[EpochEvent]],
    outcomes: Mapping[str, Outcome],
    *,
    engine: str = "",
    notes: Sequence[str] = (),
) -> list[Path]:
    """Write a run into ``folder``, which is made where it is missing; valid for a stopped run too.

    Written are ``experiment.toml``, ``results.json``, ``skipped.csv``; for each contender ``history-…csv``,
    ``singular-values-…csv``, ``confusion-…csv``, ``model-…safetensors``; and the plots as PNG, SVG and PDF. An earlier
    run in the folder is replaced; files that are not of a run are left alone.

    Parameters
    ----------
    folder
        Where to write.
    prepared
        The experiment and its data.
    histories
        The events of each contender, epoch 0 first.
    outcomes
        What came out for each contender.
    engine
        What computed, in words.
    notes
        What a person should know, e.g. that another engine was used than the one asked for.

    Returns
    -------
    list of Path
        All files written.

    Raises
    ------
    FileFormatError
        If the folder holds files of those names that no earlier run wrote.
    OSError
        If a file cannot be written.
    """
    check_run_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    results = results_table(prepared, outcomes, engine=engine, notes=notes)
    # First of all: it tells the folder for a run of ours, should this be interrupted.
    written = [_write(folder / "results.json", json.dumps(results, indent=2, ensure_ascii=False) + "\n")]
    save_experiment(folder / "experiment.toml", prepared.experiment)
    written.append(folder / "experiment.toml")
    written.append(_write(folder / "skipped.csv", skipped_csv(prepared.skipped)))
    for contender, outcome in outcomes.items():
        written += _write_contender(folder, prepared, histories[contender], outcome)
    written += _write_plots(folder, prepared, histories, outcomes)
    _remove_leftovers(folder, {path.name for path in written})
    return written


def check_run_folder(folder: Path) -> None:
    """Refuse a folder that :func:`write_run` must not write into; to be asked before training for an hour.

    Raises
    ------
    FileFormatError
        If ``folder`` is a file, or holds files with a run's names that no run of this program wrote.
    """
    if folder.exists() and not folder.is_dir():
        raise FileFormatError(f"{folder} is a file; it should be a folder, or not be there yet")
    foreign = sorted(name for name in _run_names() if (folder / name).exists())
    if foreign and not _is_run(folder):
        raise FileFormatError(
            f"{folder} holds {foreign[0]}, which no run of this program wrote; choose an empty folder or another name"
        )


def _write_contender(folder: Path, prepared: Prepared, history: Sequence[EpochEvent], outcome: Outcome) -> list[Path]:
    name = outcome.contender
    model_path = folder / f"model-{name}.safetensors"
    save_model(model_path, model_of(prepared, outcome))
    return [
        model_path,
        _write(folder / f"history-{name}.csv", history_csv(history)),
        _write(folder / f"singular-values-{name}.csv", singular_values_csv(history)),
        _write(folder / f"confusion-{name}.csv", confusion_csv(outcome, prepared.dataset.class_names)),
    ]


def _write_plots(
    folder: Path,
    prepared: Prepared,
    histories: Mapping[str, Sequence[EpochEvent]],
    outcomes: Mapping[str, Outcome],
) -> list[Path]:
    shown = {name: histories[name] for name in outcomes}
    if not shown:
        return []
    figures = {"accuracy-and-loss": plots.accuracy_and_loss(shown), "rank-and-weights": plots.rank_and_weights(shown)}
    for name, outcome in outcomes.items():
        title = f"{_TITLES[name]}: {100 * accuracy(outcome.confusion):.1f} %"
        figures[f"singular-values-{name}"] = plots.singular_values(histories[name])
        figures[f"confusion-{name}"] = plots.confusion(outcome.confusion, prepared.dataset.class_names, title)
    return [path for stem, figure in figures.items() for path in plots.save_figure(figure, folder, stem)]


def _write(path: Path, text: str) -> Path:
    write_atomically(path, text.encode("utf-8", "backslashreplace"))  # file names need not be Unicode
    return path


def _run_names() -> set[str]:
    """Every name that a run may have."""
    per_contender = [f"{stem}-{name}" for stem in ("singular-values", "confusion") for name in CONTENDERS]
    pictures = ["accuracy-and-loss", "rank-and-weights", *per_contender]
    names = {f"{stem}.{kind}" for stem in pictures for kind in plots.FORMATS}
    names |= {f"{stem}.csv" for stem in per_contender} | {f"history-{name}.csv" for name in CONTENDERS}
    names |= {f"model-{name}.safetensors" for name in CONTENDERS}
    return names | {"experiment.toml", "results.json", "skipped.csv"}


def _is_run(folder: Path) -> bool:
    try:
        results = json.loads((folder / "results.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(results, dict) and results.get("program") == PROGRAM


def _remove_leftovers(folder: Path, kept: set[str]) -> None:
    """Remove what an earlier run with other contenders left, so that the folder tells of one run only."""
    for name in _run_names() - kept:
        (folder / name).unlink(missing_ok=True)

"""Computation of paper results: a generator of frozen events for trials, results and the report.

Close it to stop; completed trials are kept, and the same call continues.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlpsvd.drawing import save_figure
from mlpsvd.errors import FileFormatError
from mlpsvd.executors import OpenExecutor
from mlpsvd.experiments.experiment_file import save_experiment
from mlpsvd.experiments.papers.finding import Finding, Reproduction, Results
from mlpsvd.experiments.papers.registry import REPRODUCTIONS
from mlpsvd.experiments.papers.report import Section, write_report
from mlpsvd.experiments.runs.lock import WORK, FolderInUse
from mlpsvd.experiments.trials.measurements import Measurement
from mlpsvd.experiments.trials.trials import BatchMeasure, Trial, TrialStore
from mlpsvd.experiments.trials.workers import Workers
from mlpsvd.files import read_plain, write_atomically
from mlpsvd.json_fields import parse_fields

__all__ = [
    "FindingWritten",
    "ReportWritten",
    "ReproductionEvent",
    "TrialDone",
    "check_folder",
    "reproduce",
    "written_reproductions",
]

_MANIFEST = "reproduction.json"
_FORMAT_VERSION = 1
_MOST_MANIFEST_BYTES = 1_000_000
_MOST_TRIALS = 100_000


@dataclass(frozen=True)
class TrialDone:
    """A trial has finished.

    Attributes
    ----------
    name
        The experiment's name.
    done, total
        Trials done, and requested.
    left_s
        Estimated remaining seconds; None if not known.
    kept
        Whether it was loaded from an earlier run.
    """

    name: str
    done: int
    total: int
    left_s: float | None
    kept: bool


@dataclass(frozen=True)
class FindingWritten:
    """A table or figure is complete: its finding and its files."""

    reproduction: Reproduction
    finding: Finding
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class ReportWritten:
    """The report on all results in the folder has been written."""

    path: Path


ReproductionEvent = TrialDone | FindingWritten | ReportWritten


def reproduce(
    reproductions: Sequence[Reproduction],
    n_trials: int,
    folder: Path,
    open_executor: OpenExecutor,
    together: BatchMeasure | None = None,
) -> Generator[ReproductionEvent, None, None]:
    """Run missing trials, write tables, figures and comparisons as they become available, and the report at the end.

    Each result has a folder of its name in ``folder``; all trials are in ``folder/trials`` and shared between the
    results. The report also covers results of earlier calls in the same folder.

    Parameters
    ----------
    reproductions
        The paper results to compute.
    n_trials
        Trials of each task.
    folder
        The output folder; created if missing.
    open_executor
        Opens the executor that runs the trials; called again if a worker process is killed.
    together
        Runs all trials that train networks in one go, instead of the executor.

    Raises
    ------
    FileFormatError
        If the folder contains other files.
    DataError
        If another process is writing to it.
    TrainingError
        If worker processes crash repeatedly.
    OSError
        If a file cannot be written.
    """
    check_folder(folder)
    _refuse_links(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with closing(FolderInUse(folder)):
        yield from _reproduced(reproductions, n_trials, folder, open_executor, together)


def _reproduced(
    reproductions: Sequence[Reproduction],
    n_trials: int,
    folder: Path,
    open_executor: OpenExecutor,
    together: BatchMeasure | None,
) -> Generator[ReproductionEvent, None, None]:
    manifest = written_reproductions(folder)
    _write_manifest(folder, manifest)  # from here on the folder is recognisable as a results folder
    store = TrialStore(folder / "trials")
    needs = {one.name: list(one.trials(n_trials)) for one in reproductions}
    waiting = list(reproductions)
    collected: dict[str, Mapping[str, Any]] = {}
    with closing(_robust(needs, store, open_executor, collected, together)) as trials:
        for event in trials:
            yield event
            yield from _written(_ready(waiting, needs, collected), n_trials, folder, collected)
    yield from _written(_ready(waiting, needs, collected), n_trials, folder, collected)
    yield ReportWritten(_write_whole_report(folder, store))


def check_folder(folder: Path) -> None:
    """Check that a folder is empty or a results folder, before a long computation.

    Raises
    ------
    FileFormatError
        If ``folder`` is a file, or contains other files or results of a newer version.
    """
    if folder.exists() and not folder.is_dir():
        raise FileFormatError(f"{folder} is a file; it should be a folder or not exist")
    if folder.is_dir() and any(one.name != WORK for one in folder.iterdir()) and not (folder / _MANIFEST).is_file():
        raise FileFormatError(f"{folder} contains other files; choose an empty folder or another name")
    written_reproductions(folder)


def _refuse_links(folder: Path) -> None:
    """Refuse symbolic links in a folder from elsewhere, as writing would overwrite their targets."""
    for path in [*folder.glob("*"), *folder.glob("*/*")]:
        if path.is_symlink() and not path.is_dir():
            raise FileFormatError(f"{path} is a symbolic link; remove it, as output files must not be links")


def _robust(
    needs: Mapping[str, Sequence[Trial]],
    store: TrialStore,
    open_executor: OpenExecutor,
    collected: dict[str, Mapping[str, Any]],
    together: BatchMeasure | None,
) -> Generator[TrialDone, None, None]:
    """Run all trials into ``collected``, with a new executor after a worker process was killed."""
    wanted = [trial for trials in needs.values() for trial in trials]
    with Workers(open_executor) as workers, closing(workers.run(wanted, store, together)) as events:
        for event in events:
            collected[event.trial.key] = event.result
            yield TrialDone(event.trial.experiment.name, event.done, event.total, event.left_s, event.kept)


def _ready(
    waiting: list[Reproduction], needs: Mapping[str, Sequence[Trial]], collected: Mapping[str, Any]
) -> list[Reproduction]:
    """Remove from ``waiting`` the paper results whose trials are complete, and return them."""
    ready = [one for one in waiting if all(trial.key in collected for trial in needs[one.name])]
    for one in ready:
        waiting.remove(one)
    return ready


def _written(
    ready: Sequence[Reproduction], n_trials: int, folder: Path, collected: Mapping[str, Mapping[str, Any]]
) -> Iterator[FindingWritten]:
    for one in ready:
        finding = one.find(n_trials, Results(collected))
        paths = _write(folder / one.name, finding)
        manifest = written_reproductions(folder)
        manifest[one.name] = n_trials
        _write_manifest(folder, manifest)
        yield FindingWritten(one, finding, tuple(paths))


def _write(folder: Path, finding: Finding) -> list[Path]:
    """Write tables and comparisons as CSV, figures as PNG, SVG and PDF, and experiments as TOML."""
    folder.mkdir(exist_ok=True)
    paths = []
    for table in finding.tables:
        paths.append(folder / f"{table.stem}.csv")
        write_atomically(paths[-1], table.csv())
    if finding.comparisons:
        paths.append(folder / "comparison.csv")
        write_atomically(paths[-1], finding.comparison_table().csv())
    for picture in finding.pictures:
        paths += save_figure(picture.draw(), folder, picture.stem)
    for number, experiment in enumerate(finding.experiments, start=1):
        paths.append(folder / f"experiment-{number}.toml")
        save_experiment(paths[-1], experiment)
    return paths


def _write_whole_report(folder: Path, store: TrialStore) -> Path:
    """Write the report on all results in the folder, from its stored trials."""
    sections = []
    manifest = written_reproductions(folder)
    for name, one in REPRODUCTIONS.items():
        if name not in manifest:
            continue
        trials = list(one.trials(manifest[name]))
        kept = {trial.key: result for trial in trials if (result := store.get(trial)) is not None}
        if all(trial.key in kept for trial in trials):
            engines = {str(result["engine"]) for result in kept.values() if "engine" in result}
            finding = one.find(manifest[name], Results(kept))
            seeds = {trial.experiment.seed for trial in trials if trial.measurement is not Measurement.BAYES}
            sections.append(Section(one, finding, tuple(sorted(seeds)), tuple(sorted(engines)), folder / name))
    return write_report(folder / "report.html", sections)


def written_reproductions(folder: Path) -> dict[str, int]:
    """Return the number of trials of each paper result in a folder, by name.

    Raises
    ------
    FileFormatError
        If its list of results is damaged or from a newer version.
    """
    path = folder / _MANIFEST
    if not path.is_file():
        return {}
    try:
        table = parse_fields(read_plain(path, _MOST_MANIFEST_BYTES))
        version, names = table.integer("format_version"), table.table("reproductions")
        manifest = {name: names.integer(name, 1, _MOST_TRIALS) for name in names.names() if name in REPRODUCTIONS}
    except (OSError, FileFormatError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise FileFormatError(f"{path} is damaged: it should list the paper results ({reason})") from error
    if version != _FORMAT_VERSION:
        raise FileFormatError(f"{path} has format version {version}; this program reads version {_FORMAT_VERSION}")
    return manifest


def _write_manifest(folder: Path, manifest: Mapping[str, int]) -> None:
    table = {"format_version": _FORMAT_VERSION, "reproductions": manifest}
    write_atomically(folder / _MANIFEST, json.dumps(table, indent=2) + "\n")

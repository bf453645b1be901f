"""``mlpsvd classify``: classify audio files with a trained model; one line per clip or file, or a table."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mlpsvd.classification.batch.classify import (
    ClassifyEvent,
    FileResult,
    SoundFile,
    Thresholds,
    classify_files,
    find_sound_files,
    in_order,
    processes_that_pay,
)
from mlpsvd.classification.batch.cluster import classify_on_cluster
from mlpsvd.classification.batch.journal import ClassificationJournal
from mlpsvd.classification.batch.label_files import LabelFormat, write_labels
from mlpsvd.classification.batch.summary import totals_of
from mlpsvd.classification.batch.tables import file_entry, files_csv, to_json, window_entries, windows_csv
from mlpsvd.cli.annotations import require_distinct
from mlpsvd.cli.console import OK, SOME_FAILED, report
from mlpsvd.cli.files_progress import FilesProgress
from mlpsvd.cli.interrupt import StopRequest
from mlpsvd.cli.trial_workers import no_jobs_on_a_cluster
from mlpsvd.errors import SettingError
from mlpsvd.executors import dask_workers
from mlpsvd.files import write_atomically
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model
from mlpsvd.text import counted

__all__ = ["classify"]

_MOST_DOUBTS = 20
"""Maximum number of doubtful files listed individually."""


def classify(
    model: Path,
    paths: Sequence[Path],
    as_json: bool,
    per: str = "window",
    n_jobs: int = 0,
    out: Path | None = None,
    thresholds: Thresholds | None = None,
    labels: Path | None = None,
    label_format: LabelFormat = "raven",
    scheduler: str = "",
) -> int:
    """Print the predicted class of each clip or file, or write a table; return the exit code.

    Unusable files and reasons for doubtful predictions are printed on stderr. If folders are named after classes, the
    accuracy is printed on stderr at the end. With ``out``, results are saved as they are computed: after Ctrl-C,
    SIGTERM or a kill the same command continues.

    Parameters
    ----------
    model
        The model file.
    paths
        Files, and folders of files.
    as_json
        Whether to print JSON.
    per
        ``window`` or ``file``.
    n_jobs
        Number of processes; 0 selects it automatically, 1 uses this process only.
    out
        A .csv or .json file to write instead of printing.
    thresholds
        Thresholds beyond which a prediction is "unknown".
    labels, label_format
        Folder for a file of labels per recording, for Raven or Audacity.
    scheduler
        Address of the Dask cluster that classifies; empty for this machine.

    Raises
    ------
    FileFormatError
        If the model cannot be used.
    SettingError
        If an option is invalid.
    DataError, DeviceError, MissingLibraryError
        If the cluster cannot be used, or does not find the files.
    OSError
        If the table cannot be written.
    """
    thresholds = thresholds or Thresholds()
    _check(n_jobs, scheduler, out, as_json, thresholds)
    work = _Work(n_jobs, scheduler, thresholds)
    loaded = load_model(model)
    files = list(find_sound_files(paths))
    if labels is not None:
        require_distinct([one.path for one in files])
        labels.mkdir(parents=True, exist_ok=True)  # reported before the files are classified if it is not possible
    with StopRequest("stopping; completed results are kept") as stop:
        if out is None:
            results = _print(loaded, files, work, _Printer(as_json, per == "file"), stop)
        else:
            results = _write_table(loaded, files, work, out, per == "file", stop)
    if labels is not None:
        n_written = write_labels(labels, results, label_format, loaded.features.sample_rate_hz / 2.0)
        report(f"labels of {counted(n_written, 'recording')} written to {labels}")
    if stop.is_requested:
        kept = f"; {len(results):,} of {len(files):,} files are in {out}; repeat the command to continue" if out else ""
        report(f"stopped{kept}")
        return stop.exit_code
    return SOME_FAILED if any(not one.is_usable for one in results) else OK


@dataclass(frozen=True)
class _Work:
    """How files are classified: processes of this machine or a cluster, and the thresholds for "unknown"."""

    n_jobs: int
    scheduler: str
    thresholds: Thresholds

    def events(self, model: Model, files: Sequence[SoundFile]) -> Generator[ClassifyEvent, None, None]:
        """Classify files."""
        if self.scheduler:
            return classify_on_cluster(model, files, lambda: dask_workers(self.scheduler), self.thresholds)
        n_processes = 0 if self.n_jobs == 1 else self.n_jobs or processes_that_pay(files)
        return classify_files(model, files, n_processes, thresholds=self.thresholds)


def _check(n_jobs: int, scheduler: str, out: Path | None, as_json: bool, thresholds: Thresholds) -> None:
    if n_jobs < 0:
        raise SettingError("--jobs", n_jobs, "a number of processes, or 0 to select it automatically")
    no_jobs_on_a_cluster(n_jobs, scheduler)
    if not thresholds.beyond >= 0.0:
        raise SettingError("--unknown-beyond", thresholds.beyond, "a distance above 0, or 0 for never")
    if not 0.0 <= thresholds.below <= 1.0:
        raise SettingError("--unknown-below", thresholds.below, "a probability from 0 to 1")
    if out is None:
        return
    if out.suffix.lower() not in ((".json",) if as_json else (".csv", ".json")):
        raise SettingError("--out", str(out), "a file ending in " + (".json" if as_json else ".csv or .json"))
    if not out.absolute().parent.is_dir():
        raise SettingError("--out", str(out), "a file in an existing folder")


def _print(
    model: Model, files: Sequence[SoundFile], work: _Work, printer: _Printer, stop: StopRequest
) -> list[FileResult]:
    """Print the results in the order of the files as they become available."""
    results: list[FileResult] = []
    with (
        closing(work.events(model, files)) as events,
        FilesProgress(not sys.stdout.isatty() and len(files) > 1) as progress,
    ):
        reporter = _Doubts(progress)
        for event, ready in in_order(events):
            progress.show(event)
            for one in ready:
                results.append(one)
                reporter.report(one)
                if one.is_usable:
                    printer.print(one)
            sys.stdout.flush()  # if stdout is a file, a kill loses no completed results
            if stop.is_requested:
                break
    _sum_up(results, model)
    return results


def _write_table(
    model: Model,
    files: Sequence[SoundFile],
    work: _Work,
    out: Path,
    per_file: bool,
    stop: StopRequest,
) -> list[FileResult]:
    """Write a table of all files; results of an interrupted command are reused."""
    journal = ClassificationJournal(out, model, work.thresholds)
    done = journal.load(files)
    try:
        if done:
            report(f"{len(done):,} of {len(files):,} files are already classified; continuing with the others")
        left = [index for index in range(len(files)) if index not in done]
        some = [files[index] for index in left]
        with (
            closing(work.events(model, some)) as events,
            FilesProgress(len(some) > 1) as progress,
        ):
            reporter = _Doubts(progress)
            for event in events:
                progress.show(event)
                for number, one in event.finished:
                    done[left[number]] = one
                    journal.add(some[number], one)
                    reporter.report(one)
                if stop.is_requested:
                    break
        results = [done[index] for index in sorted(done)]
        if results:
            _write(out, results, model.class_names, per_file, journal.path)
    finally:
        journal.close()
        if not done:
            journal.remove()
    if len(results) == len(files):
        journal.remove()
    _sum_up(results, model)
    return results


def _sum_up(results: Sequence[FileResult], model: Model) -> None:
    totals = totals_of(results, model.class_names)
    for sentence in (totals.doubts, totals.sentence):
        if sentence:
            report(sentence)


class _Doubts:
    """Reports unusable files and the first files with doubtful predictions."""

    def __init__(self, progress: FilesProgress) -> None:
        self._progress = progress
        self._n_doubtful = 0

    def report(self, result: FileResult) -> None:
        """Report the problem or the notes of a file."""
        if not result.is_usable:
            self._progress.report(_why(result))
        elif result.is_doubtful:
            self._n_doubtful += 1
            if self._n_doubtful <= _MOST_DOUBTS:
                unknown = ("unknown",) if result.is_unknown else ()
                self._progress.report(f"{result.path}: {'; '.join((*unknown, *result.notes))}")
            elif self._n_doubtful == _MOST_DOUBTS + 1:
                self._progress.report(
                    "further doubtful files are not listed; their notes are in the output of --out and --json"
                )


def _why(result: FileResult) -> str:
    is_empty_folder = result.path.is_dir()
    return f"{result.path} {result.problem.removeprefix('it ')}" if is_empty_folder else result.sentence


def _write(out: Path, results: Sequence[FileResult], class_names: Sequence[str], per_file: bool, journal: Path) -> None:
    if out.suffix.lower() == ".json":
        text = to_json(results, class_names, with_windows=not per_file)
    else:
        text = (files_csv if per_file else windows_csv)(results, class_names)
    try:
        write_atomically(out, text)
    except OSError as error:
        hint = f"; the results are kept in {journal}; repeat the command to continue"
        raise OSError(error.errno, f"{error.strerror or error}{hint}", str(out)) from error


class _Printer:
    """Prints results as lines."""

    def __init__(self, as_json: bool, per_file: bool) -> None:
        self._as_json = as_json
        self._per_file = per_file

    def print(self, result: FileResult) -> None:
        """Print one file, or each of its windows."""
        for line in self._file_lines(result) if self._per_file else self._window_lines(result):
            print(line)

    def _file_lines(self, result: FileResult) -> list[str]:
        if self._as_json:
            return [json.dumps({**file_entry(result), "file": str(result.path)}, ensure_ascii=False)]
        cells = (f"{result.duration_s:.3f}", result.label, f"{result.probability:.4f}", f"{result.agreement:.4f}")
        return ["\t".join((str(result.path), *cells))]

    def _window_lines(self, result: FileResult) -> list[str]:
        if self._as_json:
            file = {"file": str(result.path)}
            return [json.dumps(file | entry, ensure_ascii=False) for entry in window_entries(result)]
        return [f"{one.path}\t{one.start_s:.3f}\t{one.label}\t{one.probability:.4f}" for one in result.decisions()]

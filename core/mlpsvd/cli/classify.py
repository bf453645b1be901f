"""``mlpsvd classify``: audio files through a trained model, one line a clip or a file, or a table in a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from mlpsvd.cli.console import OK, SOME_FAILED, tell
from mlpsvd.cli.files_progress import FilesProgress
from mlpsvd.errors import SettingError
from mlpsvd.experiments.classification_tables import file_entry, files_csv, to_json, window_entries, windows_csv
from mlpsvd.experiments.classification_totals import totals_of
from mlpsvd.experiments.classify_files import (
    FileResult,
    SoundFile,
    classify_files,
    find_sound_files,
    in_order,
    processes_that_pay,
)
from mlpsvd.files import write_atomically
from mlpsvd.models.model import Model
from mlpsvd.models.model_file import load_model

__all__ = ["classify"]


def classify(
    model: Path, paths: Sequence[Path], as_json: bool, per: str = "window", n_jobs: int = 0, out: Path | None = None
) -> int:
    """Print what each clip, or file, is taken for, or write a table; return the exit code.

    Files that cannot be classified are told on stderr, and the others are classified all the same. Where folders are
    named after classes, the accuracy is told on stderr at the end. Ctrl-C keeps what is done.

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
        How many processes; 0 starts as many as pay, 1 works in this one.
    out
        A .csv or .json file to write instead of printing.

    Raises
    ------
    FileFormatError
        If the model cannot be used.
    SettingError
        If an option is impossible.
    OSError
        If the table cannot be written.
    """
    _check(n_jobs, out, as_json)
    loaded = load_model(model)
    files = list(find_sound_files(paths))
    results: list[FileResult] = []
    try:
        _classify(loaded, files, n_jobs, results, None if out else _Printer(as_json, per == "file"))
    finally:
        if out is not None and results:
            _write(out, results, loaded.class_names, per == "file")
    return SOME_FAILED if any(not one.is_usable for one in results) else OK


def _check(n_jobs: int, out: Path | None, as_json: bool) -> None:
    if n_jobs < 0:
        raise SettingError("--jobs", n_jobs, "a number of processes, or 0 for as many as pay")
    if out is None:
        return
    if out.suffix.lower() not in ((".json",) if as_json else (".csv", ".json")):
        raise SettingError("--out", str(out), "a file ending in " + (".json" if as_json else ".csv or .json"))
    if not out.absolute().parent.is_dir():
        raise SettingError("--out", str(out), "a file in a folder that is there")


def _classify(
    model: Model, files: Sequence[SoundFile], n_jobs: int, results: list[FileResult], printer: _Printer | None
) -> None:
    """Append the results in the order of the files, and print them as they come."""
    n_processes = 0 if n_jobs == 1 else n_jobs or processes_that_pay(files)
    comes_on_screen = printer is not None and sys.stdout.isatty()
    with (
        closing(classify_files(model, files, n_processes)) as events,
        FilesProgress(not comes_on_screen and len(files) > 1) as progress,
    ):
        for event, ready in in_order(events):
            results.extend(ready)
            progress.show(event)
            for one in ready:
                if not one.is_usable:
                    progress.tell(_why(one))
                elif printer is not None:
                    printer.print(one)
    told = totals_of(results, model.class_names).sentence
    if told:
        tell(told)


def _why(result: FileResult) -> str:
    is_empty_folder = result.path.is_dir()
    return f"{result.path} {result.problem.removeprefix('it ')}" if is_empty_folder else result.sentence


def _write(out: Path, results: Sequence[FileResult], class_names: Sequence[str], per_file: bool) -> None:
    if out.suffix.lower() == ".json":
        text = to_json(results, class_names, with_windows=not per_file)
    else:
        text = (files_csv if per_file else windows_csv)(results, class_names)
    write_atomically(out, text)


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

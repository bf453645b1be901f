"""``mlpsvd analyse``: examine the trained networks of a run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from mlpsvd.analysis.registry import ANALYSES, Analysis, analysis
from mlpsvd.analysis.result import AnalysisResult, Progress, result_of
from mlpsvd.analysis.subject import Subject
from mlpsvd.cli.console import OK, report
from mlpsvd.cli.interrupt import StopRequest
from mlpsvd.cli.text_table import aligned
from mlpsvd.errors import DataError, MlpSvdError, SettingError
from mlpsvd.experiments.analyse import described, prepared_again, subject_of, write_result
from mlpsvd.experiments.runs.read_run import load_run
from mlpsvd.experiments.runs.stored_temperature import store_temperature
from mlpsvd.tables import Table

__all__ = ["analyse", "list_analyses"]


def list_analyses() -> int:
    """Print key and question of every analysis; return the exit code."""
    width = max(len(key) for key in ANALYSES)
    for one in ANALYSES.values():
        print(f"{one.key:<{width}}  {one.question}")
    return OK


def analyse(
    folder: Path,
    names: Sequence[str],
    contender: str | None,
    epoch: int | None,
    out: Path | None,
    quiet: bool,
    *,
    layer: int = 1,
    stores_temperature: bool = False,
) -> int:
    """Run the named analyses, or all, on the contenders of a run and print what they found.

    Without names, only the findings are printed, not the tables, and analyses that are not possible are left out.

    Parameters
    ----------
    folder
        The run folder.
    names
        Keys of analyses; all of them if empty.
    contender
        Key of one contender; all of them if None.
    epoch
        The epoch to examine; the last one if None.
    out
        Folder for tables, numbers and figures; nothing is written if None.
    quiet
        Hide progress.
    layer
        Number of the layer that analyses of one layer examine, input side first, from 1.
    stores_temperature
        Store the temperature of the analysis "calibration" in the models of the run.

    Raises
    ------
    MlpSvdError, OSError
        If the run, an analysis, a contender or an epoch does not exist, or a named analysis is not possible.
    """
    chosen = [analysis(name) for name in names] or list(ANALYSES.values())
    run = load_run(folder)
    if contender is not None and contender not in run.outcomes:
        raise SettingError("--contender", contender, "one of " + ", ".join(run.outcomes))
    prepared = prepared_again(run)
    if prepared is None:
        report("note: the recordings of this run cannot be read; analyses that need them are left out")
    if stores_temperature and "calibration" not in [one.key for one in chosen]:
        raise SettingError("--store-temperature", " ".join(names), "used with the analysis calibration")
    if not names:
        report("note: findings only; name an analysis to see its tables, or write everything with --out")
    keys = [contender] if contender else list(run.outcomes)
    with StopRequest("stopping") as stop:
        for key in keys:
            subject = subject_of(run, key, prepared, epoch, layer - 1)
            if stores_temperature and subject.epoch != run.outcomes[key].last.epoch:
                raise SettingError(
                    "--epoch", epoch, "the last one with --store-temperature, whose network the model is"
                )
            for one in chosen:
                if not one.is_of_one_network and key != keys[0]:
                    continue
                if one.needs_data and prepared is None:
                    if names:
                        raise DataError(f"{one.key}: the recordings of this run cannot be read")
                    continue
                try:
                    result = _result(one, subject, stop, quiet)
                except MlpSvdError as error:
                    if names:
                        raise
                    _show("", quiet)
                    report(f"note: {one.title} is left out for {subject.title}: {error}")
                    continue
                _print(one, subject, result, with_tables=bool(names))
                if one.key == "calibration" and stores_temperature:
                    store_temperature(folder, key, float(result.arrays["temperature"]), run.id)
                    print(f"  Stored in:  {folder}")
                if out is not None:
                    print(f"  Written to:  {_written(one, subject, result, out)}")
    return OK


def _result(one: Analysis, subject: Subject, stop: StopRequest, quiet: bool) -> AnalysisResult:
    def show_progress(progress: Progress) -> None:
        stop.raise_if_requested()
        _show(f"{one.title}: {progress.done} of {progress.total}", quiet)

    result = result_of(one.run(subject), show_progress)
    stop.raise_if_requested()
    _show("", quiet)
    return result


def _show(text: str, quiet: bool) -> None:
    if not quiet and sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _written(one: Analysis, subject: Subject, result: AnalysisResult, out: Path) -> Path:
    folder = out / subject.contender if one.is_of_one_network else out
    write_result(result, folder, described(one, subject))
    return folder


def _print(one: Analysis, subject: Subject, result: AnalysisResult, *, with_tables: bool) -> None:
    print(f"\n{one.title}: {described(one, subject)}")
    for sentence in result.findings:
        print(f"  {sentence}")
    for table in result.tables:
        if table.shown and with_tables:
            _print_table(table)


def _print_table(table: Table) -> None:
    rows = [table.columns, *(tuple(_cell(value) for value in row) for row in table.rows)]
    for line in aligned(rows, numbers=range(len(table.columns))).splitlines():
        print(f"  {line}")


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

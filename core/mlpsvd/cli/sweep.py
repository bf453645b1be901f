"""``mlpsvd sweep``: train all combinations of some settings and print the best ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from mlpsvd.cli.console import FAILED, INTERRUPTED, OK, report
from mlpsvd.cli.interrupt import StopRequest
from mlpsvd.cli.text_table import aligned
from mlpsvd.cli.train import chosen_experiment
from mlpsvd.cli.trial_progress import TrialProgress, trial_progress
from mlpsvd.cli.trial_workers import at_least_one, prepare_engine
from mlpsvd.errors import MlpSvdError
from mlpsvd.executors import OpenExecutor
from mlpsvd.experiments.sweeps.axes import parse_axis, value_text
from mlpsvd.experiments.sweeps.files import BEST, results_table, write_results
from mlpsvd.experiments.sweeps.folder import SweepFolder, find_sweep, kept_sweeps, new_sweep_folder, read_sweep
from mlpsvd.experiments.sweeps.results import CombinationResult, best_first
from mlpsvd.experiments.sweeps.run import RungEnded, SweepEvent, SweepTrialDone, kept_results, run_sweep
from mlpsvd.experiments.sweeps.search import require_optuna
from mlpsvd.experiments.sweeps.sweep import Sweep, identity_of_data
from mlpsvd.experiments.sweeps.texts import SELECTION_NOTE, row_headings, row_texts, summary
from mlpsvd.text import counted, one_line

__all__ = ["begun_sweep", "list_sweeps", "resume_sweep", "run"]

_MOST_ROWS = 20
_LONGEST_NAME = 40


def begun_sweep(
    path: Path | None,
    preset_name: str | None,
    changes: Sequence[str],
    over: Sequence[str],
    n_seeds: int,
    stops_early: bool,
    judge: str,
    n_searched: int,
    out: Path | None,
) -> SweepFolder:
    """Open the folder of a new sweep, or that of the same sweep in ``out``.

    Raises
    ------
    MlpSvdError, OSError
        If a setting, a file or the folder cannot be used.
    """
    at_least_one("--repeats", n_seeds)
    base = chosen_experiment(path, preset_name, changes)
    axes = tuple(parse_axis(one) for one in over)
    if n_searched:
        at_least_one("--optuna", n_searched)
        require_optuna()
    sweep = Sweep(base, axes, n_seeds, stops_early, judge, identity_of_data(base), n_searched)
    return SweepFolder(new_sweep_folder(sweep) if out is None else out, sweep)


def resume_sweep(text: str) -> SweepFolder:
    """Open the folder of a kept sweep.

    Raises
    ------
    MlpSvdError, OSError
        If it cannot be found or used.
    """
    return SweepFolder(find_sweep(text))


def list_sweeps() -> int:
    """Print the sweeps of the library, newest first; return the exit code."""
    rows = [("Folder", "Experiment", "Settings", "Combinations", "Repeats")]
    for folder in kept_sweeps():
        try:
            sweep = read_sweep(folder)
        except MlpSvdError as error:
            report(str(error))
            continue
        settings = ", ".join(axis.label for axis in sweep.axes) or "–"
        name = one_line(sweep.base.name, _LONGEST_NAME)
        rows.append((folder.name, name, settings, str(sweep.n_searched or len(sweep.combinations)), str(sweep.n_seeds)))
    print(aligned(rows, numbers=(3, 4)) if len(rows) > 1 else "There are no sweeps.")
    return OK


def run(folder: SweepFolder, workers: OpenExecutor, is_local: bool, as_json: bool, quiet: bool) -> int:
    """Run a sweep, print and write its results, and close its folder; return the exit code.

    Ctrl-C stops it; finished trials are kept.

    Parameters
    ----------
    folder
        The folder of the sweep.
    workers
        What trains, see :func:`mlpsvd.cli.trial_workers.chosen_executor`.
    is_local
        Whether these are processes of this machine.
    as_json
        Whether to print the results as JSON.
    quiet
        Whether to hide the progress.

    Raises
    ------
    MlpSvdError, OSError
        If the scheduler cannot be used, or a trial fails.
    """
    with folder:
        if is_local:
            prepare_engine()
        if not quiet:
            report(f"{summary(folder.sweep)}; kept in {folder.path}")
        with (
            StopRequest("stopping after the running trials; finished trials are kept") as stop,
            trial_progress(quiet) as progress,
            closing(run_sweep(folder, workers)) as events,
        ):
            for event in events:
                _report(event, progress)
                if stop.is_requested:
                    break
        results = kept_results(folder.sweep, folder.store)
        paths = write_results(folder.path, folder.sweep, results)
    if as_json:
        print(json.dumps(results_table(folder.sweep, results), indent=2))
    else:
        _print(folder.sweep, results)
        print(f"Written to: {folder.path}")
    if stop.is_requested:
        report(f"stopped; finished trials are kept; mlpsvd sweep --resume {folder.path} continues")
        return INTERRUPTED
    return OK if any(path.name == BEST for path in paths) else FAILED


def _report(event: SweepEvent, progress: TrialProgress) -> None:
    if isinstance(event, SweepTrialDone):
        progress.done(f"combination {event.result.combination.number}", event.done, event.total, event.left_s)
    elif isinstance(event, RungEnded) and event.n_stopped:
        report(f"epoch {event.epoch}: {counted(event.n_stopped, 'combination')} stopped, {event.n_kept} go on")


def _print(sweep: Sweep, results: Sequence[CombinationResult]) -> None:
    ordered = best_first(sweep, results)
    rows = [row_headings(sweep), *(row_texts(sweep, one) for one in ordered[:_MOST_ROWS])]
    print(aligned(rows, numbers=(0,)))
    if len(ordered) > _MOST_ROWS:
        print(f"… and {counted(len(ordered) - _MOST_ROWS, 'combination')} more in results.csv")
    best = next(iter(ordered), None)
    if best is not None and best.is_complete and sweep.axes:
        values = ", ".join(
            f"{axis.key}={value_text(value)}" for axis, value in zip(sweep.axes, best.combination.values, strict=True)
        )
        print(f"\nBest: combination {best.combination.number} ({values}), also in {BEST}.")
        print(SELECTION_NOTE)

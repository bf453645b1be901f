"""``mlpsvd reproduce``: compute the tables and figures of the papers and compare them with the printed values."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from tqdm import tqdm

from mlpsvd.cli.console import INTERRUPTED, OK, report
from mlpsvd.cli.interrupt import StopRequest
from mlpsvd.engines.cpu.warm_up import COMPILING, engine_problem, ensure_compiled, is_compiled
from mlpsvd.errors import SettingError
from mlpsvd.executors import OpenExecutor, dask_workers, local_workers, n_usable_cores
from mlpsvd.experiments.papers.finding import Comparison, Reproduction
from mlpsvd.experiments.papers.registry import PAPERS, REPRODUCTIONS, chosen
from mlpsvd.experiments.papers.reproduce import FindingWritten, ReproductionEvent, TrialDone, check_folder
from mlpsvd.experiments.papers.reproduce import reproduce as run_reproductions
from mlpsvd.experiments.trials.gpu_trials import GpuTrials

__all__ = ["list_reproductions", "reproduce"]

_LINE_INTERVAL_S = 5.0


def list_reproductions() -> int:
    """Print the names of the paper results by paper; return the exit code."""
    width = max(len(name) for name in REPRODUCTIONS)
    for number, paper in enumerate(PAPERS):
        print(f"{chr(10) if number else ''}{paper.short}: {paper.key}")
        for one in paper.results:
            print(f"  {one.name:<{width}}  {one.title}{' (beyond the paper)' if one.beyond else ''}")
    return OK


def reproduce(
    names: Sequence[str],
    everything: bool,
    n_trials: int,
    out: Path,
    n_jobs: int,
    scheduler: str,
    on_gpu: bool,
    quiet: bool,
) -> int:
    """Compute the named paper results, compare them with the printed values, write them to ``out``.

    Ctrl-C stops it; finished results are kept, and the same command continues.

    Raises
    ------
    MlpSvdError, OSError
        If a name is unknown, the folder, the scheduler or the GPU cannot be used, or a trial fails.
    """
    reproductions = _chosen(names, everything)
    _at_least_one("--trials", n_trials)
    if n_jobs:
        _at_least_one("--jobs", n_jobs)
    check_folder(out)
    if not scheduler and not on_gpu:
        _prepare_engine()
    executor = _executor(n_jobs, scheduler)
    together = GpuTrials() if on_gpu else None
    with (
        StopRequest("stopping; finished results are kept") as stop,
        _progress(quiet) as progress,
        closing(run_reproductions(reproductions, n_trials, out, executor, together)) as events,
    ):
        for event in events:
            _report(event, progress)
            if stop.is_requested:
                break
    if stop.is_requested:
        report(f"stopped; finished results are kept in {out}; repeat the command to continue")
        return INTERRUPTED
    return OK


def _chosen(names: Sequence[str], everything: bool) -> list[Reproduction]:
    if everything:
        return list(REPRODUCTIONS.values())
    if not names:
        raise SettingError("NAME", "", "--all, or some of " + ", ".join(REPRODUCTIONS))
    return chosen(names)


def _prepare_engine() -> None:
    """Compile the fused engine before the workers start; print a note if it is not available."""
    if not is_compiled():
        report(COMPILING)
    ensure_compiled()
    problem = engine_problem()
    if problem:
        report(f"note: {problem}; the reference engine is used instead")


def _at_least_one(option: str, value: int) -> None:
    if value < 1:
        raise SettingError(option, value, "a whole number of at least 1")


def _executor(n_jobs: int, scheduler: str) -> OpenExecutor:
    if scheduler:
        return lambda: dask_workers(scheduler)
    return lambda: local_workers(n_jobs or n_usable_cores())


def _report(event: ReproductionEvent, progress: _Progress) -> None:
    if isinstance(event, TrialDone):
        progress.done(event)
    elif isinstance(event, FindingWritten):
        progress.write(_result_text(event))
    else:
        progress.write(f"\nReport:  {event.path}")


def _result_text(event: FindingWritten) -> str:
    """Return the result as text: the summary and one line per comparison."""
    lines = ["", event.reproduction.title, f"  {event.finding.summary}"]
    lines += [_line(one) for one in event.finding.comparisons]
    lines.append(f"  Written to:  {event.paths[0].parent}")
    return "\n".join(lines)


def _line(one: Comparison) -> str:
    mark = {True: "=", False: "≠", None: " "}[one.agrees]
    return f"  {mark} {one.what}: paper {one.paper}, here {one.ours}; {one.verdict}"


class _Progress(Protocol):
    def done(self, event: TrialDone) -> None: ...

    def write(self, text: str) -> None: ...


class _Silent:
    """Shows results, but no progress."""

    def done(self, event: TrialDone) -> None:
        """Show nothing."""

    def write(self, text: str) -> None:
        """Print a result."""
        print(text, flush=True)


class _Lines(_Silent):
    """A line every few seconds, for a log."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def done(self, event: TrialDone) -> None:
        """Print the progress every few seconds."""
        if event.done == event.total or time.monotonic() - self._last >= _LINE_INTERVAL_S:
            self._last = time.monotonic()
            left = "" if event.left_s is None else f", {event.left_s:.0f} s left"
            print(f"trial {event.done}/{event.total}, {event.name}{left}", file=sys.stderr, flush=True)


class _Bar:
    """A bar over all trials with the remaining time."""

    def __init__(self) -> None:
        size = shutil.get_terminal_size()
        form = "{desc} {bar} {n_fmt}/{total_fmt} trials{postfix}"
        self.bar: tqdm[Any] = tqdm(total=1, file=sys.stderr, ncols=size.columns, nrows=size.lines, bar_format=form)
        self.bar.set_description_str("Starting workers")

    def done(self, event: TrialDone) -> None:
        """Advance the bar."""
        self.bar.total, self.bar.n = event.total, event.done
        self.bar.set_description_str(event.name, refresh=False)
        if event.left_s is not None:
            self.bar.set_postfix_str(f"{tqdm.format_interval(round(event.left_s))} left", refresh=False)
        self.bar.refresh()

    def write(self, text: str) -> None:
        """Print a result above the bar."""
        with self.bar.external_write_mode(file=sys.stdout):
            print(text, flush=True)


@contextmanager
def _progress(quiet: bool) -> Iterator[_Progress]:
    if quiet or not sys.stderr.isatty():
        yield _Silent() if quiet else _Lines()
        return
    bar = _Bar()
    try:
        yield bar
    finally:
        bar.bar.close()

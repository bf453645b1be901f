"""``mlpsvd reproduce``: compute the tables and figures of the papers and compare them with the printed values."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from mlpsvd.cli.console import INTERRUPTED, OK, report
from mlpsvd.cli.interrupt import StopRequest
from mlpsvd.cli.trial_progress import TrialProgress, trial_progress
from mlpsvd.cli.trial_workers import at_least_one, chosen_executor, prepare_engine
from mlpsvd.errors import SettingError
from mlpsvd.experiments.papers.finding import Comparison, Reproduction
from mlpsvd.experiments.papers.registry import PAPERS, REPRODUCTIONS, chosen
from mlpsvd.experiments.papers.reproduce import FindingWritten, ReproductionEvent, TrialDone, check_folder
from mlpsvd.experiments.papers.reproduce import reproduce as run_reproductions
from mlpsvd.experiments.trials.gpu_trials import GpuTrials

__all__ = ["list_reproductions", "reproduce"]


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
    at_least_one("--trials", n_trials)
    executor = chosen_executor(n_jobs, scheduler)
    check_folder(out)
    if not scheduler and not on_gpu:
        prepare_engine()
    together = GpuTrials() if on_gpu else None
    with (
        StopRequest("stopping; finished results are kept") as stop,
        trial_progress(quiet) as progress,
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


def _report(event: ReproductionEvent, progress: TrialProgress) -> None:
    if isinstance(event, TrialDone):
        progress.done(event.name, event.done, event.total, event.left_s)
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

"""Texts of the Papers page for progress and results."""

from __future__ import annotations

import datetime
import math
from typing import Any

from mlpsvd.errors import MlpSvdError
from mlpsvd.experiments.papers.finding import Comparison, Finding, Reproduction, Table
from mlpsvd.experiments.papers.kept_results import Completion, KeptResult
from mlpsvd.experiments.papers.registry import paper_of
from mlpsvd.text import counted, duration_text, rounded_number, sentence, with_minus
from mlpsvd_gui.log import LOGGER
from mlpsvd_gui.pages.papers.views.content import RowState, ShownPaperResult, ShownResult, ShownTable

__all__ = ["failure_text", "idle_state", "running_state", "shown_experiment", "shown_result"]

_UNITS = {"hz": "Hz", "percent": "%", "s": "s", "db": "dB"}
_DIFFERENCE = "Difference"
_HEADS = ("Compared", "Paper", "This run (mean ± SD)", _DIFFERENCE, "Verdict")


def date_text(seconds: float) -> str:
    """Format a time since 1970 as local date and time."""
    when = datetime.datetime.fromtimestamp(seconds)
    return f"{when.day} {when:%b %Y, %H:%M}"


def shown_experiment(one: Reproduction) -> ShownPaperResult:
    """Return an entry of the list."""
    paper = paper_of(one).short
    return ShownPaperResult(one.name, one.title, one.about, f"Beyond {paper}" if one.beyond else paper)


def running_state(completion: Completion) -> RowState:
    """Return the state of an entry that is running."""
    if completion.n_done >= completion.n_trials:
        return RowState("writing the result", 1.0)
    if not completion.n_done:
        until = "" if completion.left_s is None else f" · there in about {duration_text(completion.left_s)}"
        return RowState(f"queued{until} · {counted(completion.n_trials, 'trial')}", 0.0)
    left = "" if completion.left_s is None else f" · about {duration_text(completion.left_s)} left"
    share = completion.n_done / completion.n_trials
    return RowState(f"running · {completion.n_done} of {counted(completion.n_trials, 'trial')}{left}", share)


def idle_state(completion: Completion, n_trials: int, cost_per_s: float | None) -> RowState:
    """Return the state of an entry that is not running.

    Parameters
    ----------
    completion
        Its progress for the requested number of trials.
    n_trials
        Requested trials per task.
    cost_per_s
        Work of all processes per second, measured here; None if unknown.
    """
    written = "" if completion.written_at is None else date_text(completion.written_at)
    is_whole = completion.n_done == completion.n_trials
    if is_whole and (completion.n_written == n_trials or (completion.n_written and not completion.n_trials)):
        of = f" · {counted(n_trials, 'trial')} per task" if completion.n_trials else ""
        return RowState(f"done {written}{of}", is_done=True)
    return RowState(_waiting_text(completion, is_whole, cost_per_s), tip=_older_text(completion, written))


def _waiting_text(completion: Completion, is_whole: bool, cost_per_s: float | None) -> str:
    if not completion.n_trials:
        return "not run · nothing to train"
    if is_whole:
        return f"all {counted(completion.n_trials, 'trial')} done · press Run to write the result"
    time = "" if not cost_per_s else f" · about {duration_text(completion.cost_left / cost_per_s)}"
    if completion.n_done:
        return f"{completion.n_done} of {counted(completion.n_trials, 'trial')} done{time}"
    return f"not run · {counted(completion.n_trainings, 'network')} to train{time}"


def _older_text(completion: Completion, written: str) -> str:
    if not completion.n_written:
        return ""
    return f"Earlier result: {counted(completion.n_written, 'trial')} per task, {written}"


def failure_text(error: BaseException) -> str:
    """Return in one sentence why a run failed; unexpected errors are logged in full."""
    if isinstance(error, MlpSvdError):
        return sentence(str(error))
    if isinstance(error, OSError):
        return sentence(f"The results could not be read or written: {error}")
    if isinstance(error, MemoryError):
        return "Not enough memory. Use fewer processes."
    LOGGER.error("A reproduction failed", exc_info=error)
    return f"The run failed unexpectedly ({type(error).__name__}). See the log for details."


def shown_result(result: KeptResult) -> ShownResult:
    """Return the texts of a result."""
    trials = f"{counted(result.n_trials, 'trial')} per task · " if list(result.reproduction.trials(1)) else ""
    return ShownResult(
        result.reproduction.name,
        result.reproduction.title,
        f"{trials}written {date_text(result.written_at)}",
        result.finding.summary,
        result.pictures,
        tuple(_shown_tables(result.finding)),
        result.finding.notes,
    )


def _shown_tables(finding: Finding) -> list[ShownTable]:
    tables = [_comparison_with_paper(finding)] if finding.comparisons else []
    tables += [_shown_table(table) for table in finding.tables if table.shown]
    return tables or [_shown_table(table) for table in finding.tables[:1]]


def _comparison_with_paper(finding: Finding) -> ShownTable:
    differs = any(one.difference is not None for one in finding.comparisons)
    return ShownTable(
        "Compared with the paper",
        "comparison",
        _HEADS if differs else tuple(head for head in _HEADS if head != _DIFFERENCE),
        tuple(_compared(one, differs) for one in finding.comparisons),
        frozenset({_HEADS.index(_DIFFERENCE)} if differs else ()),
        tuple(one.agrees for one in finding.comparisons),
        finding.comparison_table().csv(),
    )


def _compared(one: Comparison, differs: bool) -> tuple[str, ...]:
    difference = "" if one.difference is None else with_minus(f"{one.difference:+.1f}")
    return (one.what, one.paper, one.ours, *((difference,) if differs else ()), one.verdict)


def _shown_table(table: Table) -> ShownTable:
    numbers = range(len(table.columns))
    right = frozenset(column for column in numbers if all(isinstance(row[column], int | float) for row in table.rows))
    rows = tuple(tuple(_cell(value) for value in row) for row in table.rows)
    return ShownTable(table.title, table.stem, tuple(map(_head, table.columns)), rows, right, (), table.csv())


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "–" if math.isnan(value) else rounded_number(value, 6)
    return str(value)


def _head(name: str) -> str:
    """Return ``Bandwidth (Hz)`` for ``bandwidth_hz``."""
    *words, last = name.split("_")
    unit = _UNITS.get(last)
    text = " ".join(words) + f" ({unit})" if words and unit else name.replace("_", " ")
    text = text.replace("mlp svd", "MLP-SVD").replace("mlp", "MLP")
    return text[:1].upper() + text[1:]

"""Columns of the table of runs, with their texts and order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mlpsvd.datasets.labels import natural_key
from mlpsvd.experiments.runs.kept_run import STATUSES, KeptRun
from mlpsvd.metrics.uncertainty import ASSUMPTION, accuracy_text
from mlpsvd.text import one_line
from mlpsvd_gui.widgets.tables import sorted_rows

__all__ = ["COLUMNS", "NAME", "STAR", "STARTED", "Column", "accuracy_lines", "in_sorted_order", "status_text"]

STAR, NAME, STARTED, ACCURACY = 0, 1, 2, 4
_LONGEST = 200


@dataclass(frozen=True)
class Column:
    """A column of the table: heading, tooltip, text and tooltip of a cell, and sort key (None comes last)."""

    heading: str
    tip: str
    text: Callable[[KeptRun], str]
    key: Callable[[KeptRun], Any]
    cell_tip: Callable[[KeptRun], str]


def status_text(run: KeptRun) -> str:
    """Return the status of a run, with the completed epochs where it can go on."""
    if run.status == "training":
        return "being trained"
    if run.status == "complete" or not run.n_epochs:
        return run.status
    return f"{run.status}, {min(run.epochs.values(), default=0)} of {run.n_epochs}"


def accuracy_lines(run: KeptRun) -> list[str]:
    """Return the test accuracy of each network with its Wilson interval."""
    return [
        f"{one_line(run.titles.get(key, key), 40)} {accuracy_text(share, run.n_test)}"
        for key, share in run.accuracies.items()
    ]


def in_sorted_order(runs: Iterable[KeptRun], column: int, is_descending: bool) -> list[KeptRun]:
    """Sort runs by a column, stably; runs without a value come last in both directions."""
    return sorted_rows(runs, COLUMNS[column].key, is_descending)


def _note(run: KeptRun) -> str:
    return run.problem or " ".join(run.about.note.split())


def _started(run: KeptRun) -> str:
    return f"{run.started:%Y-%m-%d %H:%M}"


COLUMNS: Sequence[Column] = (
    Column(
        "★",
        "Starred runs; click a cell to change its star (S)",
        lambda run: "★" if run.about.is_starred else "☆",
        lambda run: not run.about.is_starred,
        lambda run: "Remove the star (S)" if run.about.is_starred else "Mark with a star (S)",
    ),
    Column(
        "Name",
        "Name of the experiment, or the name given to the run",
        lambda run: one_line(run.name, _LONGEST) or "run",
        lambda run: natural_key(run.name),
        lambda run: f"{run.name}\n{run.folder}",
    ),
    Column("Started", "Start of the training", _started, lambda run: run.started, lambda run: f"{run.started}"),
    Column(
        "Status",
        "Whether the training has completed the last epoch",
        status_text,
        lambda run: (run.status, min(run.epochs.values(), default=0)),
        lambda run: STATUSES[run.status],
    ),
    Column(
        "Test accuracy",
        f"Test accuracy of each network, sorted by the best one. {ASSUMPTION}",
        lambda run: ", ".join(accuracy_lines(run)),
        lambda run: max(run.accuracies.values(), default=None),
        lambda run: "\n".join((*accuracy_lines(run), ASSUMPTION)) if run.accuracies else "",
    ),
    Column(
        "Tags",
        "Tags, to be found with #tag",
        lambda run: " ".join(run.about.tags),
        lambda run: run.about.tags or None,
        lambda run: " ".join(run.about.tags),
    ),
    Column("Note", "Note, or why a part of the run cannot be read", _note, lambda run: _note(run) or None,
           lambda run: run.problem or run.about.note),
)  # fmt: skip

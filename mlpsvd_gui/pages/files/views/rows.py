"""Entries of the Files page, with order and filter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mlpsvd.classification.batch.find_files import SoundFile
from mlpsvd.classification.batch.results import FileResult
from mlpsvd.datasets.labels import natural_key
from mlpsvd.text import length_text, percent, with_minus
from mlpsvd_gui.widgets.tables import sorted_rows

__all__ = [
    "ALL",
    "COLUMNS",
    "DOUBTFUL",
    "PROBLEMS",
    "REVIEWED",
    "TO_REVIEW",
    "UNCERTAIN_BELOW",
    "UNCLEAR",
    "WRONG",
    "Column",
    "FileEntry",
    "RowFilter",
    "in_sorted_order",
]

ALL, WRONG, UNCLEAR, DOUBTFUL, PROBLEMS = "all", "wrong", "unclear", "doubtful", "problems"
TO_REVIEW, REVIEWED = "to review", "reviewed"
UNCERTAIN_BELOW = 0.7
"""Probability below which a prediction is uncertain, unless the user sets another one."""


@dataclass(eq=False)
class FileEntry:
    """A file with its result; None until it is classified."""

    file: SoundFile
    result: FileResult | None = None

    @cached_property
    def name(self) -> str:
        """The file name, relative to the chosen folder."""
        return "/".join((*self.file.folders, self.file.path.name))

    @cached_property
    def name_key(self) -> Any:
        """Key of natural order: 2 before 10."""
        return natural_key(self.name)


@dataclass(frozen=True)
class RowFilter:
    """Filter of the files.

    Attributes
    ----------
    kind
        One of ``ALL``, ``WRONG`` (known to be of another class), ``UNCLEAR`` (windows disagree), ``DOUBTFUL`` (unlike
        the training set, or with a note), ``PROBLEMS``, ``TO_REVIEW`` (wrong or uncertain, and not reviewed),
        ``REVIEWED``.
    label, truth
        Predicted and actual class; empty for any.
    text
        Text in the file name, ignoring case.
    below
        Probability below which a prediction is uncertain, for ``TO_REVIEW``.
    """

    kind: str = ALL
    label: str = ""
    truth: str = ""
    text: str = ""
    below: float = UNCERTAIN_BELOW

    def accepts(self, entry: FileEntry) -> bool:
        """Whether a file passes the filter."""
        result = entry.result
        if self.text and self.text.casefold() not in entry.name.casefold():
            return False
        if self.label and (result is None or result.label != self.label):
            return False
        if self.truth and (result is None or result.truth != self.truth):
            return False
        if self.kind == TO_REVIEW:
            return result is not None and result.needs_review(self.below)
        return self.kind == ALL or (result is not None and _IS_OF_KIND[self.kind](result))

    @property
    def needs_results(self) -> bool:
        """Whether the filter depends on results."""
        return bool(self.label or self.truth or self.kind != ALL)


_IS_OF_KIND: dict[str, Callable[[FileResult], bool]] = {
    WRONG: lambda result: result.is_wrong,
    UNCLEAR: lambda result: result.is_usable and result.agreement < 1.0,
    DOUBTFUL: lambda result: result.is_doubtful,
    PROBLEMS: lambda result: not result.is_usable,
    REVIEWED: lambda result: bool(result.reviewed),
}


@dataclass(frozen=True)
class Column:
    """A column of the table: heading, tooltip, text, and sort key (None comes last)."""

    heading: str
    tip: str
    text: Callable[[FileResult], str]
    key: Callable[[FileResult], Any]
    is_number: bool = False


def in_sorted_order(entries: Iterable[FileEntry], column: int, is_descending: bool) -> list[FileEntry]:
    """Sort files by a column, stably; files without a value come last in both directions."""
    if column == 0:
        return sorted(entries, key=lambda entry: entry.name_key, reverse=is_descending)
    key = COLUMNS[column].key
    return sorted_rows(entries, lambda entry: None if entry.result is None else key(entry.result), is_descending)


def _percent(share: float) -> str:
    return "" if math.isnan(share) else percent(share)


def _count(result: FileResult) -> str:
    return f"{result.n_windows:,}" if result.is_usable else ""


def _truth(result: FileResult) -> str:
    return f"✗ {result.truth}" if result.is_wrong else result.truth or ""


def _reviewed(result: FileResult) -> str:
    return f"{'→' if result.is_corrected else '✓'} {result.reviewed}" if result.reviewed else ""


def _distance(result: FileResult) -> str:
    if math.isnan(result.distance):
        return ""
    return f"{result.distance:.2f}" if result.distance < 99.995 else f"{result.distance:.3g}"


def _level(result: FileResult) -> str:
    return "" if math.isnan(result.level_dbfs) else with_minus(f"{result.level_dbfs:.1f} dBFS")


def _note(result: FileResult) -> str:
    unknown = ("unknown",) if result.is_unknown else ()
    training = ("in the training set",) if result.is_training else ()
    return result.problem or "; ".join((*unknown, *result.notes, *training))


COLUMNS: Sequence[Column] = (
    Column("File", "File name, relative to the chosen folder", lambda _: "", lambda _: None),
    Column("Length", "Duration of the recording", lambda r: length_text(r.duration_s), lambda r: r.duration_s, True),
    Column(
        "Predicted",
        "Class with the largest mean probability over all windows",
        lambda r: r.label,
        lambda r: natural_key(r.label) if r.label else None,
    ),
    Column(
        "Probability",
        "Mean probability of that class over all windows",
        lambda r: _percent(r.probability),
        lambda r: r.probability,
        True,
    ),
    Column(
        "Agreement",
        "Fraction of the windows predicted as that class",
        lambda r: _percent(r.agreement),
        lambda r: r.agreement,
        True,
    ),
    Column(
        "Windows",
        "Number of windows",
        _count,
        lambda r: r.n_windows if r.is_usable else None,
        True,
    ),
    Column(
        "Distance",
        "Median distance of the windows from the training set; 99 % of the training clips lie within 1",
        _distance,
        lambda r: r.distance,
        True,
    ),
    Column("Level", "Level of the recording in dBFS", _level, lambda r: r.level_dbfs, True),
    Column(
        "Actual class",
        "Actual class, from the folder or file name; ✗ marks a wrong prediction",
        _truth,
        lambda r: natural_key(r.truth) if r.truth else None,
    ),
    Column(
        "Reviewed",
        "Label given in the review: ✓ the prediction was accepted, → it was corrected",
        _reviewed,
        lambda r: natural_key(r.reviewed) if r.reviewed else None,
    ),
    Column(
        "Note",
        "Why the recording could not be classified or its prediction is doubtful; whether it is in the training set",
        _note,
        lambda r: _note(r) or None,
    ),
)

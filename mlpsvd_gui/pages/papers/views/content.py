"""Display data of the Papers page, as plain texts."""

from __future__ import annotations

from dataclasses import dataclass

from mlpsvd.experiments.papers.kept_results import KeptPicture

__all__ = ["RowState", "ShownPaperResult", "ShownResult", "ShownTable"]


@dataclass(frozen=True)
class ShownPaperResult:
    """An entry of the list: name, title, description in one sentence, and group."""

    name: str
    title: str
    about: str
    group: str


@dataclass(frozen=True)
class RowState:
    """The state of an entry.

    Attributes
    ----------
    text
        The text.
    share
        Completed fraction, 0 to 1, while it runs; otherwise None.
    is_done
        Whether its result is available.
    tip
        Text of the tooltip.
    """

    text: str
    share: float | None = None
    is_done: bool = False
    tip: str = ""


@dataclass(frozen=True)
class ShownTable:
    """A table of texts.

    Attributes
    ----------
    title
        Title of its tab.
    stem
        File name without suffix.
    heads, rows
        Headings and rows as texts.
    right
        Columns of numbers, aligned to the right.
    marks
        For each row whether it agrees with the paper, None if undecided; empty without comparison.
    csv
        The table for export, with all digits.
    """

    title: str
    stem: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int]
    marks: tuple[bool | None, ...]
    csv: str


@dataclass(frozen=True)
class ShownResult:
    """A result: title, origin and date, summary, figures, tables and notes."""

    name: str
    title: str
    origin: str
    summary: str
    pictures: tuple[KeptPicture, ...]
    tables: tuple[ShownTable, ...]
    notes: tuple[str, ...]

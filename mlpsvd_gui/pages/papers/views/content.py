"""What the Experiments tab is told to show: plain texts, ready to read."""

from __future__ import annotations

from dataclasses import dataclass

from mlpsvd.experiments.papers.kept_results import KeptPicture

__all__ = ["RowState", "ShownPaperResult", "ShownResult", "ShownTable"]


@dataclass(frozen=True)
class ShownPaperResult:
    """One entry of the list: its name, title, what it shows in a sentence, and the group it belongs to."""

    name: str
    title: str
    about: str
    group: str


@dataclass(frozen=True)
class RowState:
    """How far an entry is, in words.

    Attributes
    ----------
    text
        The words.
    share
        How much of it is done, 0 to 1, while it runs; else None.
    is_done
        Whether its result is there.
    tip
        More words, for the tooltip.
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
        What stands on its tab.
    stem
        A name for its file, without a suffix.
    heads, rows
        All of it as texts.
    right
        Which columns hold numbers, to be aligned to the right.
    marks
        For each row whether it agrees with the paper, None where that is open; empty where nothing is compared.
    csv
        The table as it is exported, with all its digits.
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
    """A result: title, what it was made of and when, what came out, pictures, tables and notes."""

    name: str
    title: str
    origin: str
    summary: str
    pictures: tuple[KeptPicture, ...]
    tables: tuple[ShownTable, ...]
    notes: tuple[str, ...]

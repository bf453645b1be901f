"""Paper results: tables, pictures, and comparisons with the printed values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.text import csv_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Comparison", "Finding", "Picture", "Reproduction", "Results", "Table"]


@dataclass(frozen=True)
class Table:
    """Rows of numbers and texts, written as CSV.

    Attributes
    ----------
    stem
        Name of the file, without its suffix.
    title
        Its heading.
    columns, rows
        The heads, and the values under them.
    shown
        Whether the report prints it; a curve's points are for the CSV file only.
    """

    stem: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    shown: bool = False

    def csv(self) -> str:
        """Return the table as CSV text, heads first."""
        return csv_text((self.columns, *self.rows))


@dataclass(frozen=True)
class Picture:
    """A figure, drawn when it is wanted."""

    stem: str
    caption: str
    draw: Callable[[], Figure]


@dataclass(frozen=True)
class Comparison:
    """One printed value or claim of the paper beside ours.

    Attributes
    ----------
    what
        What is compared, with its unit.
    paper, ours
        Both as texts.
    mean, std, n
        Mean and standard deviation over ``n`` of our trials; None where there is only one number, or a claim.
    difference, allowed
        Our mean less the paper's, and how far chance would carry it; None where that makes no sense.
    agrees
        Whether chance alone could make the difference, or the claim holds; None where the two cannot be judged.
    verdict
        The same as a sentence.
    """

    what: str
    paper: str
    ours: str
    verdict: str
    agrees: bool | None
    mean: float | None = None
    std: float | None = None
    n: int = 1
    difference: float | None = None
    allowed: float | None = None


@dataclass(frozen=True)
class Finding:
    """All that one reproduction gives.

    Attributes
    ----------
    summary
        What came out, in one or two sentences.
    comparisons
        Row by row beside the paper; empty beyond it.
    tables, pictures
        What is written.
    notes
        What a reader must know to judge it.
    experiments
        What was run, by name.
    """

    summary: str
    comparisons: tuple[Comparison, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()
    experiments: tuple[Experiment, ...] = ()

    def comparison_table(self) -> Table:
        """Return the comparisons as a table: both texts, mean, spread, difference, what chance allows, verdict."""
        columns = ("what", "paper", "ours", "mean", "std", "n_trials", "difference", "allowed", "agrees", "verdict")
        rows = []
        for one in self.comparisons:
            numbers = ("" if number is None else round(number, 4) for number in (one.mean, one.std))
            differences = ("" if number is None else round(number, 4) for number in (one.difference, one.allowed))
            agrees = {True: "yes", False: "no", None: ""}[one.agrees]
            rows.append((one.what, one.paper, one.ours, *numbers, one.n, *differences, agrees, one.verdict))
        return Table("comparison", "Beside the paper", columns, tuple(rows))


class Results:
    """Results of trials, found by trial."""

    def __init__(self, results: Mapping[str, Mapping[str, Any]]) -> None:
        self._results = results

    def __contains__(self, trial: Trial) -> bool:
        return trial.key in self._results

    def of(self, trial: Trial) -> Mapping[str, Any]:
        """Return what came out of one trial."""
        return self._results[trial.key]

    def all(self, trials: Sequence[Trial]) -> list[Mapping[str, Any]]:
        """Return what came out of each of some trials."""
        return [self.of(trial) for trial in trials]


@dataclass(frozen=True)
class Reproduction:
    """Something that can be reproduced.

    Attributes
    ----------
    name
        How it is called for on the command line, e.g. ``table-2``.
    title, about
        For the user: its title, and a sentence.
    beyond
        Whether it goes beyond the paper.
    trials
        The trials that it needs, for a number of trials of each task.
    find
        What follows from their results.
    """

    name: str
    title: str
    about: str
    beyond: bool
    trials: Callable[[int], Sequence[Trial]]
    find: Callable[[int, Results], Finding]

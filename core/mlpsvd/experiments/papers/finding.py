"""Paper results: tables, figures, and comparisons with the printed values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlpsvd.experiments.experiment import Experiment
from mlpsvd.experiments.trials.trials import Trial
from mlpsvd.tables import Picture, Table

__all__ = ["Comparison", "Finding", "Picture", "Reproduction", "Results", "Table"]


@dataclass(frozen=True)
class Comparison:
    """Comparison of one printed value or claim of the paper with ours.

    Attributes
    ----------
    what
        Quantity compared, with its unit.
    paper, ours
        Both values as text.
    mean, std, n
        Mean and standard deviation over ``n`` of our trials; None for a single number or a claim.
    difference, allowed
        Our mean minus the paper's, and the sampling error; None if not applicable.
    agrees
        Whether the difference is within the sampling error, or the claim is confirmed; None if inconclusive.
    verdict
        The result as text.
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
    """Paper result computed from trials.

    Attributes
    ----------
    summary
        Result in one or two sentences.
    comparisons
        Comparisons with the paper; empty for further studies.
    tables, pictures
        Tables and figures to write.
    notes
        Assumptions and limitations.
    experiments
        The experiments, by name.
    """

    summary: str
    comparisons: tuple[Comparison, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()
    experiments: tuple[Experiment, ...] = ()

    def comparison_table(self) -> Table:
        """Return the comparisons as a table: texts, mean, standard deviation, difference, sampling error, verdict."""
        columns = ("what", "paper", "ours", "mean", "std", "n_trials", "difference", "allowed", "agrees", "verdict")
        rows = []
        for one in self.comparisons:
            numbers = ("" if number is None else round(number, 4) for number in (one.mean, one.std))
            differences = ("" if number is None else round(number, 4) for number in (one.difference, one.allowed))
            agrees = {True: "yes", False: "no", None: ""}[one.agrees]
            rows.append((one.what, one.paper, one.ours, *numbers, one.n, *differences, agrees, one.verdict))
        return Table("comparison", "Comparison with the paper", columns, tuple(rows))


class Results:
    """Results by trial."""

    def __init__(self, results: Mapping[str, Mapping[str, Any]]) -> None:
        self._results = results

    def __contains__(self, trial: Trial) -> bool:
        return trial.key in self._results

    def of(self, trial: Trial) -> Mapping[str, Any]:
        """Return the result of one trial."""
        return self._results[trial.key]

    def all(self, trials: Sequence[Trial]) -> list[Mapping[str, Any]]:
        """Return the results of some trials."""
        return [self.of(trial) for trial in trials]


@dataclass(frozen=True)
class Reproduction:
    """A table, figure or study that can be computed.

    Attributes
    ----------
    name
        Name on the command line, e.g. ``table-2``.
    title, about
        Title and description for the user.
    beyond
        Whether it goes beyond the paper.
    trials
        Returns the trials needed, given the number of trials of each task.
    find
        Computes the finding from the results.
    """

    name: str
    title: str
    about: str
    beyond: bool
    trials: Callable[[int], Sequence[Trial]]
    find: Callable[[int, Results], Finding]

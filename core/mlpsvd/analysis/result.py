"""Events of an analysis: progress, and at the end one result."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlpsvd.tables import Picture, Table

__all__ = ["AnalysisEvent", "AnalysisResult", "Progress", "result_of"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an analysis is.

    Attributes
    ----------
    done, total
        Steps done, and how many there are; steps take about equally long.
    """

    done: int
    total: int


@dataclass(frozen=True, eq=False)
class AnalysisResult:
    """What an analysis found.

    Attributes
    ----------
    key
        Key of the analysis; file names begin with it.
    findings
        The result in a few sentences, the most important first.
    tables
        Tables, for CSV files and for the window.
    arrays
        Numbers behind tables and pictures by name, for an ``.npz`` file.
    pictures
        Figures, drawn on demand.
    """

    key: str
    findings: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    arrays: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()


AnalysisEvent = Progress | AnalysisResult


def result_of(
    events: Generator[AnalysisEvent, None, None], report: Callable[[Progress], None] | None = None
) -> AnalysisResult:
    """Run an analysis to its end and return its result.

    Parameters
    ----------
    events
        An analysis.
    report
        Called with each progress. It may raise to cancel; the analysis is then closed.
    """
    with closing(events):
        for event in events:
            if isinstance(event, AnalysisResult):
                return event
            if report is not None:
                report(event)
    raise AssertionError("the analysis gave no result")

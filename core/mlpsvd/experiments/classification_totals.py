"""What many classified files come to: counts, and how many are right where that is known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlpsvd.analysis.uncertainty import interval_text
from mlpsvd.experiments.file_results import FileResult

__all__ = ["ClassificationTotals", "totals_of"]


@dataclass(frozen=True, eq=False)
class ClassificationTotals:
    """Sums over files.

    Attributes
    ----------
    class_names
        The classes.
    n_files, n_unusable
        Files, and those among them that could not be used.
    n_windows, duration_s
        Windows and seconds that were classified.
    counts : np.ndarray [shape=(n_classes,)]
        Files taken for each class.
    confusion : np.ndarray [shape=(n_classes, n_classes)]
        Files whose class is known; rows are true classes, columns what they were taken for.
    """

    class_names: tuple[str, ...]
    n_files: int
    n_unusable: int
    n_windows: int
    duration_s: float
    counts: NDArray[np.intp] = field(repr=False)
    confusion: NDArray[np.intp] = field(repr=False)

    @property
    def n_known(self) -> int:
        """Usable files whose class is known."""
        return int(self.confusion.sum())

    @property
    def n_right(self) -> int:
        """Those of them that were taken for it."""
        return int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        """The share of them, 0 to 1; not-a-number where no class is known."""
        return self.n_right / self.n_known if self.n_known else math.nan

    @property
    def sentence(self) -> str:
        """How many are right, in words; empty where no class is known."""
        if not self.n_known:
            return ""
        files = "file" if self.n_known == 1 else "files"
        known = f"{self.n_right:,} of {self.n_known:,} {files} whose class is known"
        interval = interval_text(self.accuracy, self.n_known)
        return f"accuracy {100 * self.accuracy:.2f} % (95 % interval {interval}; {known})"


def totals_of(results: Iterable[FileResult], class_names: Sequence[str]) -> ClassificationTotals:
    """Sum up results that were all made by a model with these classes."""
    index = {name: number for number, name in enumerate(class_names)}
    counts = np.zeros(len(index), np.intp)
    confusion = np.zeros((len(index), len(index)), np.intp)
    n_files = n_unusable = n_windows = 0
    duration_s = 0.0
    for one in results:
        n_files += 1
        if one.problem:
            n_unusable += 1
            continue
        n_windows += len(one.starts_s)
        duration_s += one.duration_s
        counts[index[one.label]] += 1
        if one.truth is not None:
            confusion[index[one.truth], index[one.label]] += 1
    return ClassificationTotals(tuple(class_names), n_files, n_unusable, n_windows, duration_s, counts, confusion)
